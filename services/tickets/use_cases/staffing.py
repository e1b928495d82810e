"""Who works at the desk: profiles, teams, personal managers, and who is there."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row

from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.errors import StaffNotFound
from services.tickets.domain.people import GRACE, check_languages
from services.tickets.domain.queueing import place_after
from services.tickets.queries import copies, kept, people, profiles, queue, tickets
from services.tickets.queries.kept import AUTOMATIC_FOR
from services.tickets.use_cases.auditing import record_act
from services.tickets.use_cases.naming import check_teams, check_trainings
from services.tickets.use_cases.queueing import Automated, Called, reason_of
from shared.contracts.chat import PresenceChanged
from shared.db.engine import Session, note
from shared.web.conditional import Stale, demand

_EPSILON: Final = GRACE / 30000


async def keep_presence(session: Session, *, brand: str, changed: PresenceChanged, now: datetime) -> None:
    """Keep who is connected, and look at the queue: somebody came, or must be back within the grace."""
    await people.save_presence(
        session, brand, changed.staff_id, connected=changed.connected, changed_at=changed.changed_at
    )
    await look_again(session, brand=brand, since=changed.changed_at, now=now)


async def look_again(session: Session, *, brand: str, since: datetime, now: datetime) -> None:
    """Ask for a look at the queue now, and at the end of the grace of somebody who left at `since`."""
    if not await queue.is_automatic(session, brand):
        return
    await queue.call(session, brand, now)
    if since + GRACE > now:
        await queue.call(session, brand, since + GRACE + _EPSILON)
    note(session, Called(brand))


async def write_profile(
    session: Session,
    *,
    brand: str,
    staff_id: str,
    values: Mapping[str, object],
    expected_version: int,
    witness: Witness | None,
    now: datetime,
) -> Row[Any]:
    """Write what a person takes; the first profile of a brand turns assignment on and lines up what waits."""
    if await copies.colleague(session, brand, staff_id) is None:
        raise StaffNotFound(field="staff_id")
    before = await profiles.profile_of(session, brand, staff_id, locked=True)
    demand(expected_version, before.version if before else 0)
    await _check_named(session, brand, values, before, now)
    first = not await queue.is_automatic(session, brand)
    saved = await profiles.save_profile(session, brand, staff_id, values, expected_version)
    if saved is None:
        raise Stale(current_version=expected_version + 1)
    if first:
        await _line_up(session, brand, now)
        # Other processes learn of it a moment later: what they change until then calls for nobody.
        await queue.call(session, brand, now + 2 * AUTOMATIC_FOR)
        note(session, Automated(brand))
    await record_act(session, witness, AuditAction.EDIT_PROFILE, {"staff_id": staff_id})
    await look_again(session, brand=brand, since=now, now=now)
    written = await profiles.profile_of(session, brand, staff_id)
    assert written is not None  # noqa: S101 - written a moment ago in this transaction
    return written


async def _check_named(
    session: Session, brand: str, values: Mapping[str, Any], before: Row[Any] | None, now: datetime
) -> None:
    """Refuse what nobody can have; what is in the profile already may stay."""
    fresh = {
        name: [one for one in values[name] if before is None or one not in getattr(before, name)]
        for name in ("teams", "skills", "languages")
    }
    check_languages(fresh["languages"])
    await check_trainings(session, brand, fresh["skills"], now)
    await check_teams(session, brand, fresh["teams"], field="teams")


async def _line_up(session: Session, brand: str, now: datetime) -> None:
    """Give places to the tickets from before there was a queue; the player waits since the ticket was opened."""
    silence = (await kept.QUEUE_SETTINGS.of(session, brand, now)).silence
    for ticket_id in await queue.fill(session, brand):
        ticket = await tickets.ticket_of(session, brand, ticket_id)
        if ticket is None:
            continue
        state = ticket.state
        reason = await reason_of(session, brand, state, now)
        place = place_after(None, state, (), reason=reason, silence=silence, now=state.created_at)
        if place is not None:
            await queue.save_place(session, brand, replace(place, silent_at=None, answered=place.holder_id is not None))
            await queue.keep_due(session, brand, ticket_id)
