"""Where paths go, which headers cross the door, and who speaks."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.routing import (
    RouteTable,
    answer_headers,
    client_address,
    is_plain_path,
    request_headers,
)

TABLE = RouteTable(
    [
        ("tickets", "/v1/tickets"),
        ("sla", "/v1/tickets/*/sla"),
        ("sla", "/v1/sla"),
        ("chat", "/v1/chat"),
        ("macros", "/v1/tickets/macros/sla"),
    ]
)


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/v1/tickets", "tickets"),
        ("/v1/tickets/1", "tickets"),
        ("/v1/tickets/1/messages", "tickets"),
        ("/v1/tickets/1/sla", "sla"),
        ("/v1/tickets/1/sla/clocks", "sla"),
        ("/v1/tickets/macros/sla", "macros"),
        ("/v1/sla/policies", "sla"),
        ("/v1/chat", "chat"),
        ("/v1/ticketsx", None),
        ("/v1", None),
        ("/", None),
        ("/v1/staff", None),
        ("/v2/tickets", None),
        ("/health/live", None),
    ],
)
def test_the_longest_route_wins(path: str, service: str | None) -> None:
    match = TABLE.match(path)
    assert (match.service if match else None) == service


@given(st.lists(st.text(alphabet="abc-*", min_size=1), max_size=4))
def test_whatever_follows_a_route_belongs_to_it_or_to_a_longer_one(rest: list[str]) -> None:
    match = TABLE.match("/".join(["/v1/tickets", *rest]))
    assert match is not None
    assert match.service in {"tickets", "sla", "macros"}


@pytest.mark.parametrize("path", [b"/v1/tickets", b"/v1/tickets/a-b_c.d~e:1", b"/v1/players/kim%20x", b"/v1/x/%C3%A9"])
def test_plain_paths(path: bytes) -> None:
    assert is_plain_path(path)


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"/",
        b"v1",
        b"//v1/tickets",
        b"/v1//tickets",
        b"/v1/../metrics",
        b"/v1/./tickets",
        b"/v1/tickets/..",
        b"/v1/%2e%2e/metrics",
        b"/v1/tickets%2f1",
        b"/v1/tickets%2F1",
        b"/v1/a\\b",
        b"/v1/%5c",
        b"/v1/%00",
        b"/v1/%25%32%65",
        b"/v1/a b",
        b"/v1/a?b",
        b"/v1/a#b",
        b"/v1/\xc3\xa9",
        b"/v1/%zz",
        b"/v1/tickets/",
        b"/v1/a\r\nX: y",
    ],
)
def test_paths_that_readers_could_read_differently_are_refused(path: bytes) -> None:
    assert not is_plain_path(path)


@pytest.mark.parametrize(
    "name",
    [
        b"X-Pitboss-Actor",
        b"x-pitboss-actor",
        b"X_Pitboss_Actor",
        b"x-pitboss_actor",
        b"X-PITBOSS-ANYTHING",
        b"X-Internal-User",
        b"x_internal_user",
        b"X-Forwarded-For",
        b"x-forwarded-host",
        b"Forwarded",
        b"Authorization",
        b"Cookie",
        b"Host",
        b"Connection",
        b"Keep-Alive",
        b"TE",
        b"Transfer-Encoding",
        b"Upgrade",
        b"Proxy-Authorization",
        b"Trailer",
        b"X-Real-IP",
        b"True-Client-IP",
        b"X-Request-Id",
        b"Traceparent",
        b"Content-Length",
        b"Expect",
        b"Sec-WebSocket-Key",
    ],
)
def test_identity_and_hop_headers_are_stripped_however_spelled(name: bytes) -> None:
    assert request_headers([(name, b"forged"), (b"accept", b"*/*")]) == [(b"accept", b"*/*")]


def test_headers_named_by_connection_are_hop_headers() -> None:
    headers = [(b"connection", b"close, X-Secret"), (b"x-secret", b"1"), (b"idempotency-key", b"k")]
    assert request_headers(headers) == [(b"idempotency-key", b"k")]
    assert answer_headers([(b"Connection", b"x-secret"), (b"X-Secret", b"1"), (b"ETag", b'"1"')]) == [(b"etag", b'"1"')]


@pytest.mark.parametrize(
    "name", [b"If-Match", b"Idempotency-Key", b"Content-Type", b"Accept-Language", b"Last-Event-Id", b"User-Agent"]
)
def test_what_services_need_crosses_the_door(name: bytes) -> None:
    assert request_headers([(name, b"v")]) == [(name, b"v")]


@pytest.mark.parametrize(
    "name",
    [b"Server", b"Date", b"Set-Cookie", b"Connection", b"Transfer-Encoding", b"X-Pitboss-Actor", b"X-Request-Id"],
)
def test_answers_lose_the_headers_of_the_hop(name: bytes) -> None:
    assert answer_headers([(name, b"v"), (b"Retry-After", b"1")]) == [(b"retry-after", b"1")]


def test_the_reason_of_a_look_passes_under_its_own_name_only() -> None:
    """It says nothing about identity; another spelling might be read as another header."""
    sent = [(b"X-Pitboss-Reason", b"a complaint"), (b"X_Pitboss_Reason", b"-"), (b"x-pitboss-reasons", b"-")]
    assert request_headers(sent) == sent[:1]


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=20), st.binary(max_size=20))))
def test_no_identity_header_survives(headers: list[tuple[bytes, bytes]]) -> None:
    for name, _ in request_headers([*headers, (b"x-pitboss-actor", b"forged")]):
        if name.lower() != b"x-pitboss-reason":
            assert not name.lower().replace(b"_", b"-").startswith((b"x-pitboss-", b"x-internal-", b"x-forwarded-"))


TRUSTED = (ipaddress.ip_network("10.0.0.0/8"),)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "1.2.3.4", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("10.0.0.1", "10.0.0.3", "10.0.0.3"),
        ("10.0.0.1", "nonsense", "nonsense"),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str, forwarded: str | None, expected: str) -> None:
    assert client_address(peer, forwarded, TRUSTED) == expected
