"""One connected socket: what waits for it, how it is written, how it ends."""

import asyncio
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from starlette.types import Message as AsgiMessage
from starlette.types import Send

from services.chat.domain.feed import Feed
from services.chat.domain.limits import Outgoing, TokenBucket
from services.chat.domain.owed import Owed
from services.chat.domain.values import CloseCode, Message, Person
from services.chat.schemas.frames import ack_frame
from services.chat.settings import Settings
from shared.ids import new_id

_SIGNALS: Final = frozenset({"delivered", "read", "pong"})


class LiveSocket:
    """A socket whose holder is known.

    `push` never waits: what the peer does not read in time piles up to the limits of `Outgoing`, then the socket is
    closed. A writer task exists only while something waits, so an idle socket costs its reader alone; since when it is
    at the present frame stands in `writing`, in the order of these times, for whoever gives up on deaf peers. Whoever
    reads the socket passes itself as `reader`; it is cancelled when the peer cannot even be told that it is over.
    """

    __slots__ = (
        "_closing", "_outgoing", "_reader", "_room", "_send", "_writer", "_writing", "bound", "bucket", "greeted", "id",
        "lost", "muted", "opened", "owed", "person", "pong_due", "signals", "subscriptions", "typed_at", "views",
    )  # fmt: skip

    def __init__(
        self,
        *,
        send: Send,
        reader: asyncio.Task[object],
        person: Person,
        bound: UUID | None,
        settings: Settings,
        writing: "dict[LiveSocket, float]",
        now: float,
    ) -> None:
        self.id = new_id()
        self.person = person
        self.bound = bound
        self.opened = now
        self.greeted = False
        self.lost = False
        self.pong_due: float | None = None
        self.bucket = TokenBucket(settings.frames_per_second, settings.frame_burst, now)
        self.signals = TokenBucket(settings.signals_per_second, settings.signal_burst, now)
        self.subscriptions: dict[UUID, Subscription] = {}
        self.muted: set[UUID] | None = None
        self.views: set[UUID] | None = None
        self.owed = Owed()
        self.typed_at: dict[UUID, float] | None = None
        self._send = send
        self._reader = reader
        self._writing = writing
        self._outgoing = Outgoing(settings.queue_frames, settings.queue_bytes)
        self._closing: CloseCode | None = None
        self._writer: asyncio.Task[None] | None = None
        self._room: asyncio.Future[None] | None = None

    @property
    def closing(self) -> CloseCode | None:
        """Why the socket is being closed, None while it is open."""
        return self._closing

    @property
    def waiting_bytes(self) -> int:
        """How much waits for the peer."""
        return self._outgoing.bytes

    def take(self, t: str, now: float) -> float:
        """Return 0 if another frame of kind `t` is allowed, else after how many seconds one is.

        Receipts and pongs have a limit of their own.
        """
        bucket = self.signals if t in _SIGNALS else self.bucket
        return 0.0 if bucket.take(now) else bucket.next_in(now)

    def push(self, frame: str) -> None:
        """Queue a frame; a full queue closes the socket."""
        if self._closing is not None:
            return
        if not self._outgoing.put(frame):
            self.close(CloseCode.SLOW)
        elif self.greeted:
            self._start()

    def push_message(self, message: Message, frame: str) -> None:
        """Queue a message in its turn: as `ack` if this socket has sent it and waits for that, else as `frame`."""
        if not (self.person.wrote(message) and self.acknowledge(message)):
            self.push(frame)

    def acknowledge(self, message: Message) -> bool:
        """Queue `ack` for every frame that waits for it: the last `seq` a client got is always a safe cursor."""
        frames = self.owed.fall_due(message)
        for _ in range(frames):
            self.push(ack_frame(message, str(message.client_msg_id)))
        return frames > 0

    def written(self, message: Message) -> None:
        """Take note that own words were committed; acknowledge them now unless their turn is still to come."""
        heard = self.subscriptions.get(message.ticket_id)
        if heard is None or message.seq < heard.feed.next_seq:
            self.acknowledge(message)
        else:
            self.owed.keep(message)

    def acknowledge_written(self, ticket_id: UUID, *, before: int) -> None:
        """Acknowledge own words whose turn was skipped."""
        for message in self.owed.skipped(ticket_id, before=before):
            self.acknowledge(message)

    def greet(self, frame: str) -> None:
        """Send `frame` before everything that was queued so far and begin to write."""
        self._outgoing.put_first(frame)
        self.greeted = True
        self._start()

    def close(self, code: CloseCode) -> None:
        """End the socket after what is queued; a slow one loses its queue, the transcript has it all."""
        if self._closing is not None:
            return
        self._closing = code
        if code is CloseCode.SLOW:
            self._outgoing.clear()
        self._make_room()
        self._start()

    async def room(self) -> None:
        """Return when a page of history fits into the queue, or the socket is closing."""
        while self._closing is None and not self._outgoing.is_roomy:
            self._room = asyncio.get_running_loop().create_future()
            await self._room

    async def finished(self) -> None:
        """Return when the writer has nothing left to do."""
        if self._writer is not None:
            await asyncio.wait({self._writer})

    def give_up(self) -> None:
        """The peer reads nothing at all or is gone: not even a close frame gets through, so the reader is told."""
        self._closing = self._closing or CloseCode.SLOW
        self._outgoing.clear()
        self._make_room()
        self.lost = True
        self._reader.cancel()
        if self._writer is not None:
            self._writer.cancel()

    def _start(self) -> None:
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        try:
            while (frame := self._outgoing.take()) is not None:
                await self._deliver({"type": "websocket.send", "text": frame})
                self._make_room()
            if self._closing is not None:
                await self._deliver({"type": "websocket.close", "code": int(self._closing)})
        except (OSError, RuntimeError):
            self._writer = None
            self.give_up()
        finally:
            self._writer = None
            self._writing.pop(self, None)

    async def _deliver(self, message: AsgiMessage) -> None:
        self._writing.pop(self, None)
        self._writing[self] = asyncio.get_running_loop().time()
        await self._send(message)

    def _make_room(self) -> None:
        if self._room is not None and not self._room.done() and (self._closing is not None or self._outgoing.is_roomy):
            self._room.set_result(None)


@dataclass(slots=True, eq=False)
class Subscription:
    """One conversation on one socket.

    `automatic` ones come and go with the assignment; one has `begun` when it was found that its holder may hear it, and
    passing frames are `kept` until then.
    """

    socket: LiveSocket
    ticket_id: UUID
    feed: Feed
    automatic: bool = False
    begun: bool = False
    kept: list[str] = field(default_factory=list)
    filler: asyncio.Task[None] | None = None
