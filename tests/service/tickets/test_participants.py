"""Colleagues are asked into a conversation, come or do not, and leave; the ticket stays with its holder."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from shared.contracts.tickets import (
    ParticipantDeclined,
    ParticipantInvited,
    ParticipantJoined,
    ParticipantLeft,
    TicketAssigned,
)
from shared.ids import new_id
from tests.service.tickets.desk import MORNING, Desk, posted, session_started
from tests.service.tickets.test_queue import profile
from tests.support.eventually import eventually

BOB, LEA, SAM = "s-2", "s-9", "s-8"


@pytest.fixture
async def held(desk: Desk) -> dict[str, Any]:
    """A ticket that Ann (s-1) has; Bob is an agent, Sam a senior, Lea a lead."""
    for id_, role in (("s-1", "agent"), (BOB, "agent"), (SAM, "senior"), (LEA, "lead")):
        await desk.hire(id_, role)
    ticket = await desk.open()
    answer = await desk.assign(ticket, "me")
    assert answer.status_code == 200
    held: dict[str, Any] = answer.json()
    return held


async def invite(desk: Desk, ticket: dict[str, Any], who: str = BOB, **headers: str) -> httpx.Response:
    body = {"staff_id": who, "reason": "He knows the provider"}
    return await desk.post(f"/{ticket['id']}/participants", body, (headers or desk.agent()))


async def accept(desk: Desk, ticket: dict[str, Any], who: str = BOB) -> httpx.Response:
    return await desk.post(f"/{ticket['id']}/participants/me/accept", None, desk.agent(who))


async def decline(desk: Desk, ticket: dict[str, Any], who: str = BOB) -> httpx.Response:
    return await desk.post(f"/{ticket['id']}/participants/me/decline", {"reason": "On a call"}, desk.agent(who))


async def remove(desk: Desk, ticket: dict[str, Any], who: str, headers: dict[str, str]) -> httpx.Response:
    return await desk.service.http.delete(f"/v1/tickets/{ticket['id']}/participants/{who}", headers=headers)


async def present(desk: Desk, ticket: dict[str, Any]) -> list[tuple[str, str]]:
    items = (await desk.get(f"/{ticket['id']}/participants"))["items"]
    return [(one["staff_id"], one["state"]) for one in items]


async def with_me(desk: Desk, who: str = BOB) -> list[dict[str, Any]]:
    answer = await desk.service.http.get("/v1/agents/me/participations", headers=desk.agent(who))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_who_is_asked_comes_speaks_and_leaves_and_the_holder_stays(desk: Desk, held: dict[str, Any]) -> None:
    """Every step is a fact, a row of the timeline and an entry of the trail; the player is shown none of them."""
    asked = await invite(desk, held)
    assert (asked.status_code, asked.json()["state"], asked.json()["name"]) == (201, "invited", BOB)
    [mine] = await with_me(desk)
    assert (mine["state"], mine["reason"], mine["ticket"]["id"]) == ("invited", "He knows the provider", held["id"])
    assert (mine["invited_by"], mine["invited_by_name"]) == ("s-1", "s-1")
    joined = await accept(desk, held)
    assert (joined.status_code, joined.json()["state"]) == (200, "joined")
    said = await desk.post(f"/{held['id']}/messages", {"text": "I am Bob."}, desk.agent(BOB))
    assert said.status_code == 201
    assert (await desk.get(f"/{held['id']}"))["assignee_id"] == "s-1"
    assert await present(desk, held) == [(BOB, "joined")]
    assert (await remove(desk, held, "me", desk.agent(BOB))).status_code == 204
    assert await present(desk, held) == []
    assert await with_me(desk) == []
    told = [fact for fact in await desk.told(held["id"]) if ".participant." in fact.type]
    assert [fact.type for fact in told] == [ParticipantInvited.type, ParticipantJoined.type, ParticipantLeft.type]
    assert told[-1].data | {"cause": "left", "had_joined": True, "staff_id": BOB} == told[-1].data
    facts = [fact.sequence for fact in await desk.told(held["id"]) if not fact.type.startswith("tickets.complaint")]
    assert facts == list(range(1, len(facts) + 1))
    rows = (await desk.get(f"/{held['id']}/timeline", limit=100))["items"]
    changes = [row["change"]["what"] for row in rows if row["change"]]
    assert [what for what in changes if what in {"invited", "joined", "left"}] == ["invited", "joined", "left"]
    seen = (await desk.get(f"/{held['id']}/timeline", desk.player(), limit=100))["items"]
    assert not [row for row in seen if row["change"] and row["change"]["what"] in {"invited", "joined", "left"}]
    trail = await desk.service.http.get(
        "/v1/audit", params={"ticket_id": held["id"], "limit": 100}, headers=desk.agent(LEA, role="lead")
    )
    actions = {entry["action"] for entry in trail.json()["items"]}
    assert {"invite_staff", "answer_invitation", "remove_participant", "read_participants"} <= actions


async def test_who_declines_says_why_and_may_be_asked_again(desk: Desk, held: dict[str, Any]) -> None:
    await invite(desk, held)
    assert (await decline(desk, held)).status_code == 204
    again = await decline(desk, held)
    assert (again.status_code, again.json()["code"]) == (409, "not-invited")
    assert (await accept(desk, held)).status_code == 409
    [told] = [fact for fact in await desk.told(held["id"]) if fact.type == ParticipantDeclined.type]
    assert told.data["reason"] == "On a call"
    assert (await invite(desk, held)).status_code == 201


async def test_the_holder_and_seniors_decide_who_joins(desk: Desk, held: dict[str, Any]) -> None:
    """A bystander asks nobody in and sends nobody away; who is there is not asked twice, strangers never."""
    stranger = await invite(desk, held, "s-9", **desk.agent(BOB))
    assert (stranger.status_code, stranger.json()["code"]) == (403, "holder-only")
    assert (await invite(desk, held, BOB, **desk.agent(SAM, role="senior"))).status_code == 201
    for who in (BOB, "s-1"):
        twice = await invite(desk, held, who)
        assert (twice.status_code, twice.json()["code"]) == (409, "already-there"), who
    assert (await invite(desk, held, "s-77")).status_code == 404
    await desk.hire("s-5", "agent", active=False)
    assert (await invite(desk, held, "s-5")).json()["code"] == "staff-inactive"
    await accept(desk, held)
    await desk.hire("s-3", "agent")
    assert (await remove(desk, held, BOB, desk.agent("s-3"))).status_code == 403
    assert (await remove(desk, held, BOB, desk.agent("s-1"))).status_code == 204
    assert (await remove(desk, held, BOB, desk.agent("s-1"))).status_code == 204
    await invite(desk, held)
    assert (await remove(desk, held, BOB, desk.agent(LEA, role="lead"))).status_code == 204
    causes = [fact.data["cause"] for fact in await desk.told(held["id"]) if fact.type == ParticipantLeft.type]
    assert causes == ["removed", "withdrawn"]


async def test_a_conversation_has_no_more_than_ten_guests(desk: Desk, held: dict[str, Any]) -> None:
    for n in range(10):
        await desk.hire(f"g-{n}", "agent")
        assert (await invite(desk, held, f"g-{n}")).status_code == 201
    full = await invite(desk, held)
    assert (full.status_code, full.json()["code"]) == (409, "participants-full")


async def test_a_repeated_invitation_is_one(desk: Desk, held: dict[str, Any]) -> None:
    headers = desk.agent() | {"Idempotency-Key": str(new_id())}
    first = await invite(desk, held, **headers)
    second = await invite(desk, held, **headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


@pytest.mark.parametrize("when", ["before", "between", "after"])
async def test_nobody_joins_a_complaint_about_himself(desk: Desk, held: dict[str, Any], when: str) -> None:
    """Neither is he asked, nor may he come once asked; who is in it when he is named is out of it."""
    lead = desk.agent(LEA, role="lead")
    if when != "before":
        await invite(desk, held)
    if when == "after":
        await accept(desk, held)
    complaint = (await desk.post(f"/{held['id']}/complaint", {"type": "staff_conduct"}, lead)).json()
    headers = lead | {"If-Match": f'"{complaint["version"]}"'}
    path = f"/v1/complaints/{complaint['id']}"
    named = await desk.service.http.patch(path, json={"accused_staff_id": BOB}, headers=headers)
    assert named.status_code == 200, named.text
    assert await present(desk, held) == []
    refused = await (invite(desk, held) if when != "between" else accept(desk, held))
    assert refused.status_code == 409
    assert refused.json()["code"] in {"conflict-of-interest", "not-invited"}
    if when != "between":
        assert refused.json()["code"] == "conflict-of-interest"


@pytest.mark.parametrize("end", ["closed", "merged", "holds"])
async def test_guests_go_with_what_they_were_guests_of(desk: Desk, held: dict[str, Any], end: str) -> None:
    await invite(desk, held)
    await accept(desk, held)
    if end == "closed":
        assert (await desk.patch(await desk.get(f"/{held['id']}"), status="closed")).status_code == 200
        over = await invite(desk, held, LEA)
        assert over.json()["code"] == "conversation-over"
    elif end == "merged":
        other = await desk.open()
        assert (await desk.post(f"/{held['id']}/merge", {"into": other["id"]})).status_code == 200
    else:
        await desk.assign(held, BOB)
    [gone] = [fact for fact in await desk.told(held["id"]) if fact.type == ParticipantLeft.type]
    assert (gone.data["cause"], gone.data["staff_id"]) == (end, BOB)
    assert await with_me(desk) == []


async def test_a_guest_is_no_busier_than_before(desk: Desk) -> None:
    """Somebody with room for one chat gets it although he is a guest of another; the promise stays the holder's."""
    for id_ in ("s-1", BOB):
        await desk.hire(id_, "agent")
    first, second = str(new_id()), str(new_id())
    await profile(desk, "s-1", capacity={"web": 1})
    for ticket_id in (first, second):
        await desk.service.publish(session_started(ticket_id))
    await desk.service.publish(posted(first, 1, "Hello"))

    async def given(ticket_id: str, to: str) -> bool:
        answer = await desk.service.http.get(f"/v1/tickets/{ticket_id}", headers=desk.agent())
        return answer.status_code == 200 and answer.json()["assignee_id"] == to

    await eventually(lambda: given(first, "s-1"))
    await profile(desk, BOB, capacity={"web": 1})
    assert (await invite(desk, {"id": first})).status_code == 201
    assert (await accept(desk, {"id": first})).status_code == 200
    await desk.service.publish(posted(second, 1, "Hello"))
    await eventually(lambda: given(second, BOB))


async def test_a_senior_takes_over_with_a_reason_and_the_holder_stays_as_a_guest(
    desk: Desk, held: dict[str, Any]
) -> None:
    body: dict[str, Any] = {"reason": "He asks for a supervisor"}
    path = f"/{held['id']}/takeover"
    assert (await desk.post(path, body, desk.agent(BOB))).status_code == 403
    assert (await desk.post(path, {}, desk.agent(LEA, role="lead"))).status_code == 422
    await invite(desk, held, LEA)
    await desk.post(f"/{held['id']}/participants/me/accept", None, desk.agent(LEA, role="lead"))
    taken = await desk.post(path, body, desk.agent(LEA, role="lead"))
    assert (taken.status_code, taken.json()["assignee_id"]) == (200, LEA)
    assert taken.headers["etag"] == f'"{taken.json()["version"]}"'
    assert await present(desk, held) == [("s-1", "joined")]
    facts = [fact for fact in await desk.told(held["id"]) if fact.type == TicketAssigned.type]
    told = TicketAssigned.model_validate(facts[-1].data)
    assert (told.taken_over, told.reason) == (True, "He asks for a supervisor")
    assert (told.previous_assignee_id, told.actor.id) == ("s-1", LEA)
    rows = (await desk.get(f"/{held['id']}/timeline", limit=100))["items"]
    row = next(one for one in rows if one["change"] and one["change"].get("taken_over"))
    assert (row["change"]["reason"], row["change"]["before"], row["author"]["id"]) == (body["reason"], "s-1", LEA)
    seen = (await desk.get(f"/{held['id']}/timeline", desk.player(), limit=100))["items"]
    assert "supervisor" not in str(seen)
    again = await desk.post(path, body, desk.agent(LEA, role="lead"))
    assert (again.status_code, again.json()["code"]) == (409, "nothing-to-take-over")


async def test_a_senior_may_take_over_without_keeping_the_holder(desk: Desk, held: dict[str, Any]) -> None:
    body = {"reason": "Ann goes home", "keep_former": False}
    assert (await desk.post(f"/{held['id']}/takeover", body, desk.agent(SAM, role="senior"))).status_code == 200
    assert await present(desk, held) == []
    nobody = await desk.open()
    free = await desk.post(f"/{nobody['id']}/takeover", body, desk.agent(SAM, role="senior"))
    assert free.json()["code"] == "nothing-to-take-over"


async def test_the_queue_gives_what_was_taken_over_to_anybody_before_the_former_holder(desk: Desk) -> None:
    """The senior lets go of it unanswered: a busier colleague has it, not the idle one it was taken from."""
    for id_, role in (("s-1", "agent"), ("s-3", "agent"), (SAM, "senior")):
        await desk.hire(id_, role)
    await profile(desk, "s-1")
    first = await desk.open()

    async def has(ticket: dict[str, Any], who: str) -> bool:
        return bool((await desk.get(f"/{ticket['id']}"))["assignee_id"] == who)

    await eventually(lambda: has(first, "s-1"))
    await profile(desk, "s-3")
    second = await desk.open(desk.player("p-2"))
    await eventually(lambda: has(second, "s-3"))
    senior = desk.agent(SAM, role="senior")
    body = {"reason": "Mine", "keep_former": False}
    assert (await desk.post(f"/{first['id']}/takeover", body, senior)).status_code == 200
    path = f"/v1/tickets/{first['id']}/assignment"
    await desk.service.http.put(path, json={"assignee_id": None}, headers=senior)
    await eventually(lambda: has(first, "s-3"))


async def test_everybody_knows_his_colleagues_by_name(desk: Desk) -> None:
    """With a profile or without; profiles bear names too, and who is gone is not listed."""
    for id_, role in (("s-1", "agent"), (BOB, "agent"), (LEA, "lead")):
        await desk.hire(id_, role)
    await desk.hire("s-5", "agent", active=False)
    await profile(desk, BOB)
    listed = await desk.service.http.get("/v1/agents/colleagues", headers=desk.agent())
    shown = [(one["id"], one["name"], one["role"], one["status"]) for one in listed.json()["items"]]
    assert shown == [
        ("s-1", "s-1", "agent", "online"), (BOB, BOB, "agent", "online"), (LEA, LEA, "lead", "online"),
    ]  # fmt: skip
    assert {datetime.fromisoformat(one["changed_at"]) for one in listed.json()["items"]} == {MORNING}
    page = await desk.service.http.get("/v1/agents/colleagues", params={"limit": 2}, headers=desk.agent())
    rest = await desk.service.http.get(
        "/v1/agents/colleagues", params={"limit": 2, "cursor": page.json()["next_cursor"]}, headers=desk.agent()
    )
    assert [one["id"] for one in rest.json()["items"]] == [LEA]
    profiles = await desk.service.http.get("/v1/agents", headers=desk.agent())
    assert [(one["staff_id"], one["name"]) for one in profiles.json()["items"]] == [(BOB, BOB)]
    assert (await desk.service.http.get("/v1/agents/colleagues", headers=desk.player())).status_code == 403


async def test_a_senior_sees_what_he_is_asked(desk: Desk) -> None:
    for id_, role in (("s-1", "agent"), (SAM, "senior")):
        await desk.hire(id_, role)
    await profile(desk, "s-1")
    ticket = await desk.open()
    await desk.post(f"/{ticket['id']}/escalation", {"reason": "needs a decision"})
    senior = desk.agent(SAM, role="senior")
    asked = (await desk.service.http.get("/v1/agents/me/escalations", headers=senior)).json()["items"]
    assert [(one["ticket_id"], one["number"], one["cause"]) for one in asked] == [
        (ticket["id"], ticket["number"], "staff: needs a decision")
    ]
    assert (await desk.service.http.get("/v1/agents/me/escalations", headers=desk.agent())).json()["items"] == []
    await desk.post(f"/{ticket['id']}/escalation/accept", None, senior)
    assert (await desk.service.http.get("/v1/agents/me/escalations", headers=senior)).json()["items"] == []
