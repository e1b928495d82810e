"""Answers that a player does not read where he asked go to him by e-mail, each of them once.

Chat knows who has read what, so it keeps the time; notifications only sends. Whoever looks at a conversation locks its
row, as everybody does who writes words there or changes them: what goes out is what stood there at that moment, and
whatever changes it comes before or after.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from services.chat.domain.reaching import Reachable, Telling
from services.chat.domain.unread import MOST_REPLIES, Outlook, Reached, outlook, patience
from services.chat.domain.values import LONGEST_FILE_NAME, Message
from services.chat.queries import contacts, messages, policies, reaching, sessions
from shared.contracts.base import Channel, ContactRef
from shared.contracts.chat_mail import RepliesUnread, SpokenLine
from shared.contracts.tickets import TicketState
from shared.db.engine import Session
from shared.ids import new_id
from shared.messaging.outbox import record

_LOOKED_AT: Final = MOST_REPLIES + 1


async def expect_reading(
    session: Session, *, brand: str, heard: Sequence[UUID], ticket: TicketState, now: datetime
) -> None:
    """Begin to wait until the player has read what was just said to him in these conversations.

    They are one person's: where tickets were merged he reads the one that is open, and one e-mail is enough.
    """
    if not heard:
        return
    ticket_id = heard[0] if len(heard) == 1 else await sessions.most_alive(session, brand, heard)
    after = (await policies.policy_of(session, brand)).mail_after
    await reaching.expect_reading(
        session, brand, ticket_id, number=ticket.number, subject=ticket.subject,
        due_at=None if after is None else now + after,
        soon_at=None if after is None else now + patience(after, writes_mails=True),
    )  # fmt: skip


async def look(session: Session, *, brand: str, ticket_id: UUID, now: datetime) -> None:
    """Tell by e-mail what has been unread for too long; else note when to look again."""
    await sessions.lock_sessions(session, brand, [ticket_id])
    told = await reaching.telling_of(session, brand, ticket_id, lock=True)
    to = await contacts.reachable(session, brand, ticket_id)
    if told is None or to is None or told.due_at is None or told.due_at > now:
        return
    found = await _outlook(session, brand, ticket_id, told, to, now)
    await reaching.look_again(session, brand, ticket_id, at=found.look_at, undelivered=found.undelivered)
    if found.batch:
        await _tell(session, brand, told, to, found.batch, now)


async def due(session: Session, *, now: datetime) -> Sequence[tuple[str, UUID]]:
    """Return (brand, conversation) of what is to be looked at now (worker role)."""
    return await reaching.due_tellings(session, now)


async def note_outcome(session: Session, *, brand: str, ticket_id: UUID, batch_id: UUID, state: str) -> None:
    """Remember whether the newest e-mail left."""
    await reaching.note_outcome(session, brand, ticket_id, batch_id=batch_id, state=state)


async def keep_file_name(session: Session, *, brand: str, ticket_id: UUID, attachment_id: UUID, name: str) -> None:
    """Remember what a file of a conversation is called."""
    await contacts.keep_file_name(session, brand, attachment_id, ticket_id=ticket_id, name=name)


async def _outlook(
    session: Session, brand: str, ticket_id: UUID, told: Telling, to: Reachable, now: datetime
) -> Outlook:
    policy = await policies.policy_of(session, brand)
    read = await reaching.read_by_player(session, brand, ticket_id)
    live = await messages.spoke_live(session, brand, ticket_id)
    reached = Reached(
        read_seq=max(read, live[0] if live else 0),
        mailed_seq=told.mailed_seq,
        address=to.address,
        writes_mails=told.wrote_mail_at is not None and (live is None or told.wrote_mail_at > live[1]),
    )
    behind = max(reached.read_seq, reached.mailed_seq)
    replies = await messages.replies_after(session, brand, ticket_id, after_seq=behind, limit=_LOOKED_AT)
    return outlook(replies, reached, policy.mail_after, now)


async def _tell(
    session: Session, brand: str, told: Telling, to: Reachable, batch: Sequence[Message], now: datetime
) -> None:
    ticket_id, batch_id = batch[0].ticket_id, new_id()
    number, first_id = await reaching.note_batch(
        session, brand, ticket_id, batch_id=batch_id, up_to=batch[-1].seq, at=now
    )
    names = await contacts.file_names(session, brand, ticket_id)
    unread = RepliesUnread(
        batch_id=batch_id,
        first_batch_id=first_id,
        ticket_id=ticket_id,
        number=told.number,
        subject=told.subject,
        player=to.player,
        contact=contact_of(to, told.thread),
        language=to.language,
        replies=tuple(spoken(message, names) for message in batch),
        told_at=now,
    )
    await record(session, unread, brand=brand, sequence=number, at=now)


def contact_of(to: Reachable, thread: Sequence[str] = (), address: str | None = None) -> ContactRef:
    """Return where a player is written to: at `address`, else where he is known to be."""
    return ContactRef(channel=Channel.EMAIL, address=address or str(to.address), name=to.name, thread=tuple(thread))


def spoken(message: Message, names: Mapping[UUID, str]) -> SpokenLine:
    """Return words with the names of their files, as far as they are known; the files themselves stay here."""
    files = tuple(names.get(one, "")[:LONGEST_FILE_NAME] for one in message.attachments)
    return SpokenLine(
        message_id=message.id, author=message.author, text=message.text, sent_at=message.sent_at, files=files
    )
