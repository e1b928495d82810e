"""Live conversations open, are handed to somebody, and end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.chat.domain.errors import SessionNotFound
from services.chat.domain.forms import check_filled, check_known
from services.chat.domain.reaching import SILENT, Introduction
from services.chat.domain.values import Draft, Person
from services.chat.queries import policies, sessions
from services.chat.use_cases import ratings
from services.chat.use_cases.admission import check_admitted
from services.chat.use_cases.introducing import introduce
from services.chat.use_cases.posting import post_message
from shared.contracts.base import AuthorKind
from shared.contracts.chat import SessionEnded, SessionStarted
from shared.db.engine import Session
from shared.ids import new_id
from shared.messaging.outbox import record
from shared.redaction import redact

BANNED: Final = "banned"


@dataclass(frozen=True, slots=True)
class Opening:
    """What a player or visitor asks for; `key` is the Idempotency-Key, `fresh` wants a conversation of its own.

    `introduction` is what he says of himself, `vouched` the address that the operator signed for him.
    """

    subject: str | None = None
    language: str | None = None
    text: str | None = None
    client_msg_id: str | None = None
    fresh: bool = False
    key: str | None = None
    attachments: tuple[UUID, ...] = ()
    introduction: Introduction = SILENT
    vouched: str | None = None


async def open_session(session: Session, *, person: Person, opening: Opening, now: datetime) -> tuple[UUID, int]:
    """Return the conversation and its newest `seq`: the open one unless a fresh one is wanted, first words appended.

    The same key always means the same conversation and the same first words.
    """
    await sessions.queue_up(session, person)
    await check_admitted(session, person=person, now=now)
    known = await _known(session, person, opening)
    await _check_form(session, person, opening.introduction, begins=known is None)
    ticket_id, last_seq = known or (await _start(session, person, opening, now), 0)
    await introduce(
        session, person=person, ticket_id=ticket_id, introduction=opening.introduction, vouched=opening.vouched, now=now
    )
    if opening.text is None:
        return ticket_id, last_seq
    client_msg_id = opening.client_msg_id or (None if opening.key is None else f"key:{opening.key}"[:128])
    draft = Draft(ticket_id, person.author(), opening.text, client_msg_id, attachments=opening.attachments)
    message = await post_message(session, brand=person.brand, draft=draft, now=now)
    return ticket_id, max(last_seq, message.seq)


async def _known(session: Session, person: Person, opening: Opening) -> tuple[UUID, int] | None:
    known = None
    if opening.key is not None:
        known = await sessions.session_opened_with(session, person, opening.key)
    # A visitor has one anonymous conversation, so `fresh` is a player's wish only.
    if known is None and not (opening.fresh and person.kind is AuthorKind.PLAYER):
        known = await sessions.open_session_of(session, person)
    return None if known is None else (known.ticket_id, known.last_seq)


async def _start(session: Session, person: Person, opening: Opening, now: datetime) -> UUID:
    ticket_id = new_id()
    subject = None if opening.subject is None else redact(opening.subject)
    await sessions.insert_session(
        session, person, ticket_id=ticket_id, subject=subject, language=opening.language, key=opening.key, at=now
    )
    started = SessionStarted(
        ticket_id=ticket_id, player=person.author(), subject=subject, language=opening.language,
        reason=opening.introduction.reason, started_at=now, vip=person.vip,
    )  # fmt: skip
    await record(session, started, brand=person.brand, sequence=1, at=now)
    return ticket_id


async def _check_form(session: Session, person: Person, said: Introduction, *, begins: bool) -> None:
    """Refuse a visitor who leaves out what the brand has to know; players are known, so nothing is asked of them."""
    is_asked = begins and person.kind is AuthorKind.VISITOR
    if is_asked or said.says_something:
        form = (await policies.policy_of(session, person.brand)).form
        (check_filled if is_asked else check_known)(form, said)


async def end_session(
    session: Session, *, brand: str, ticket_id: UUID, reason: str, now: datetime, owner: Person | None = None
) -> None:
    """End a conversation; ending it twice is no error. With `owner`, only that person's own."""
    locked = (await sessions.lock_sessions(session, brand, [ticket_id])).get(ticket_id)
    if locked is None or (owner is not None and not locked.belongs_to(owner.author())):
        raise SessionNotFound
    if locked.ended_at is not None:
        return
    sequence = await sessions.end_session(session, brand, ticket_id, reason=reason, at=now)
    ended = SessionEnded(ticket_id=ticket_id, reason=reason, ended_at=now)
    await record(session, ended, brand=brand, sequence=sequence, at=now)
    if reason != BANNED:
        await ratings.ask(session, brand=brand, ticket_id=ticket_id, now=now)


async def assign_session(
    session: Session, *, brand: str, ticket_id: UUID, assignee_id: str | None, sequence: int
) -> None:
    """Remember who holds the ticket of a conversation; tickets without one are none of our business."""
    await sessions.assign_session(session, brand, ticket_id, assignee_id=assignee_id, sequence=sequence)
