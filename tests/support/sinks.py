"""Receivers of what the product sends out: HTTP endpoints of operators and a mail server, on loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, TypeAlias, cast

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Call:
    """One request as it came in; `at` is the loop's time."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float


Answer: TypeAlias = Callable[[Call, int], Awaitable[web.StreamResponse]]


@dataclass
class HttpSink:
    """An operator's endpoint; `answer` gets each call and its number, from 1 on, and may be exchanged any time."""

    url: str = ""
    answer: Answer | None = None
    calls: list[Call] = field(default_factory=list)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ids(self) -> list[str]:
        """Return the `webhook-id` of each call."""
        return [call.headers["webhook-id"] for call in self.calls]

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Remember the call and answer it, 200 unless told otherwise."""
        at = asyncio.get_running_loop().time()
        call = Call(request.path, dict(request.headers), await request.read(), at)
        self.calls.append(call)
        if self.answer is None:
            return web.Response(text="ok")
        answering = asyncio.ensure_future(self.answer(call, len(self.calls)))
        closing = asyncio.ensure_future(self.closing.wait())
        await asyncio.wait({answering, closing}, return_when=asyncio.FIRST_COMPLETED)
        closing.cancel()
        return answering.result() if answering.done() else _given_up(answering)


@asynccontextmanager
async def http_sink(answer: Answer | None = None) -> AsyncIterator[HttpSink]:
    """Listen on a free port of loopback."""
    sink = HttpSink(answer=answer)
    server = web.Server(sink.serve, access_log=None)
    runner = web.ServerRunner(server, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sink.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield sink
    finally:
        sink.closing.set()
        await runner.cleanup()


def _given_up(answering: "asyncio.Future[web.StreamResponse]") -> web.StreamResponse:
    answering.cancel()
    return web.Response(status=503)


def statuses(*codes: int, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer the first calls with these codes, all later ones with the last of them."""

    async def answer(_call: Call, number: int) -> web.StreamResponse:
        return web.Response(status=codes[min(number, len(codes)) - 1], headers=headers)

    return answer


async def hang(_call: Call, _number: int) -> web.StreamResponse:
    """Never answer."""
    await asyncio.Event().wait()
    raise AssertionError


@asynccontextmanager
async def raw_sink(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """Listen with a server that need not speak HTTP; give its URL.

    Not `asyncio.start_server`: a server that is closed while somebody connects leaves him without an answer or an end.
    """
    serving: list[asyncio.Task[None]] = []
    writers: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError):
            await serve(reader, writer)
        writer.close()

    async def accept(listening: socket.socket) -> None:
        while True:
            connection, _ = await asyncio.get_running_loop().sock_accept(listening)
            reader, writer = await asyncio.open_connection(sock=connection)
            writers.append(writer)
            serving.append(asyncio.create_task(answer(reader, writer)))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        accepting = asyncio.create_task(accept(listening))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/hook"
        finally:
            for task in (accepting, *serving):
                task.cancel()
            await asyncio.gather(accepting, *serving, return_exceptions=True)
            for writer in writers:
                writer.close()


@dataclass
class MailSink:
    """A mail server; `replies` are given to the first recipients in turn, then `250 OK`."""

    url: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    asked: int = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        self.asked += 1
        if self.replies:
            return self.replies.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        """Take a mail."""
        content = cast("bytes", envelope.original_content)
        self.mails.append(message_from_bytes(content, policy=default))
        self.senders.append(str(envelope.mail_from))
        return "250 OK"


@asynccontextmanager
async def mail_sink() -> AsyncIterator[MailSink]:
    """Listen for SMTP on a free port of loopback, in this very loop."""
    sink = MailSink()
    loop = asyncio.get_running_loop()

    def protocol() -> Any:
        return SMTP(sink, loop=loop, hostname="sink.example")

    server = await loop.create_server(protocol, "127.0.0.1", 0)
    sink.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield sink
    finally:
        server.close()
