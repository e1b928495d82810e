"""Assignment by the queue: whose a ticket becomes, and when it is taken back."""

import asyncio
from typing import Any

import httpx

from shared.contracts.chat import PresenceChanged
from shared.contracts.tickets import TicketAssigned
from shared.ids import new_id
from tests.service.tickets.desk import MORNING, Desk, posted, session_started
from tests.support.eventually import eventually
from tests.support.service import RunningService


async def profile(desk: Desk, id_: str, version: int = 0, **fields: Any) -> Any:
    """Say what a person takes."""
    lead = desk.agent("s-lead", role="lead") | {"If-Match": f'"{version}"'}
    answer = await desk.service.http.put(f"/v1/agents/{id_}", json=fields, headers=lead)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def holder(desk: Desk, ticket: dict[str, Any]) -> str | None:
    """Return who has a ticket."""
    found: str | None = (await desk.get(f"/{ticket['id']}"))["assignee_id"]
    return found


async def test_without_profiles_nobody_is_given_anything(tickets: RunningService, desk: Desk) -> None:
    """The desk takes its tickets itself until a lead makes the first profile; then what waits is given at once."""
    await desk.hire("s-1", "agent")
    ticket = await desk.open()
    assert await tickets.recorded(TicketAssigned) == []
    await profile(desk, "s-1")
    await eventually(lambda: _has(desk, ticket, "s-1"))


async def _has(desk: Desk, ticket: dict[str, Any], staff_id: str | None) -> bool:
    return await holder(desk, ticket) == staff_id


async def test_tickets_are_spread_evenly(desk: Desk) -> None:
    """Everybody who can take one gets as many as the others."""
    people = [f"s-{n}" for n in range(1, 4)]
    for one in people:
        await desk.hire(one, "agent")
        await profile(desk, one)
    opened = [await desk.open() for _ in range(9)]

    async def spread() -> bool:
        held = [await holder(desk, one) for one in opened]
        return sorted(map(str, held)) == sorted(people * 3)

    await eventually(spread)


async def test_nobody_is_given_more_than_he_can_hold(desk: Desk) -> None:
    """The rest waits, and is given when something is done."""
    await desk.hire("s-1", "agent")
    await profile(desk, "s-1", capacity={"form": 1})
    first, second = await desk.open(), await desk.open()
    await eventually(lambda: _has(desk, first, "s-1"))
    assert await holder(desk, second) is None
    current = await desk.get(f"/{first['id']}")
    await desk.patch(current, status="resolved")
    await eventually(lambda: _has(desk, second, "s-1"))


async def test_a_woken_ticket_takes_nobody_over_his_limit(desk: Desk) -> None:
    """It waits for the person who had it and is his again when he has room."""
    await desk.hire("s-1", "agent")
    await profile(desk, "s-1", capacity={"form": 1})
    sleeper = await desk.open()
    await eventually(lambda: _has(desk, sleeper, "s-1"))
    await desk.patch(await desk.get(f"/{sleeper['id']}"), status="pending")
    other = await desk.open()
    await eventually(lambda: _has(desk, other, "s-1"))
    await desk.post(f"/{sleeper['id']}/messages", {"text": "And now?"}, desk.player())
    assert await holder(desk, sleeper) is None
    await desk.patch(await desk.get(f"/{other['id']}"), status="resolved")
    await eventually(lambda: _has(desk, sleeper, "s-1"))


async def test_a_chat_does_not_stay_with_somebody_who_left(tickets: RunningService, desk: Desk) -> None:
    """A person whose socket has been gone for longer than the grace loses live chats to a colleague."""
    ticket_id = new_id()
    await desk.hire("s-1", "agent")
    await profile(desk, "s-1")
    await tickets.publish(session_started(ticket_id))
    await tickets.publish(posted(ticket_id, 1, "Hello?"))
    ticket = {"id": str(ticket_id)}
    await eventually(lambda: _has(desk, ticket, "s-1"))
    await desk.hire("s-2", "agent")
    await profile(desk, "s-2")
    await tickets.publish(PresenceChanged(staff_id="s-1", connected=False, changed_at=MORNING))
    await eventually(lambda: _has(desk, ticket, "s-2"))


async def test_a_ticket_waits_for_somebody_who_speaks_its_language(desk: Desk) -> None:
    """However free the others are."""
    await desk.hire("s-1", "agent")
    await profile(desk, "s-1", languages=["en"])
    german, english = await desk.open(language="de-AT"), await desk.open(language="en")
    await eventually(lambda: _has(desk, english, "s-1"))
    assert await holder(desk, german) is None
    await desk.hire("s-2", "agent")
    await profile(desk, "s-2", languages=["de"])
    await eventually(lambda: _has(desk, german, "s-2"))


async def test_the_queue_is_seen(desk: Desk) -> None:
    """Position and estimate for the player's own ticket; who waits, in serving order, for the staff."""
    plain, grave = await desk.open(), await desk.open(reason="RG.SELF_HARM")
    waiting = await desk.service.http.get("/v1/queues/tickets", headers=desk.agent())
    assert [one["ticket_id"] for one in waiting.json()["items"]] == [grave["id"], plain["id"]]
    queues = (await desk.service.http.get("/v1/queues", headers=desk.agent())).json()
    assert [(one["queue"], one["waiting"]) for one in queues] == [("x0:any:any", 1), ("standard:any:any", 1)]
    mine = await desk.get(f"/{plain['id']}/queue", desk.player())
    assert (mine["position"], mine["eta_seconds"]) == (2, 120)
    foreign = await desk.service.http.get(f"/v1/tickets/{plain['id']}/queue", headers=desk.player("p-2"))
    assert foreign.status_code == 404
    await desk.assign(plain, "me")
    assert (await desk.get(f"/{plain['id']}/queue", desk.player()))["position"] is None


async def test_a_players_manager_comes_first(desk: Desk) -> None:
    """Even if somebody else has nothing to do; and only people of a team take what names it."""
    for one in ("s-1", "s-2"):
        await desk.hire(one, "agent")
        await profile(desk, one)
    lead = desk.agent("s-lead", role="lead")
    given = await desk.service.http.put("/v1/agents/s-2/players/p-1", headers=lead)
    assert given.status_code == 204
    opened = [await desk.open() for _ in range(3)]
    for ticket in opened:
        await eventually(lambda: _has(desk, ticket, "s-2"))  # noqa: B023 - awaited
    team = await desk.service.http.put("/v1/teams/night", json={"name": "Night"}, headers=lead | {"If-Match": '"0"'})
    assert (team.status_code, team.json()["version"]) == (200, 1)
    stale = await desk.service.http.put("/v1/teams/night", json={"name": "X"}, headers=lead | {"If-Match": '"0"'})
    assert stale.status_code == 412


async def test_of_two_who_make_the_same_thing_one_is_late(desk: Desk) -> None:
    """Both saw nothing: one makes it, the other has to look first; profiles and teams alike."""
    await desk.hire("s-1", "agent")
    lead = desk.agent("s-lead", role="lead") | {"If-Match": '"0"'}

    async def put(path: str, body: dict[str, Any]) -> int:
        return (await desk.service.http.put(path, json=body, headers=lead)).status_code

    profiles = await asyncio.gather(*(put("/v1/agents/s-1", {"languages": [one]}) for one in ("en", "de")))
    teams = await asyncio.gather(*(put("/v1/teams/night", {"name": one}) for one in ("Night", "Late")))
    assert (sorted(profiles), sorted(teams)) == ([200, 412], [200, 412])


async def test_a_team_and_a_manager_can_be_taken_away(desk: Desk) -> None:
    """Once; what is not there is not found, and no agent may do it."""
    await desk.hire("s-1", "agent")
    lead = desk.agent("s-lead", role="lead")
    await desk.service.http.put("/v1/teams/night", json={"name": "Night"}, headers=lead | {"If-Match": '"0"'})
    await desk.service.http.put("/v1/agents/s-1/players/p-1", headers=lead)
    for path in ("/v1/teams/night", "/v1/agents/s-1/players/p-1"):
        answers = [await desk.service.http.delete(path, headers=who) for who in (desk.agent(), lead, lead)]
        assert [answer.status_code for answer in answers] == [403, 204, 404]


async def test_a_team_of_another_brand_is_not_there(desk: Desk) -> None:
    """Neither to be renamed nor to be removed; its name may be used for one's own."""
    await desk.team("night", brand="royal")
    lead = desk.agent("s-lead", role="lead")

    async def put(version: str) -> httpx.Response:
        return await desk.service.http.put("/v1/teams/night", json={"name": "X"}, headers=lead | {"If-Match": version})

    renamed = await put('"1"')
    assert (renamed.status_code, renamed.json()["code"]) == (404, "team-not-found")
    assert (await put('"0"')).status_code == 200
    theirs = await desk.service.http.get("/v1/teams", headers=desk.agent(brand="royal"))
    assert [one["name"] for one in theirs.json()["items"]] == ["night"]
