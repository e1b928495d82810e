"""Deletes of what has expired, in all brands: for the sweep, as the worker role."""

from datetime import datetime

from sqlalchemy import delete

from services.gateway.tables import sign_in_failures, staff_sessions, visitor_sessions
from shared.db.engine import Session


async def delete_staff_sessions(session: Session, *, created_before: datetime) -> None:
    """Delete staff sessions that were opened before."""
    await session.execute(delete(staff_sessions).where(staff_sessions.c.created_at < created_before))


async def delete_visitor_sessions(session: Session, *, expired_before: datetime) -> None:
    """Delete visitor sessions that ended before."""
    await session.execute(delete(visitor_sessions).where(visitor_sessions.c.expires_at < expired_before))


async def delete_failures(session: Session, *, since_before: datetime) -> None:
    """Delete failure counts whose window began before."""
    await session.execute(delete(sign_in_failures).where(sign_in_failures.c.since < since_before))
