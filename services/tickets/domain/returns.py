"""What regulators are reported: the counters of a licence and a table of its complaints."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from services.tickets.domain.complaints import Complaint

HALF_YEARLY: Final = "CW"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
COLUMNS: Final = (
    "number", "received_at", "acknowledged_at", "final_response_at", "closed_at", "state", "type", "jurisdiction",
    "licence", "channel", "language", "player_id", "rg_related", "vulnerable", "outcome", "remedy", "root_cause",
    "adr_entity", "adr_referred_at", "adr_outcome", "disputed_value", "disputed_currency", "paused_seconds",
)  # fmt: skip


def period_of(month: str, licence: str | None) -> tuple[datetime, datetime]:
    """Return the first moment of the period that a month lies in and of the next one: half a year for CW."""
    year, number = int(month[:4]), int(month[5:])
    if licence == HALF_YEARLY:
        first = 1 if number <= 6 else 7  # noqa: PLR2004 - half a year
        return datetime(year, first, 1, tzinfo=UTC), _month_after(year, first + 5)
    return datetime(year, number, 1, tzinfo=UTC), _month_after(year, number)


def counters(complaints: Sequence[Complaint]) -> dict[str, int]:
    """Return the three counters of the regulatory return; what was withdrawn was no formal complaint."""
    counted = [one for one in complaints if one.record.outcome != "withdrawn"]
    return {
        "formal_complaints": len(counted),
        "unresolved_at_first_stage": sum(one.record.unresolved_at_first_stage for one in counted),
        "sent_to_adr": sum(one.record.adr_referred_at is not None for one in counted),
    }


def volumes(complaints: Sequence[Complaint]) -> dict[str, dict[str, int]]:
    """Return how many complaints there are by type, by outcome, and by what the ADR entity decided."""
    referred = [one for one in complaints if one.record.adr_referred_at is not None]
    return {
        "by_type": dict(Counter(one.state.type for one in complaints)),
        "by_outcome": dict(Counter(one.record.outcome or one.state.step.value for one in complaints)),
        "adr": dict(Counter(one.record.adr_outcome or "open" for one in referred)),
    }


def adr_report(complaints: Iterable[Complaint]) -> list[dict[str, str | None]]:
    """Return player, subject and conclusion of every complaint that went to an ADR entity."""
    return [
        {"player_id": one.state.player_id, "subject": one.state.type, "conclusion": one.record.adr_outcome}
        for one in complaints
        if one.record.adr_referred_at is not None
    ]


def rows_of(complaints: Iterable[Complaint], paused: Mapping[str, float]) -> list[dict[str, object]]:
    """Return one flat row per complaint."""
    return [_row(one, paused.get(str(one.state.id), 0.0)) for one in complaints]


def as_csv(rows: Iterable[Mapping[str, object]]) -> str:
    """Return the rows as CSV (RFC 4180) whose cells no spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([safe_cell(row[name]) for name in COLUMNS])
    return out.getvalue()


def safe_cell(value: object) -> str:
    """Return a cell as text; what a spreadsheet would run is kept as words by an apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _row(one: Complaint, paused: float) -> dict[str, object]:
    state, record = one.state, one.record
    amount = record.disputed_amount
    values: dict[str, object] = {
        name: getattr(state, name, None) or getattr(record, name, None)
        for name in COLUMNS
        if hasattr(state, name) or hasattr(record, name)
    }
    moments = {name: value.isoformat() for name, value in values.items() if isinstance(value, datetime)}
    return (
        values
        | moments
        | {
            "state": state.step.value,
            "channel": state.channel.value,
            "rg_related": state.rg_related,
            "vulnerable": record.vulnerable,
            "adr_entity": record.adr_entity_ref,
            "disputed_value": amount.value if amount else None,
            "disputed_currency": amount.currency if amount else None,
            "paused_seconds": paused,
        }
    )


def _month_after(year: int, month: int) -> datetime:
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
