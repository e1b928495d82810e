"""What happens to all sockets of a process from time to time: one job each, no timer per socket."""

import asyncio
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from services.chat.domain.values import CloseCode
from services.chat.schemas.frames import encode
from services.chat.sockets.boards import ASK_EVERY, BOARDS_JOB
from services.chat.sockets.connection import LiveSocket
from services.chat.sockets.hub import PRESENCE_JOB, RECEIPTS_JOB, Hub, hub_of
from services.chat.sockets.places import ASK_EVERY as ASK_PLACES_EVERY
from services.chat.sockets.places import PLACES_JOB
from services.chat.sockets.viewing import VIEWERS_JOB
from services.chat.use_cases import presence, transcripts
from services.chat.use_cases.offering import waits_of
from shared.errors import DomainError
from shared.messaging.runtime import Ground, Job

RECEIPT_TOPIC: Final = "chat.marks"
_SHORTEST: Final = timedelta(milliseconds=10)
_LONGEST: Final = timedelta(seconds=1)
_IDLE: Final = timedelta(minutes=10)
_AT_ONCE: Final = 8
_logger: Final = structlog.get_logger(module=__name__)


async def ping(ground: Ground) -> timedelta:
    """Ping the sockets whose turn it is, end the deaf and the old ones."""
    hub = hub_of(ground)
    now = asyncio.get_running_loop().time()
    _end_the_deaf(hub, now)
    due = [socket for socket in hub.turns.due(now) if not _is_old(hub, socket, now)]
    times = hub.settings
    pause = max(_SHORTEST, min(_LONGEST, times.ping_every / 10, times.pong_within / 4, times.write_within / 4))
    if not due:
        return pause
    heads, held = await _truth(hub, due)
    await _hear_what_is_held(hub, due, held)
    await _ping_evenly(hub, due, heads, pause)
    return _SHORTEST


async def _ping_evenly(hub: Hub, due: list[LiveSocket], heads: dict[UUID, int], during: timedelta) -> None:
    """Spread the pings over the time until the next look: hundreds at once would hold up everybody's words.

    A head that has grown old meanwhile is a lower bound as ever.
    """
    loop = asyncio.get_running_loop()
    for first in range(0, len(due), _AT_ONCE):
        for socket in due[first : first + _AT_ONCE]:
            if socket.closing is None:
                hub.ping(socket, heads, loop.time())
        await asyncio.sleep(during.total_seconds() * _AT_ONCE / max(_AT_ONCE, len(due)))


def _end_the_deaf(hub: Hub, now: float) -> None:
    for socket in hub.turns.deaf(now):
        socket.close(CloseCode.SLOW)
    for socket in hub.turns.stuck(now):
        socket.give_up()


def _is_old(hub: Hub, socket: LiveSocket, now: float) -> bool:
    """True for a socket that has lived long enough; it is asked to come back."""
    if now - socket.opened <= hub.settings.socket_life.total_seconds():
        return False
    socket.push(encode("reconnect", after_ms=0))
    socket.close(CloseCode.EXPIRED)
    return True


async def _truth(hub: Hub, due: list[LiveSocket]) -> tuple[dict[UUID, int], list[tuple[str, str, UUID]]]:
    """Return how far the conversations of these sockets got, and what the staff among them hold."""
    ticket_ids = {ticket_id for socket in due for ticket_id in socket.subscriptions}
    staff = {(socket.person.brand, socket.person.id) for socket in due if socket.person.is_staff}
    if not ticket_ids and not staff:
        return {}, []
    try:
        async with hub.ground.database.begin_worker() as session:
            heads = await transcripts.newest(session, list(ticket_ids))
            return heads, await transcripts.held_by_each(session, list(staff))
    except DomainError as error:
        _logger.warning("heads_unknown", code=error.code())
        return {}, []


async def _hear_what_is_held(hub: Hub, due: list[LiveSocket], held: list[tuple[str, str, UUID]]) -> None:
    """Make good for an assignment whose hint was lost."""
    for socket in due:
        own = {
            ticket_id: 0
            for brand, staff_id, ticket_id in held
            if socket.person.is_staff and (brand, staff_id) == (socket.person.brand, socket.person.id)
        }
        missed = {
            t: after for t, after in own.items() if t not in socket.subscriptions and t not in (socket.muted or ())
        }
        if missed:
            await hub.conversations.tune_in(socket, missed, automatic=True)


async def keep_presence(ground: Ground) -> timedelta:
    """Write who came to and left the desk here, and prolong the leases of those who are still here."""
    hub = hub_of(ground)
    await sync_presence(hub)
    lease = hub.settings.presence_lease
    now = ground.clock.now()
    async with ground.database.begin_worker() as session:
        lost = await presence.renew(
            session, people=hub.people.at_desk(), process_id=hub.process_id, now=now, lease=lease
        )
    if lost:
        hub.presence_changed |= lost
        await sync_presence(hub)
    return lease / 3


async def sync_presence(hub: Hub) -> None:
    """Bring presence in line with the sockets of this moment, person by person."""
    while hub.presence_changed:
        brand, staff_id = who = next(iter(hub.presence_changed))
        hub.presence_changed.discard(who)
        try:
            await _sync_person(hub, brand, staff_id)
        except BaseException:
            hub.presence_changed.add(who)
            raise


async def _sync_person(hub: Hub, brand: str, staff_id: str) -> None:
    here = hub.people.is_at_desk(brand, staff_id)
    now, process_id = hub.ground.clock.now(), hub.process_id
    async with hub.ground.database.begin(brand) as session:
        if here:
            lease = hub.settings.presence_lease
            await presence.arrive(session, brand=brand, staff_id=staff_id, process_id=process_id, now=now, lease=lease)
        else:
            await presence.leave(session, brand=brand, staff_id=staff_id, process_id=process_id, now=now)


async def write_receipts(ground: Ground) -> timedelta:
    """Write how far readers got since the last time, in one transaction per brand, and tell the others."""
    hub = hub_of(ground)
    while hub.receipts:
        brand = next(iter(hub.receipts))[0]
        taken = {key: hub.receipts.pop(key) for key in list(hub.receipts) if key[0] == brand}
        try:
            async with ground.database.begin(brand) as session:
                raised = await transcripts.raise_receipts(session, brand=brand, raised=list(taken.values()))
        except BaseException:
            hub.receipts = {key: receipt.risen_by(hub.receipts.get(key, receipt)) for key, receipt in taken.items()} | {
                key: receipt for key, receipt in hub.receipts.items() if key not in taken
            }
            raise
        for receipt in raised:
            hub.tell_receipt(RECEIPT_TOPIC, brand, receipt)
    return _IDLE


async def turn_views(ground: Ground) -> timedelta:
    """Keep true who looks at which ticket."""
    return hub_of(ground).viewing.turn()


async def ask_for_boards(ground: Ground) -> timedelta:
    """Tell sla which boards are watched here."""
    hub_of(ground).boards.renew()
    return timedelta(seconds=ASK_EVERY)


async def ask_for_places(ground: Ground) -> timedelta:
    """Ask tickets where the players of the brands that are here wait."""
    hub = hub_of(ground)
    brands = {socket.person.brand for socket in hub.people.sockets if not socket.person.is_staff}
    hub.places.renew(brands)
    waits_of(ground.extras).forget_but(brands)
    return timedelta(seconds=ASK_PLACES_EVERY)


JOBS: Final = (
    Job("chat-ping", ping),
    Job(PRESENCE_JOB, keep_presence),
    Job(RECEIPTS_JOB, write_receipts),
    Job(VIEWERS_JOB, turn_views),
    Job(BOARDS_JOB, ask_for_boards),
    Job(PLACES_JOB, ask_for_places),
)
