"""Processes of tickets and sla killed under load: one owner, nobody over his limit, each promise broken once."""

import asyncio
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import pytest

from deploy.demo.clients import NoAnswer, Refused, new_key, sign_in
from shared.contracts.base import Event
from shared.contracts.sla import ClockBreached, ClockStarted, ClockWarned
from shared.contracts.tickets import TicketAssigned, TicketEscalated
from tests.resilience.sinks import come_to_rest, waiting
from tests.resilience.workload import Workload
from tests.support.eventually import eventually
from tests.support.pace import no_faster_than, turns
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(300)]

BRAND: Final = "lucky"
CAPACITY: Final = 4
FIRST_IN_LINE: Final = "RG.EXCLUDE"
BETWEEN: Final = 12
PACE: Final = 0.8
_BLINK: Final = 0.02
# Limits are by channel; what other workloads left on other channels counts for itself.
_HELD: Final = """
    SELECT holder_id, count(*) AS held FROM queue
    WHERE brand = $1 AND holder_id IS NOT NULL AND channel = 'form' GROUP BY 1
"""
# Live chats of other workloads wait for somebody with a socket, and nobody here has one.
_WAITS: Final = "SELECT 1 FROM queue WHERE brand = $1 AND holder_id IS NULL AND channel = 'form' LIMIT 1"
_SOME: Final = "SELECT ticket_id::text AS id FROM queue WHERE holder_id IS NOT NULL ORDER BY random() LIMIT 3"
_STANDING: Final = """
    SELECT t.id::text, t.status, t.assignee_id, q.holder_id, q.ticket_id IS NOT NULL AS has_place
    FROM tickets t LEFT JOIN queue q ON q.ticket_id = t.id WHERE t.id::text = ANY($1)
"""
_TOLD: Final = "SELECT envelope FROM outbox WHERE aggregate_id = ANY($1) ORDER BY aggregate_id, sequence"


class Ledger:
    """What clients were told, and what somebody who looks again and again has seen meanwhile."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.most: Counter[str] = Counter()
        self.looks = 0
        self.finished = 0


def _connect(url: str) -> Awaitable[asyncpg.Connection]:
    """Connect as the service does that works for the demo brand."""
    connecting: Awaitable[asyncpg.Connection] = asyncpg.connect(url, server_settings={"pitboss.brand": BRAND})
    return connecting


async def _rows(url: str, statement: str, *values: object) -> list[asyncpg.Record]:
    connection = await _connect(url)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(statement, *values)
        return rows
    finally:
        await connection.close()


async def _killed(product: Product, name: str) -> None:
    """Kill a process and wait until its successor serves."""
    ready = product.home.run / f"{name}.ready"
    old = product.kill(name)
    ready.unlink(missing_ok=True)
    await eventually(lambda: product.pid(name) not in (None, old) and ready.exists(), within=90)


async def _kills(product: Product, names: list[str], ledger: "Ledger") -> None:
    """Kill one after the other, each in the middle of the work."""
    for name in names:
        goal = len(ledger.opened) + BETWEEN
        await eventually(lambda: len(ledger.opened) >= goal, within=120)  # noqa: B023 - awaited at once
        await _killed(product, name)


class House:
    """The people of the brand, each with a token, and a workload that keeps trying."""

    def __init__(self, load: Workload) -> None:
        self.load = load
        self.tokens: dict[str, str] = {}

    async def call(self, who: str, method: str, path: str, body: object = None, **headers: str) -> dict[str, Any]:
        """Call as somebody of the staff, stubbornly."""
        key = new_key()
        return await self.load.until(
            lambda: self.load.door.call(method, path, token=self.tokens[who], body=body, headers=headers, key=key)
        )

    async def open(self, ledger: Ledger, player: str) -> None:
        """Let the operator's server open a ticket."""
        key, words = new_key(), {"text": "Who takes me?"}
        body = {"subject": "Queue", "message": words, "player_id": player, "reason": FIRST_IN_LINE}
        token = self.load.product.brand.api_key
        opened = await self.load.until(
            lambda: self.load.door.call("POST", "/v1/tickets", token=token, body=body, key=key)
        )
        ledger.opened.append(str(opened["id"]))

    async def finish(self, ticket: str) -> bool:
        """Let a ticket wait for its player, unless somebody changes it at this moment or nobody answers."""
        found = await self.load.call("GET", f"/v1/tickets/{ticket}")
        match, body = {"If-Match": f'"{found["version"]}"'}, {"status": "pending"}
        path = f"/v1/tickets/{ticket}"
        try:
            await self.load.door.call("PATCH", path, token=self.tokens["lead"], body=body, headers=match)
        except (NoAnswer, Refused):
            return False
        return True


async def _sign_in(house: House) -> list[str]:
    """Sign everybody in and return who takes tickets."""
    people = []
    for name, role, index in (("lead", "lead", 0), ("ann", "agent", 0), ("bob", "agent", 1)):
        person = house.load.product.staff(role, index)
        session = await house.load.until(
            lambda: sign_in(house.load.door, person["email"], person["password"])  # noqa: B023 - awaited at once
        )
        house.tokens[name] = str(session["access_token"])
        if name != "lead":
            people.append(str(session["staff"]["id"]))
            await house.call(name, "PUT", "/v1/staff/me/status", {"status": "online"})
    return people


@asynccontextmanager
async def _queueing(product: Product) -> AsyncIterator[tuple[House, list[str]]]:
    """Let the queue of the demo brand assign, and leave the brand as it was."""
    async with Workload.on(product) as load:
        house = House(load)
        people = await _sign_in(house)
        body = {"capacity": dict.fromkeys(("web", "email", "form"), CAPACITY)}
        try:
            for who in people:
                await house.call("lead", "PUT", f"/v1/agents/{who}", body, **{"If-Match": '"0"'})
            yield house, people
        finally:
            for statement in ("DELETE FROM agents", "DELETE FROM queue_calls"):
                await _rows(product.databases()["tickets"].app, statement)


async def _come_and_go(house: House, is_over: Callable[[], bool]) -> None:
    for who, status in itertools.cycle((w, s) for w in ("ann", "bob") for s in ("busy", "online")):
        if is_over():
            break
        await no_faster_than(PACE / 2, house.call(who, "PUT", "/v1/staff/me/status", {"status": status}))
    for who in ("ann", "bob"):
        await house.call(who, "PUT", "/v1/staff/me/status", {"status": "online"})


async def _finish_some(house: House, ledger: Ledger, url: str, is_over: Callable[[], bool]) -> None:
    """Finish what people have, one ticket after the other, so that there is room again and again."""
    while not is_over():
        for row in await _rows(url, _SOME):
            ledger.finished += await house.finish(row["id"])
        await no_faster_than(PACE / 4, turns())


async def _watch(ledger: Ledger, url: str, is_over: Callable[[], bool]) -> None:
    connection = await _connect(url)
    try:
        while not is_over():
            for row in await no_faster_than(_BLINK, connection.fetch(_HELD, BRAND)):
                ledger.most[row["holder_id"]] = max(ledger.most[row["holder_id"]], row["held"])
            ledger.looks += 1
    finally:
        await connection.close()


async def _ownership_faults(url: str, ledger: Ledger) -> list[str]:
    """Return tickets that are lost, two people's, or somebody's without having been told so."""
    owner: dict[str, str | None] = {}
    wrong = []
    for row in await _rows(url, _TOLD, ledger.opened):
        fact = json.loads(row["envelope"])
        if fact["type"] == TicketAssigned.type:
            if fact["data"]["previous_assignee_id"] != owner.get(fact["subject"]):
                wrong.append(f"{fact['subject']} told from {fact['data']['previous_assignee_id']}, was {owner}")
            owner[fact["subject"]] = fact["data"]["assignee_id"]
    standing = await _rows(url, _STANDING, ledger.opened)
    wrong += [f"{one} is gone" for one in set(ledger.opened) - {row["id"] for row in standing}]
    for row in standing:
        if row["assignee_id"] != owner.get(row["id"]):
            wrong.append(f"{row['id']} is {row['assignee_id']}'s, told {owner.get(row['id'])}")
        if row["has_place"] != (row["status"] in {"new", "open"}):
            wrong.append(f"{row['id']} is {row['status']} and in the queue: {row['has_place']}")
        if row["has_place"] and row["holder_id"] != row["assignee_id"]:
            wrong.append(f"{row['id']} is {row['assignee_id']}'s, in the queue {row['holder_id']}'s")
    return wrong


async def test_two_tickets_processes_assign_once_through_kills(twins: Product) -> None:
    """Each is killed twice while tickets are opened and finished and people come and go."""
    urls = {name: found.worker for name, found in twins.databases().items()}
    tickets = twins.databases()["tickets"].app
    async with _queueing(twins) as (house, people):
        ledger, over = Ledger(), asyncio.Event()

        beside = [
            asyncio.create_task(_come_and_go(house, over.is_set)),
            asyncio.create_task(_finish_some(house, ledger, tickets, over.is_set)),
            asyncio.create_task(_watch(ledger, tickets, over.is_set)),
        ]
        names = ["tickets", "tickets-2"] * 2
        try:
            await _opened_during(house, ledger, _kills(twins, names, ledger), at_once=4)
        finally:
            over.set()
            await asyncio.gather(*beside)
        await eventually(lambda: _nobody_is_idle(tickets, people), within=60, every=0.2)
        await eventually(lambda: _is_quiet(twins), within=60, every=0.2)
        print(  # noqa: T201 - the figures are the point
            f"{len(ledger.opened)} opened, {ledger.finished} finished, {len(names)} kills, {ledger.looks} looks, "
            f"most held {dict(ledger.most)}, answers repeated {house.load.refusals}"
        )
        assert len(ledger.opened) == len(set(ledger.opened))
        assert ledger.finished > 0
        assert await _ownership_faults(tickets, ledger) == []
        assert {who: most for who, most in ledger.most.items() if who in people and most > CAPACITY} == {}
        await come_to_rest(urls, ("sla", "notifications"))


async def _nobody_is_idle(url: str, people: list[str]) -> bool:
    """True if nothing waits, or everybody holds as much as he may; what was told last may still be on its way."""
    held = {row["holder_id"]: row["held"] for row in await _rows(url, _HELD, BRAND)}
    return not await _rows(url, _WAITS, BRAND) or all(held.get(who) == CAPACITY for who in people)


async def _is_quiet(product: Product) -> bool:
    calls = "SELECT count(*) AS calls FROM queue_calls WHERE due_at < now() + interval '1 s'"
    databases = product.databases()
    (row,) = await _rows(databases["tickets"].app, calls)
    return bool(row["calls"] == 0 and await waiting(found.worker for found in databases.values()) == 0)


async def test_two_sla_processes_break_each_promise_once_through_kills(twins: Product) -> None:
    """Both are killed, one after the other, while promises fall due; each is warned of and broken exactly once."""
    urls = {name: found.worker for name, found in twins.databases().items()}
    tickets = twins.databases()["tickets"].app
    async with Workload.on(twins) as load:
        house, ledger = House(load), Ledger()
        await _sign_in(house)
        targets = {"first_response": {"warn_seconds": 2, "breach_seconds": 4}}
        # A process that did not take the edit itself goes by what it knew for another second.
        made = house.call("lead", "POST", "/v1/sla/policies", {"name": "Quick", "targets": targets})
        policy = await no_faster_than(2, made)
        try:
            await _opened_during(house, ledger, _kills(twins, ["sla", "sla-2"], ledger), at_once=2)

            async def broken() -> bool:
                started, late = [await _told_of(urls["sla"], ledger, what) for what in (ClockStarted, ClockBreached)]
                assert not set(ledger.opened) - set(started), "without a clock"
                assert not set(ledger.opened) - set(late), "not broken"
                return True

            await eventually(broken, within=60, every=0.2)
            await eventually(lambda: _is_quiet(twins), within=60, every=0.2)
        finally:
            match = {"If-Match": f'"{policy["version"]}"'}
            await house.call("lead", "PATCH", f"/v1/sla/policies/{policy['id']}", {"active": False}, **match)
        for what in (ClockStarted, ClockWarned, ClockBreached):
            told = await _told_of(urls["sla"], ledger, what)
            assert {subject: len(times) for subject, times in told.items()} == dict.fromkeys(ledger.opened, 1), what

        async def escalated() -> bool:
            told = await _told_of(tickets, ledger, TicketEscalated)
            return {subject: len(times) for subject, times in told.items()} == dict.fromkeys(ledger.opened, 1)

        # A breach may still be on its way through the broker, where no database counts it.
        await eventually(escalated, within=60, every=0.2)
        await come_to_rest(urls, ("sla", "notifications"))


async def _opened_during(house: House, ledger: Ledger, faults: Coroutine[Any, Any, None], *, at_once: int) -> None:
    """Open tickets, some at a time, until the faults are over."""
    working = asyncio.create_task(faults)
    while not working.done():
        opening = (house.open(ledger, f"queued-{len(ledger.opened)}-{n}") for n in range(at_once))
        await no_faster_than(PACE, asyncio.gather(*opening))
    await working


async def _told_of(url: str, ledger: Ledger, what: type[Event]) -> dict[str, list[dict[str, Any]]]:
    """Return what was told of these tickets, by ticket; of clocks only first responses."""
    found = defaultdict(list)
    for row in await _rows(url, "SELECT envelope FROM outbox WHERE type = $1", what.type):
        fact = json.loads(row["envelope"])
        ticket = fact["data"].get("ticket_id")
        if ticket in set(ledger.opened) and fact["data"].get("kind", "first_response") == "first_response":
            found[ticket].append(fact)
    return dict(found)
