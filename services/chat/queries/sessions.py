"""Session rows: found, locked, opened, ended, assigned."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, insert, select, update

from services.chat.domain.values import Conversation, Person
from services.chat.queries.arrays import one_of
from services.chat.tables import chat_guests, chat_sessions
from shared.contracts.base import AuthorKind
from shared.contracts.tickets import TicketStatus
from shared.db.engine import Session
from shared.db.fixed import Fixed

_SESSION = chat_sessions.c
_COLUMNS: Final = (
    _SESSION.ticket_id,
    _SESSION.player_kind,
    _SESSION.player_id,
    _SESSION.last_seq,
    _SESSION.version,
    _SESSION.last_sent_at,
    _SESSION.ended_at,
)
# Locks are taken in one order, so that two batches with the same conversations wait for each other and never deadlock.
_LOCK: Final = Fixed(
    "SELECT ticket_id, player_kind, player_id, last_seq, version, last_sent_at, ended_at FROM chat_sessions "
    "WHERE brand = :brand AND ticket_id = ANY(CAST(:ticket_ids AS uuid[])) ORDER BY ticket_id FOR UPDATE"
)
_QUEUE_UP: Final = Fixed("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
_OPEN: Final = Fixed(
    "SELECT ticket_id, player_kind, player_id, last_seq, version, last_sent_at, ended_at FROM chat_sessions"
    " WHERE brand = :brand AND player_kind = :kind AND player_id = :player AND ended_at IS NULL"
    " ORDER BY started_at DESC LIMIT 1"
)
_FAR: Final = (
    "SELECT ticket_id, last_seq FROM chat_sessions"
    " WHERE brand = :brand AND ticket_id = ANY(CAST(:ticket_ids AS uuid[]))"
)
_HEADS: Final = Fixed(_FAR)
_OWN_HEADS: Final = Fixed(f"{_FAR} AND player_kind = :kind AND player_id = :player")
_HOLDER: Final = Fixed(
    "SELECT staff.name, held.ticket_status FROM chat_sessions held"
    " LEFT JOIN chat_staff staff ON staff.brand = held.brand AND staff.staff_id = held.assignee_id"
    " WHERE held.brand = :brand AND held.ticket_id = :ticket_id AND held.ended_at IS NULL LIMIT 1"
)


async def lock_sessions(session: Session, brand: str, ticket_ids: Sequence[UUID]) -> dict[UUID, Conversation]:
    """Lock the rows of these conversations until the transaction ends; unknown ones are left out."""
    rows = await _LOCK.rows(session, {"brand": brand, "ticket_ids": list(ticket_ids)})
    return {row["ticket_id"]: _conversation(*row) for row in rows}


async def session_of(session: Session, brand: str, ticket_id: UUID) -> Conversation | None:
    """Return one conversation without locking it."""
    rows = await session.execute(select(*_COLUMNS).where(_SESSION.brand == brand, _SESSION.ticket_id == ticket_id))
    row = rows.one_or_none()
    return None if row is None else _conversation(*row)


async def queue_up(session: Session, person: Person) -> None:
    """Let the callers of one person pass one after the other until the transaction ends."""
    await _QUEUE_UP.value(session, {"key": "/".join(("chat", *person.key))})


async def open_session_of(session: Session, person: Person) -> Conversation | None:
    """Return the newest conversation of `person` that has not ended."""
    row = await _OPEN.row(session, _owner(person))
    return None if row is None else _conversation(*row)


async def session_opened_with(session: Session, person: Person, key: str) -> Conversation | None:
    """Return the conversation that `person` opened with this idempotency key."""
    rows = await session.execute(select(*_COLUMNS).where(*_owned_by(person), _SESSION.opened_with == key))
    row = rows.one_or_none()
    return None if row is None else _conversation(*row)


async def insert_session(
    session: Session,
    person: Person,
    *,
    ticket_id: UUID,
    subject: str | None,
    language: str | None,
    key: str | None,
    at: datetime,
) -> None:
    """Write a new conversation at version 1."""
    row: Mapping[str, object] = {
        "ticket_id": ticket_id, "brand": person.brand, "player_kind": person.kind.value, "player_id": person.id,
        "player_name": person.name, "subject": subject, "language": language, "opened_with": key, "started_at": at,
    }  # fmt: skip
    await session.execute(insert(chat_sessions).values(**row))


async def end_session(session: Session, brand: str, ticket_id: UUID, *, reason: str, at: datetime) -> int:
    """Mark a locked conversation as ended and return its new version."""
    ended = (
        update(chat_sessions)
        .where(_SESSION.brand == brand, _SESSION.ticket_id == ticket_id)
        .values(ended_at=at, ended_reason=reason, version=_SESSION.version + 1)
        .returning(_SESSION.version)
    )
    return int((await session.execute(ended)).scalar_one())


async def hand_session(session: Session, *, ticket_id: UUID, to: Person) -> int:
    """Make a locked conversation somebody else's and return its new version."""
    handed = (
        update(chat_sessions)
        .where(_SESSION.brand == to.brand, _SESSION.ticket_id == ticket_id)
        .values(
            player_kind=to.kind.value, player_id=to.id, player_name=to.name, opened_with=None,
            version=_SESSION.version + 1,
        )
        .returning(_SESSION.version)
    )  # fmt: skip
    return int((await session.execute(handed)).scalar_one())


async def advance(session: Session, brand: str, ticket_id: UUID, *, last_seq: int, at: datetime) -> int:
    """Move a locked conversation on by an entry that is not words, and return its new version."""
    advanced = (
        update(chat_sessions)
        .where(_SESSION.brand == brand, _SESSION.ticket_id == ticket_id)
        .values(last_seq=last_seq, last_sent_at=at, version=_SESSION.version + 1)
        .returning(_SESSION.version)
    )
    return int((await session.execute(advanced)).scalar_one())


async def assign_session(
    session: Session, brand: str, ticket_id: UUID, *, assignee_id: str | None, sequence: int
) -> None:
    """Store who holds the ticket, unless something newer is known; `sequence` is the ticket's version."""
    assigned = (
        update(chat_sessions)
        .where(_SESSION.brand == brand, _SESSION.ticket_id == ticket_id, _SESSION.assigned_sequence < sequence)
        .values(assignee_id=assignee_id, assigned_sequence=sequence)
    )
    await session.execute(assigned)


async def holder_of(session: Session, brand: str, ticket_id: UUID) -> tuple[str | None, TicketStatus | None] | None:
    """Return the name of whoever holds a conversation and where its ticket stands; None if none goes on."""
    row = await _HOLDER.row(session, {"brand": brand, "ticket_id": ticket_id})
    if row is None:
        return None
    return row["name"], None if row["ticket_status"] is None else TicketStatus(row["ticket_status"])


async def most_alive(session: Session, brand: str, ticket_ids: Sequence[UUID]) -> UUID:
    """Return which of these conversations is open, the newest of several; the newest of all if none is."""
    found = (
        select(_SESSION.ticket_id)
        .where(_SESSION.brand == brand, one_of(_SESSION.ticket_id, ticket_ids))
        .order_by(_SESSION.ended_at.is_not(None), _SESSION.started_at.desc())
        .limit(1)
    )
    chosen: UUID = (await session.execute(found)).scalar_one()
    return chosen


async def last_seqs(
    session: Session, brand: str, ticket_ids: Sequence[UUID], *, player: Person | None
) -> dict[UUID, int]:
    """Return the newest `seq` of these conversations; with `player`, of their own ones only."""
    owner = {"brand": brand} if player is None else _owner(player)
    rows = await (_HEADS if player is None else _OWN_HEADS).rows(session, {**owner, "ticket_ids": list(ticket_ids)})
    return {row["ticket_id"]: row["last_seq"] for row in rows}


async def heads(session: Session, ticket_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the newest `seq` of conversations of any brand (worker role)."""
    found = select(_SESSION.ticket_id, _SESSION.last_seq).where(one_of(_SESSION.ticket_id, ticket_ids))
    return {row.ticket_id: row.last_seq for row in await session.execute(found)}


async def assigned_to(session: Session, staff: Sequence[tuple[str, str]]) -> list[tuple[str, str, UUID]]:
    """Return (brand, staff id, conversation) of the open conversations that these (brand, staff id) hold or joined."""
    brands, people = zip(*staff, strict=True)
    held = select(_SESSION.brand, _SESSION.assignee_id, _SESSION.ticket_id).where(
        _SESSION.ended_at.is_(None), one_of(_SESSION.brand, set(brands)), one_of(_SESSION.assignee_id, set(people))
    )
    joined = (
        select(chat_guests.c.brand, chat_guests.c.staff_id, chat_guests.c.ticket_id)
        .join(chat_sessions, _SESSION.ticket_id == chat_guests.c.ticket_id)
        .where(
            _SESSION.ended_at.is_(None), one_of(chat_guests.c.brand, set(brands)),
            one_of(chat_guests.c.staff_id, set(people)),
        )
    )  # fmt: skip
    wanted = set(staff)
    return [(b, str(a), t) for b, a, t in await session.execute(held.union(joined)) if (b, a) in wanted]


def _owner(person: Person) -> dict[str, object]:
    brand, kind, player = person.key
    return {"brand": brand, "kind": kind, "player": player}


def _owned_by(person: Person) -> tuple[ColumnElement[bool], ...]:
    return (_SESSION.brand == person.brand, _SESSION.player_kind == person.kind.value, _SESSION.player_id == person.id)


def _conversation(
    ticket_id: UUID,
    player_kind: str,
    player_id: str,
    last_seq: int,
    version: int,
    last_sent_at: datetime | None,
    ended_at: datetime | None,
) -> Conversation:
    return Conversation(
        ticket_id=ticket_id,
        player_kind=AuthorKind(player_kind),
        player_id=player_id,
        last_seq=last_seq,
        version=version,
        last_sent_at=last_sent_at,
        ended_at=ended_at,
    )
