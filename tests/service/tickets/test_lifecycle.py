"""What time does to tickets, on a real database: waits, snoozes, closing, reopening and what comes too late."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.tickets.queries.tickets import lock_ticket
from services.tickets.use_cases.ageing import answer_alarm
from shared.contracts.base import Channel
from shared.contracts.tickets import MessageAdded, TicketLinked, TicketOpened, TicketStatusChanged
from shared.ids import new_id
from tests.service.tickets.desk import KIM, Desk, posted, received, session_started
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import RunningService, running_service


async def _run(desk: Desk, statement: str, **values: object) -> None:
    async with desk.service.ground.database.begin("lucky") as session:
        await session.execute(text(statement), values)


async def _ring(desk: Desk, ticket_id: str) -> None:
    await _run(desk, "UPDATE alarms SET due_at = now() WHERE ticket_id = CAST(:id AS uuid)", id=ticket_id)


async def _age(desk: Desk, ticket_id: str, days: int) -> None:
    statement = (
        "UPDATE tickets SET resolved_at = resolved_at - make_interval(days => :days), "
        "created_at = created_at - make_interval(days => :days) WHERE id = CAST(:id AS uuid)"
    )
    await _run(desk, statement, id=ticket_id, days=days)


async def _becomes(desk: Desk, ticket_id: str, status: str) -> dict[str, Any]:
    async def there() -> dict[str, Any]:
        ticket: dict[str, Any] = await desk.get(f"/{ticket_id}")
        assert ticket["status"] == status
        return ticket

    check: Callable[[], Awaitable[dict[str, Any]]] = there
    return await eventually(check)


def _tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).isoformat()


async def test_a_ticket_waits_for_a_named_back_office(desk: Desk) -> None:
    """Who is waited for is said in the ticket, the fact and the timeline, and goes when the ticket leaves."""
    ticket = await desk.open()
    waiting = (await desk.patch(ticket, status="waiting", waiting_on="payments")).json()
    assert (waiting["status"], waiting["waiting_on"]) == ("waiting", "payments")
    passed_on = (await desk.patch(waiting, waiting_on="kyc")).json()
    assert (passed_on["status"], passed_on["waiting_on"]) == ("waiting", "kyc")
    back = (await desk.patch(passed_on, status="open")).json()
    assert (back["status"], back["waiting_on"]) == ("open", None)
    moves = [
        TicketStatusChanged.model_validate(fact.data)
        for fact in await desk.told(ticket["id"])
        if fact.type == TicketStatusChanged.type
    ]
    assert [(m.before, m.after, m.ticket.waiting_on) for m in moves] == [
        ("new", "waiting", "payments"),
        ("waiting", "open", None),
    ]
    entries = (await desk.get(f"/{ticket['id']}/timeline"))["items"]
    (shown, changed, _) = [entry for entry in entries if entry["kind"] == "change"][1:]
    assert shown["change"] == {"what": "status", "before": "new", "after": "waiting", "waiting_on": "payments"}
    assert (shown["author"]["id"], changed["change"]["changes"]) == ("s-1", {"waiting_on": ["payments", "kyc"]})


async def test_players_are_not_told_what_is_waited_for(desk: Desk) -> None:
    """They see that it waits, and nothing of the back office, in the ticket as in the timeline."""
    ticket = await desk.open()
    await desk.patch(ticket, status="waiting", waiting_on="risk")
    seen = await desk.get(f"/{ticket['id']}", desk.player())
    assert (seen["status"], seen["waiting_on"]) == ("waiting", None)
    entries = (await desk.get(f"/{ticket['id']}/timeline", desk.player()))["items"]
    assert entries[-1]["change"] == {"what": "status", "before": "new", "after": "waiting"}
    assert "risk" not in str(entries)


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"status": "waiting"}, "detail-missing", "/waiting_on"),
        ({"status": "snoozed"}, "detail-missing", "/snoozed_until"),
        ({"waiting_on": "kyc"}, "detail-misplaced", "/waiting_on"),
        ({"status": "pending", "waiting_on": "kyc"}, "detail-misplaced", "/waiting_on"),
        ({"status": "snoozed", "snoozed_until": "2020-01-01T00:00:00Z"}, "snooze-refused", "/snoozed_until"),
        ({"status": "snoozed", "snoozed_until": "2999-01-01T00:00:00Z"}, "snooze-refused", "/snoozed_until"),
    ],
)
async def test_what_a_status_needs(desk: Desk, change: dict[str, Any], code: str, pointer: str) -> None:
    """Waiting needs whom for, snoozed until when; neither goes with anything else."""
    ticket = await desk.open()
    answer = await desk.patch(ticket, **change)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await desk.get(f"/{ticket['id']}"))["version"] == ticket["version"]


async def test_the_tier_is_set_by_leads_and_servers(desk: Desk) -> None:
    """Agents would give their own tickets precedence."""
    await desk.team("t-1")
    ticket = await desk.open()
    for role in ("agent", "senior"):
        assert (await desk.patch(ticket, desk.agent(role=role), tier="gold")).status_code == 403
    led = (await desk.patch(ticket, desk.agent(role="lead"), tier="gold", team_id="t-1")).json()
    assert (led["tier"], led["team_id"]) == ("gold", "t-1")
    assert (await desk.patch(led, desk.server("tickets:write"), tier=None)).json()["tier"] is None


async def test_a_snoozed_ticket_wakes_by_itself(desk: Desk) -> None:
    """Within a second or so of its time, as a fact and a line of the timeline in the name of the system."""
    ticket = await desk.open()
    until = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    assert (await desk.patch(ticket, status="snoozed", snoozed_until=until)).status_code == 200
    awake = await _becomes(desk, ticket["id"], "open")
    assert awake["snoozed_until"] is None
    entry = (await desk.get(f"/{ticket['id']}/timeline"))["items"][-1]
    assert (entry["author"]["kind"], entry["change"]) == (
        "system",
        {"what": "status", "before": "snoozed", "after": "open"},
    )


async def test_a_snooze_that_is_put_off_or_ended_early_does_not_wake(desk: Desk) -> None:
    """The alarm goes with the snooze."""
    ticket = (await desk.patch(await desk.open(), status="snoozed", snoozed_until=_tomorrow())).json()
    later = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    put_off = (await desk.patch(ticket, snoozed_until=later)).json()
    async with desk.service.ground.database.begin("lucky") as session:
        due = (await session.execute(text("SELECT due_at FROM alarms"))).scalar_one()
    assert due == datetime.fromisoformat(later)
    await desk.patch(put_off, status="pending")
    async with desk.service.ground.database.begin("lucky") as session:
        assert (await session.execute(text("SELECT count(*) FROM alarms"))).scalar_one() == 0


async def test_a_resolved_ticket_closes_after_the_days_of_its_channel(desk: Desk) -> None:
    """Seven by default; the policy may say otherwise per channel, or never."""
    path, lead = "/v1/tickets/policy", desk.agent(role="lead")
    http = desk.service.http
    read = await http.get(path, headers=desk.agent())
    assert read.json()["version"] == 0
    assert read.json()["channels"] == {"default": {"auto_close_days": 7, "reopen_days": 14}}
    body = {"channels": {"telegram": {"auto_close_days": None, "reopen_days": None},
                         "form": {"auto_close_days": 3, "reopen_days": 5}}}  # fmt: skip
    assert (await http.put(path, json=body, headers=desk.agent() | {"If-Match": '"0"'})).status_code == 403
    assert (await http.put(path, json=body, headers=lead)).status_code == 428
    put = await http.put(path, json=body, headers=lead | {"If-Match": read.headers["ETag"]})
    assert (put.status_code, put.json()["version"], put.headers["ETag"]) == (200, 1, '"1"')
    assert (await http.put(path, json=body, headers=lead | {"If-Match": '"0"'})).status_code == 412
    unknown = {"channels": {"fax": {"auto_close_days": 1, "reopen_days": 1}}}
    assert (await http.put(path, json=unknown, headers=lead | {"If-Match": '"1"'})).status_code == 422

    ticket = await desk.open()
    await desk.patch(ticket, status="resolved")
    async with desk.service.ground.database.begin("lucky") as session:
        days = (await session.execute(text("SELECT a.due_at - t.resolved_at FROM alarms a, tickets t"))).scalar_one()
    assert days == timedelta(days=3)
    await _ring(desk, ticket["id"])
    await _becomes(desk, ticket["id"], "closed")


@pytest.mark.parametrize("status", ["resolved", "closed"])
async def test_a_reply_within_the_window_reopens_the_same_ticket_and_a_later_one_opens_a_new_one(
    desk: Desk, status: str
) -> None:
    """Complaint: no choice between the same thread and a new one, months-old threads came back to life."""
    ticket = await desk.open(language="de")
    await desk.patch(ticket, status=status)
    await _age(desk, ticket["id"], 13)
    soon = await desk.post(f"/{ticket['id']}/messages", {"text": "Not yet"}, desk.player())
    assert soon.json()["ticket_id"] == ticket["id"]
    again = await _becomes(desk, ticket["id"], "open")
    await desk.patch(again, status=status)
    await _age(desk, ticket["id"], 15)
    late = await desk.post(f"/{ticket['id']}/messages", {"text": "Once more"}, desk.player())
    assert late.status_code == 201
    new_ticket = late.json()["ticket_id"]
    assert new_ticket != ticket["id"]
    assert (await desk.get(f"/{ticket['id']}"))["status"] == status
    fresh = await desk.get(f"/{new_ticket}", desk.player())
    assert {name: fresh[name] for name in ("status", "subject", "language", "channel", "player_id", "version")} == {
        "status": "new", "subject": "Payout", "language": "de", "channel": "form", "player_id": "p-1", "version": 3,
    }  # fmt: skip
    linked = [TicketLinked.model_validate(fact.data) for fact in await desk.service.recorded(TicketLinked)]
    assert {(str(fact.ticket_id), str(fact.other_id), fact.relation) for fact in linked} == {
        (ticket["id"], new_ticket, "follow_up"),
        (new_ticket, ticket["id"], "follow_up"),
    }
    for one in (ticket["id"], new_ticket):
        assert (await desk.get(f"/{one}/timeline"))["items"][-1]["change"]["relation"] == "follow_up"


async def test_words_that_come_late_twice_go_to_one_new_ticket(desk: Desk) -> None:
    """Complaint: one person, two conversations. Whoever answers an old thread again is not opened a third one."""
    ticket = await desk.open()
    await desk.patch(ticket, status="closed")
    await _age(desk, ticket["id"], 20)
    path = f"/{ticket['id']}/messages"
    answers = await asyncio.gather(*(desk.post(path, {"text": f"Hello {n}"}, desk.player()) for n in range(5)))
    (follow_up,) = {answer.json()["ticket_id"] for answer in answers}
    assert follow_up != ticket["id"]
    assert len(await desk.service.recorded(TicketOpened)) == 2
    assert len((await desk.get(f"/{follow_up}/messages"))["items"]) == 5
    await desk.patch(await desk.get(f"/{follow_up}"), status="resolved")
    again = await desk.post(path, {"text": "Still here"}, desk.player())
    assert again.json()["ticket_id"] == follow_up
    assert (await desk.get(f"/{follow_up}"))["status"] == "open"


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.TELEGRAM])
async def test_late_words_of_an_outside_channel_open_a_new_ticket(
    tickets: RunningService, desk: Desk, channel: Channel
) -> None:
    """Messengers too; the contact goes along so that the answer finds its way, robots open nothing."""
    contact = KIM.model_copy(update={"channel": channel})
    await tickets.publish(received(contact=contact))
    old = (await tickets.recorded(TicketOpened))[0].subject
    await desk.patch(await desk.get(f"/{old}"), status="resolved")
    await _age(desk, old, 15)
    at = datetime.now(UTC)
    await tickets.publish(received("Out of office", contact, ticket_id=old, automatic=True, received_at=at))
    assert len(await tickets.recorded(TicketOpened)) == 1
    await tickets.publish(received("Me again", contact, ticket_id=old, received_at=at))
    new_ticket = (await tickets.recorded(TicketOpened))[1].subject
    assert [m["text"] for m in (await desk.get(f"/{new_ticket}/messages"))["items"]] == ["Me again"]
    reply = await desk.post(f"/{new_ticket}/messages", {"text": "Hello"})
    assert reply.status_code == 201
    told = MessageAdded.model_validate((await desk.told(new_ticket))[-2].data)
    assert told.contact is not None
    assert told.contact.address == KIM.address


async def test_a_live_conversation_keeps_its_ticket(tickets: RunningService, desk: Desk) -> None:
    """Chat knows the ticket by the conversation's id: words reopen it whatever its age."""
    ticket_id = new_id()
    await tickets.publish(session_started(ticket_id))
    await tickets.publish(posted(ticket_id, 1, "Hello"))
    await desk.patch(await desk.get(f"/{ticket_id}"), status="resolved")
    await _age(desk, str(ticket_id), 100)
    await tickets.publish(posted(ticket_id, 2, "Me again"))
    assert (await desk.get(f"/{ticket_id}"))["status"] == "open"
    assert len(await tickets.recorded(TicketOpened)) == 1


async def test_an_alarm_is_answered_only_by_whoever_finds_it_ringing_and_the_ticket_free(desk: Desk) -> None:
    """A process whose list of alarms is old moves nothing; one that meets a person's lock passes by at once."""
    ticket = (await desk.patch(await desk.open(), status="snoozed", snoozed_until=_tomorrow())).json()
    begin, ticket_id = desk.service.ground.database.begin, UUID(ticket["id"])

    async def answered() -> bool:
        async with begin("lucky") as session:
            return await answer_alarm(session, brand="lucky", ticket_id=ticket_id, now=datetime.now(UTC))

    assert not await answered()
    async with begin("lucky") as person:
        await lock_ticket(person, "lucky", ticket_id)
        await _ring(desk, ticket["id"])
        assert not await asyncio.wait_for(answered(), 2)
    assert len(await desk.told(ticket["id"])) == 3
    await _becomes(desk, ticket["id"], "open")


async def test_two_processes_wake_and_close_each_ticket_once(postgres: Cluster) -> None:
    """Both look at the same alarms at the same time; no fact is told twice, no version is skipped."""
    async with running_service(postgres, "tickets") as one, running_service(postgres, "tickets", urls=one.urls) as two:
        desk = Desk(one)
        assert two.ground is not one.ground
        sleeping = [await desk.open() for _ in range(15)]
        solved = [await desk.open() for _ in range(15)]
        for ticket in sleeping:
            await desk.patch(ticket, status="snoozed", snoozed_until=_tomorrow())
        for ticket in solved:
            await desk.patch(ticket, status="resolved")
        await _run(desk, "UPDATE alarms SET due_at = now()")
        for ticket in sleeping:
            await _becomes(desk, ticket["id"], "open")
        for ticket in solved:
            await _becomes(desk, ticket["id"], "closed")
        for ticket in (*sleeping, *solved):
            facts = await desk.told(ticket["id"])
            assert [fact.sequence for fact in facts] == [1, 2, 3, 4]
        async with one.ground.database.begin("lucky") as session:
            assert (await session.execute(text("SELECT count(*) FROM alarms"))).scalar_one() == 0
