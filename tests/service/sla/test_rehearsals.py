"""Trying a change of a policy, applying it to what is open, and what it was before."""

from datetime import datetime, timedelta
from typing import cast

import pytest
from httpx import Response

from shared.contracts.tickets import TicketStatus
from tests.service.sla.desk import Desk, clock_event, story_now

POLICIES = "/v1/sla/policies"
NOBODY = "019ab000-0000-7000-8000-00000000ffff"
VIP: dict[str, object] = {
    "name": "VIP",
    "conditions": {"tier": "*"},
    "targets": {"first_response": {"breach_seconds": 60}},
}


async def posted(desk: Desk, path: str, body: dict[str, object], brand: str = "lucky") -> Response:
    return await desk.service.http.post(f"{POLICIES}{path}", json=body, headers=desk.lead(brand))


def seconds(clock: dict[str, object], later: str = "due_at") -> timedelta:
    return datetime.fromisoformat(str(clock[later])) - datetime.fromisoformat(str(clock["started_at"]))


async def test_a_ticket_that_turns_out_to_be_a_vips_is_promised_more(desk: Desk) -> None:
    assert (await posted(desk, "", VIP)).status_code == 201
    story = story_now().opened().updated(1, tier="gold", language="de", licence="MT")
    await desk.tell(story)
    (clock,) = await desk.clocks(story)
    assert seconds(clock) == timedelta(seconds=60)
    earlier = cast("list[dict[str, object]]", clock["earlier"])
    assert [schedule["cause"] for schedule in earlier] == ["tier,language,licence"]
    told = await desk.told(story)
    assert [envelope.type.split(".")[2] for envelope in told] == ["started", "started"]
    assert clock_event(told[-1]).due_at == story.zero + timedelta(seconds=60)


async def test_a_dry_run_shows_what_would_change_and_changes_nothing(desk: Desk) -> None:
    stories = [story_now(tier="gold").opened() for _ in range(3)]
    for story in (*stories, story_now().opened(), story_now(tier="gold").opened().becomes(1, TicketStatus.CLOSED)):
        await desk.tell(story)
    answer = await posted(desk, "/dry-run", {"draft": VIP})
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["tickets"], shown["clocks"], shown["complete"]) == (3, 3, True)
    assert {shift["ticket_id"] for shift in shown["shifts"]} == {str(story.ticket_id) for story in stories}
    shift = shown["shifts"][0]
    moved = datetime.fromisoformat(shift["old_due_at"]) - datetime.fromisoformat(shift["new_due_at"])
    assert (moved, shift["would_breach"]) == (timedelta(seconds=240), False)
    assert seconds((await desk.clocks(stories[0]))[0]) == timedelta(seconds=300)
    assert (await posted(desk, "/dry-run", {"draft": VIP}, brand="royal")).json()["tickets"] == 0


async def test_a_dry_run_of_an_edit_says_who_would_be_late(desk: Desk) -> None:
    policy = await desk.promise(None, 600)
    story = story_now()
    story.zero -= timedelta(seconds=100)
    await desk.tell(story.opened())
    edit = {"targets": {"first_response": {"breach_seconds": 30}}}
    shown = (await posted(desk, "/dry-run", {"policy_id": policy["id"], "changes": edit})).json()
    assert [shift["would_breach"] for shift in shown["shifts"]] == [True]


async def test_applying_needs_no_body(desk: Desk) -> None:
    """The first batch begins at the first ticket; a batch that names nonsense is still refused."""
    policy = await desk.promise(None, 600)
    path = f"/v1/sla/policies/{policy['id']}/apply"
    answer = await desk.service.http.post(path, headers=desk.lead())
    assert (answer.status_code, answer.json()) == (200, {"tickets": 0, "clocks": 0, "next_after": None})
    assert (await desk.service.http.post(path, json={"before": 1}, headers=desk.lead())).status_code == 422


async def test_applying_recomputes_what_is_open_and_can_be_repeated(desk: Desk) -> None:
    policy = await desk.promise(None, 600)
    story = story_now().opened()
    await desk.tell(story)
    edit = {"targets": {"first_response": {"warn_seconds": 400, "breach_seconds": 500}}}
    path = f"{POLICIES}/{policy['id']}"
    assert (
        await desk.service.http.patch(path, json=edit, headers=desk.lead() | {"If-Match": '"1"'})
    ).status_code == 200
    assert seconds((await desk.clocks(story))[0]) == timedelta(seconds=600)
    applied = [(await posted(desk, f"/{policy['id']}/apply", {})).json() for _ in range(2)]
    assert applied == [{"tickets": n, "clocks": n, "next_after": None} for n in (1, 0)]
    (clock,) = await desk.clocks(story)
    assert (seconds(clock), seconds(clock, "warn_at")) == (timedelta(seconds=500), timedelta(seconds=400))
    assert (clock["policy_version"], clock["earlier"][0]["cause"]) == (2, "policy")  # type: ignore[index]
    assert await desk.facts(story) == ["started", "started"]


async def test_every_version_of_a_policy_is_kept(desk: Desk) -> None:
    policy = await desk.promise(30, 60)
    path = f"{POLICIES}/{policy['id']}"
    await desk.service.http.patch(path, json={"name": "Slow"}, headers=desk.lead() | {"If-Match": '"1"'})
    first = (await desk.service.http.get(f"{path}/versions?limit=1", headers=desk.lead())).json()
    rest = (await desk.service.http.get(f"{path}/versions?cursor={first['next_cursor']}", headers=desk.lead())).json()
    assert [(one["version"], one["name"]) for one in first["items"] + rest["items"]] == [(2, "Slow"), (1, "Quick")]
    assert rest["items"][0]["targets"]["first_response"]["breach_seconds"] == 60
    assert first["items"][0]["edited_by"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"policy_id": NOBODY},
        {"draft": VIP, "policy_id": NOBODY, "changes": {"active": False}},
    ],
)
async def test_a_dry_run_needs_one_change(desk: Desk, body: dict[str, object]) -> None:
    assert (await posted(desk, "/dry-run", body)).status_code == 422


async def test_policies_of_another_brand_are_not_there(desk: Desk) -> None:
    policy = await desk.promise(30, 60)
    assert (await posted(desk, f"/{policy['id']}/apply", {}, brand="royal")).status_code == 404
    headers = desk.lead("royal")
    assert (await desk.service.http.get(f"{POLICIES}/{policy['id']}/versions", headers=headers)).status_code == 404
