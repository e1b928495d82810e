"""The transcript: read after a sequence number, written in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter
from sqlalchemy import Row, Select, Text, case, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from services.chat.domain.values import PLAIN, Details, Message
from services.chat.tables import chat_messages
from shared.contracts.base import Author, AuthorKind
from shared.db.engine import Session
from shared.db.fixed import Fixed

_MESSAGE = chat_messages.c
COLUMNS: Final = (
    _MESSAGE.ticket_id, _MESSAGE.seq, _MESSAGE.id, _MESSAGE.author_kind, _MESSAGE.author_id, _MESSAGE.author_name,
    _MESSAGE.text, _MESSAGE.client_msg_id, _MESSAGE.sent_at, _MESSAGE.attachments, _MESSAGE.corrects,
    cast(_MESSAGE.details, Text).label("details"),
)  # fmt: skip
_PLAYERS: Final = (AuthorKind.PLAYER.value, AuthorKind.VISITOR.value)
_DETAILS: Final = TypeAdapter(Details)
# One statement and one compiled form for any number of messages, at most one of each conversation: the transcript, the
# conversation's row and the ledger of events change together in one round trip. A repetition changes none of them.
_APPEND: Final = Fixed(
    "WITH appended AS ("
    " INSERT INTO chat_messages"
    " (brand, ticket_id, seq, id, author_kind, author_id, author_name, text, client_msg_id, sent_at, attachments,"
    " details)"
    " SELECT :brand, m.ticket_id, m.seq, m.id, m.author_kind, m.author_id, m.author_name, m.text, m.client_msg_id,"
    " m.sent_at, CAST(string_to_array(m.attachments, ',') AS uuid[]), CAST(m.details AS jsonb)"
    " FROM unnest(CAST(:ticket_ids AS uuid[]), CAST(:seqs AS bigint[]), CAST(:ids AS uuid[]),"
    " CAST(:kinds AS text[]), CAST(:authors AS text[]), CAST(:names AS text[]), CAST(:texts AS text[]),"
    " CAST(:client_msg_ids AS text[]), CAST(:times AS timestamptz[]), CAST(:attachments AS text[]),"
    " CAST(:details AS text[]))"
    " AS m (ticket_id, seq, id, author_kind, author_id, author_name, text, client_msg_id, sent_at, attachments,"
    " details)"
    " ON CONFLICT DO NOTHING RETURNING ticket_id, seq, id, sent_at),"
    " told AS (INSERT INTO outbox (brand, event_id, type, stream, aggregate_id, sequence, envelope)"
    " SELECT :brand, e.event_id, e.type, e.stream, e.aggregate_id, e.sequence, e.envelope"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:event_ids AS uuid[]), CAST(:types AS text[]), CAST(:streams AS text[]),"
    " CAST(:aggregates AS text[]), CAST(:sequences AS bigint[]), CAST(:envelopes AS text[]))"
    " AS e (id, event_id, type, stream, aggregate_id, sequence, envelope) JOIN appended USING (id))"
    " UPDATE chat_sessions SET last_seq = appended.seq, version = version + 1, last_sent_at = appended.sent_at"
    " FROM appended WHERE chat_sessions.ticket_id = appended.ticket_id AND chat_sessions.brand = :brand"
    " RETURNING appended.id"
)
_EARLIER: Final = Fixed(
    "SELECT ticket_id, seq, id, author_kind, author_id, author_name, text, client_msg_id, sent_at, attachments,"
    " corrects, CAST(details AS text) AS details FROM chat_messages"
    " WHERE brand = :brand AND ((ticket_id, client_msg_id) IN"
    " (SELECT * FROM unnest(CAST(:ticket_ids AS uuid[]), CAST(:client_msg_ids AS text[])))"
    " OR id = ANY(CAST(:ids AS uuid[])))"
)


async def earlier_messages(
    session: Session, brand: str, *, sent: Iterable[tuple[UUID, str]], ids: Sequence[UUID]
) -> list[Message]:
    """Return, as it was said, what was already written with one of these (conversation, client_msg_id) or ids."""
    pairs = list(sent)
    if not pairs and not ids:
        return []
    values = {
        "brand": brand,
        "ticket_ids": [ticket_id for ticket_id, _ in pairs],
        "client_msg_ids": [client_msg_id for _, client_msg_id in pairs],
        "ids": list(ids),
    }
    return [message_of(row) for row in await _EARLIER.rows(session, values)]


async def append_messages(
    session: Session, brand: str, messages: Sequence[Message], events: Sequence[Mapping[str, object]]
) -> set[UUID]:
    """Write messages of different, locked conversations and the outbox rows that tell them; return the ids written.

    What was written before, under the same client_msg_id or message id, is left out.
    """
    values: dict[str, object] = {
        "brand": brand,
        "ticket_ids": [message.ticket_id for message in messages],
        "seqs": [message.seq for message in messages],
        "ids": [message.id for message in messages],
        "kinds": [message.author.kind.value for message in messages],
        "authors": [message.author.id for message in messages],
        "names": [message.author.name for message in messages],
        "texts": [message.text for message in messages],
        "client_msg_ids": [message.client_msg_id for message in messages],
        "times": [message.sent_at for message in messages],
        # An array of arrays would be unnested to its very elements.
        "attachments": [",".join(map(str, message.attachments)) for message in messages],
        "details": [_written(message.details) for message in messages],
        "event_ids": [event["event_id"] for event in events],
        "types": [event["type"] for event in events],
        "streams": [event["stream"] for event in events],
        "aggregates": [event["aggregate_id"] for event in events],
        "sequences": [event["sequence"] for event in events],
        "envelopes": [event["envelope"] for event in events],
    }
    return {row["id"] for row in await _APPEND.rows(session, values)}


async def transcript(session: Session, brand: str, ticket_id: UUID, *, after_seq: int, limit: int) -> list[Message]:
    """Return at most `limit` entries above `after_seq`, oldest first, each with the words that count now."""
    page = now_said(brand, ticket_id).where(_MESSAGE.seq > after_seq).order_by(_MESSAGE.seq).limit(limit)
    return [message_of(row) for row in await session.execute(page)]


async def newest_words(session: Session, brand: str, ticket_id: UUID, *, most: int) -> list[Message]:
    """Return at most the `most` newest messages as they count now, oldest first; none that was withdrawn."""
    newest = now_said(brand, ticket_id).where(_MESSAGE.corrects.is_(None)).order_by(_MESSAGE.seq.desc()).limit(most)
    return _standing((await session.execute(newest)).all()[::-1])


async def replies_after(session: Session, brand: str, ticket_id: UUID, *, after_seq: int, limit: int) -> list[Message]:
    """Return what others than the player said after a message and did not withdraw, oldest first."""
    replies = (
        now_said(brand, ticket_id)
        .where(_MESSAGE.seq > after_seq, _MESSAGE.corrects.is_(None), _MESSAGE.author_kind.not_in(_PLAYERS))
        .order_by(_MESSAGE.seq)
        .limit(limit)
    )
    return _standing((await session.execute(replies)).all())


async def spoke_live(session: Session, brand: str, ticket_id: UUID) -> tuple[int, datetime] | None:
    """Return place and time of the newest words that the player said here and not by e-mail."""
    newest = (
        select(_MESSAGE.seq, _MESSAGE.sent_at)
        .where(_MESSAGE.brand == brand, _MESSAGE.ticket_id == ticket_id, _MESSAGE.author_kind.in_(_PLAYERS))
        .where(_MESSAGE.details["channel"].is_(None))
        .order_by(_MESSAGE.seq.desc())
        .limit(1)
    )
    row = (await session.execute(newest)).first()
    return None if row is None else (row.seq, row.sent_at)


def now_said(brand: str, ticket_id: UUID) -> Select[Any]:
    """Return the statement that reads entries of a conversation with the words that count now.

    Nothing that players read comes from anywhere else: words that were replaced or withdrawn, corrections of which
    another one came later included, are not in its answer.
    """
    later = chat_messages.alias("later")
    # All corrections of the conversation in one scan of their own small index; most conversations have none.
    newest = (
        select(later.c.corrects, later.c.text, later.c.sent_at)
        .ext(distinct_on(later.c.corrects))
        .where(later.c.brand == brand, later.c.ticket_id == ticket_id, later.c.corrects.is_not(None))
        .order_by(later.c.corrects, later.c.seq.desc())
        .subquery("newest")
    )
    corrected = func.coalesce(_MESSAGE.corrects, _MESSAGE.id)
    words = case((newest.c.sent_at.is_not(None), newest.c.text), else_=_MESSAGE.text).label("text")
    columns = [words if column is _MESSAGE.text else column for column in COLUMNS]
    return (
        select(*columns, newest.c.sent_at.label("corrected_at"))
        .select_from(chat_messages.outerjoin(newest, newest.c.corrects == corrected))
        .where(_MESSAGE.brand == brand, _MESSAGE.ticket_id == ticket_id)
    )


def message_of(row: "Row[*tuple[Any, ...]] | asyncpg.Record") -> Message:
    """Return the entry in a row of `COLUMNS`, with what `now_said` adds to them."""
    ticket_id, seq, id_, kind, author_id, name, words, client_msg_id, sent_at, attachments, corrects, details, *more = (
        tuple(row)
    )
    author = Author(kind=AuthorKind(kind), id=author_id, name=name)
    corrected_at = more[0] if more else None
    withdrawn = corrected_at is not None and not words
    files = () if withdrawn else tuple(attachments)
    return Message(
        ticket_id, seq, id_, author, words, client_msg_id, sent_at, files, corrects=corrects, corrected_at=corrected_at,
        details=PLAIN if details is None else _DETAILS.validate_json(details),
    )  # fmt: skip


def _standing(rows: Sequence[Row[Any]]) -> list[Message]:
    return [message for message in map(message_of, rows) if not message.is_withdrawn]


def _written(details: Details) -> str | None:
    return None if details == PLAIN else _DETAILS.dump_json(details, exclude_defaults=True).decode()
