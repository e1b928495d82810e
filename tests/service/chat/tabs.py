"""A tab of a browser that forgets nothing it was told, and holds the server to its word, frame by frame."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import websockets
from websockets.asyncio.client import ClientConnection, connect

from tests.support.eventually import eventually

Frame = dict[str, Any]
# The end of a process shows as no close code at all; 1001 and 1012 are a farewell, 4409 makes room for newer sockets.
_FAREWELLS: Final = frozenset({1000, 1001, 1005, 1006, 1012, 4409})
_NONSENSE: Final = 4400
_PASSING: Final = frozenset({503, 500, 429})


@dataclass
class Words:
    """What somebody sent: `seq` and `id` once they were acknowledged, `refused` the code of a refusal for good."""

    ticket: str
    client_msg_id: str
    text: str
    order: int
    tab: str
    seq: int | None = None
    id: str | None = None
    refused: str | None = None

    @property
    def is_answered(self) -> bool:
        """True if nobody has to repeat them."""
        return self.seq is not None or self.refused is not None


@dataclass
class Line:
    """One connection of a tab. `due` is the next `seq` of each conversation that may come; what else comes is a fault.

    `again` are places from which the server was asked to begin anew; `owed` counts the sends without an answer.
    """

    connection: ClientConnection
    due: dict[str, int]
    faults: list[str]
    again: dict[str, set[int]] = field(default_factory=dict)
    owed: Counter[str] = field(default_factory=Counter)
    pings: int = 0
    provoked: bool = False
    welcomed: asyncio.Event = field(default_factory=asyncio.Event)
    marks: dict[tuple[str, str, str], tuple[int, int]] = field(default_factory=dict)

    def comes(self, ticket: str, seq: int, *, repeated: bool) -> None:
        """Take note of words in their place; `repeated` ones may be older than what is due."""
        due = self.due.get(ticket)
        if due is None:
            self.faults.append(f"{seq} of {ticket} came, which nobody asked for")
        elif seq == due:
            self.due[ticket] = due + 1
        elif seq in self.again.get(ticket, ()):
            self.again[ticket].discard(seq)
            self.due[ticket] = seq + 1
        elif not (repeated and seq < due):
            self.faults.append(f"{seq} of {ticket} came in the place of {due}")

    def marked(self, frame: Frame) -> None:
        """Hold receipts to what they said before."""
        key = (frame["ticket_id"], frame["reader"]["kind"], frame["reader"]["id"])
        before, now = self.marks.get(key, (0, 0)), (frame["delivered"], frame["read"])
        self.marks[key] = now
        if now[0] < before[0] or now[1] < before[1] or now[1] > now[0]:
            self.faults.append(f"receipt of {key} fell from {before} to {now}")

    @property
    def is_open(self) -> bool:
        """True while neither side has ended it."""
        return self.connection.close_code is None and self.connection.state is websockets.State.OPEN


@dataclass
class Tab:
    """A tab of a player or of staff: what it knows, what it still has to send, and where it is connected.

    `memory` holds every conversation by `seq`; `holes` are conversations that it has to reload.
    """

    name: str
    who: str
    is_staff: bool = False
    memory: dict[str, dict[int, tuple[str, str | None]]] = field(default_factory=dict)
    words: dict[str, Words] = field(default_factory=dict)
    holes: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    bound: str | None = None
    replica: int = 0
    line: Line | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _reader: "asyncio.Task[None] | None" = None
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_connected(self) -> bool:
        """True while the server and this tab are on speaking terms."""
        return self.line is not None and self.line.is_open and self.line.welcomed.is_set()

    def cursor(self, ticket: str) -> int:
        """Return up to where nothing is missing."""
        known = self.memory.get(ticket, {})
        seq = 0
        while seq + 1 in known:
            seq += 1
        return seq

    async def connect(self, url: str, ticket: str, cursors: Mapping[str, int], *, own: Iterable[str]) -> None:
        """Open a line; `own` are the conversations that this tab may hear."""
        line = await self._opened(url, cursors, own)
        if line is None:
            return
        await self._put(line, {"t": "hello", "ticket": ticket, "cursors": cursors})
        self._reader = asyncio.create_task(self._read(line))

    async def greeted(self) -> bool:
        """Return when the server has welcomed this tab, or has hung up."""
        line = self.line
        if line is not None:
            await eventually(lambda: line.welcomed.is_set() or not line.is_open)
        return self.is_connected

    async def repeat(self) -> None:
        """Send again, in their order, what was not answered."""
        for words in list(self.words.values()):
            if not words.is_answered:
                await self.send(words)

    async def say(self, text: str, order: int) -> Words | None:
        """Send words of one's own; None if there is nobody to hear them."""
        if self.bound is None:
            return None
        client_msg_id = f"{self.name}-{order}"
        words = Words(self.bound, client_msg_id, text, order, self.name)
        self.words[client_msg_id] = words
        await self.send(words)
        return words

    async def send(self, words: Words, text: str | None = None) -> None:
        """Send words, or others under the same id."""
        if self.line is None or not self.line.is_open:
            return
        self.line.owed[words.client_msg_id] += 1
        said = {"client_msg_id": words.client_msg_id, "ticket_id": words.ticket, "text": text or words.text}
        await self._put(self.line, {"t": "send", **said})

    async def put(self, t: str, **members: object) -> None:
        """Send any other frame."""
        if self.line is not None and self.line.is_open:
            await self._put(self.line, {"t": t, **members})

    async def until_moved(self, frames: int) -> None:
        """Return once so many more frames have come, or the line is over."""
        for _ in range(frames):
            self._moved.clear()
            if self.line is None or not self.line.is_open:
                return
            try:
                async with asyncio.timeout(0.2):  # nothing may be left to come
                    await self._moved.wait()
            except TimeoutError:
                return

    async def cut(self) -> None:
        """Lose the line as a phone does in a lift."""
        line, self.line = self.line, None
        if line is not None:
            line.connection.transport.abort()
        if self._reader is not None:
            await self._reader
            self._reader = None

    async def _opened(self, url: str, cursors: Mapping[str, int], own: Iterable[str]) -> Line | None:
        try:
            connection = await connect(url, compression=None, ping_interval=None, open_timeout=10)
        except (OSError, EOFError, TimeoutError, websockets.WebSocketException):
            return None
        heard = set(own)
        due = {ticket: after + 1 for ticket, after in cursors.items() if ticket in heard}
        if self.bound is not None:
            due.setdefault(self.bound, 1)
        self.line = Line(connection, due, self.faults)
        self.line.provoked = any(not 0 <= after <= 2**53 for after in cursors.values())
        return self.line

    async def _put(self, line: Line, frame: Frame) -> None:
        try:
            await line.connection.send(json.dumps(frame))
        except (websockets.ConnectionClosed, OSError):
            return

    async def _read(self, line: Line) -> None:
        try:
            async for text in line.connection:
                await self._take(line, json.loads(text))
                self._moved.set()
        except websockets.ConnectionClosed:
            pass
        finally:
            self._moved.set()
        code = line.connection.close_code or 1006
        if code not in _FAREWELLS and not (code == _NONSENSE and line.provoked):
            self.faults.append(f"{self.name} was hung up on with {code}")

    async def _take(self, line: Line, frame: Frame) -> None:
        match frame["t"]:
            case "welcome":
                line.welcomed.set()
            case "msg":
                line.comes(frame["ticket_id"], frame["seq"], repeated=False)
                self._remember(frame["ticket_id"], frame["seq"], frame["id"], frame["text"])
            case "ack":
                self._acknowledged(line, frame)
            case "nack":
                self._refused(line, frame)
            case "receipt":
                line.marked(frame)
            case "resync":
                line.due[frame["ticket_id"]] = frame["last_seq"] + 1
                self.holes.add(frame["ticket_id"])
            case "ping":
                line.pings += 1
                await self._put(line, {"t": "pong"})
            case _:
                pass

    def _acknowledged(self, line: Line, frame: Frame) -> None:
        self._answered(line, frame["client_msg_id"])
        line.comes(frame["ticket_id"], frame["seq"], repeated=True)
        self._remember(frame["ticket_id"], frame["seq"], frame["id"], None)
        words = self.words[frame["client_msg_id"]]
        if words.is_answered and (words.seq, words.id) != (frame["seq"], frame["id"]):
            self.faults.append(f"{words} was acknowledged as {frame}")
        words.seq, words.id = frame["seq"], frame["id"]

    def _refused(self, line: Line, frame: Frame) -> None:
        if frame["client_msg_id"].startswith("watch:"):
            self.faults.append(f"{self.name} may not watch: {frame}")
            return
        self._answered(line, frame["client_msg_id"])
        words, problem = self.words[frame["client_msg_id"]], frame["problem"]
        if problem["code"] == "client-msg-id-reused":
            return
        if problem["status"] in _PASSING:
            return
        if words.is_answered and words.refused is None:
            self.faults.append(f"{words} was refused after all: {problem}")
        words.refused = problem["code"]

    def _answered(self, line: Line, client_msg_id: str) -> None:
        line.owed[client_msg_id] -= 1
        if line.owed[client_msg_id] < 0:
            self.faults.append(f"{client_msg_id} was answered more often than asked")

    def _remember(self, ticket: str, seq: int, id_: str, text: str | None) -> None:
        known = self.memory.setdefault(ticket, {})
        before = known.get(seq)
        if before is not None and (before[0] != id_ or (text and before[1] and text != before[1])):
            self.faults.append(f"{seq} of {ticket} was {before} and is {(id_, text)}")
        known[seq] = (id_, text or (before[1] if before else None))

    def reload(self, ticket: str, items: Iterable[Mapping[str, Any]]) -> None:
        """Take in a transcript read over HTTP."""
        for item in items:
            self._remember(ticket, item["seq"], item["id"], item["text"])
