"""Deletes of what is past its time, of all brands: for the job, as the worker role; the database's clock decides."""

from datetime import timedelta
from typing import Final

from sqlalchemy import TextClause, text

from shared.db.engine import Session

_DRAFTS: Final = text("""
    DELETE FROM drafts WHERE (ticket_id, staff_id) IN (
        SELECT ticket_id, staff_id FROM drafts WHERE updated_at < now() - CAST(:age AS interval)
        ORDER BY updated_at LIMIT :most FOR UPDATE SKIP LOCKED)
""")
_USES: Final = text("""
    DELETE FROM macro_uses WHERE id IN (
        SELECT id FROM macro_uses WHERE used_at < now() - CAST(:age AS interval)
        ORDER BY used_at LIMIT :most FOR UPDATE SKIP LOCKED)
""")
_UNDONE_MERGES: Final = text("""
    DELETE FROM merges WHERE id IN (
        SELECT id FROM merges WHERE undone_at < now() - CAST(:age AS interval)
        ORDER BY undone_at LIMIT :most FOR UPDATE SKIP LOCKED)
""")


async def forget_drafts(session: Session, *, age: timedelta, most: int) -> int:
    """Delete drafts that were not written on for so long; return how many."""
    return await _forget(session, _DRAFTS, age, most)


async def forget_uses(session: Session, *, age: timedelta, most: int) -> int:
    """Delete what macros were used for so long ago; return how many."""
    return await _forget(session, _USES, age, most)


async def forget_undone_merges(session: Session, *, age: timedelta, most: int) -> int:
    """Delete merges that were taken back so long ago: the timelines tell of them; return how many."""
    return await _forget(session, _UNDONE_MERGES, age, most)


async def _forget(session: Session, statement: TextClause, age: timedelta, most: int) -> int:
    return (await session.execute(statement, {"age": age, "most": most})).rowcount
