"""What may change in a published event: fields may be added if they are optional, nothing else."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]


def breaks(stored: Schema, current: Schema) -> Iterator[str]:
    """Yield what would break a reader of `stored` or a writer of it: a lost field, another type, a new demand."""
    yield from _breaks("", stored, current)
    old_parts, new_parts = stored.get("$defs", {}), current.get("$defs", {})
    for name, part in old_parts.items():
        yield from _breaks(f"{name}.", part, new_parts.get(name, {}))


def _breaks(prefix: str, stored: Schema, current: Schema) -> Iterator[str]:
    fields = current.get("properties", {})
    for name, described in stored.get("properties", {}).items():
        if name not in fields:
            yield f"{prefix}{name} was removed"
        elif _shape(described) != _shape(fields[name]):
            yield f"{prefix}{name} changed its type"
    for name in sorted(set(current.get("required", ())) - set(stored.get("required", ()))):
        yield f"{prefix}{name} became required"
    for value in stored.get("enum", ()):
        if value not in current.get("enum", ()):
            yield f"{prefix}{value} was removed"


def _shape(described: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a field's schema without the words about it."""
    if isinstance(described, dict):
        return {k: _shape(v) for k, v in described.items() if k not in {"title", "description", "default", "examples"}}
    return [_shape(item) for item in described] if isinstance(described, list) else described
