"""Rows as files: CSV that no spreadsheet takes for a program, or JSON by the line."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


class Format(StrEnum):
    """The form of an export."""

    CSV = "csv"
    NDJSON = "ndjson"


MEDIA: Final = {Format.CSV: "text/csv; charset=utf-8", Format.NDJSON: "application/x-ndjson"}


def heading(form: Format, columns: Sequence[str]) -> str:
    """Return what stands above the rows."""
    return _csv([columns]) if form is Format.CSV else ""


def lines(form: Format, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Return rows in the form asked for."""
    if form is Format.CSV:
        return _csv([[_cell(row[name]) for name in columns] for row in rows])
    return "".join(f"{json.dumps({name: _value(row[name]) for name in columns}, ensure_ascii=False)}\n" for row in rows)


def _csv(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _cell(value: object) -> str:
    """Return a cell as text (RFC 4180); words that a spreadsheet would run are kept as words by an apostrophe."""
    shown = _value(value)
    if not isinstance(shown, str):
        return "" if shown is None else str(shown)
    return f"'{shown}" if shown.lstrip(" ").startswith(_FORMULA) else shown


def _value(value: object) -> str | float | None:
    if value is None or isinstance(value, int | float):
        return value
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
