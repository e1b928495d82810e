"""The transcript: read after a sequence number, written in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import Row, Select, case, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from services.chat.domain.values import Message
from services.chat.tables import chat_messages
from shared.contracts.base import Author, AuthorKind
from shared.db.engine import Session
from shared.db.fixed import Fixed

_MESSAGE = chat_messages.c
COLUMNS: Final = (
    _MESSAGE.ticket_id, _MESSAGE.seq, _MESSAGE.id, _MESSAGE.author_kind, _MESSAGE.author_id, _MESSAGE.author_name,
    _MESSAGE.text, _MESSAGE.client_msg_id, _MESSAGE.sent_at, _MESSAGE.attachments, _MESSAGE.corrects,
)  # fmt: skip
# One statement and one compiled form for any number of messages, at most one of each conversation: the transcript, the
# conversation's row and the ledger of events change together in one round trip. A repetition changes none of them.
_APPEND: Final = Fixed(
    "WITH appended AS ("
    " INSERT INTO chat_messages"
    " (brand, ticket_id, seq, id, author_kind, author_id, author_name, text, client_msg_id, sent_at, attachments)"
    " SELECT :brand, m.ticket_id, m.seq, m.id, m.author_kind, m.author_id, m.author_name, m.text, m.client_msg_id,"
    " m.sent_at, CAST(string_to_array(m.attachments, ',') AS uuid[])"
    " FROM unnest(CAST(:ticket_ids AS uuid[]), CAST(:seqs AS bigint[]), CAST(:ids AS uuid[]),"
    " CAST(:kinds AS text[]), CAST(:authors AS text[]), CAST(:names AS text[]), CAST(:texts AS text[]),"
    " CAST(:client_msg_ids AS text[]), CAST(:times AS timestamptz[]), CAST(:attachments AS text[]))"
    " AS m (ticket_id, seq, id, author_kind, author_id, author_name, text, client_msg_id, sent_at, attachments)"
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
    " corrects FROM chat_messages"
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
    ticket_id, seq, id_, kind, author_id, name, words, client_msg_id, sent_at, attachments, corrects, *more = tuple(row)
    author = Author(kind=AuthorKind(kind), id=author_id, name=name)
    corrected_at = more[0] if more else None
    withdrawn = corrected_at is not None and not words
    files = () if withdrawn else tuple(attachments)
    return Message(
        ticket_id, seq, id_, author, words, client_msg_id, sent_at, files, corrects=corrects, corrected_at=corrected_at
    )
