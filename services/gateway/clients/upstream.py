"""One service behind the door, with all its replicas, over aiohttp: bytes in, bytes out, nothing interpreted."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

import aiohttp
import structlog
from multidict import CIMultiDict
from yarl import URL

from services.gateway.domain.limits import RetryBudget
from services.gateway.domain.replicas import Replicas
from services.gateway.domain.routing import Headers, answer_headers
from services.gateway.settings import Settings
from shared.errors import DomainError, Kind

BUFFERED_BYTES: Final = 64 * 1024
_UNAVAILABLE: Final = 503
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_SET_BY_CALLER: Final = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
_logger: Final = structlog.get_logger(module=__name__)
_NOT_REACHED: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class ServiceUnavailable(DomainError):
    """The service behind this address does not answer now."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(slots=True)
class Body:
    """A request body: small ones as bytes, large ones as a stream that can be sent once."""

    whole: bytes | None = None
    stream: AsyncIterator[bytes] | None = None
    started: bool = False
    failure: Exception | None = None

    def data(self) -> bytes | AsyncIterator[bytes] | None:
        """Return what the client library sends."""
        return self.whole if self.stream is None else self._counted(self.stream)

    async def _counted(self, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        self.started = True
        try:
            async for chunk in stream:
                yield chunk
        except Exception as error:
            # The client library would tell it as a broken connection.
            self.failure = error
            raise


class Outgoing(NamedTuple):
    """A request as a service gets it; `target` is the raw path with its query."""

    method: str
    target: str
    headers: CIMultiDict[str]
    body: Body
    has_key: bool

    def is_repeatable(self) -> bool:
        """True if sending it twice has the effect of sending it once."""
        return (self.method in _SAFE_METHODS or self.has_key) and not self.body.started


class Answer(NamedTuple):
    """A service's answer: small bodies as bytes, large ones as a stream that must be read to its end or closed."""

    status: int
    headers: Headers
    whole: bytes | None
    response: aiohttp.ClientResponse


def open_client(settings: Settings) -> aiohttp.ClientSession:
    """Return the HTTP client of the door: no cookies, no proxies from the environment, no decoding, no own headers.

    Idle connections are given up before the services give them up: a POST on a connection that its server has just
    closed could not be repeated. The deadline of the whole request is the edge's business.
    """
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=settings.upstream_keepalive.total_seconds())
    connect = settings.connect_timeout.total_seconds()
    client = aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=_SET_BY_CALLER,
        trust_env=False,
    )
    # The library would repeat some calls by itself, unseen by the retry budget; it has no public switch for that.
    client._retry_connection = False  # noqa: SLF001
    return client


class Upstream:
    """Calls one service: round robin over its replicas, the next one when a connection is refused, silent ones last.

    A call whose fate is unknown is repeated once, on another replica if there is one: if it is repeatable, a third
    of its time is left and the retry budget allows. A 503 is repeated likewise, but only on another replica.
    """

    def __init__(self, name: str, urls: tuple[str, ...], client: aiohttp.ClientSession, *, connections: int) -> None:
        self.name = name
        self.urls = urls
        self._client = client
        self._connections = connections
        self._in_flight = 0
        self._replicas = Replicas(urls)
        self._budget = RetryBudget()

    async def call(self, request: Outgoing, *, may_wait: Callable[[], bool]) -> Answer:
        """Return the service's answer, whatever it says; `may_wait` tells whether there is time for a second try."""
        if self._in_flight >= self._connections:
            raise ServiceUnavailable(f"{self.name} has too many requests", retry_after=1)
        self._in_flight += 1
        try:
            self._budget.note_call()
            return await self._try_replicas(request, may_wait)
        finally:
            self._in_flight -= 1

    @asynccontextmanager
    async def asking(self, url: str) -> AsyncIterator[None]:
        """Keep account of whether a replica answers while the block asks it; one that is cancelled got no answer."""
        now = asyncio.get_running_loop().time
        number = self._replicas.asked(url, now())
        try:
            yield
        except _NOT_REACHED:
            self._replicas.answered(url, number, now())
            self._replicas.refused(url, now())
            raise
        except (asyncio.CancelledError, TimeoutError):
            if self._replicas.given_up(url, number, now()):
                _logger.warning("replica_silent", of=self.name, url=url)
            raise
        except BaseException:
            self._replicas.answered(url, number, now())
            raise
        self._replicas.answered(url, number, now())

    def order(self) -> list[str]:
        """Return the replicas in the order in which they should be tried now."""
        return self._replicas.order(asyncio.get_running_loop().time())

    async def _try_replicas(self, request: Outgoing, may_wait: Callable[[], bool]) -> Answer:
        refused: Exception | None = None
        repeated = False
        replicas = self.order()
        position = 0
        while position < len(replicas):
            url = replicas[position]
            is_last = position + 1 == len(replicas)
            try:
                answer = await self._send(url, request)
            except _NOT_REACHED as error:
                refused = error
                position += 1
                continue
            except (aiohttp.ClientError, ConnectionError) as error:
                if request.body.failure is not None:
                    raise request.body.failure from error
                if repeated or not self._may_repeat(request, may_wait):
                    raise ServiceUnavailable(
                        f"{self.name} broke off; repeat with the same Idempotency-Key", retry_after=1
                    ) from error
                repeated = True
                position += 0 if is_last else 1
                continue
            if answer.status != _UNAVAILABLE or is_last or repeated or not self._may_repeat(request, may_wait):
                return answer
            answer.response.close()
            repeated = True
            position += 1
        raise ServiceUnavailable(f"{self.name} does not answer now", retry_after=1) from refused

    async def _send(self, url: str, request: Outgoing) -> Answer:
        async with self.asking(url):
            response = await self._client.request(
                request.method,
                URL(url + request.target, encoded=True),
                headers=request.headers,
                data=request.body.data(),
                allow_redirects=False,
            )
        length = response.content_length
        small = length is not None and length <= BUFFERED_BYTES
        whole = await response.read() if small or request.method == "HEAD" else None
        return Answer(response.status, answer_headers(response.raw_headers), whole, response)

    def _may_repeat(self, request: Outgoing, may_wait: Callable[[], bool]) -> bool:
        return request.is_repeatable() and may_wait() and self._budget.may_repeat()
