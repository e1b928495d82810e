"""P19: how soon who finished something is given the next ticket, by a queue of 200 people and 5,000 waiting tickets.

The time runs from the request that makes room until what it led to is committed: the database itself tells that.
"""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from shared.web.actor import Actor, ActorKind, roles_up_to
from tests.bench.creates import creating
from tests.bench.load import MakeRequest, closed_loop, open_loop
from tests.bench.machine import Watch
from tests.bench.report import Figure
from tests.bench.sizes import Sizes
from tests.bench.stand import Server, Stand
from tests.bench.statements import PATH
from tests.support.eventually import eventually

_BRAND: Final = "lucky"
_PEOPLE: Final = 200
_WAITING: Final = 5_000
_EACH: Final = 5
_RATE: Final = 10
_SAMPLES: Final = 200
_REPEATS: Final = 3
_LEAD: Final = Actor(ActorKind.STAFF, "lead", _BRAND, name="Lead", roles=roles_up_to("lead"))
# A shift that ends when it begins lasts the whole day. Every language has its people, every tenth of them is trained.
_HIRE: Final = """
    WITH people AS (
        SELECT 'staff-' || n AS id, n FROM generate_series(1, $2::integer) AS n
    ), hired AS (
        INSERT INTO staff (brand, staff_id, membership_id, name, role, status, active, changed_at, sequence)
        SELECT $1, id, id, id, 'agent', 'online', true, now(), 1 FROM people
    )
    INSERT INTO agents (brand, staff_id, languages, skills, capacity, shifts, time_zone, version)
    SELECT $1, id, ARRAY[(ARRAY['en', 'ru', 'de', 'fr'])[1 + n % 4], 'en'],
        CASE WHEN n % 10 = 0 THEN ARRAY['vip', 'complaints', 'safer_gambling'] ELSE ARRAY[]::text[] END,
        jsonb_build_object('form', $3::integer),
        '[{"days": [0, 1, 2, 3, 4, 5, 6], "begins": "00:00", "ends": "00:00"}]', 'Europe/Malta', 1
    FROM people
"""
_WAIT: Final = """
    WITH waiting AS (
        SELECT gen_random_uuid() AS id, n, now() - interval '1 minute' * ($2::integer - n) AS since,
            (ARRAY['en', 'ru', 'de', 'fr'])[1 + n / 7 % 4] AS language, n % 40 = 0 AS vip
        FROM generate_series(1, $2::integer) AS n
    ), opened AS (
        INSERT INTO tickets (id, brand, number, player_id, subject, channel, status, priority, language, reason, live,
            tier, created_at, updated_at, version, waiting_since, next_due_at)
        SELECT id, $1, 'WAIT-' || n, 'player-' || n, 'Waiting', 'form', 'new', 'normal', language, 'WDR.LATE', false,
            CASE WHEN vip THEN 'gold' END, since, since, 1, since, since + interval '1 hour'
        FROM waiting
    )
    INSERT INTO queue (ticket_id, brand, channel, language, rank, skill, reason_group, player_id, due_at, enqueued_at,
        answered)
    SELECT id, $1, 'form', language, CASE WHEN vip THEN 5 ELSE 6 END, CASE WHEN vip THEN 'vip' END, 'WDR',
        'player-' || n, since + interval '1 hour', since, false
    FROM waiting
"""
# With the ticket: of equal words said in one transaction only the first would be heard.
_TELL: Final = """
    CREATE FUNCTION bench_given() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_notify('bench_given', NEW.holder_id || ' ' || NEW.ticket_id); RETURN NULL; END $$;
    CREATE TRIGGER bench_given AFTER UPDATE ON queue FOR EACH ROW
        WHEN (OLD.holder_id IS NULL AND NEW.holder_id IS NOT NULL) EXECUTE FUNCTION bench_given();
"""
_HELD: Final = """
    SELECT t.id, t.version, q.holder_id FROM queue AS q JOIN tickets AS t ON t.id = q.ticket_id
    WHERE q.holder_id IS NOT NULL ORDER BY row_number() OVER (PARTITION BY q.holder_id ORDER BY t.id), q.holder_id
"""


@dataclass(slots=True)
class Desk:
    """When room was made for a person, and what came of it."""

    asked_at: dict[str, float] = field(default_factory=dict)
    given: int = 0
    last_at: float = 0.0
    delays: list[float] = field(default_factory=list)

    def hear(self, _connection: object, _pid: int, _channel: str, said: object) -> None:
        """Note that somebody was given a ticket."""
        self.given, self.last_at = self.given + 1, time.perf_counter()
        person, _ticket = str(said).split()
        asked_at = self.asked_at.pop(person, None)
        if asked_at is not None:
            self.delays.append((self.last_at - asked_at) * 1000)


async def decisions(stand: Stand, _sizes: Sizes, watch: Watch) -> list[Figure]:
    """P19."""
    urls = {"tickets": await stand.database("tickets", "desk")}
    desk = Desk()
    async with _database(stand, desk) as database:
        with stand.serving("tickets", amqp=False, urls=urls) as server:
            morning = await _morning(stand, server, desk)
            held = await database.fetch(_HELD)
            p50, p99 = [], []
            for repeat in range(_REPEATS):
                watch.look()
                delays = await _finishing(stand, server, desk, held[repeat * _SAMPLES : (repeat + 1) * _SAMPLES])
                p50.append(delays[len(delays) // 2])
                p99.append(delays[int(len(delays) * 0.99)])
    what = f"{_PEOPLE} people, {_WAITING:,} waiting: made room at {_RATE}/s until given, p99"
    return [
        Figure("P19", what, "ms", tuple(p99), bar=200),
        Figure("P19", "  p50", "ms", tuple(p50)),
        Figure("P19", f"  {_PEOPLE * _EACH:,} given when everybody begins at once", "s", (morning,)),
    ]


@asynccontextmanager
async def _database(stand: Stand, desk: Desk) -> AsyncIterator["asyncpg.Connection"]:
    database = await asyncpg.connect(stand.postgres.url("desk_tickets"))
    try:
        await database.execute("DROP TRIGGER IF EXISTS bench_given ON queue; DROP FUNCTION IF EXISTS bench_given")
        await database.execute("TRUNCATE tickets, staff, agents, queue_calls CASCADE")
        await database.execute(_HIRE, _BRAND, _PEOPLE, _EACH)
        await database.execute(_WAIT, _BRAND, _WAITING)
        await database.execute(_TELL)
        await database.execute("ANALYZE")
        await database.add_listener("bench_given", desk.hear)
        yield database
    finally:
        await database.close()


async def _morning(stand: Stand, server: Server, desk: Desk) -> float:
    """Let one opening call a desk where nobody has anything yet, and return when everybody's hands were full."""
    began = time.perf_counter()
    await closed_loop(server.port, creating(stand), width=1, seconds=0.001)

    async def everybody_is_busy() -> bool:
        return desk.given >= _PEOPLE * _EACH

    await eventually(everybody_is_busy, within=120)
    return desk.last_at - began


async def _finishing(stand: Stand, server: Server, desk: Desk, held: "list[asyncpg.Record]") -> list[float]:
    desk.delays.clear()
    load = await open_loop(server.port, _resolving(stand, desk, held), rate=_RATE, seconds=len(held) / _RATE)
    load.insist()

    async def everybody_is_busy() -> bool:
        return not desk.asked_at

    await eventually(everybody_is_busy, within=60)
    return sorted(desk.delays)


def _resolving(stand: Stand, desk: Desk, held: "list[asyncpg.Record]") -> MakeRequest:
    body = json.dumps({"status": "resolved"}).encode()
    token = stand.token(_LEAD, "tickets")

    def request(number: int) -> bytes:
        ticket = held[number]
        desk.asked_at[ticket["holder_id"]] = time.perf_counter()
        head = (
            f"PATCH {PATH}/{ticket['id']} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-pitboss-actor: {token}\r\n"
            f'if-match: "{ticket["version"]}"\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n'
        )
        return head.encode() + body

    return request
