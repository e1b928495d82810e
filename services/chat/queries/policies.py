"""Rules of brands for live conversations in the database; every version is kept."""

from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.chat.domain.forms import Form
from services.chat.domain.hours import Hours
from services.chat.domain.rules import BUILT_IN, ChatPolicy
from services.chat.tables import chat_policies
from shared.db.engine import Session
from shared.db.fixed import Fixed

_FORM: Final = TypeAdapter(Form)
_HOURS: Final = TypeAdapter(Hours)
_NEWEST: Final = Fixed(
    select(chat_policies)
    .where(chat_policies.c.brand == bindparam("brand"))
    .order_by(chat_policies.c.version.desc())
    .limit(1)
)


async def policy_of(session: Session, brand: str) -> ChatPolicy:
    """Return the newest rules of a brand; version 0 without any of its own."""
    row = await _NEWEST.row(session, {"brand": brand})
    if row is None:
        return BUILT_IN
    return ChatPolicy(
        version=row["version"],
        warn_after=_span(row["warn_after"]),
        end_after=timedelta(seconds=row["end_after"]),
        asks_for_rating=row["asks_for_rating"],
        announces_people=row["announces_people"],
        correct_within=timedelta(seconds=row["correct_within"]),
        mail_after=_span(row["mail_after"]),
        time_zone=row["time_zone"],
        transcripts_a_day=row["transcripts_a_day"],
        form=_FORM.validate_python(row["form"]),
        hours=None if row["hours"] is None else _HOURS.validate_python(row["hours"]),
        longest_wait=_span(row["longest_wait"]),
    )


async def insert_policy(session: Session, brand: str, policy: ChatPolicy, *, by: str, now: datetime) -> bool:
    """Store the next version; False if somebody else has just stored it."""
    values = {
        "brand": brand, "version": policy.version, "warn_after": _seconds(policy.warn_after),
        "end_after": _seconds(policy.end_after), "asks_for_rating": policy.asks_for_rating,
        "announces_people": policy.announces_people, "correct_within": _seconds(policy.correct_within),
        "mail_after": _seconds(policy.mail_after), "time_zone": policy.time_zone,
        "transcripts_a_day": policy.transcripts_a_day, "form": _FORM.dump_python(policy.form, mode="json"),
        "hours": None if policy.hours is None else _HOURS.dump_python(policy.hours, mode="json"),
        "longest_wait": _seconds(policy.longest_wait), "changed_by": by, "created_at": now,
    }  # fmt: skip
    statement = upsert(chat_policies).values(values).on_conflict_do_nothing().returning(chat_policies.c.version)
    return (await session.execute(statement)).first() is not None


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())
