"""Lists of tickets in the database: filters, four orders, keyset pages, every one along an index."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, bindparam, select, text, tuple_

from services.tickets.domain.statuses import FINISHED
from services.tickets.queries.tickets import state_of
from services.tickets.tables import ticket_tags, tickets
from services.tickets.tables.tickets import UNFINISHED
from shared.contracts.tickets import Priority, ReasonClass, TicketState, TicketStatus
from shared.db.engine import Session
from shared.db.fixed import Fixed

_NONE: Final = ""
# From the newest words on, along the order in which a timeline is read.
_NAMES: Final = Fixed(
    "SELECT wanted.id, said.author_name FROM unnest(CAST(:ticket_ids AS uuid[])) AS wanted(id), LATERAL ("
    "SELECT author_name FROM timeline WHERE ticket_id = wanted.id AND brand = :brand"
    " AND author_kind IN ('player', 'visitor') AND author_name IS NOT NULL"
    " ORDER BY occurred_at DESC, id DESC LIMIT 1) AS said"
)


class Sort(StrEnum):
    """What a list is ordered by: opening, last change, the earliest promise, how long the player waits."""

    CREATED = "created"
    UPDATED = "updated"
    DUE = "due"
    WAITING = "waiting"


class Order(StrEnum):
    """Which end comes first."""

    ASC = "asc"
    DESC = "desc"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; None does not narrow.

    `unassigned` asks for tickets in nobody's hands, `tags` for those that have all of them. Merged tickets are left out
    unless asked for. Until and before exclude their moment.
    """

    statuses: tuple[TicketStatus, ...] = ()
    assignee_id: str | None = None
    unassigned: bool = False
    team_id: str | None = None
    tags: tuple[str, ...] = ()
    reason: str | None = None
    reason_class: ReasonClass | None = None
    priorities: tuple[Priority, ...] = ()
    player_id: str | None = None
    visitor_id: str | None = None
    channel: str | None = None
    language: str | None = None
    tier: str | None = None
    licence: str | None = None
    complaint: bool | None = None
    unanswered: bool | None = None
    merged: bool = False
    created_since: datetime | None = None
    created_until: datetime | None = None
    updated_since: datetime | None = None
    due_before: datetime | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A ticket as lists show it, with what they sort on; `player_name` is what its player called himself last."""

    state: TicketState
    next_due_at: datetime | None
    waiting_since: datetime | None
    player_name: str | None = None


_COLUMNS: Final = {
    Sort.CREATED: tickets.c.created_at,
    Sort.UPDATED: tickets.c.updated_at,
    Sort.DUE: tickets.c.next_due_at,
    Sort.WAITING: tickets.c.waiting_since,
}
_FIRST: Final = {Sort.CREATED: Order.DESC, Sort.UPDATED: Order.DESC, Sort.DUE: Order.ASC, Sort.WAITING: Order.ASC}
_EQUAL: Final = (
    "assignee_id", "team_id", "reason", "reason_class", "player_id", "visitor_id", "channel", "language", "tier",
    "licence",
)  # fmt: skip


def order_of(sort: Sort, order: Order | None) -> Order:
    """Return the wanted order, or the one that a list usually has: newest, soonest or longest waiting first."""
    return order or _FIRST[sort]


def key_of(listed: Listed, sort: Sort) -> tuple[str, ...]:
    """Return where a ticket stands in a list; an empty text stands for no time."""
    moments = {
        Sort.CREATED: listed.state.created_at,
        Sort.UPDATED: listed.state.updated_at,
        Sort.DUE: listed.next_due_at,
        Sort.WAITING: listed.waiting_since,
    }
    moment = moments[sort]
    return _NONE if moment is None else moment.isoformat(), str(listed.state.id)


def is_orderable(statuses: Collection[TicketStatus], sort: Sort) -> bool:
    """False if a list of these statuses cannot be ordered so: of finished tickets nothing is due."""
    return sort is not Sort.DUE or not FINISHED & set(statuses)


async def tickets_page(
    session: Session,
    brand: str,
    filters: Filters,
    *,
    sort: Sort = Sort.CREATED,
    order: Order | None = None,
    after: tuple[str, ...] | None,
    limit: int,
) -> list[Listed]:
    """Return up to `limit + 1` tickets that follow `after` = (moment, id) in this order; without a time comes last."""
    ways = order_of(sort, order)
    found: list[Listed] = []
    for statement in statements(brand, filters, sort, ways, after):
        missing = limit + 1 - len(found)
        if missing > 0:
            found += [listed_of(row) for row in await session.execute(statement.limit(missing))]
    return found


async def tickets_among(session: Session, brand: str, filters: Filters, ids: Sequence[UUID]) -> dict[UUID, Listed]:
    """Return those of these tickets that the filters let through."""
    statement = _selected(brand, filters, Sort.CREATED).where(tickets.c.id.in_(ids))
    found = [listed_of(row) for row in await session.execute(statement)]
    return {listed.state.id: listed for listed in found}


async def named(session: Session, brand: str, listed: Sequence[Listed]) -> list[Listed]:
    """Return the same tickets with the names of their players, as far as those ever said one: all with one question."""
    ids = [one.state.id for one in listed]
    rows = await _NAMES.rows(session, {"brand": brand, "ticket_ids": ids}) if ids else []
    names = {row["id"]: row["author_name"] for row in rows}
    return [replace(one, player_name=names.get(one.state.id)) for one in listed]


def listed_of(row: Row[Any]) -> Listed:
    """Return the ticket in a row."""
    return Listed(state_of(row), row.next_due_at, row.waiting_since)


def narrowed(brand: str, filters: Filters, sort: Sort) -> list[ColumnElement[bool]]:
    """Return the conditions of a list; what an index is made for is said in the words of the index."""
    said: list[ColumnElement[bool]] = [tickets.c.brand == brand]
    said += [tickets.c[name] == wanted for name in _EQUAL if (wanted := getattr(filters, name)) is not None]
    said += _standing(filters, sort)
    said += _present(filters, sort)
    return said + _within(filters) + [_tagged(brand, tag) for tag in filters.tags]


def _followed(brand: str, filters: Filters, sort: Sort) -> Select[Any] | None:
    """Return a list that is read along its first tag, which knows when its tickets were opened; None if none does."""
    if sort is not Sort.CREATED or not filters.tags:
        return None
    first, *others = filters.tags
    along = select(tickets).join(ticket_tags, tickets.c.id == ticket_tags.c.ticket_id)
    along = along.where(ticket_tags.c.brand == brand, ticket_tags.c.tag == first)
    return along.where(*narrowed(brand, replace(filters, tags=tuple(others)), sort))


def _standing(filters: Filters, sort: Sort) -> list[ColumnElement[bool]]:
    said: list[ColumnElement[bool]] = []
    wanted = set(filters.statuses)
    if sort is Sort.DUE or filters.due_before:
        said.append(_among(wanted - FINISHED) if wanted else text(UNFINISHED))  # type: ignore[arg-type]
    elif wanted:
        said.append(_among(wanted))
    if filters.priorities:
        said.append(tickets.c.priority.in_([priority.value for priority in filters.priorities]))
    return said


def _among(statuses: AbstractSet[TicketStatus]) -> ColumnElement[bool]:
    """Return one condition on the status, its values part of the SQL.

    So the planner sees whether an index of unfinished tickets has them all. Said beside `UNFINISHED` it would take two
    conditions for independent, expect next to nothing, and sort thousands instead of reading them in order.
    """
    values: ColumnElement[Any] = bindparam(None, sorted(statuses), expanding=True, literal_execute=True)
    return tickets.c.status.in_(values)


def _present(filters: Filters, sort: Sort) -> list[ColumnElement[bool]]:
    """Return what must be there or must not."""
    asked = (
        (tickets.c.assignee_id, False if filters.unassigned else None),
        (tickets.c.merged_into, None if filters.merged else False),
        (tickets.c.complaint_id, filters.complaint),
        (tickets.c.waiting_since, True if sort is Sort.WAITING else filters.unanswered),
    )
    return [column.is_not(None) if wanted else column.is_(None) for column, wanted in asked if wanted is not None]


def _within(filters: Filters) -> list[ColumnElement[bool]]:
    columns, said = tickets.c, []
    if filters.created_since is not None:
        said.append(columns.created_at >= filters.created_since)
    if filters.created_until is not None:
        said.append(columns.created_at < filters.created_until)
    if filters.updated_since is not None:
        said.append(columns.updated_at >= filters.updated_since)
    if filters.due_before is not None:
        said.append(columns.next_due_at < filters.due_before)
    return said


def _tagged(brand: str, tag: str) -> ColumnElement[bool]:
    tagged = select(ticket_tags.c.ticket_id).where(ticket_tags.c.brand == brand, ticket_tags.c.tag == tag)
    return tickets.c.id.in_(tagged)


def _selected(brand: str, filters: Filters, sort: Sort) -> Select[Any]:
    return select(tickets).where(*narrowed(brand, filters, sort))


def statements(
    brand: str, filters: Filters, sort: Sort, order: Order, after: tuple[str, ...] | None
) -> list[Select[Any]]:
    """Return the statements to ask one after the other: those with a time, then, where there may be none, the rest."""
    column, id_ = _COLUMNS[sort], tickets.c.id
    timed = statement = _selected(brand, filters, sort)
    tagged = _followed(brand, filters, sort)
    if tagged is not None:
        timed, column, id_ = tagged, ticket_tags.c.created_at, ticket_tags.c.ticket_id
    if sort is Sort.DUE:
        timed = timed.where(column.is_not(None))
    # By nothing and then by id: only in these words does the planner see that the index of due times has that order.
    ways = (_way(order, column), _way(order, id_))
    bare = statement.where(column.is_(None)).order_by(*ways) if sort is Sort.DUE else None
    if after is not None:
        moment, last = after
        if moment == _NONE:
            return [] if bare is None else [bare.where(_beyond(order, id_, UUID(last)))]
        key = tuple_(datetime.fromisoformat(moment), UUID(last))
        timed = timed.where(_beyond(order, tuple_(column, id_), key))
    timed = timed.order_by(*ways)
    return [timed] if bare is None else [timed, bare]


def _beyond(order: Order, what: Any, key: Any) -> ColumnElement[bool]:  # noqa: ANN401 - columns, tuples and values
    return what > key if order is Order.ASC else what < key  # type: ignore[no-any-return]


def _way(order: Order, column: Any) -> ColumnElement[Any]:  # noqa: ANN401 - any column
    return column.asc() if order is Order.ASC else column.desc()  # type: ignore[no-any-return]
