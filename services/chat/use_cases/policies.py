"""A brand's rules for live conversations are read and replaced."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from services.chat.domain.forms import check_answerable
from services.chat.domain.hours import check_kept
from services.chat.domain.rules import ChatPolicy
from services.chat.queries import policies
from shared.db.engine import Session
from shared.web.conditional import Stale, demand


async def read_policy(session: Session, *, brand: str) -> ChatPolicy:
    """Return the rules that count now."""
    return await policies.policy_of(session, brand)


async def replace_policy(
    session: Session,
    *,
    brand: str,
    revise: Callable[[ChatPolicy], ChatPolicy],
    by: str,
    expected_version: int,
    now: datetime,
) -> ChatPolicy:
    """Store what `revise` makes of the rules as the next version; silences that run keep the time they were given."""
    known = await policies.policy_of(session, brand)
    demand(expected_version, known.version)
    following = replace(revise(known), version=known.version + 1)
    check_answerable(following.form)
    check_kept(following.hours, following.time_zone)
    if not await policies.insert_policy(session, brand, following, by=by, now=now):
        raise Stale(current_version=following.version)
    return following
