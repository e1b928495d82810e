"""Words take their place in a transcript."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from services.chat.domain.errors import ClientMsgIdReused, SessionHasEnded, SessionNotFound
from services.chat.domain.values import Conversation, Draft, Message, Said, dated
from services.chat.queries.messages import append_messages, earlier_messages
from services.chat.queries.sessions import lock_sessions
from shared.contracts.chat import MessagePosted
from shared.db.engine import Session, note
from shared.errors import DomainError
from shared.ids import new_id
from shared.messaging.outbox import row_of
from shared.redaction import redact

Outcome: TypeAlias = Message | DomainError
Key: TypeAlias = tuple[UUID, UUID | str | None]


async def post_message(session: Session, *, brand: str, draft: Draft, now: datetime) -> Message:
    """Append one message, or return the one that an earlier try has written; raise why it may not be."""
    [outcome] = await post_messages(session, brand=brand, drafts=[draft], now=now)
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


async def post_messages(session: Session, *, brand: str, drafts: Sequence[Draft], now: datetime) -> list[Outcome]:
    """Append drafts of different conversations; each gets its message or its own refusal, in their order.

    Texts are cleaned before anything is locked. Then the session rows are locked: only so a repetition is certain to be
    seen, and the positions of events follow the order of the transcript. Repetitions are looked up only when one shows.
    """
    clean = [replace(draft, text=redact(draft.text)) for draft in drafts]
    locked = await lock_sessions(session, brand, [draft.ticket_id for draft in clean])
    outcomes = [_outcome(draft, locked.get(draft.ticket_id), now) for draft in clean]
    written = await _append(session, brand, [o for o in outcomes if isinstance(o, Message)], locked)
    doubtful = [
        draft
        for draft, outcome in zip(clean, outcomes, strict=True)
        if isinstance(outcome, SessionHasEnded) or (isinstance(outcome, Message) and outcome.id not in written)
    ]
    if not doubtful:
        return outcomes
    earlier = await _earlier(session, brand, doubtful)
    return [
        outcome if isinstance(outcome, Message) and outcome.id in written else _settled(earlier, draft, outcome)
        for draft, outcome in zip(clean, outcomes, strict=True)
    ]


async def _append(
    session: Session, brand: str, messages: Sequence[Message], locked: Mapping[UUID, Conversation]
) -> set[UUID]:
    if not messages:
        return set()
    service = str(session.info["service"])
    events = [_told(m, locked[m.ticket_id].version + 1, service=service, brand=brand) for m in messages]
    session.info["recorded"] = True
    written = await append_messages(session, brand, messages, events)
    for message in messages:
        if message.id in written:
            note(session, Said(brand, message))
    return written


async def _earlier(session: Session, brand: str, drafts: Sequence[Draft]) -> dict[Key, Message]:
    sent = [(draft.ticket_id, draft.client_msg_id) for draft in drafts if draft.client_msg_id is not None]
    ids = [draft.message_id for draft in drafts if draft.message_id is not None]
    messages = await earlier_messages(session, brand, sent=sent, ids=ids)
    found: dict[Key, Message] = {(message.ticket_id, message.id): message for message in messages}
    found.update({(m.ticket_id, m.client_msg_id): m for m in messages if m.client_msg_id is not None})
    return found


def _settled(earlier: Mapping[Key, Message], draft: Draft, outcome: Outcome) -> Outcome:
    """Return what an earlier try has written, else the refusal; never words that are nowhere."""
    found = earlier.get((draft.ticket_id, draft.message_id or draft.client_msg_id))
    if found is None and isinstance(outcome, Message):
        message = f"neither written nor found: message {outcome.seq} of {draft.ticket_id}"
        raise RuntimeError(message)
    said = (draft.text, draft.attachments, None)
    if found is not None and draft.message_id is None and (found.text, found.attachments, found.corrects) != said:
        return ClientMsgIdReused(field="client_msg_id")
    return found or outcome


def _outcome(draft: Draft, conversation: Conversation | None, now: datetime) -> Outcome:
    if conversation is None or not (draft.is_reply or conversation.belongs_to(draft.author)):
        return SessionNotFound()
    if conversation.ended_at is not None and not draft.is_reply:
        return SessionHasEnded()
    return Message(
        ticket_id=draft.ticket_id,
        seq=conversation.last_seq + 1,
        id=draft.message_id or new_id(),
        author=draft.author,
        text=draft.text,
        client_msg_id=draft.client_msg_id,
        sent_at=dated(draft.said_at or now, conversation.last_sent_at),
        attachments=draft.attachments,
        details=draft.details,
    )


def _told(message: Message, sequence: int, *, service: str, brand: str) -> dict[str, object]:
    posted = MessagePosted(
        ticket_id=message.ticket_id,
        message_id=message.id,
        seq=message.seq,
        author=message.author,
        text=message.text,
        client_msg_id=message.client_msg_id,
        sent_at=message.sent_at,
        attachments=message.attachments,
        channel=message.details.channel,
        quick_replies=message.details.quick_replies,
        in_reply_to=message.details.in_reply_to,
    )
    return row_of(posted, service=service, brand=brand, sequence=sequence, at=message.sent_at)
