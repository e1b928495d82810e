"""Keyset pages with signed, opaque cursors: complete under change, no offsets, no totals."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Final, Generic, TypeVar

from fastapi import Depends, Query, Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from shared.errors import DomainError, Kind
from shared.web.actor import ActorDep

_SIGNATURE_BYTES: Final = 16
_FILTER_BYTES: Final = 8
_DECLARED: Final[dict[Callable[..., object], frozenset[str]]] = {}

Item = TypeVar("Item")
RowT = TypeVar("RowT")


class CursorInvalid(DomainError):
    """The cursor was not issued for this list."""

    kind: ClassVar[Kind] = Kind.INVALID


class ParameterUnknown(DomainError):
    """The list knows no such query parameter: a filter that is overlooked would show too much."""

    kind: ClassVar[Kind] = Kind.INVALID


class Page(BaseModel, Generic[Item]):
    """One page; `next_cursor` is null on the last one."""

    items: list[Item]
    next_cursor: str | None


class Cursors:
    """Signs the sort key of a page's last row together with a hash of the list's filters."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def encode(self, key: Sequence[str], filters: Mapping[str, object]) -> str:
        """Return the cursor that continues after `key` in the list that `filters` describe."""
        body = json.dumps(list(key), separators=(",", ":")).encode()
        payload = _digest(filters) + body
        return base64.urlsafe_b64encode(self._sign(payload) + payload).decode().rstrip("=")

    def decode(self, cursor: str, filters: Mapping[str, object]) -> tuple[str, ...]:
        """Return the sort key in `cursor`; refuse forged ones and those of another list."""
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (ValueError, UnicodeError) as error:
            raise CursorInvalid(field="#query/cursor") from error
        signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(payload)) or payload[:_FILTER_BYTES] != _digest(filters):
            raise CursorInvalid(field="#query/cursor")
        return tuple(str(part) for part in json.loads(payload[_FILTER_BYTES:]))

    def _sign(self, payload: bytes) -> bytes:
        return hmac.digest(self._secret, payload, "sha256")[:_SIGNATURE_BYTES]


class PageParams:
    """What a list route was asked for; queries fetch `limit + 1` rows so that `cut` knows whether more follow.

    Cursors hold for `place` and the filters together.
    """

    def __init__(
        self, cursors: Cursors, limit: int, cursor: str | None, *, place: Mapping[str, object] | None = None
    ) -> None:
        self.limit = limit
        self._cursor = cursor
        self._cursors = cursors
        self._place = place or {}

    def after(self, filters: Mapping[str, object]) -> tuple[str, ...] | None:
        """Return the sort key to continue after, or None for the first page."""
        return None if self._cursor is None else self._cursors.decode(self._cursor, {**filters, **self._place})

    def cut(
        self, rows: Sequence[RowT], key: Callable[[RowT], tuple[str, ...]], filters: Mapping[str, object]
    ) -> tuple[Sequence[RowT], str | None]:
        """Return this page's rows and the cursor of the next page."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        return shown, self._cursors.encode(key(shown[-1]), {**filters, **self._place}) if more else None

    def following(self, key: Sequence[str] | None, filters: Mapping[str, object]) -> str | None:
        """Return the cursor that continues after `key`, if any, for lists that know more than their rows say."""
        return None if key is None else self._cursors.encode(key, {**filters, **self._place})


async def page_params(
    request: Request,
    actor: ActorDep,
    limit: Annotated[int, Query(ge=1, le=100, description="rows per page")] = 25,
    cursor: Annotated[str | None, Query(max_length=4096, description="`next_cursor` of the page before")] = None,
) -> PageParams:
    """Return what this request asks of its list; no other list and no other brand takes its cursors."""
    check_parameters(request)
    place = {"brand of list": actor.brand, "path of list": request.url.path}
    return PageParams(request.app.state.cursors, limit, cursor, place=place)


PageDep = Annotated[PageParams, Depends(page_params)]


def check_parameters(request: Request) -> None:
    """Refuse a query parameter that the route does not declare, and name those that it does."""
    endpoint = request.scope["endpoint"]
    known = _DECLARED.get(endpoint)
    if known is None:
        known = _DECLARED[endpoint] = frozenset(_declared(request.scope["route"].dependant))
    unknown = sorted(request.query_params.keys() - known)
    if unknown:
        raise ParameterUnknown(f"known are {', '.join(sorted(known))}", field=f"#query/{unknown[0]}")


def _declared(dependant: Dependant) -> Iterator[str]:
    """Generate the query parameters of a route and of what it depends on; a model's fields are one each."""
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (info.alias or name for name, info in kind.model_fields.items())
        else:
            yield field.alias
    for one in dependant.dependencies:
        yield from _declared(one)


def _digest(filters: Mapping[str, object]) -> bytes:
    canonical = json.dumps({k: str(v) for k, v in filters.items() if v is not None}, sort_keys=True)
    return hashlib.sha256(canonical.encode()).digest()[:_FILTER_BYTES]
