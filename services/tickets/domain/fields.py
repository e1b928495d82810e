"""A brand's own fields of tickets: typed, versioned, and asked for by contact reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeAlias

from services.tickets.domain.errors import (
    FieldChoicesInvalid,
    FieldOutOfRange,
    FieldsMissing,
    FieldUnknown,
    FieldValueInvalid,
)
from services.tickets.domain.reasons import Reason
from services.tickets.domain.words import unstorable_character
from shared.redaction import redact

FIELDS_PER_BRAND: Final = 100
VALUE_LIMIT: Final = 2000
_LARGEST_NUMBER: Final = 1e15

Value: TypeAlias = str | int | float | bool


class FieldType(StrEnum):
    """What a field holds; a date is written YYYY-MM-DD, a choice is one of the field's choices."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class TicketField:
    """One field of a brand; `required_for` are the codes of the reasons that ask for it."""

    key: str
    label: str
    type: FieldType
    choices: tuple[str, ...] = ()
    required_for: tuple[str, ...] = ()
    active: bool = True
    version: int = 1


Fields: TypeAlias = Mapping[str, TicketField]


def check_choices(field: TicketField) -> None:
    """Refuse a choice without choices, choices without a choice, and doubles."""
    if (field.type is FieldType.CHOICE) != bool(field.choices) or len(set(field.choices)) < len(field.choices):
        raise FieldChoicesInvalid(field="choices")


def merged_values(known: Mapping[str, Value], wanted: Mapping[str, Value | None], fields: Fields) -> dict[str, Value]:
    """Return the values of a ticket after an edit: null empties a field, what is left out stays."""
    for key, value in wanted.items():
        if value is not None:
            _check_value(key, value, fields)
    return {key: value for key, value in {**known, **wanted}.items() if value is not None}


def check_filled(values: Mapping[str, Value], reason: str | None, known: Reason | None, fields: Fields) -> None:
    """Refuse to solve a ticket while a field is empty that its reason asks for."""
    asked = known.required if known else ()
    missing = sorted(
        field.key
        for field in fields.values()
        if field.active and field.key not in values and (field.key in asked or reason in field.required_for)
    )
    if missing:
        raise FieldsMissing(f"{reason} asks for {', '.join(missing)}", field=f"fields.{missing[0]}", missing=missing)


def _check_value(key: str, value: Value, fields: Fields) -> None:
    field = fields.get(key)
    if field is None or not field.active:
        raise FieldUnknown(f"{key!r} is not a field of this brand", field=f"fields.{key}")
    if field.type is FieldType.NUMBER and _is_too_large(value):
        raise FieldOutOfRange(f"{field.label} takes numbers up to {_LARGEST_NUMBER:.0e}", field=f"fields.{key}")
    if not _fits(field, value):
        raise FieldValueInvalid(f"{field.label} takes {_wanted(field)}", field=f"fields.{key}")


def _fits(field: TicketField, value: Value) -> bool:
    match field.type:
        case FieldType.BOOLEAN:
            return isinstance(value, bool)
        case FieldType.NUMBER:
            return not isinstance(value, str | bool) and _is_number(value)
        case FieldType.CHOICE:
            return value in field.choices
        case FieldType.DATE:
            return isinstance(value, str) and _is_date(value)
        case FieldType.TEXT:
            return isinstance(value, str) and _is_text(value)


def _is_too_large(value: Value) -> bool:
    """True for what cannot be kept, infinity and no number at all (NaN) among it; whole numbers have no limit here."""
    return not isinstance(value, str) and not abs(value) <= _LARGEST_NUMBER


def _is_number(value: float) -> bool:
    """True for a number that is not a card's."""
    return redact(f"{value:.0f}") == f"{value:.0f}"


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_text(text: str) -> bool:
    return bool(text.strip()) and len(text) <= VALUE_LIMIT and unstorable_character(text, multiline=True) is None


def _wanted(field: TicketField) -> str:
    match field.type:
        case FieldType.CHOICE:
            return f"one of {', '.join(field.choices)}"
        case FieldType.DATE:
            return "a date as YYYY-MM-DD"
        case FieldType.TEXT:
            return f"a text of at most {VALUE_LIMIT} characters"
        case _:
            return f"a {field.type}"
