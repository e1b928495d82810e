"""python-socketio beside chat: the nearest Python server with rooms, acknowledgements and pings of its own.

It is installed into an environment of its own, `.local/bench-peer-sockets`, and served by uvicorn as its manual says,
with uvloop, httptools and websockets. With `commits` it writes each message into a table before it passes it on.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import ClassVar, Final

from deploy.home import CHECKOUT
from deploy.local.processes import StartError, free_port, port_is_free, tail, wait_until
from tests.bench.chat_sockets import Socket
from tests.bench.machine import on
from tests.bench.stand import Stand

_PACKAGES: Final = ("python-socketio>=5.18", "uvicorn[standard]>=0.40", "asyncpg>=0.30")
_FOLDER: Final = CHECKOUT / ".local" / "bench-peer-sockets"
_INSTALL_SECONDS: Final = 300
_START_SECONDS: Final = 60
_SERVER: Final = """
import os
import asyncpg
import socketio

sio = socketio.AsyncServer(async_mode="asgi", ping_interval=25, cors_allowed_origins="*")
app = socketio.ASGIApp(sio)
url, pool = os.environ.get("PEER_DATABASE"), None


@sio.event
async def connect(sid, environ, auth):
    global pool
    if url and pool is None:
        pool = asyncpg.create_pool(url, min_size=4, max_size=10)
        await pool
        await pool.execute(
            "CREATE TABLE IF NOT EXISTS words (id bigserial PRIMARY KEY, room text, client_msg_id text, text text)"
        )
    await sio.enter_room(sid, auth["room"])


@sio.event
async def send(sid, data):
    if pool is not None:
        await pool.execute(
            "INSERT INTO words (room, client_msg_id, text) VALUES ($1, $2, $3)", data["room"], data["id"], data["text"]
        )
    await sio.emit("msg", {"text": data["text"]}, room=data["room"], skip_sid=sid)
    return {"id": data["id"]}
"""


class PeerSocket(Socket):
    """A client of Engine.IO 4 and Socket.IO 5 over a WebSocket."""

    upgrade: ClassVar[bytes] = (
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )

    def greet(self, hello: str) -> None:
        """Wait for the server's first word."""

    def take(self, frame: bytes) -> None:
        """Read what matters: open, connected, ping, event."""
        if frame.startswith(b"42"):
            self.date(frame, b'"text":"')
        elif frame == b"2":
            self.send("3")
        elif frame.startswith(b"40"):
            self.is_welcome()
        elif frame.startswith(b"0"):
            self.send(f"40{self._hello}")


async def opened(stack: AsyncExitStack, port: int, room: str, delays: list[float] | None = None) -> PeerSocket:
    """Return a socket that is in a room."""
    auth = json.dumps({"room": room})
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(lambda: PeerSocket(auth, delays), "127.0.0.1", port)
    stack.callback(connection.close)
    await asyncio.wait_for(connection.welcomed, 30)
    return connection


async def paired(
    stack: AsyncExitStack, port: int, pairs: int, run: str, delays: list[float]
) -> Callable[[int, str], None]:
    """Connect players and an agent for each, and return how the players speak."""
    players = []
    for number in range(pairs):
        await opened(stack, port, f"{run}-{number}", delays)
        players.append(await opened(stack, port, f"{run}-{number}"))

    def say(number: int, text: str) -> None:
        said = json.dumps(["send", {"room": f"{run}-{number % pairs}", "id": f"{run}-{number}", "text": text}])
        players[number % pairs].send(f"42{number}{said}")

    return say


@contextmanager
def serving(stand: Stand, *, commits: bool) -> Iterator[tuple[int, int]]:
    """Serve it on the core of the service under test; the block gets its port and pid."""
    _install()
    site = stand.home.path / "peer-sockets"
    site.mkdir(exist_ok=True)
    (site / "peer_server.py").write_text(_SERVER)
    environment = os.environ | {"PYTHONPATH": str(site)}
    if commits:
        environment["PEER_DATABASE"] = stand.postgres.url()
    port, log = free_port(), Path(stand.home.log / "peer-sockets.log")
    options = ["--host=127.0.0.1", f"--port={port}", "--log-level=warning", "--ws=websockets-sansio", "--backlog=2048"]
    command = [str(_FOLDER / "bin" / "python"), "-m", "uvicorn", "peer_server:app", *options]
    with log.open("ab") as output, on(stand.layout.service):
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        if not wait_until(lambda: not port_is_free(port), within=_START_SECONDS):
            message = f"python-socketio did not start: {tail(log)}"
            raise StartError(message)
        yield port, server.pid
    finally:
        server.kill()
        server.wait(_START_SECONDS)


def _install() -> None:
    """Install the peer where it was not installed before, with pip's own cache and index."""
    if (_FOLDER / "installed").exists():
        return
    try:
        subprocess.run([sys.executable, "-m", "venv", str(_FOLDER)], check=True, capture_output=True, text=True)
        command = [str(_FOLDER / "bin" / "python"), "-m", "pip", "install", "--quiet", *_PACKAGES]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_INSTALL_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        message = f"python-socketio cannot be installed here, so there is nothing to compare with: {said[-300:]}"
        raise StartError(message) from error
    (_FOLDER / "installed").touch()
