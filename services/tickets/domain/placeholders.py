"""Placeholders such as `{{player.name}}`: a fixed list, filled in in one pass; nothing is ever evaluated."""

import re
from collections.abc import Mapping
from typing import Final

from services.tickets.domain.errors import PlaceholderEmpty, PlaceholderUnknown
from services.tickets.domain.words import TEXT_LIMIT, one_line

KNOWN: Final = frozenset({"player.name", "player.id", "ticket.number", "ticket.subject", "agent.name", "brand.name"})
_FIELD: Final = re.compile(r"fields\.[a-z][a-z0-9_]{0,59}")
_PLACEHOLDER: Final = re.compile(r"\{\{([^{}]*)\}\}")
# A value's own braces could join those around it to a placeholder that nobody checked.
_BRACES: Final = dict.fromkeys(map(ord, "{}"))


def placeholders_of(text: str, *, field: str) -> tuple[str, ...]:
    """Return the placeholders of a text in order; refuse unknown ones and braces that belong to none."""
    literals, names = _parts(text)
    unknown = [name for name in names if name not in KNOWN and _FIELD.fullmatch(name) is None]
    if unknown:
        known = [*sorted(KNOWN), "fields.<key of a field>"]
        detail = f"nothing fills in {', '.join(map(_shown, unknown))}; known: {', '.join(known)}"
        raise PlaceholderUnknown(detail, field=field, unknown=unknown, known=known)
    if any("{{" in literal or "}}" in literal for literal in literals):
        raise PlaceholderUnknown("double braces are for placeholders alone", field=field)
    return tuple(dict.fromkeys(names))


def missing_in(text: str, values: Mapping[str, object], *, field: str = "text") -> tuple[str, ...]:
    """Return the placeholders of a text that have no value."""
    return tuple(name for name in placeholders_of(text, field=field) if _value(values, name) is None)


def filled(text: str, values: Mapping[str, object], *, field: str = "text") -> str:
    """Return the text with every placeholder filled in; refuse it if one has no value."""
    missing = missing_in(text, values, field=field)
    if missing:
        raise PlaceholderEmpty(f"not known: {', '.join(missing)}", field=field, missing=list(missing))
    whole = _PLACEHOLDER.sub(lambda match: _value(values, match[1].strip()) or "", text)
    if len(whole) > TEXT_LIMIT:
        raise PlaceholderEmpty(f"the text would have more than {TEXT_LIMIT} characters", field=field)
    return whole


def _parts(text: str) -> tuple[list[str], list[str]]:
    pieces = _PLACEHOLDER.split(text)
    return pieces[::2], [name.strip() for name in pieces[1::2]]


def _value(values: Mapping[str, object], name: str) -> str | None:
    """Return a value as a text shows it; truth values and nothing have no words of their own."""
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return one_line(str(value).translate(_BRACES)) or None


def _shown(name: str) -> str:
    return "{{" + name + "}}"
