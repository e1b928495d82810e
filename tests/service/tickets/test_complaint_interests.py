"""Nobody makes a complaint smaller alone, least of all the person it is about; on a real database."""

from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.service.tickets.desk import Desk
from tests.service.tickets.test_complaints import DECISION, FINAL, complained, post, read, scheduled


async def _edit(desk: Desk, complaint: dict[str, Any], who: str, **fields: Any) -> httpx.Response:
    version = (await read(desk, complaint["id"]))["version"]
    headers = desk.agent(who, role="senior") | {"If-Match": f'"{version}"'}
    return await desk.service.http.patch(f"/v1/complaints/{complaint['id']}", json=fields, headers=headers)


@pytest_asyncio.fixture(autouse=True)
async def _staff(desk: Desk) -> None:
    for one in ("s-7", "s-8", "s-9"):
        await desk.hire(one, "senior")


async def test_a_complaint_about_safer_gambling_stays_one(desk: Desk) -> None:
    """It has days where others have weeks: another type changes nothing of that, and no hand takes it back."""
    complaint = await complained(desk)
    assert (await _edit(desk, complaint, "s-9", type="self_exclusion")).json()["rg_related"] is True
    assert (await _edit(desk, complaint, "s-9", type="other")).json()["rg_related"] is True
    refused = await _edit(desk, complaint, "s-9", type="other", rg_related=False)
    assert (refused.status_code, refused.json()["code"]) == (409, "complaint-downgrade-refused")
    assert (await read(desk, complaint["id"]))["rg_related"] is True


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("acknowledge", {}),
        ("extension", {"reason": "It takes longer"}),
        ("withdrawal", {"reason_code": "none", "reason": "It is none"}),
    ],
)
async def test_the_person_complained_about_handles_nothing_of_it(desk: Desk, what: str, body: dict[str, Any]) -> None:
    complaint = await complained(desk, "MT")
    assert (await _edit(desk, complaint, "s-8", accused_staff_id="s-9")).status_code == 200
    refused = await post(desk, complaint, what, who="s-9", **body)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict-of-interest")


async def test_the_person_complained_about_does_not_take_that_back(desk: Desk) -> None:
    """Nor anything else of the register; and who answered the player does not make it another kind of complaint."""
    complaint = await complained(desk)
    assert (await _edit(desk, complaint, "s-8", accused_staff_id="s-9", type="staff_conduct")).status_code == 200
    for fields in ({"accused_staff_id": None}, {"type": "other"}, {"root_cause": "None"}):
        assert (await _edit(desk, complaint, "s-9", **fields)).json()["code"] == "conflict-of-interest"
    await desk.post(f"/{complaint['ticket_id']}/messages", {"text": "Sorry"}, desk.agent("s-7", role="senior"))
    assert (await _edit(desk, complaint, "s-7", type="other")).json()["code"] == "conflict-of-interest"
    assert (await _edit(desk, complaint, "s-7", owner_id="s-8")).status_code == 200


async def test_the_investigators_own_answers_do_not_make_him_a_person_concerned(desk: Desk) -> None:
    """He writes to the player, sends the final response, and may still hand the case to the ADR body."""
    complaint = await complained(desk)
    await scheduled(desk, complaint)
    assert (await _edit(desk, complaint, "s-8", type="staff_conduct", accused_staff_id="s-9")).status_code == 200
    await desk.post(f"/{complaint['ticket_id']}/messages", {"text": "Hello"}, desk.agent("s-7", role="senior"))
    final = FINAL | {"adr_entity_ref": "IBAS"}
    for what, body in (
        ("investigate", {}), ("decision", DECISION), ("final-response", final), ("deadlock", {}),
        ("adr-offer", {"adr_entity_ref": "IBAS"}),
    ):  # fmt: skip
        answer = await post(desk, complaint, what, who="s-8", **body)
        assert answer.status_code == 200, (what, answer.text)
    refused = await post(desk, complaint, "acknowledge", who="s-7")
    assert refused.json()["code"] == "conflict-of-interest"


@pytest.mark.parametrize("field", ["owner_id", "accused_staff_id"])
async def test_only_the_brands_own_staff_are_named(desk: Desk, field: str) -> None:
    """Neither somebody unknown, nor of another brand; nothing of a refused edit is kept."""
    complaint = await complained(desk)
    refused = await _edit(desk, complaint, "s-9", **{field: "nobody", "root_cause": "None"})
    assert (refused.status_code, refused.json()["code"]) == (404, "staff-not-found")
    assert refused.json()["errors"][0]["pointer"] == f"/{field}"
    assert (await read(desk, complaint["id"]))["root_cause"] is None
    assert (await _edit(desk, complaint, "s-9", **{field: "s-8"})).status_code == 200
    assert (await _edit(desk, complaint, "s-9", **{field: None})).json()[field] is None


async def test_an_investigator_may_handle_complaints_and_is_still_here(desk: Desk) -> None:
    """The person complained about may be anybody, also who has left."""
    complaint = await complained(desk)
    await desk.hire("s-4", "agent")
    await desk.hire("s-8", "senior", active=False, sequence=9)
    unfit = await _edit(desk, complaint, "s-9", owner_id="s-4")
    gone = await _edit(desk, complaint, "s-9", owner_id="s-8")
    assert (unfit.status_code, unfit.json()["code"]) == (400, "investigator-unfit")
    assert (gone.status_code, gone.json()["code"]) == (409, "staff-inactive")
    for accused in ("s-4", "s-8"):
        assert (await _edit(desk, complaint, "s-9", accused_staff_id=accused)).status_code == 200


async def test_what_is_over_is_not_rewritten(desk: Desk) -> None:
    """But what was learnt from it is still written down."""
    complaint = await complained(desk)
    assert (await post(desk, complaint, "withdrawal", reason_code="none", reason="A question")).status_code == 200
    assert (await post(desk, complaint, "withdrawal/approval", who="s-7", role="lead")).status_code == 200
    for fields in ({"type": "self_exclusion"}, {"rg_related": True}, {"owner_id": "s-8"}, {"accused_staff_id": "s-8"}):
        refused = await _edit(desk, complaint, "s-9", **fields)
        assert (refused.status_code, refused.json()["code"]) == (409, "complaint-move-refused")
    assert (await _edit(desk, complaint, "s-9", learning_action="Ask first")).status_code == 200
