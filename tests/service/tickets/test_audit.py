"""The audit trail from the request to the verifier, on a real database."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from asyncpg.exceptions import InsufficientPrivilegeError
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from deploy.cli import app
from services.tickets.domain.audit import AuditAction, Witness, chain_key, chained, read_anchors
from services.tickets.jobs import Chain, chain_batch
from services.tickets.queries.audit import links_after
from services.tickets.queries.tickets import ticket_of
from services.tickets.settings import Settings
from services.tickets.use_cases.auditing import record_deed
from services.tickets.use_cases.chaining import Verdict, chain_waiting, verify_brand
from shared.db.engine import Database
from shared.messaging.lease import Lease
from tests.service.tickets.desk import Desk
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import PUBLIC_KEY, RunningService, running_service

SECRET = "a secret of the tests' audit trail"


async def _trail(desk: Desk, role: str = "lead", brand: str = "lucky", **query: Any) -> list[dict[str, Any]]:
    headers = desk.agent("s-lead", brand, role)
    answer = await desk.service.http.get("/v1/audit", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def _chained(service: RunningService, count: int) -> None:
    async def done() -> bool:
        async with service.ground.database.begin_worker() as session:
            waiting = (await session.execute(text("SELECT count(*) FROM audit_waiting"))).scalar_one()
            links = (await session.execute(text("SELECT count(*) FROM audit_links"))).scalar_one()
        return (waiting, links) == (0, count)

    await eventually(done)


async def test_a_read_by_an_agent_appears_with_person_time_and_reason(desk: Desk) -> None:
    """Who, when, what, why, and the request that it was; the reason is redacted like every text."""
    ticket = await desk.open()
    before = datetime.now(UTC)
    why = {"X-Pitboss-Reason": "card 4111 1111 1111 1111%2C %D0%B6", "X-Request-Id": "r-7"}
    await desk.get(f"/{ticket['id']}", desk.agent() | why | {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"})
    (entry,) = await _trail(desk, ticket_id=ticket["id"])
    assert entry["actor"] == {"kind": "staff", "id": "s-1", "name": "Ann", "role": "agent"}
    assert before - timedelta(seconds=1) < datetime.fromisoformat(entry["occurred_at"]) < datetime.now(UTC)
    assert (entry["action"], entry["player_id"], entry["request_id"]) == ("read_ticket", "p-1", "r-7")
    assert entry["trace_id"] == "ab" * 16
    assert entry["reason"].endswith(", ж")
    assert "4111 1111" not in entry["reason"]


@pytest.mark.parametrize("reason", ["x" * 201, "a%0Ab", "%00", ""])
async def test_a_reason_is_one_printable_line(desk: Desk, reason: str) -> None:
    """Anything else is refused, on hot routes too."""
    body = {"subject": "Payout", "message": {"text": "Hm"}}
    answer = await desk.service.http.post("/v1/tickets", json=body, headers=desk.agent() | {"X-Pitboss-Reason": reason})
    assert answer.status_code == 422, answer.text


async def test_every_look_and_change_of_staff_is_recorded_and_players_are_not(desk: Desk) -> None:
    """One entry each, also for servers; a list tells what it was narrowed to."""
    await desk.hire("s-5")
    mine = await desk.open()
    await desk.get(f"/{mine['id']}", desk.player())
    await desk.post(f"/{mine['id']}/messages", {"text": "Hello?"}, desk.player())
    assert await _trail(desk) == []
    ticket = await desk.open(desk.server("tickets:write"), player_id="p-2")
    for suffix in ("", "/messages", "/timeline"):
        await desk.get(f"/{ticket['id']}{suffix}")
    await desk.get("", status="new", player_id="p-2")
    await desk.post(f"/{ticket['id']}/messages", {"text": "On it"})
    await desk.post(f"/{ticket['id']}/messages", {"text": "Odd", "kind": "note"})
    assert (await desk.patch(await desk.get(f"/{ticket['id']}"), priority="high")).status_code == 200
    assert (await desk.assign(ticket, "me")).status_code == 200
    assert (await desk.post(f"/{ticket['id']}/escalation", {"reason": "angry"})).status_code == 200
    found = [(entry["actor"]["id"], entry["action"]) for entry in reversed(await _trail(desk, player_id="p-2"))]
    assert found == [("k-1", "open_ticket")] + [("s-1", action) for action in (
        "read_ticket", "read_messages", "read_timeline", "list_tickets", "add_message", "add_note", "read_ticket",
        "edit_ticket", "assign_ticket", "escalate_ticket",
    )]  # fmt: skip
    (listed,) = await _trail(desk, action="list_tickets")
    assert listed["filter"] == {"statuses": ["new"], "player_id": "p-2"}


async def test_what_is_rolled_back_leaves_no_entry(desk: Desk) -> None:
    """A stale edit is refused; a transaction that fails afterwards takes its entry along."""
    ticket = await desk.open()
    assert (await desk.patch(ticket, version=1, priority="high")).status_code == 412
    assert (await desk.assign(ticket, "nobody")).status_code == 404
    database = desk.service.ground.database
    witness = Witness("lucky", "staff", "s-1", "Ann", "agent", None, "r-1", None, datetime.now(UTC))

    async def fail() -> None:
        async with database.begin("lucky") as session:
            found = await ticket_of(session, "lucky", UUID(ticket["id"]))
            assert found is not None
            await record_deed(session, witness, AuditAction.READ_TICKET, found.state)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await _trail(desk) == []


async def test_the_trail_is_for_leads_and_its_reading_is_recorded(desk: Desk) -> None:
    """Agents and keys without the scope are refused; other brands see nothing; pages follow each other."""
    ticket = await desk.open()
    for _ in range(3):
        await desk.get(f"/{ticket['id']}")
    for headers in (desk.agent(role="senior"), desk.player(), desk.server("tickets:read")):
        assert (await desk.service.http.get("/v1/audit", headers=headers)).status_code == 403
    assert await _trail(desk, brand="royal") == []
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        query = {"limit": "2", "action": "read_ticket", **cursor}
        page = (await desk.service.http.get("/v1/audit", params=query, headers=desk.server("audit:read"))).json()
        seen += [entry["id"] for entry in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(seen) == len(set(seen)) == 3
    readings = await _trail(desk, action="read_audit", actor="k-1")
    assert [entry["filter"]["action"] for entry in readings] == ["read_ticket"] * 2
    now = readings[0]["occurred_at"]
    assert [entry["id"] for entry in await _trail(desk, since=now, until=now)] == []
    assert readings[0]["id"] in [entry["id"] for entry in await _trail(desk, since=now)]


async def test_nobody_but_the_owner_can_change_the_trail(tickets: RunningService, desk: Desk) -> None:
    """Neither role may edit or delete an entry or a link."""
    await desk.get("")
    await _chained(tickets, 1)
    for url in (tickets.urls.app, tickets.urls.worker):
        connection = await asyncpg.connect(url)
        for table in ("audit", "audit_links"):
            for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET brand = 'royal'", f"TRUNCATE {table}"):  # noqa: S608 - constants of this file
                with pytest.raises(InsufficientPrivilegeError):
                    await connection.execute(statement)
        await connection.close()


async def test_two_processes_make_one_chain(postgres: Cluster) -> None:
    """Positions have no gap and no twin, within a second or so; one that lost its lease unseen chains nothing."""
    async with (
        running_service(postgres, "tickets") as first,
        running_service(postgres, "tickets", urls=first.urls) as second,
    ):
        desks = [Desk(first), Desk(second)]
        await asyncio.gather(*(desks[n % 2].get("", desks[n % 2].agent(f"s-{n}")) for n in range(60)))
        usurper = Chain(Lease(second.ground.database, "audit-chain"))
        assert await chain_batch(second.ground, usurper) is False
        await _chained(first, 60)
        async with first.ground.database.begin_worker() as session:
            verdict = await verify_brand(session, brand="lucky", secret=SECRET.encode(), anchors=[])
        assert verdict == Verdict(held=60, waiting=0, fault=None)


async def test_even_without_a_lease_there_is_one_chain(tickets: RunningService, desk: Desk) -> None:
    """Should two processes believe that they lead, the loser's transaction fails whole, its entries go on waiting."""
    database = tickets.ground.database

    async def chain() -> None:
        async with database.begin_worker() as session:
            await chain_waiting(session, secret=SECRET.encode(), now=datetime.now(UTC))

    outcomes: list[object] = []
    for _ in range(5):
        deeds = [desk.get("", desk.agent(f"s-{n}")) for n in range(8)]
        outcomes += await asyncio.gather(*deeds, *(chain() for _ in range(8)), return_exceptions=True)
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert all(isinstance(failure, IntegrityError) for failure in failures), failures
    await _chained(tickets, 40)
    async with database.begin_worker() as session:
        verdict = await verify_brand(session, brand="lucky", secret=SECRET.encode(), anchors=[])
    assert verdict == Verdict(held=40, waiting=0, fault=None)


@asynccontextmanager
async def _finished_trail(postgres: Cluster, anchors: Path) -> AsyncIterator[Any]:
    """Yield the addresses of a database with a chain of five, whose service has ended."""
    async with postgres.database("tickets") as urls:
        async with running_service(postgres, "tickets", urls=urls, audit_anchor_file=anchors) as service:
            desk = Desk(service)
            for _ in range(5):
                await desk.get("")
        yield urls


async def _verify(urls: Any, anchors: Path) -> tuple[int, str]:
    environment = {
        "TICKETS_DATABASE_URL": urls.app, "TICKETS_WORKER_DATABASE_URL": urls.worker, "TICKETS_AUDIT_SECRET": SECRET,
        "TICKETS_GATEWAY_PUBLIC_KEY": PUBLIC_KEY, "TICKETS_CURSOR_SECRET": "x" * 32,
    }  # fmt: skip
    command = ["audit", "verify", "tickets", "--anchor", str(anchors)]
    done = await asyncio.to_thread(CliRunner().invoke, app, command, env={**os.environ, **environment})
    return done.exit_code, done.output


_THIRD = "(SELECT entry_id FROM audit_links WHERE position = 3)"
_COPIED = (
    'INSERT INTO audit SELECT (json_populate_record(a, \'{"id": "00000000-0000-7000-8000-000000000000"}\')).* '  # noqa: S608 - constants of this file
    f"FROM audit a WHERE id = {_THIRD}"
)
_SHIFTED = (
    "UPDATE audit_links SET position = position + 100 WHERE position >= 3;"
    "UPDATE audit_links SET position = position - 99 WHERE position > 100;"
    "INSERT INTO audit_links VALUES ('lucky', 3, '00000000-0000-7000-8000-000000000000', sha256('x'))"
)
_SWAPPED = (
    "UPDATE audit_links SET position = 99 WHERE position = 2; UPDATE audit_links SET position = 2 WHERE position = 3;"
    "UPDATE audit_links SET position = 3 WHERE position = 99"
)


async def _anew(owner: "asyncpg.Connection", urls: Any, secret: str) -> None:
    """Edit the third entry and compute every code anew."""
    await owner.execute(f"UPDATE audit SET actor_id = 's-9' WHERE id = {_THIRD}")  # noqa: S608 - constants of this file
    settings = Settings.model_validate(
        {
            "database_url": urls.app, "worker_database_url": urls.worker, "gateway_public_key": PUBLIC_KEY,
            "cursor_secret": "x" * 32, "audit_secret": secret,
        }
    )  # fmt: skip
    database = Database(settings, service="tickets")
    async with database.begin_worker() as session:
        pairs = await links_after(session, "lucky", 0, 100)
    await database.stop()
    for link in chained(chain_key(secret.encode(), "lucky"), [entry for _, entry in pairs if entry], None):
        await owner.execute("UPDATE audit_links SET mac = $1 WHERE position = $2", link.mac, link.position)


def _sql(statement: str) -> Callable[["asyncpg.Connection", Any], Awaitable[object]]:
    return lambda owner, _urls: owner.execute(statement)


@pytest.mark.parametrize(
    ("tamper", "position", "what"),
    [
        (_sql(f"UPDATE audit SET actor_id = 's-9' WHERE id = {_THIRD}"), 3, "do not fit"),  # noqa: S608 - constants of this file
        (_sql(f"UPDATE audit SET action = 'nothing' WHERE id = {_THIRD}"), 3, "do not fit"),  # noqa: S608 - constants of this file
        (_sql(f"DELETE FROM audit WHERE id = {_THIRD}"), 3, "was deleted"),  # noqa: S608 - constants of this file
        (_sql(f"DELETE FROM audit WHERE id = {_THIRD}; DELETE FROM audit_links WHERE position = 3"), 3, "was deleted"),  # noqa: S608 - constants of this file
        (_sql(_COPIED), 6, "inserted"),
        (_sql(f"{_COPIED}; {_SHIFTED}"), 3, "do not fit"),
        (_sql(_SWAPPED), 2, "do not fit"),
        (_sql("DELETE FROM audit WHERE id IN (SELECT entry_id FROM audit_links WHERE position > 3);"
              "DELETE FROM audit_links WHERE position > 3"), 4, "truncated"),
        (_sql("DELETE FROM audit; DELETE FROM audit_links"), 1, "truncated"),
        (lambda owner, urls: _anew(owner, urls, "the secret of somebody else"), 1, "another key"),
        (lambda owner, urls: _anew(owner, urls, SECRET), None, "computed anew"),
    ],
    ids=[
        "edit", "edit to an unknown action", "delete the entry", "delete both", "insert beside", "insert between",
        "reorder", "truncate", "truncate all", "another key", "the stolen key",
    ],
)  # fmt: skip
async def test_the_command_finds_what_an_owner_tampered_with(
    postgres: Cluster,
    tmp_path: Path,
    tamper: Callable[["asyncpg.Connection", Any], Awaitable[object]],
    position: int | None,
    what: str,
) -> None:
    """It says where, and exits with 1; before, everything held."""
    anchors = tmp_path / "anchors.jsonl"
    async with _finished_trail(postgres, anchors) as urls:
        assert await _verify(urls, anchors) == (0, "lucky: all 5 hold, anchored up to 5\n")
        owner = await asyncpg.connect(urls.owner)
        await owner.execute("ALTER TABLE audit NO FORCE ROW LEVEL SECURITY")
        await owner.execute("ALTER TABLE audit_links NO FORCE ROW LEVEL SECURITY")
        await tamper(owner, urls)
        await owner.close()
        status, said = await _verify(urls, anchors)
    assert status == 1
    assert what in said
    assert position is None or f"position {position}:" in said


async def test_an_anchor_that_cannot_be_written_does_not_stop_the_chain(postgres: Cluster, tmp_path: Path) -> None:
    """A folder that is not there costs the file of anchors, not the chain."""
    async with running_service(postgres, "tickets", audit_anchor_file=tmp_path / "none" / "file") as service:
        for count in (1, 2):
            await Desk(service).get("")
            await _chained(service, count)


async def test_the_next_process_anchors_what_the_one_before_reached(postgres: Cluster, tmp_path: Path) -> None:
    """A killed process may have left its last minute without an anchor."""
    later = tmp_path / "later.jsonl"
    async with (
        _finished_trail(postgres, tmp_path / "first.jsonl") as urls,
        running_service(postgres, "tickets", urls=urls, audit_anchor_file=later),
    ):
        await eventually(later.exists)
        assert [anchor.position for anchor in read_anchors(later.read_text().splitlines())] == [5]


async def test_anchors_are_written_at_most_once_a_minute_and_at_the_end(postgres: Cluster, tmp_path: Path) -> None:
    """The first link is anchored soon, what follows within the minute is not, the end of the process is."""
    path = tmp_path / "anchors.jsonl"
    async with running_service(postgres, "tickets", audit_anchor_file=path) as service:
        desk = Desk(service)
        for count in (1, 2, 3):
            await desk.get("")
            await _chained(service, count)
        assert [anchor.position for anchor in read_anchors(path.read_text().splitlines())] == [1]
    assert [anchor.position for anchor in read_anchors(path.read_text().splitlines())] == [1, 3]
    assert path.stat().st_mode & 0o777 == 0o600
