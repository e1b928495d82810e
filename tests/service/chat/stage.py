"""Two chat processes on one database, the people who talk through them, and everything that may break meanwhile."""

import asyncio
import itertools
import math
from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import suppress
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import aiohttp
import asyncpg
from sqlalchemy import text

from deploy.local.databases import ServiceUrls
from services.chat.sockets.hub import Hub, hub_of
from shared.contracts.tickets import MessageAdded
from shared.ids import new_id
from shared.messaging.transport import PublishFailed
from shared.web.actor import ActorKind
from tests.service.chat.tabs import Tab, Words
from tests.support.chat import Serving, TwinTransport, reply, serving
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.pace import no_faster_than, turns
from tests.support.service import RunningService, running_service

PLAYERS: Final = ("p-0", "p-1")
TABS: Final = ("p-0/a", "p-0/b", "p-1/a", "p-1/b", "s-0/a", "s-1/a")
# Nothing is pinged by itself: a test that says "one ping" sends one.
_KNOBS: Final[dict[str, object]] = {
    "ping_every": "PT1H", "resync_beyond": 12, "page": 3, "frames_per_second": 1e6, "frame_burst": 1e6,
    "signals_per_second": 1e6, "signal_burst": 1e6,
}  # fmt: skip
_SETTLE_SECONDS: Final = 60
_OWNER: Final[ContextVar["Replica | None"]] = ContextVar("replica", default=None)
_TRANSCRIPTS: Final = text(
    "SELECT ticket_id::text, seq, id::text, author_kind, text, client_msg_id FROM chat_messages "
    "WHERE brand = :brand ORDER BY ticket_id, seq"
)
_HEADS: Final = text("SELECT ticket_id::text, last_seq FROM chat_sessions WHERE brand = :brand")
_MARKS: Final = text(
    "SELECT ticket_id::text, reader_kind, reader_id, delivered_seq, read_seq FROM chat_receipts WHERE brand = :brand"
)
# What a killed process had begun may still be committed for a moment.
_BEGUN: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user"
    " AND state <> 'idle' AND xact_start < :since AND pid <> pg_backend_pid()"
)
# Commits take their time, so that processes also end in the middle of one.
_SLOW_COMMITS: Final = """
    CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(random() * 0.01); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON chat_messages
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION linger();
"""


async def slow_down_commits(urls: ServiceUrls) -> None:
    """Let every commit of words take up to ten milliseconds."""
    connection = await asyncpg.connect(urls.owner)
    try:
        await connection.execute(_SLOW_COMMITS)
    finally:
        await connection.close()


def owned(
    loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any] | Generator[Any, None, Any], /, **options: Any
) -> "asyncio.Task[Any]":
    """Make a task and remember to which replica it belongs: a task factory."""
    task = asyncio.Task(work, loop=loop, **options)
    owner = (options.get("context") or copy_context()).get(_OWNER)
    if owner is not None:
        owner.tasks.add(task)
        task.add_done_callback(owner.tasks.discard)
    return task


class Replica:
    """A chat process that can be killed: everything it was about to do is not done, whatever it was."""

    def __init__(
        self, postgres: Cluster, urls: ServiceUrls, family: list[TwinTransport], loses: Callable[[], bool]
    ) -> None:
        self.tasks: set[asyncio.Task[Any]] = set()
        self.kills = 0
        self._postgres, self._urls, self._family, self._loses = postgres, urls, family, loses
        self._transport: TwinTransport | None = None
        self._host: asyncio.Task[None] | None = None
        self._alive: tuple[RunningService, Serving] | None = None
        self._over = asyncio.Event()
        self._lock = asyncio.Lock()

    @property
    def service(self) -> RunningService:
        """The service while it lives."""
        assert self._alive is not None
        return self._alive[0]

    @property
    def hub(self) -> Hub:
        """Its hub."""
        return hub_of(self.service.ground)

    @property
    def under_way(self) -> int:
        """How many requests and sockets it serves."""
        return self._alive[1].under_way if self._alive else 0

    @property
    def socket_url(self) -> str:
        """Where its sockets are opened, alive or not."""
        return self._alive[1].url if self._alive else "ws://127.0.0.1:9/v1/chat/socket"

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.socket_url.replace("ws:", "http:").removesuffix("/v1/chat/socket")

    async def start(self) -> None:
        """Bring it up."""
        self._over.clear()
        mark = _OWNER.set(self)
        try:
            self._host = asyncio.create_task(self._live())
        finally:
            _OWNER.reset(mark)
        host = self._host
        await eventually(lambda: self._alive is not None or host.done(), within=60)
        assert self._alive is not None

    async def kill(self) -> None:
        """`kill -9`, and a new one."""
        async with self._lock:
            await self.end()
            self.kills += 1
            await self.start()

    async def end(self) -> None:
        """Cut its connections and break off its work wherever it stands."""
        assert self._alive is not None
        assert self._host is not None
        (_, serving_), self._alive = self._alive, None
        if self._transport in self._family:
            self._family.remove(self._transport)
        serving_.hang_up()
        broken_off = [task for task in self.tasks if task not in {self._host, serving_.task}]
        for task in broken_off:
            task.cancel()
        await asyncio.gather(*broken_off, return_exceptions=True)
        self._over.set()
        await asyncio.gather(self._host, return_exceptions=True)

    async def _live(self) -> None:
        self._transport = TwinTransport(self._family, self._loses)
        alive = running_service(self._postgres, "chat", transport=self._transport, urls=self._urls, **_KNOBS)
        async with alive as service, serving(service) as found:
            self._alive = service, found
            await self._over.wait()


@dataclass
class Answer:
    """A reply of staff as tickets tells it; `sequence` is its place in the ticket's stream."""

    event: MessageAdded
    sequence: int
    id: UUID
    delivered: bool = False


@dataclass
class Stage:
    """A brand of its own on two processes: its people's tabs, what they said, and what was told by tickets."""

    replicas: tuple[Replica, Replica]
    brand: str
    http: aiohttp.ClientSession
    tabs: dict[str, Tab] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    marks: dict[tuple[str, str, str], tuple[int, int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    hints_lost: bool = False
    said: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _deliveries: set["asyncio.Task[None]"] = field(default_factory=set)

    def __post_init__(self) -> None:
        for name in TABS:
            who = name.partition("/")[0]
            self.tabs[name] = Tab(name, who, is_staff=who.startswith("s"))

    def own(self, tab: Tab) -> list[str]:
        """Return the conversations that a tab may hear."""
        return [ticket for ticket, player in self.tickets.items() if tab.is_staff or player == tab.who]

    async def call(self, replica: int, who: str, method: str, path: str, body: object = None) -> Any:
        """Ask a process as a player or as staff; None if it dies meanwhile."""
        process = self.replicas[replica]
        kind = ActorKind.STAFF if who.startswith("s") else ActorKind.PLAYER
        try:
            headers = process.service.actor(kind, who, self.brand)
            async with self.http.request(method, process.url + path, json=body, headers=headers) as answer:
                if answer.status >= 500:
                    self.faults.append(f"{method} {path}: {answer.status} {await answer.text()}")
                return await answer.json() if answer.status in {200, 201} else {}
        except (AssertionError, aiohttp.ClientError, OSError):
            return None

    async def connect(self, tab: Tab, replica: int, cursors: Mapping[str, int] | None = None) -> None:
        """Let a tab come back: with its own cursors, or with those of a liar."""
        path = "/v1/desk/socket-tickets" if tab.is_staff else "/v1/chat/sessions"
        found = await self.call(replica, tab.who, "POST", path, {})
        if not found:
            return
        if not tab.is_staff:
            tab.bound = found["ticket_id"]
            self.tickets.setdefault(found["ticket_id"], tab.who)
        honest = {ticket: tab.cursor(ticket) for ticket in self.own(tab)}
        told = dict(cursors) if cursors is not None else honest
        tab.holes |= {ticket for ticket, after in told.items() if after > honest.get(ticket, 0) and ticket in honest}
        tab.replica = replica
        await tab.connect(self.replicas[replica].socket_url, found["socket_ticket"], told, own=self.own(tab))

    def deliver(self, answer: Answer, replica: int) -> None:
        """Hand a reply over as tickets' relay does, again and again until it is taken."""
        task = asyncio.create_task(self._delivered(answer, replica))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    def answer(self, ticket: str, words: str) -> Answer:
        """Return what tickets tells next about a conversation."""
        told = self.answers.setdefault(ticket, [])
        made = Answer(reply(ticket, words), len(told) + 1, new_id())
        told.append(made)
        return made

    async def settle(self) -> None:
        """Return when everything that was begun has come to its end; what does not is a fault."""
        for answer in itertools.chain.from_iterable(self.answers.values()):
            if not answer.delivered:
                self.deliver(answer, answer.sequence % 2)
        await self._within(lambda: not self._deliveries, "replies are not taken")
        await self._within(lambda: all(not +t.line.owed for t in self.connected()), "words are not answered")
        await self._within(lambda: self._under_way() == len(self.connected()), "lost sockets are still served")
        await self._rest()
        if self.hints_lost:
            self.hints_lost = False
            await self.ping()
        heads = await self.heads()
        await self._within(lambda: not self.behind(heads), "tabs are not complete", lambda: self.behind(heads))
        for tab in self.tabs.values():
            await self._reload(tab)

    def connected(self) -> list[Any]:
        """Return the tabs that are on speaking terms with a server."""
        return [tab for tab in self.tabs.values() if tab.is_connected]

    def behind(self, heads: Mapping[str, int]) -> list[str]:
        """Name what connected tabs have not heard."""
        return [
            f"{tab.name} waits for {due} of {heads[ticket]} in {ticket}"
            for tab in self.connected()
            for ticket, due in tab.line.due.items()
            if ticket in heads and due <= heads[ticket]
        ]

    async def ping(self) -> None:
        """Let every process ping everybody once."""
        for replica in self.replicas:
            for socket in replica.hub.people.sockets:
                replica.hub.turns.join(socket, -math.inf)
            replica.service.ground.wake("chat-ping")

    async def heads(self) -> dict[str, int]:
        """Return how far each conversation got."""
        return dict(tuple(row) for row in await self.rows(_HEADS))

    async def transcripts(self) -> dict[str, list[Any]]:
        """Return every conversation in its order."""
        found: dict[str, list[Any]] = {ticket: [] for ticket in await self.heads()}
        for row in await self.rows(_TRANSCRIPTS):
            found[row.ticket_id].append(row)
        return found

    async def receipts(self) -> dict[tuple[str, str, str], tuple[int, int]]:
        """Return how far everybody got."""
        return {(r[0], r[1], r[2]): (r[3], r[4]) for r in await self.rows(_MARKS)}

    async def rows(self, statement: Any) -> Any:
        """Read rows of the brand."""
        async with self.replicas[0].service.ground.database.begin(self.brand) as session:
            return (await session.execute(statement, {"brand": self.brand})).all()

    def spoken(self) -> list[Words]:
        """Return everything that players ever sent."""
        return [words for tab in self.tabs.values() for words in tab.words.values()]

    async def leave(self) -> None:
        """Close every tab."""
        for tab in self.tabs.values():
            await tab.cut()

    async def _delivered(self, answer: Answer, replica: int) -> None:
        for number in itertools.count(replica):
            with suppress(AssertionError, PublishFailed):
                service = self.replicas[number % 2].service
                await service.publish(answer.event, brand=self.brand, sequence=answer.sequence, id=answer.id)
                answer.delivered = True
                return
            await no_faster_than(0.01, turns())

    def _under_way(self) -> int:
        return sum(replica.under_way for replica in self.replicas)

    async def _rest(self) -> None:
        """Return when no transaction is left that began before."""
        since = self.replicas[0].service.ground.clock.now()

        async def is_over() -> bool:
            async with self.replicas[0].service.ground.database.begin(self.brand) as session:
                return bool((await session.execute(_BEGUN, {"since": since})).scalar_one() == 0)

        await eventually(is_over, within=_SETTLE_SECONDS, every=0.005)

    async def _reload(self, tab: Tab) -> None:
        for ticket in tab.holes & set(self.own(tab)):
            while page := await self.call(
                0, tab.who, "GET", f"/v1/chat/sessions/{ticket}/messages?limit=100&after_seq={tab.cursor(ticket)}"
            ):
                tab.reload(ticket, page["items"])
                if page["next_after_seq"] is None:
                    break
        tab.holes.clear()

    async def _within(self, check: Callable[[], bool], what: str, detail: Callable[[], object] = lambda: "") -> None:
        try:
            await eventually(check, within=_SETTLE_SECONDS, every=0.002)
        except AssertionError:
            self.faults.append(f"{what} within {_SETTLE_SECONDS} s {detail()}")
