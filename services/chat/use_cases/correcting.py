"""Words in a transcript are corrected or withdrawn."""

from dataclasses import replace
from datetime import datetime

from services.chat.domain.corrections import Correction, check_correction, check_own
from services.chat.domain.errors import ClientMsgIdReused, MessageNotFound, SessionNotFound
from services.chat.domain.values import Conversation, Message, Said, dated
from services.chat.queries import corrections, messages, policies, sessions
from services.chat.use_cases import silences
from shared.contracts.chat import MessageCorrected
from shared.db.engine import Session, note
from shared.ids import new_id
from shared.messaging.outbox import record
from shared.redaction import redact


async def correct_words(session: Session, *, brand: str, wish: Correction, now: datetime) -> Message:
    """Append the entry that corrects or withdraws words, and return it; raise why it may not be.

    The conversation is locked like for words: of two corrections at once the later one counts, and both are kept. A
    repetition, and what changes nothing, writes nothing and is answered with the entry that has made it so.
    """
    wish = wish if wish.text is None else replace(wish, text=redact(wish.text))
    conversation = (await sessions.lock_sessions(session, brand, [wish.ticket_id])).get(wish.ticket_id)
    if conversation is None or not (wish.is_judged or conversation.belongs_to(wish.author)):
        raise SessionNotFound
    earlier = await _earlier(session, brand, wish)
    if earlier is not None:
        return earlier
    message = await corrections.message_now(session, brand, wish.ticket_id, wish.message_id)
    if message is None:
        raise MessageNotFound
    if not wish.is_judged:
        check_own(message)
    if wish.is_in(message):
        return await _standing(session, brand, wish, message)
    if not wish.is_judged:
        await _check(session, brand, wish, message, conversation, now)
    return await _append(session, brand, wish, conversation, now)


async def _earlier(session: Session, brand: str, wish: Correction) -> Message | None:
    """Return what an earlier try has written; an id that was used for something else is refused."""
    sent = [] if wish.client_msg_id is None else [(wish.ticket_id, wish.client_msg_id)]
    ids = [] if wish.entry_id is None else [wish.entry_id]
    found = await messages.earlier_messages(session, brand, sent=sent, ids=ids)
    if found and not wish.was(found[0]):
        raise ClientMsgIdReused(field="client_msg_id")
    return found[0] if found else None


async def _standing(session: Session, brand: str, wish: Correction, message: Message) -> Message:
    """Return the entry that already says what is wished for, in the name of this wish."""
    entries = await corrections.entries_about(session, brand, wish.ticket_id, message.id)
    return replace(entries[-1], client_msg_id=wish.client_msg_id)


async def _check(
    session: Session, brand: str, wish: Correction, message: Message, conversation: Conversation, now: datetime
) -> None:
    policy = await policies.policy_of(session, brand)
    made = await corrections.count_about(session, brand, wish.ticket_id, wish.message_id)
    check_correction(wish, message, conversation, made=made, within=policy.correct_within, now=now)


async def _append(session: Session, brand: str, wish: Correction, conversation: Conversation, now: datetime) -> Message:
    entry = Message(
        ticket_id=wish.ticket_id,
        seq=conversation.last_seq + 1,
        id=wish.entry_id or new_id(),
        author=wish.author,
        text=wish.text or "",
        client_msg_id=wish.client_msg_id,
        sent_at=dated(wish.said_at or now, conversation.last_sent_at),
        corrects=wish.message_id,
    )
    await corrections.append_entry(session, brand, entry)
    sequence = await sessions.advance(session, brand, wish.ticket_id, last_seq=entry.seq, at=entry.sent_at)
    corrected = MessageCorrected(
        ticket_id=entry.ticket_id, message_id=wish.message_id, correction_id=entry.id, seq=entry.seq,
        author=entry.author, text=wish.text, corrected_at=entry.sent_at,
    )  # fmt: skip
    await record(session, corrected, brand=brand, sequence=sequence, at=entry.sent_at)
    note(session, Said(brand, entry))
    if not wish.is_judged:
        # Who corrects himself is there, although he says nothing new.
        await silences.watch(session, brand=brand, ticket_id=wish.ticket_id, now=now)
    return entry
