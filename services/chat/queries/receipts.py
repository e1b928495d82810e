"""High-water marks of delivery and reading."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select

from services.chat.domain.values import Receipt
from services.chat.queries.arrays import one_of
from services.chat.tables import chat_receipts
from shared.contracts.base import Author, AuthorKind
from shared.db.engine import Session
from shared.db.fixed import Fixed

_RECEIPT = chat_receipts.c
# Nobody can have got further than the conversation, whatever a client claims.
_RAISE: Final = Fixed(
    "INSERT INTO chat_receipts AS r (brand, ticket_id, reader_kind, reader_id, delivered_seq, read_seq)"
    " SELECT :brand, w.ticket_id, w.kind, w.reader, least(w.delivered, s.last_seq), least(w.read, s.last_seq)"
    " FROM unnest(CAST(:ticket_ids AS uuid[]), CAST(:kinds AS text[]), CAST(:readers AS text[]),"
    " CAST(:delivered AS bigint[]), CAST(:read AS bigint[])) AS w (ticket_id, kind, reader, delivered, read)"
    " JOIN chat_sessions s ON s.ticket_id = w.ticket_id AND s.brand = :brand"
    " ORDER BY w.ticket_id, w.kind, w.reader"
    " ON CONFLICT (ticket_id, reader_kind, reader_id) DO UPDATE SET"
    " delivered_seq = greatest(r.delivered_seq, excluded.delivered_seq),"
    " read_seq = greatest(r.read_seq, excluded.read_seq)"
    " RETURNING r.ticket_id, r.reader_kind, r.reader_id, r.delivered_seq, r.read_seq"
)


async def raise_receipts(session: Session, brand: str, receipts: Sequence[Receipt]) -> list[Receipt]:
    """Raise the marks of different readers and return where they stand now."""
    values: dict[str, object] = {
        "brand": brand,
        "ticket_ids": [receipt.ticket_id for receipt in receipts],
        "kinds": [receipt.reader.kind.value for receipt in receipts],
        "readers": [receipt.reader.id for receipt in receipts],
        "delivered": [receipt.delivered_seq for receipt in receipts],
        "read": [receipt.read_seq for receipt in receipts],
    }
    return [_receipt(*row) for row in await _RAISE.rows(session, values)]


async def receipts_in(session: Session, brand: str, ticket_ids: Sequence[UUID]) -> list[Receipt]:
    """Return every reader's marks in these conversations."""
    found = select(
        _RECEIPT.ticket_id, _RECEIPT.reader_kind, _RECEIPT.reader_id, _RECEIPT.delivered_seq, _RECEIPT.read_seq
    ).where(_RECEIPT.brand == brand, one_of(_RECEIPT.ticket_id, ticket_ids))
    return [_receipt(*row) for row in await session.execute(found)]


def _receipt(ticket_id: UUID, kind: str, reader: str, delivered: int, read: int) -> Receipt:
    return Receipt(ticket_id, Author(kind=AuthorKind(kind), id=reader), delivered, read)
