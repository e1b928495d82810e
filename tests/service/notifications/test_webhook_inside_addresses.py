"""No connection to inside addresses, whatever a URL says or a name server answers (K18)."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_address

import pytest
import pytest_asyncio

from services.notifications.clients.resolver import Found, Lookup, system_lookup
from services.notifications.clients.webhooks import WebhookClient
from services.notifications.domain.addresses import UrlPolicy
from services.notifications.domain.attempts import Attempt, Failure
from services.notifications.domain.errors import UrlRefused
from shared.clock import SystemClock

# Everything a development machine allows but loopback itself: the last line is the address check alone.
POLICY = UrlPolicy(allow_http=True, allow_any_port=True)


class Listener:
    """A server on loopback that counts who comes."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0

    async def serve(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Count and hang up."""
        self.connections += 1
        writer.close()


@pytest_asyncio.fixture
async def listener() -> AsyncIterator[Listener]:
    """Listen on a free port of every loopback address."""
    found = Listener()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()


def _answers(*rounds: list[str]) -> Lookup:
    """Return a name server that gives the next list of addresses at each question, the last one for ever."""
    left = list(rounds)

    def lookup(_host: str, port: int, _family: socket.AddressFamily) -> list[Found]:
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [
            (
                socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port),
            )
            for address in addresses
        ]

    return lookup


async def _attempt(url: str, lookup: Lookup | None = None) -> Attempt:
    connect, total = timedelta(seconds=1), timedelta(seconds=2)
    client = WebhookClient(POLICY, connect=connect, total=total, lookup=lookup or system_lookup)
    try:
        return await client.post(url, body=b"{}", headers={}, now=SystemClock().now())
    finally:
        await client.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "0.0.0.0", "localhost", "LOCALHOST",  # noqa: S104 - to be refused
        "localhost.", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.0.0.1.",
    ],
)  # fmt: skip
async def test_bare_addresses_are_checked_at_the_socket(listener: Listener, host: str) -> None:
    """Even a URL that slipped past registration opens no connection."""
    attempt = await _attempt(f"http://{host}:{listener.port}/hook")
    assert attempt.failure is not None
    assert listener.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"], ["169.254.169.254"], ["::1"],
        ["2606:4700::1111", "::1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["10.0.0.5"], ["100.64.1.1"],
    ],
)  # fmt: skip
async def test_a_name_is_refused_if_any_address_is_inside(listener: Listener, addresses: list[str]) -> None:
    """One bad record spoils the name: which one is used would be up to chance."""
    attempt = await _attempt(f"http://ops.example.com:{listener.port}/hook", _answers(addresses))
    assert attempt.failure is Failure.REFUSED_ADDRESS
    assert listener.connections == 0


async def test_a_name_that_changes_its_mind_gains_nothing(listener: Listener) -> None:
    """Rebinding: what was checked is what is connected to; the second answer is never asked for, or refused."""
    lookup = _answers(["8.8.8.8"], ["127.0.0.1"])
    client = WebhookClient(POLICY, connect=timedelta(seconds=0.2), total=timedelta(seconds=0.4), lookup=lookup)
    try:
        for _ in range(3):
            url = f"http://ops.example.com:{listener.port}/hook"
            attempt = await client.post(url, body=b"{}", headers={}, now=SystemClock().now())
            assert attempt.failure is not None
    finally:
        await client.close()
    assert listener.connections == 0


async def test_registration_asks_the_name_server() -> None:
    """A name that leads inside, or nowhere, is refused before it is stored."""

    def nowhere(_host: str, _port: int, _family: socket.AddressFamily) -> list[Found]:
        raise socket.gaierror

    for lookup in (_answers(["10.1.2.3"]), nowhere):
        client = WebhookClient(POLICY, connect=timedelta(1), total=timedelta(1), lookup=lookup)
        with pytest.raises(UrlRefused):
            await client.check("http://ops.example.com/")
        await client.close()


async def test_proxies_of_the_environment_are_ignored(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would resolve the name itself, unchecked."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{listener.port}")
    attempt = await _attempt("http://ops.example.com/hook", _answers(["10.0.0.1"]))
    assert attempt.failure is Failure.REFUSED_ADDRESS
    assert listener.connections == 0
