"""High-water marks of delivery and reading."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.chat.domain.values import Receipt
from shared.contracts.base import Author, AuthorKind
from shared.db.engine import Session
from shared.db.fixed import Fixed

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

_MARKS: Final = Fixed(
    "SELECT ticket_id, reader_kind, reader_id, delivered_seq, read_seq FROM chat_receipts"
    " WHERE brand = :brand AND ticket_id = ANY(CAST(:ticket_ids AS uuid[]))"
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
    return [_receipt(*row) for row in await _MARKS.rows(session, {"brand": brand, "ticket_ids": list(ticket_ids)})]


def _receipt(ticket_id: UUID, kind: str, reader: str, delivered: int, read: int) -> Receipt:
    return Receipt(ticket_id, Author(kind=AuthorKind(kind), id=reader), delivered, read)
