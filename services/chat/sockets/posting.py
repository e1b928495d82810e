"""Writes the words of many sockets with few commits.

A message that finds no writer at work is written at once and alone. While one is at work, messages gather, and it takes
those of one brand together next: under load the cost of a commit is shared, when idle nobody waits. A further writer
helps out only when messages have waited for a while, because somebody else holds a conversation's lock.
"""

import asyncio
from collections import OrderedDict, deque
from typing import Final, TypeAlias

import structlog

from services.chat.domain.errors import TooManyWaiting
from services.chat.domain.values import Draft, Message
from services.chat.settings import Settings
from services.chat.use_cases.posting import post_messages
from shared.clock import Clock
from shared.db.engine import Database
from shared.errors import DomainError

Waiting: TypeAlias = tuple[Draft, "asyncio.Future[Message]"]
_logger: Final = structlog.get_logger(module=__name__)


class Writers:
    """A few transactions at a time, each with at most one message of a conversation."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._queues: OrderedDict[str, deque[Waiting]] = OrderedDict()
        self._waiting = 0
        self._commits = 0
        self._writers: set[asyncio.Task[None]] = set()
        self._help: asyncio.TimerHandle | None = None

    async def write(self, brand: str, draft: Draft) -> Message:
        """Return the message when it is committed; raise the refusal, or `TooManyWaiting` under overload."""
        if self._waiting >= self._settings.most_waiting:
            raise TooManyWaiting(retry_after=1)
        done: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(brand, deque()).append((draft, done))
        self._waiting += 1
        # One that is done is forgotten a turn of the loop later, and takes nothing any more.
        if all(writer.done() for writer in self._writers):
            self._begin()
        else:
            self._ask_for_help()
        return await done

    async def stop(self) -> None:
        """Return when everything accepted is written or refused."""
        while self._writers:
            await asyncio.wait(self._writers)

    def _begin(self) -> None:
        writer = asyncio.get_running_loop().create_task(self._work())
        self._writers.add(writer)
        writer.add_done_callback(self._writers.discard)

    def _ask_for_help(self) -> None:
        if self._help is None and len(self._writers) < self._settings.writers:
            patience = self._settings.writer_patience.total_seconds()
            self._help = asyncio.get_running_loop().call_later(patience, self._help_out, self._commits)

    def _help_out(self, commits: int) -> None:
        """Start another writer if none of those at work has come back since; ask again if one has."""
        self._help = None
        if not self._queues:
            return
        if self._commits == commits:
            self._begin()
        else:
            self._ask_for_help()

    async def _work(self) -> None:
        while self._queues:
            brand, batch = self._next()
            await self._write(brand, batch)
            self._commits += 1

    def _next(self) -> tuple[str, list[Waiting]]:
        brand, queue = self._queues.popitem(last=False)
        batch: list[Waiting] = []
        later: deque[Waiting] = deque()
        seen = set()
        while queue and len(batch) < self._settings.messages_per_write:
            waiting = queue.popleft()
            ticket_id = waiting[0].ticket_id
            (later if ticket_id in seen else batch).append(waiting)
            seen.add(ticket_id)
        later.extend(queue)
        if later:
            self._queues[brand] = later
        self._waiting -= len(batch)
        return brand, batch

    async def _write(self, brand: str, batch: list[Waiting]) -> None:
        try:
            async with self._database.begin(brand) as session:
                drafts = [draft for draft, _ in batch]
                outcomes = await post_messages(session, brand=brand, drafts=drafts, now=self._clock.now())
        except Exception as error:  # noqa: BLE001 - whatever happened, somebody waits for an answer
            await self._failed(brand, batch, error)
            return
        for (_, done), outcome in zip(batch, outcomes, strict=True):
            if done.done():
                continue
            if isinstance(outcome, DomainError):
                done.set_exception(outcome)
            else:
                done.set_result(outcome)

    async def _failed(self, brand: str, batch: list[Waiting], error: Exception) -> None:
        """Try each alone, so that one message cannot refuse its neighbours; tell a lonely one."""
        if len(batch) > 1:
            for waiting in batch:
                await self._write(brand, [waiting])
            return
        if not isinstance(error, DomainError):
            _logger.warning("message_not_written", error=repr(error))
        [(_, done)] = batch
        if not done.done():
            done.set_exception(error)
