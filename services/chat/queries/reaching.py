"""How far players were told by e-mail what they did not read, and when somebody looks at that next."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.chat.domain.reaching import Telling
from services.chat.tables import chat_receipts, chat_replies
from shared.contracts.base import AuthorKind
from shared.db.engine import Session

_REPLY = chat_replies.c
_RECEIPT = chat_receipts.c
_MOST: Final = 100
_PLAYERS: Final = (AuthorKind.PLAYER.value, AuthorKind.VISITOR.value)
# An earlier time stands: it is that of an answer which may still be unread.
_EXPECT: Final = text(
    "INSERT INTO chat_replies AS r (ticket_id, brand, number, subject, due_at)"
    " VALUES (:ticket_id, :brand, :number, :subject, :due_at)"
    " ON CONFLICT (ticket_id) DO UPDATE SET number = excluded.number, subject = excluded.subject,"
    " due_at = least(r.due_at, CASE WHEN r.wrote_mail_at IS NULL THEN excluded.due_at"
    " ELSE CAST(:soon_at AS timestamptz) END)"
)


_TELLING: Final = (
    _REPLY.number, _REPLY.subject, _REPLY.due_at, _REPLY.undelivered, _REPLY.mailed_seq, _REPLY.batches,
    _REPLY.first_batch_id, _REPLY.batch_state, _REPLY.mailed_at, _REPLY.wrote_mail_at, _REPLY.thread,
)  # fmt: skip


async def expect_reading(
    session: Session,
    brand: str,
    ticket_id: UUID,
    *,
    number: str,
    subject: str,
    due_at: datetime | None,
    soon_at: datetime | None,
) -> None:
    """Look at a conversation at `due_at`, at `soon_at` if its player writes e-mails; what is due earlier stays so."""
    values = {
        "ticket_id": ticket_id, "brand": brand, "number": number, "subject": subject,
        "due_at": due_at, "soon_at": soon_at,
    }  # fmt: skip
    await session.execute(_EXPECT, values)


async def telling_of(session: Session, brand: str, ticket_id: UUID, *, lock: bool = False) -> Telling | None:
    """Return what was told of a conversation; None if it was never answered."""
    found = select(*_TELLING).where(_REPLY.brand == brand, _REPLY.ticket_id == ticket_id)
    row = (await session.execute(found.with_for_update() if lock else found)).one_or_none()
    return None if row is None else Telling(**{**row._mapping, "thread": tuple(row.thread)})  # noqa: SLF001 - documented


async def look_again(
    session: Session, brand: str, ticket_id: UUID, *, at: datetime | None, undelivered: bool = False
) -> None:
    """Look at a locked conversation at `at`, or no more; `undelivered`: until an address is known."""
    changed = (
        update(chat_replies)
        .where(_REPLY.brand == brand, _REPLY.ticket_id == ticket_id)
        .values(due_at=at, undelivered=undelivered)
    )
    await session.execute(changed)


async def note_batch(
    session: Session, brand: str, ticket_id: UUID, *, batch_id: UUID, up_to: int, at: datetime
) -> tuple[int, UUID]:
    """Remember up to where a locked conversation was told; return which batch that is, and the first one's id."""
    noted = (
        update(chat_replies)
        .where(_REPLY.brand == brand, _REPLY.ticket_id == ticket_id)
        .values(
            mailed_seq=up_to, batches=_REPLY.batches + 1, batch_id=batch_id, batch_state="told", mailed_at=at,
            first_batch_id=func.coalesce(_REPLY.first_batch_id, batch_id),
        )
        .returning(_REPLY.batches, _REPLY.first_batch_id)
    )  # fmt: skip
    row = (await session.execute(noted)).one()
    return row.batches, row.first_batch_id


async def note_outcome(session: Session, brand: str, ticket_id: UUID, *, batch_id: UUID, state: str) -> None:
    """Remember what became of the newest batch."""
    noted = (
        update(chat_replies)
        .where(_REPLY.brand == brand, _REPLY.ticket_id == ticket_id, _REPLY.batch_id == batch_id)
        .values(batch_state=state)
    )
    await session.execute(noted)


async def note_mail(
    session: Session, brand: str, ticket_id: UUID, *, number: str, subject: str, thread: Sequence[str], at: datetime
) -> None:
    """Remember that the player wrote an e-mail into a conversation, and its thread."""
    values = {
        "ticket_id": ticket_id, "brand": brand, "number": number, "subject": subject, "wrote_mail_at": at,
        "thread": list(thread),
    }  # fmt: skip
    noted = upsert(chat_replies).values(values)
    await session.execute(
        noted.on_conflict_do_update(
            index_elements=[_REPLY.ticket_id],
            set_={"wrote_mail_at": func.greatest(_REPLY.wrote_mail_at, at), "thread": list(thread)},
        )
    )


async def wake_undelivered(session: Session, brand: str, ticket_id: UUID, *, at: datetime) -> None:
    """Look at `at` at a conversation whose answers waited for an address."""
    woken = (
        update(chat_replies)
        .where(_REPLY.brand == brand, _REPLY.ticket_id == ticket_id, _REPLY.undelivered)
        .values(due_at=at, undelivered=False)
    )
    await session.execute(woken)


async def due_tellings(session: Session, now: datetime) -> list[tuple[str, UUID]]:
    """Return (brand, conversation) of up to a hundred whose time has come, of all brands (worker role)."""
    due = select(_REPLY.brand, _REPLY.ticket_id).where(_REPLY.due_at <= now).order_by(_REPLY.due_at).limit(_MOST)
    return [(row.brand, row.ticket_id) for row in await session.execute(due)]


async def read_by_player(session: Session, brand: str, ticket_id: UUID) -> int:
    """Return how far the player has read, as whoever he was then: a visitor who signed in has read it before."""
    furthest = select(func.coalesce(func.max(_RECEIPT.read_seq), 0)).where(
        _RECEIPT.brand == brand, _RECEIPT.ticket_id == ticket_id, _RECEIPT.reader_kind.in_(_PLAYERS)
    )
    return int((await session.execute(furthest)).scalar_one())
