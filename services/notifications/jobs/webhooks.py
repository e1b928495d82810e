"""Sends webhooks: each round writes what came back, claims what is due, and lets it go out at once."""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Final, cast
from uuid import UUID

from services.notifications.clients.webhooks import WebhookClient
from services.notifications.domain import signing
from services.notifications.domain.attempts import Attempt, Failure
from services.notifications.queries.claims import Claimed
from services.notifications.settings import Settings
from services.notifications.use_cases import delivering
from services.notifications.use_cases.delivering import Finished, Slots
from shared.clock import Clock
from shared.messaging.runtime import Ground
from shared.sealing import Seal, SealBroken

NAME: Final = "deliver_webhooks"
_IDLE: Final = timedelta(milliseconds=250)
_LEAST: Final = timedelta(milliseconds=5)
# Results wait this long for company: a transaction costs as much for one as for fifty.
_LINGER: Final = timedelta(milliseconds=10)
_MANY: Final = 50


class Courier:
    """The attempts of this process: claimed and waiting for a slot, under way, and back with results not yet written.

    As many wait as may be under way, so that a slot that falls free is taken at once and not after a round trip to the
    database. What waited so long that its attempt could outlast its lease is left for whoever retakes it.
    """

    def __init__(
        self, client: WebhookClient, seal: Seal, settings: Settings, *, clock: Clock, on_finished: Callable[[], None]
    ) -> None:
        self.after: UUID | None = None
        self._client = client
        self._seal = seal
        self._clock = clock
        self._capacity = settings.process_cap
        self._may_wait = (settings.lease - settings.attempt_timeout).total_seconds()
        self._on_finished = on_finished
        self._waiting: deque[tuple[float, Claimed]] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._finished: list[Finished] = []
        self._ringing: asyncio.TimerHandle | None = None

    def slots(self) -> Slots:
        """Return what may be claimed now: nothing while enough is waiting."""
        if len(self._waiting) > self._capacity // 2:
            return Slots(0, self._capacity, self.after)
        free = 2 * self._capacity - len(self._under_way) - len(self._waiting)
        return Slots(max(0, free), self._capacity, self.after)

    def collect(self) -> list[Finished]:
        """Return the results that came since the last call."""
        collected, self._finished = self._finished, []
        return collected

    def put_back(self, finished: list[Finished]) -> None:
        """Keep results that could not be written for the next round."""
        self._finished = finished + self._finished

    def dispatch(self, claimed: list[Claimed]) -> None:
        """Send these as soon as slots are free."""
        start_by = asyncio.get_running_loop().time() + self._may_wait
        self._waiting.extend((start_by, one) for one in claimed)
        self._fill()

    def _fill(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._waiting and len(self._under_way) < self._capacity:
            start_by, claimed = self._waiting.popleft()
            if now < start_by:
                task = asyncio.create_task(self._attempt(claimed))
                self._under_way.add(task)
                task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._fill()
        if len(self._finished) >= _MANY:
            self._ring()
        elif self._ringing is None:
            self._ringing = asyncio.get_running_loop().call_later(_LINGER.total_seconds(), self._ring)

    def _ring(self) -> None:
        if self._ringing is not None:
            self._ringing.cancel()
            self._ringing = None
        self._on_finished()

    async def settle(self, within: timedelta) -> None:
        """Wait for what is under way; what takes longer, and what waits for a slot, is retaken after its lease."""
        self._waiting.clear()
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=within.total_seconds())
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _attempt(self, claimed: Claimed) -> None:
        now = self._clock.now()
        try:
            secrets = self._secrets(claimed)
        except SealBroken:
            attempt = Attempt(now, timedelta(0), failure=Failure.SECRET)
        else:
            headers = signing.signed_headers(
                secrets, id_=signing.webhook_id(claimed.event_id), attempted_at=now, body=claimed.body
            )
            attempt = await self._client.post(claimed.url, body=claimed.body, headers=headers, now=now)
        self._finished.append(Finished(claimed, attempt))

    def _secrets(self, claimed: Claimed) -> list[bytes]:
        place = signing.place_of(claimed.brand, claimed.endpoint_id)
        sealed = (claimed.secret, claimed.previous_secret)
        return [self._seal.open(one, place) for one in sealed if one is not None]


async def deliver(ground: Ground) -> timedelta:
    """Do one round; each finished attempt and each commit that made something due begins the next at once."""
    courier = courier_of(ground)
    settings = cast("Settings", ground.settings)
    finished, slots = courier.collect(), courier.slots()
    if not finished and not slots.free:
        return _IDLE
    try:
        async with ground.database.begin_worker() as session:
            if finished:
                await delivering.record_attempts(
                    session, finished, now=ground.clock.now(), roll=random.random, scale=settings.schedule_scale
                )
            found = await delivering.claim_deliveries(session, slots=slots, lease=settings.lease)
    except BaseException:
        courier.put_back(finished)
        raise
    courier.after = found.after
    courier.dispatch(found.claimed)
    if found.is_cut:
        return timedelta(0)
    return _IDLE if found.due_in is None else min(_IDLE, max(_LEAST, timedelta(seconds=found.due_in)))


async def write_last_results(ground: Ground) -> None:
    """Before the process ends: let attempts come back and write what they brought."""
    courier = courier_of(ground)
    settings = cast("Settings", ground.settings)
    await courier.settle(settings.attempt_timeout)
    finished = courier.collect()
    if not finished:
        return
    async with ground.database.begin_worker() as session:
        await delivering.record_attempts(
            session, finished, now=ground.clock.now(), roll=random.random, scale=settings.schedule_scale
        )


def courier_of(ground: Ground) -> Courier:
    """Return this process's courier."""
    return cast("Courier", ground.extras["courier"])
