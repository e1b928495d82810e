"""What is alive in this process: people, conversations, writers, and what waits to be told or stored."""

import asyncio
import random
from collections.abc import Coroutine, Mapping, Sequence
from typing import Final
from uuid import UUID

import structlog

from services.chat.domain.limits import Allowances
from services.chat.domain.values import Banned, CloseCode, Held, PeopleChanged, Person, Receipt, Said
from services.chat.schemas.frames import encode, holder_frame, people_frame, ping_frame, presence_frame, to_payload
from services.chat.settings import Settings
from services.chat.sockets.boards import Boards
from services.chat.sockets.connection import LiveSocket
from services.chat.sockets.conversations import Conversations
from services.chat.sockets.people import People
from services.chat.sockets.places import PLAYERS, Places
from services.chat.sockets.posting import Writers
from services.chat.sockets.turns import Turns
from services.chat.sockets.viewing import VIEWERS_JOB, VIEWERS_TOPIC, Viewing
from shared.contracts.sla import BOARD_WANTED_TOPIC
from shared.contracts.tickets import QUEUES_WANTED_TOPIC
from shared.ids import new_id
from shared.messaging.runtime import Ground

EXTRA: Final = "chat.hub"
PRESENCE_JOB: Final = "chat-presence"
RECEIPTS_JOB: Final = "chat-receipts"
PRESENCE_TOPIC: Final = "chat.presence"
SAID_TOPIC: Final = "chat.said"
INACTIVE_TOPIC: Final = "chat.inactive"
BANS_TOPIC: Final = "chat.bans"
PEOPLE_TOPIC: Final = "chat.people"
_WAVES: Final = 10
_LEAST_WAVE: Final = 50
# How many clients may come back in a second; each asks over HTTP first, which costs more than its socket.
_RETURNS_PER_SECOND: Final = 200
_logger: Final = structlog.get_logger(module=__name__)


class Hub:
    """One per process, in `ground.extras`; its parts never wait for a peer."""

    def __init__(self, ground: Ground, settings: Settings) -> None:
        self.process_id = new_id()
        self.ground = ground
        self.settings = settings
        self.people = People(settings, self._presence_changes)
        self.turns = Turns(settings)
        self.words = Allowances(settings.frames_per_second, settings.frame_burst)
        self.conversations = Conversations(ground.database, ground.clock, settings, self.spawn, self._tell_presence)
        self.viewing = Viewing(str(self.process_id), self._tell_views, lambda: ground.wake(VIEWERS_JOB))
        self.boards = Boards(self._ask_for_board)
        self.places = Places(self._ask_for_places, self.conversations.send)
        self.writers = Writers(ground.database, ground.clock, settings)
        self.presence_changed: set[tuple[str, str]] = set()
        self.receipts: dict[tuple[str, UUID, str, str], Receipt] = {}
        self.is_draining = False
        # A crowd that comes back must not take the connections that words need, nor fail because there are too few.
        self.letting_in = asyncio.Semaphore(settings.greetings)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_full(self) -> bool:
        """True if no further socket is taken."""
        return len(self.people.sockets) >= self.settings.most_sockets

    def forget(self, socket: LiveSocket) -> None:
        """Let go of a socket that is gone."""
        for ticket_id in list(socket.subscriptions):
            self.conversations.tune_out(socket, ticket_id)
        self.viewing.forget(socket)
        self.boards.unsubscribe(socket)
        self.people.remove(socket)
        self.turns.leave(socket)

    def ping(self, socket: LiveSocket, heads: Mapping[UUID, int], now: float) -> None:
        """Ask for a pong, tell how far the conversations got, and fill what this socket turns out to miss."""
        own = {ticket_id: heads[ticket_id] for ticket_id in socket.subscriptions if ticket_id in heads}
        socket.push(ping_frame(own))
        self.turns.pinged(socket, now)
        for ticket_id, head in own.items():
            self.conversations.hear_of(socket.subscriptions[ticket_id], head)

    def note_receipt(self, brand: str, receipt: Receipt) -> None:
        """Remember how far a reader got until receipts are written next."""
        key = (brand, receipt.ticket_id, receipt.reader.kind.value, receipt.reader.id)
        self.receipts[key] = receipt.risen_by(self.receipts.get(key, receipt))
        self.ground.wake(RECEIPTS_JOB)

    def broadcast(self, topic: str, brand: str, ticket_id: UUID, frame: str, but: Person) -> None:
        """Send a passing frame about a conversation to every process; each leaves out the person it comes from."""
        self.conversations.send(brand, ticket_id, frame, but=but.key)
        self._tell(topic, brand, ticket_id, {"frame": frame, "but": list(but.key)})

    def tell_receipt(self, topic: str, brand: str, receipt: Receipt) -> None:
        """Tell every process how far a reader got."""
        self.conversations.tell_receipt(brand, receipt)
        reader = [receipt.reader.kind.value, receipt.reader.id]
        marks = {"reader": reader, "delivered": receipt.delivered_seq, "read": receipt.read_seq}
        self._tell(topic, brand, receipt.ticket_id, marks)

    def told(self, noted: Sequence[object]) -> None:
        """Deliver what this process has committed, here at once and to the other processes in one frame."""
        for one in noted:
            if isinstance(one, Banned):
                self._turn_out(one)
            elif isinstance(one, PeopleChanged):
                self._tell_player(one, people_frame(one))
            elif isinstance(one, Held):
                self._tell_player(one, holder_frame(one))
        said = [one for one in noted if isinstance(one, Said)]
        if not said:
            return
        for brand, message in said:
            self.conversations.deliver(brand, message)
        payload = {"process": str(self.process_id), "said": [to_payload(one) for one in said]}
        self.spawn(self.ground.transport.broadcast(SAID_TOPIC, payload))

    def spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run something on the hub's own account."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    async def drain(self) -> None:
        """Say good-bye before the server does: when to come back, then the end, in waves so that nobody stampedes."""
        self.is_draining = True
        sockets = list(self.people.sockets)
        spread = min(self.settings.reconnect_spread.total_seconds(), len(sockets) / _RETURNS_PER_SECOND)
        for socket in sockets:
            after = random.uniform(0, spread)  # noqa: S311 - spread, no secret
            socket.push(encode("reconnect", after_ms=int(after * 1000)))
        size = max(_LEAST_WAVE, -(-len(sockets) // _WAVES))
        for start in range(0, len(sockets), size):
            if start:
                await asyncio.sleep(self.settings.drain_within.total_seconds() / (_WAVES + 1))
            for socket in sockets[start : start + size]:
                socket.close(CloseCode.RESTART)
        await asyncio.gather(*(socket.finished() for socket in sockets))

    async def stop(self) -> None:
        """Let the writers finish and end everything else."""
        await self.writers.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.warning("hint_not_followed", error=repr(error))

    def _turn_out(self, banned: Banned) -> None:
        brand, kind, person_id = banned.person.key
        until = None if banned.until is None else banned.until.isoformat()
        payload = {"brand": brand, "kind": kind, "person_id": person_id, "until": until}
        self.people.turn_out(payload)
        self.spawn(self.ground.transport.broadcast(BANS_TOPIC, payload))

    def _tell_player(self, changed: PeopleChanged | Held, frame: str) -> None:
        """Tell the player, wherever his sockets are."""
        self.conversations.send(changed.brand, changed.ticket_id, frame, only=PLAYERS)
        payload: dict[str, object] = {
            "process": str(self.process_id),
            "brand": changed.brand,
            "ticket_id": str(changed.ticket_id),
            "frame": frame,
        }
        self.spawn(self.ground.transport.broadcast(PEOPLE_TOPIC, payload))

    def _presence_changes(self, person: Person) -> None:
        self.presence_changed.add((person.brand, person.id))
        self.ground.wake(PRESENCE_JOB)

    def _tell(self, topic: str, brand: str, ticket_id: UUID, what: Mapping[str, object]) -> None:
        payload = {"process": str(self.process_id), "brand": brand, "ticket_id": str(ticket_id), **what}
        self.spawn(self.ground.transport.broadcast(topic, payload))

    def _tell_views(self, payload: dict[str, object]) -> None:
        self.spawn(self.ground.transport.broadcast(VIEWERS_TOPIC, payload))

    def _ask_for_board(self, brand: str, *, at_once: bool) -> None:
        self.spawn(self.ground.transport.broadcast(BOARD_WANTED_TOPIC, {"brand": brand, "at_once": at_once}))

    def _ask_for_places(self, brand: str) -> None:
        self.spawn(self.ground.transport.broadcast(QUEUES_WANTED_TOPIC, {"brand": brand}))

    def _tell_presence(self, socket: LiveSocket, ticket_id: UUID, *, online: bool) -> None:
        person = socket.person
        frame = presence_frame(ticket_id, person.kind, online=online)
        self.broadcast(PRESENCE_TOPIC, person.brand, ticket_id, frame, person)


def hub_of(ground: Ground) -> Hub:
    """Return the hub of this process."""
    hub = ground.extras[EXTRA]
    assert isinstance(hub, Hub)  # noqa: S101 - the lifespan put it there
    return hub
