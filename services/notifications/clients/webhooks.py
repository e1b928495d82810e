"""One POST to an operator's endpoint: bounded in time and size, never redirected, never to inside addresses."""

import asyncio
import socket
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import aiohttp
from yarl import URL

from services.notifications.clients.resolver import AddressRefused, Lookup, PublicResolver, system_lookup
from services.notifications.domain.addresses import UrlPolicy, check_url
from services.notifications.domain.attempts import RESPONSE_BYTES, Attempt, Failure, failure_of
from services.notifications.domain.schedule import parse_retry_after

_HEADERS: Final = {
    "content-type": "application/json",
    "accept-encoding": "identity",
    "user-agent": "Pitboss-Webhooks/1.0",
}
_CHECKED_SECONDS: Final = 30
_MOST_HEADERS: Final = 64
_LONGEST_LINE: Final = 8190


class WebhookClient:
    """Connections to endpoints, kept alive between attempts and opened to checked addresses only.

    `connect` bounds opening a connection, `total` is wall clock around the whole attempt: limits that restart with
    every byte can be stretched for ever.
    """

    def __init__(
        self, policy: UrlPolicy, *, connect: timedelta, total: timedelta, lookup: Lookup = system_lookup
    ) -> None:
        self.resolver = PublicResolver(policy, lookup)
        self._policy = policy
        self._total = total.total_seconds()
        connector = aiohttp.TCPConnector(
            limit=0,
            resolver=self.resolver,
            ttl_dns_cache=_CHECKED_SECONDS,
            keepalive_timeout=_CHECKED_SECONDS,
            socket_factory=self._socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect.total_seconds()),
            trust_env=False,
            auto_decompress=False,
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_LINE,
            max_headers=_MOST_HEADERS,
        )

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str], now: datetime) -> Attempt:
        """Send and return how it went; never raises but for cancellation."""
        started = time.perf_counter()
        status, failure, response, retry_after = None, None, b"", None
        try:
            async with (
                asyncio.timeout(self._total),
                self._session.post(
                    _parsed(url), data=body, headers={**_HEADERS, **headers}, allow_redirects=False
                ) as answer,
            ):
                status, failure = answer.status, failure_of(answer.status)
                retry_after = parse_retry_after(answer.headers.get("retry-after"), now=now)
                response = await _first_bytes(answer)
        except (aiohttp.ClientError, OSError, ValueError, TimeoutError) as error:
            failure = _failure(error)
        latency = timedelta(seconds=time.perf_counter() - started)
        return Attempt(now, latency, status, failure, response, retry_after)

    async def check(self, url: str) -> None:
        """Refuse an address webhooks do not go to, before it is ever stored; asks the name server."""
        await self.resolver.check_target(check_url(url, self._policy))

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()
        await self.resolver.close()

    def _socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """Check the very address that is about to be connected to; URLs with bare addresses never meet the resolver."""
        family, kind, proto, _, address = info
        self.resolver.check(str(address[0]))
        return socket.socket(family, kind, proto)


@lru_cache(maxsize=4096)
def _parsed(url: str) -> URL:
    return URL(url)


async def _first_bytes(answer: aiohttp.ClientResponse) -> bytes:
    """Return at most 16 KiB; a connection that has more to say is closed."""
    received = bytearray()
    while len(received) < RESPONSE_BYTES:
        chunk = await answer.content.read(RESPONSE_BYTES - len(received))
        if not chunk:
            return bytes(received)
        received += chunk
    answer.close()
    return bytes(received)


def _failure(error: BaseException) -> Failure:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    kinds: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Failure], ...] = (
        (AddressRefused, Failure.REFUSED_ADDRESS),
        (TimeoutError, Failure.TIMEOUT),
        ((aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch), Failure.TLS),
        (aiohttp.ClientConnectorDNSError, Failure.DNS),
        (aiohttp.ClientConnectorError, Failure.CONNECT),
        ((aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError, ConnectionError), Failure.DISCONNECTED),
        (aiohttp.ClientOSError, Failure.CONNECT),
    )
    for kind, failure in kinds:
        if isinstance(cause, kind) or isinstance(error, kind):
            return failure
    return Failure.PROTOCOL
