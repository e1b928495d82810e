"""Which service a path belongs to, and which headers cross the door."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from typing import ClassVar, Final, NamedTuple, TypeAlias

from shared.errors import DomainError, Kind

Headers: TypeAlias = list[tuple[bytes, bytes]]
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_HOP: Final = frozenset({
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
    b"trailer", b"transfer-encoding", b"upgrade",
})  # fmt: skip
_OURS: Final = frozenset({
    b"authorization", b"cookie", b"forwarded", b"host", b"expect", b"via", b"x-real-ip", b"true-client-ip",
    b"x-request-id", b"traceparent", b"tracestate", b"content-length",
})  # fmt: skip
_OUR_PREFIXES: Final = (b"x-pitboss-", b"x-internal-", b"x-forwarded-", b"sec-websocket-")
# It says nothing of who calls: the one of our names that callers may send.
REASON_HEADER: Final = b"x-pitboss-reason"
_ANSWER_ONLY: Final = frozenset({b"server", b"date", b"set-cookie", b"x-request-id"})
_PLAIN_PATH: Final = re.compile(rb"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)+")
_TRICKS: Final = re.compile(rb"%2e|%2f|%5c|%00|%25", re.IGNORECASE)


class RouteUnknown(DomainError):
    """There is nothing at this address."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class Match(NamedTuple):
    """The service that serves a path, and the pattern that said so (metrics call it `path`)."""

    service: str
    path: str


class RouteTable:
    """The longest pattern that is a prefix of a path, segment by segment, wins; `*` is exactly one segment."""

    def __init__(self, routes: Iterable[tuple[str, str]]) -> None:
        parsed = [(tuple(pattern.strip("/").split("/")), Match(service, pattern)) for service, pattern in routes]
        self._routes = sorted(parsed, key=lambda route: (-len(route[0]), route[0].count("*")))

    def match(self, path: str) -> Match | None:
        """Return where `path` goes, or None if no service has it."""
        segments = path.strip("/").split("/")
        return next((match for pattern, match in self._routes if _fits(pattern, segments)), None)


def _fits(pattern: Sequence[str], segments: Sequence[str]) -> bool:
    if len(pattern) > len(segments):
        return False
    return all(
        expected == actual or (expected == "*" and actual != "")
        for expected, actual in zip(pattern, segments, strict=False)
    )


def is_plain_path(raw: bytes) -> bool:
    """True if every reader of this path agrees on its segments: no dots, no empty ones, no encoded separators.

    A slash at the end is refused as well: frameworks redirect it, to an address only they know.
    """
    if not _PLAIN_PATH.fullmatch(raw) or _TRICKS.search(raw):
        return False
    return not any(segment in {b".", b".."} for segment in raw.split(b"/"))


def request_headers(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return what a service may see of a caller's headers: no identity, no hop, whatever their spelling."""
    kept = list(headers)
    dropped = _HOP | _OURS | _named_by_connection(kept)
    return [pair for pair in kept if not _is_ours(pair[0], dropped)]


def answer_headers(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return what a caller may see of a service's headers."""
    kept = [(name.lower(), value) for name, value in headers]
    dropped = _HOP | _ANSWER_ONLY | _named_by_connection(kept)
    return [(name, value) for name, value in kept if name not in dropped and not name.startswith(_OUR_PREFIXES)]


def _is_ours(name: bytes, dropped: frozenset[bytes]) -> bool:
    """Some servers read `x_pitboss_actor` as `x-pitboss-actor`, so both are meant."""
    normal = name.lower().replace(b"_", b"-")
    return normal in dropped or (normal.startswith(_OUR_PREFIXES) and name.lower() != REASON_HEADER)


def _named_by_connection(headers: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    """`Connection` may name further headers of this hop (RFC 9110, section 7.6.1)."""
    named = [
        part.strip().lower() for name, value in headers if name.lower() == b"connection" for part in value.split(b",")
    ]
    return frozenset(named)


def client_address(peer: str, forwarded_for: str | None, trusted: Sequence[Network]) -> str:
    """Return who speaks: the last address in X-Forwarded-For that no trusted proxy added, else the peer itself."""
    if not trusted or forwarded_for is None:
        return peer
    chain = [*(part.strip() for part in forwarded_for.split(",")), peer]
    for address in reversed(chain):
        if not _is_trusted(address, trusted):
            return address[:45]
    return chain[0][:45]


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)
