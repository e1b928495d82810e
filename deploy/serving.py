"""Runs services on uvicorn: one in a process, or all of them in one event loop; light to import on purpose."""

import asyncio
import gc
import importlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvicorn
import uvloop
from fastapi import FastAPI

from deploy.collecting import SettingAside
from shared.directory import SERVICES

if TYPE_CHECKING:
    from shared.messaging.transport import Transport

# Four times what a socket takes: to close while a frame still arrives is to reset the connection (RFC 1122, section
# 4.2.2.13), and its sender never learns why. What is read whole is refused with its close code.
_FRAME_BYTES: Final = 256 * 1024
_GRACEFUL_SECONDS: Final = 20
_FAREWELL_SECONDS: Final = 6.0
_EXIT_SECONDS: Final = 29.0
_UNREADY_SECONDS: Final = 3.0
_KEEP_ALIVE_SECONDS: Final = 75
_BACKLOG: Final = 2048
_RECONSIDER_SECONDS: Final = 3600.0


class _Brief(logging.Filter):
    """Keeps a traceback out of the log that anybody could fill it with: a frame that is no UTF-8 is its sender's."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything pass."""
        if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError) and "from client" in record.msg:
            record.exc_info = None
        return True


_BRIEF: Final = _Brief()


class ServiceServer(uvicorn.Server):
    """uvicorn without its signal handling: services say good-bye before the server closes anything."""

    def __init__(self, name: str, app: FastAPI) -> None:
        self.name = name
        self.app = app
        self.answering = asyncio.Event()
        logging.getLogger("uvicorn.error").addFilter(_BRIEF)
        super().__init__(
            uvicorn.Config(
                app,
                http="httptools",
                ws="websockets-sansio",
                ws_max_size=_FRAME_BYTES,
                ws_per_message_deflate=False,
                # Chat pings its sockets itself and tells them what they may have missed; twice costs twice.
                ws_ping_interval=None,
                lifespan="on",
                access_log=False,
                log_config=None,
                log_level="warning",
                proxy_headers=False,
                server_header=False,
                backlog=_BACKLOG,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=_GRACEFUL_SECONDS,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as usual and say so."""
        await super().startup(sockets=sockets)
        self.answering.set()

    async def farewell(self) -> None:
        """Turn readiness off and let the service take leave (sockets are told to reconnect)."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self.app.state.ground.drain()


def main(names: Sequence[str]) -> int:
    """Serve the named services until SIGTERM or SIGINT; return the exit status, 0 after an orderly end within 30 s."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(names))


async def _serve(names: Sequence[str]) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    transport = _shared_transport(names)
    servers = _created(names, transport)
    running = {server.name: asyncio.create_task(server.serve([listener(server.name)])) for server in servers}
    stopping = asyncio.create_task(stop.wait())
    started = asyncio.create_task(_announce(servers))
    reconsidering = asyncio.create_task(_collect_calmly())
    await asyncio.wait([stopping, *running.values()], return_when=asyncio.FIRST_COMPLETED)
    asked = stop.is_set()
    loop.call_later(_EXIT_SECONDS, os._exit, 1)
    started.cancel()
    reconsidering.cancel()
    await _end(servers, running)
    if transport is not None:
        await transport.stop()
    stopping.cancel()
    return 0 if asked else 1


async def _announce(servers: Sequence[ServiceServer]) -> None:
    """Write the ready file once every service answers; what start-up left in memory is not collected again."""
    for server in servers:
        await server.answering.wait()
    gc.collect()
    gc.freeze()
    path = os.environ.get("PITBOSS_READY_FILE")
    if path:
        await asyncio.to_thread(Path(path).write_text, f"{os.getpid()}\n")


async def _collect_calmly() -> None:
    """Keep full collections short; once an hour all is looked at."""
    collector = SettingAside()
    collector.install()
    try:
        while True:
            await asyncio.sleep(_RECONSIDER_SECONDS)
            collector.reconsider()
    finally:
        collector.remove()


async def _end(servers: Sequence[ServiceServer], running: "dict[str, asyncio.Task[None]]") -> None:
    """Leave in order: unready, farewells, then the door, then everything behind it."""
    linger = float(os.environ.get("PITBOSS_UNREADY_SECONDS") or _UNREADY_SECONDS)
    await asyncio.gather(asyncio.sleep(linger), *(server.farewell() for server in servers if server.started))
    door = [server for server in servers if server.name == "gateway"]
    for group in (door, [server for server in servers if server not in door]):
        for server in group:
            server.should_exit = True
        await asyncio.gather(*(running[server.name] for server in group), return_exceptions=True)


def listener(name: str) -> socket.socket:
    """Return the bound socket of a service: `{SERVICE}_HOST`, `{SERVICE}_PORT`, else loopback and the directory's port.

    `{SERVICE}_REUSE_PORT=true` lets several processes share it. Raises SystemExit with a plain sentence if it is taken.
    """
    entry = next(entry for entry in SERVICES if entry.name == name)
    host = _knob(name, "HOST") or "127.0.0.1"
    port = int(_knob(name, "PORT") or entry.port)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if (_knob(name, "REUSE_PORT") or "").lower() == "true":
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        message = f"{name} cannot listen on {host}:{port}: {error.strerror}"
        raise SystemExit(message) from error
    bound.set_inheritable(False)
    return bound


def _knob(name: str, knob: str) -> str | None:
    return os.environ.get(f"{name.upper()}_{knob}") or os.environ.get(f"PITBOSS_{knob}")


def _created(names: Sequence[str], transport: "Transport | None") -> list[ServiceServer]:
    """Make the services; the collector would look again and again through code that stays."""
    gc.disable()
    try:
        return [ServiceServer(name, _create(name, transport)) for name in names]
    finally:
        gc.enable()


def _create(name: str, transport: "Transport | None") -> FastAPI:
    app: FastAPI = importlib.import_module(f"services.{name}.main").create_app(transport=transport)
    return app


def _shared_transport(names: Sequence[str]) -> "Transport | None":
    """Return the transport that services in one process share; None lets each make its own from its settings.

    It is told who will listen, so that no event counts as delivered while its consumer is not there yet.
    """
    if os.environ.get("PITBOSS_TRANSPORT") != "inprocess":
        return None
    listening = [name for name in names if find_spec(f"services.{name}.events") and _subscriptions(name)]
    transport: Transport = importlib.import_module("shared.messaging.inprocess").InprocessTransport(listening)
    return transport


def _subscriptions(name: str) -> tuple[object, ...]:
    found: tuple[object, ...] = importlib.import_module(f"services.{name}.events").SUBSCRIPTIONS
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [entry.name for entry in SERVICES]))
