"""Saved views: one's own and those that leads share with everybody, and how many tickets are in each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.complaints import check_licence_known
from services.tickets.domain.errors import SortRefused, TooManyViews, ViewNotFound, ViewNotYours
from services.tickets.queries import views
from services.tickets.queries.lists import Filters, Sort, is_orderable
from services.tickets.queries.views import View
from services.tickets.settings import licences
from services.tickets.use_cases.auditing import record_view
from services.tickets.use_cases.naming import check_reasons, check_teams
from shared.contracts.tickets import TicketStatus
from shared.db.engine import Session
from shared.redaction import redact
from shared.web.conditional import demand

_MOST_VIEWS: Final = 100
_FRESH: Final = timedelta(seconds=2)
_MOST_REMEMBERED: Final = 10_000

CountKey = tuple[str, UUID, Filters, Sort]


@dataclass(slots=True)
class Counts:
    """What one process counted in the last two seconds: thirty agents who look at one view cost one count."""

    _known: dict[CountKey, tuple[datetime, int]] = field(default_factory=dict)

    def fresh(self, key: CountKey, now: datetime) -> int | None:
        """Return what was counted a moment ago, if it was."""
        at, count = self._known.get(key, (None, 0))
        return count if at is not None and now - at < _FRESH else None

    def keep(self, key: CountKey, count: int, now: datetime) -> None:
        """Remember a count."""
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[key] = (now, count)


async def find_view(session: Session, *, brand: str, view_id: UUID, reader_id: str, witness: Witness | None) -> View:
    """Return a view that the reader may see."""
    view = await views.view_of(session, brand, view_id, reader_id)
    if view is None:
        raise ViewNotFound
    await record_view(session, witness, AuditAction.READ_VIEW, view.id)
    return view


async def list_views(session: Session, *, brand: str, reader_id: str, witness: Witness | None) -> list[View]:
    """Return all views that the reader may see, in their order."""
    found = await views.views_of(session, brand, reader_id)
    await record_view(session, witness, AuditAction.READ_VIEW, *(view.id for view in found))
    return found


async def make_view(session: Session, view: View, *, leads: bool, witness: Witness | None) -> View:
    """Keep a new view; only leads and admins share theirs."""
    if view.shared and not leads:
        raise ViewNotYours(field="shared")
    if await views.count_views(session, view.brand, view.owner_id) >= _MOST_VIEWS:
        raise TooManyViews
    kept = _cleaned(view)
    await _check_named(session, kept, {})
    await views.insert_view(session, kept)
    await record_view(session, witness, AuditAction.MAKE_VIEW, kept.id)
    return kept


async def edit_view(
    session: Session,
    *,
    brand: str,
    view_id: UUID,
    editor_id: str,
    leads: bool,
    expected_version: int,
    changes: Mapping[str, object],
    witness: Witness | None,
    now: datetime,
) -> View:
    """Change one's own view, or, as a lead, a shared one."""
    view = await _own(session, brand, view_id, editor_id, leads=leads)
    demand(expected_version, view.version)
    changed = _cleaned(replace(view, **{**changes, "updated_at": now}))  # type: ignore[arg-type] # the schema gives fields of a view
    await _check_named(session, changed, view.filters)
    await record_view(session, witness, AuditAction.EDIT_VIEW, view.id)
    return await views.save_view(session, changed)


async def drop_view(
    session: Session, *, brand: str, view_id: UUID, editor_id: str, leads: bool, witness: Witness | None
) -> None:
    """Forget one's own view, or, as a lead, a shared one."""
    view = await _own(session, brand, view_id, editor_id, leads=leads)
    await views.delete_view(session, view)
    await record_view(session, witness, AuditAction.DROP_VIEW, view.id)


async def counted(
    session: Session,
    counts: Counts,
    brand: str,
    lists: Sequence[tuple[UUID, Filters, Sort]],
    *,
    witness: Witness | None,
    now: datetime,
) -> dict[UUID, int]:
    """Return how many tickets each list holds; what was counted a moment ago is neither counted nor recorded again."""
    keys = {view_id: (brand, view_id, filters, sort) for view_id, filters, sort in lists}
    found = {view_id: counts.fresh(key, now) for view_id, key in keys.items()}
    missing = [one for one in lists if found[one[0]] is None]
    if missing:
        await record_view(session, witness, AuditAction.COUNT_VIEWS, *(view_id for view_id, _, _ in missing))
    for view_id, count in (await views.count_tickets(session, brand, missing)).items():
        counts.keep(keys[view_id], count, now)
        found[view_id] = count
    return {view_id: count or 0 for view_id, count in found.items()}


async def _own(session: Session, brand: str, view_id: UUID, editor_id: str, *, leads: bool) -> View:
    view = await views.view_of(session, brand, view_id, editor_id, locked=True)
    if view is None:
        raise ViewNotFound
    if view.shared and not leads:
        raise ViewNotYours
    return view


async def _check_named(session: Session, view: View, before: Mapping[str, object]) -> None:
    """Refuse filters for a team, reason or licence that there is not: the view would stay empty for ever."""
    fresh = {name: str(value) for name, value in view.filters.items() if value != before.get(name)}
    if "team_id" in fresh:
        await check_teams(session, view.brand, [fresh["team_id"]], field="filters.team_id")
    if "reason" in fresh:
        await check_reasons(session, view.brand, [fresh["reason"]], field="filters.reason", now=view.updated_at)
    check_licence_known(fresh.get("licence"), licences(), field="filters.licence")


def _cleaned(view: View) -> View:
    """Return a view fit to be kept: nothing to redact in its name, and an order that its list can have."""
    statuses = [TicketStatus(status) for status in view.filters.get("status", ())]  # type: ignore[attr-defined] # as the schema dumps it
    if not is_orderable(statuses, view.sort):
        raise SortRefused("nothing is due of resolved and closed tickets", field="sort")
    return replace(view, name=redact(view.name))
