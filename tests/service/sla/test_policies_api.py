"""Policies over HTTP."""

import pytest
from httpx import Response

from shared.web.actor import ActorKind
from tests.service.sla.desk import Desk, story_now

POLICIES = "/v1/sla/policies"
PLAIN: dict[str, object] = {"warnings": [], "pauses": None}
QUICK = {"first_response": {"warn_seconds": 30, "breach_seconds": 60}}


async def added(desk: Desk, body: dict[str, object], **headers: str) -> Response:
    return await desk.service.http.post(POLICIES, json={"name": "Quick"} | body, headers=desk.lead() | headers)


async def test_the_built_in_promises_are_listed_and_cannot_be_edited(desk: Desk) -> None:
    listed = (await desk.service.http.get(POLICIES, headers=desk.service.actor())).json()["items"]
    assert [policy["source"] for policy in listed] == ["default"] * 5
    chat = listed[0]
    assert {name: value for name, value in chat["conditions"].items() if value is not None} == {"channel": "web"}
    assert (
        chat["targets"]["first_response"]
        == {
            "warn_seconds": 180,
            "breach_seconds": 300,
        }
        | PLAIN
    )
    headers = desk.lead() | {"If-Match": '"1"'}
    answer = await desk.service.http.patch(f"{POLICIES}/{chat['id']}", json={"name": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "policy-read-only")


async def test_a_policy_of_the_brand_comes_before_the_built_in_ones(desk: Desk) -> None:
    answer = await added(desk, {"targets": QUICK, "conditions": {"channel": "web"}})
    assert answer.status_code == 201
    policy = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"{POLICIES}/{policy['id']}"
    assert (policy["source"], policy["version"], policy["position"], policy["active"]) == ("brand", 1, 1, True)
    listed = (await desk.service.http.get(POLICIES, headers=desk.service.actor())).json()["items"]
    assert listed[0] == policy
    story = story_now().opened()
    await desk.tell(story)
    (clock,) = await desk.clocks(story)
    assert (clock["policy_id"], clock["policy_version"]) == (policy["id"], 1)


async def test_edits_need_the_version_they_were_read_at(desk: Desk) -> None:
    policy = (await added(desk, {"targets": QUICK})).json()
    path = f"{POLICIES}/{policy['id']}"
    edit = {"targets": {"next_response": {"breach_seconds": 90}}}
    assert (await desk.service.http.patch(path, json=edit, headers=desk.lead())).status_code == 428
    answer = await desk.service.http.patch(path, json=edit, headers=desk.lead() | {"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["etag"], answer.json()["version"]) == (200, '"2"', 2)
    assert answer.json()["targets"]["first_response"] == QUICK["first_response"] | PLAIN
    assert (
        answer.json()["targets"]["next_response"]
        == {
            "warn_seconds": None,
            "breach_seconds": 90,
        }
        | PLAIN
    )
    stale = await desk.service.http.patch(path, json=edit, headers=desk.lead() | {"If-Match": '"1"'})
    assert stale.status_code == 412
    read = await desk.service.http.get(path, headers=desk.service.actor())
    assert (read.headers["etag"], read.json()) == ('"2"', answer.json())


async def test_running_clocks_keep_the_version_they_began_with(desk: Desk) -> None:
    policy = await desk.promise(30, 60)
    before, after = story_now().opened(), story_now().opened()
    await desk.tell(before)
    edit = {"targets": {"first_response": {"warn_seconds": None, "breach_seconds": 600}}}
    headers = desk.lead() | {"If-Match": '"1"'}
    assert (await desk.service.http.patch(f"{POLICIES}/{policy['id']}", json=edit, headers=headers)).status_code == 200
    await desk.tell(after)
    assert [(await desk.clocks(story))[0]["policy_version"] for story in (before, after)] == [1, 2]


async def test_a_policy_that_is_switched_off_promises_nothing(desk: Desk) -> None:
    policy = await desk.promise(30, 60)
    headers = desk.lead() | {"If-Match": '"1"'}
    await desk.service.http.patch(f"{POLICIES}/{policy['id']}", json={"active": False}, headers=headers)
    story = story_now().opened()
    await desk.tell(story)
    assert (await desk.clocks(story))[0]["policy_id"] != policy["id"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"targets": {"first_response": {"warn_seconds": 60, "breach_seconds": 60}}}, 400, "warn_seconds"),
        ({"targets": {"first_response": {"warn_seconds": 61, "breach_seconds": 60}}}, 400, "warn_seconds"),
        ({"targets": {"first_response": {"breach_seconds": 0}}}, 422, "breach_seconds"),
        ({"targets": {"first_response": {"breach_seconds": -5}}}, 422, "breach_seconds"),
        ({"targets": {"first_response": {"warn_seconds": 0, "breach_seconds": 5}}}, 422, "warn_seconds"),
        ({"targets": {"first_response": {"breach_seconds": "soon"}}}, 422, "breach_seconds"),
        ({"targets": {"first_response": {"breach_seconds": True}}}, 422, "breach_seconds"),
        ({"targets": {"first_response": {"warn_seconds": 5}}}, 422, "breach_seconds"),
        ({"targets": {"first_response": {"warn_seconds": 5, "breach_seconds": 9, "warnings": [50]}}}, 400, "warnings"),
        ({"targets": {"first_response": {"breach_seconds": 9, "warnings": [80, 50]}}}, 400, "warnings"),
        ({"targets": {"first_response": {"breach_seconds": 9, "warnings": [100]}}}, 422, "warnings"),
        ({"targets": {"first_response": {"breach_seconds": 9, "warnings": [1, 2, 3, 4, 5, 6]}}}, 422, "warnings"),
        ({"targets": {"first_response": {"breach_seconds": 9, "pauses": ["lunch"]}}}, 422, "pauses"),
        ({"targets": {"back_office": {"breach_seconds": 9, "pauses": ["waiting"]}}}, 400, "pauses"),
        ({"targets": {"first_respons": {"breach_seconds": 5}}}, 422, "first_respons"),
        ({"targets": {}}, 400, "targets"),
        ({"targets": QUICK, "conditions": {"channel": "pigeon"}}, 422, "channel"),
        ({"targets": QUICK, "conditions": {"colour": "red"}}, 422, "colour"),
        ({"targets": QUICK, "name": " "}, 422, "name"),
        ({"targets": QUICK, "position": 0}, 422, "position"),
    ],
)
async def test_a_bad_policy_is_refused_with_its_field(
    desk: Desk, body: dict[str, object], status: int, field: str
) -> None:
    answer = await added(desk, body)
    assert answer.status_code == status, answer.text
    assert any(field in problem["pointer"] for problem in answer.json()["errors"])


async def test_a_bad_edit_changes_nothing(desk: Desk) -> None:
    policy = (await added(desk, {"targets": QUICK})).json()
    path, headers = f"{POLICIES}/{policy['id']}", desk.lead() | {"If-Match": '"1"'}
    for edit in (
        {"targets": {"first_response": {"warn_seconds": 9, "breach_seconds": 8}}},
        {"targets": {"first_response": None}},
    ):
        assert (await desk.service.http.patch(path, json=edit, headers=headers)).status_code == 400
    assert (await desk.service.http.patch(path, json={}, headers=headers)).status_code == 422
    assert (await desk.service.http.get(path, headers=headers)).json() == policy


async def test_policies_are_written_by_leads_and_permitted_keys_only(desk: Desk) -> None:
    body = {"name": "Quick", "targets": QUICK}
    for kind, role, scopes, status in (
        (ActorKind.STAFF, "senior", set[str](), 403),
        (ActorKind.STAFF, "admin", set[str](), 201),
        (ActorKind.SERVER, None, {"sla:read"}, 403),
        (ActorKind.SERVER, None, {"sla:write"}, 201),
        (ActorKind.PLAYER, None, set[str](), 403),
    ):
        headers = desk.service.actor(kind, role=role, scopes=scopes) | {"Idempotency-Key": f"k-{kind}-{role}"}
        answer = await desk.service.http.post(POLICIES, json=body, headers=headers)
        assert answer.status_code == status, (kind, role, answer.text)


async def test_a_repeated_post_adds_one_policy(desk: Desk) -> None:
    answers = [await added(desk, {"targets": QUICK}, **{"Idempotency-Key": "once"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"
    listed = (await desk.service.http.get(POLICIES, headers=desk.service.actor())).json()["items"]
    assert sum(policy["source"] == "brand" for policy in listed) == 1


async def test_policies_of_another_brand_are_not_there(desk: Desk) -> None:
    policy = (await added(desk, {"targets": QUICK})).json()
    foreign = desk.lead("royal") | {"If-Match": '"1"'}
    path = f"{POLICIES}/{policy['id']}"
    assert (await desk.service.http.get(path, headers=foreign)).status_code == 404
    assert (await desk.service.http.patch(path, json={"name": "x"}, headers=foreign)).status_code == 404
    listed = (await desk.service.http.get(POLICIES, headers=foreign)).json()["items"]
    assert all(policy["source"] == "default" for policy in listed)


async def test_pages_go_through_every_policy_once(desk: Desk) -> None:
    for position in (7, 3, 3, 9):
        await added(desk, {"targets": QUICK, "position": position})
    seen: list[dict[str, object]] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await desk.service.http.get(POLICIES, params=query, headers=desk.service.actor())).json()
        seen, cursor = seen + page["items"], page["next_cursor"]
    whole = (await desk.service.http.get(POLICIES, headers=desk.service.actor())).json()["items"]
    assert seen == whole
    assert [policy["position"] for policy in seen][:4] == [3, 3, 7, 9]
