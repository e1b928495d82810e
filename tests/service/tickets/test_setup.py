"""What leads set up names what there is: a typo would strand tickets in silence."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.service.tickets.desk import Desk
from tests.support.eventually import eventually
from tests.support.service import RunningService

_REASON = {"name": "late", "reason_class": "R", "severity": 2, "team_id": "night"}


def _lead(desk: Desk, version: int = 0) -> dict[str, str]:
    return desk.agent("s-lead", role="lead") | {"If-Match": f'"{version}"'}


async def _put(desk: Desk, path: str, body: dict[str, Any], version: int = 0) -> httpx.Response:
    return await desk.service.http.put(f"/v1/{path}", json=body, headers=_lead(desk, version))


async def _drop(desk: Desk) -> httpx.Response:
    return await desk.service.http.delete("/v1/teams/night", headers=_lead(desk))


async def test_a_team_in_use_is_not_removed(desk: Desk) -> None:
    """A reason, a profile and an unfinished ticket each keep it, and the refusal names them."""
    await desk.team("night")
    await desk.hire("s-1", "agent")
    assert (await _put(desk, "reasons/WDR.LATE", _REASON)).status_code == 200
    assert (await _put(desk, "agents/s-1", {"teams": ["night"]})).status_code == 200
    ticket = await desk.open(reason="WDR.LATE")
    refused = await _drop(desk)
    assert (refused.status_code, refused.json()["code"]) == (409, "team-in-use")
    named = {name: refused.json()[name] for name in ("reasons", "agents", "unfinished_tickets")}
    assert named == {"reasons": ["WDR.LATE"], "agents": ["s-1"], "unfinished_tickets": 1}
    assert (await _put(desk, "reasons/WDR.LATE", _REASON | {"team_id": None}, 1)).status_code == 200
    assert (await _drop(desk)).json()["reasons"] == []
    assert (await _put(desk, "agents/s-1", {}, 1)).status_code == 200
    assert (await _drop(desk)).json()["agents"] == []

    async def taken_from_the_team() -> bool:
        """The queue may give the ticket to somebody meanwhile, which makes what was read stale."""
        return (await desk.patch(await desk.get(f"/{ticket['id']}"), team_id=None)).status_code == 200

    await eventually(taken_from_the_team)
    dropped = await _drop(desk)
    assert dropped.status_code == 204, dropped.text


async def test_no_reason_is_left_with_a_team_that_is_just_going(desk: Desk) -> None:
    """Whoever comes second sees what the first one did: a reason of the team, or no team."""
    for version in range(0, 20, 1):
        await desk.team("night")
        wish = _REASON | {"team_id": "night"}
        taken = (await desk.service.http.get("/v1/reasons", headers=desk.agent())).json()["items"]
        now = next(one["version"] for one in taken if one["code"] == "WDR.LATE")
        named, gone = await asyncio.gather(_put(desk, "reasons/WDR.LATE", wish, now), _drop(desk))
        assert (named.status_code, gone.status_code) in {(200, 409), (400, 204)}, (version, named.text, gone.text)
        if named.status_code == 200:
            assert (await _put(desk, "reasons/WDR.LATE", wish | {"team_id": None}, now + 1)).status_code == 200


@pytest.mark.parametrize(
    ("body", "code", "pointer", "known"),
    [
        ({"teams": ["night", "nigth"]}, "team-unknown", "/teams", "night"),
        ({"skills": ["vip", "Vip"]}, "skill-unknown", "/skills", "vip"),
        ({"skills": ["wdr"]}, "skill-unknown", "/skills", "WDR"),
        ({"languages": ["de", "gr"]}, "language-unknown", "/languages", None),
        ({"languages": ["jp-JP"]}, "language-unknown", "/languages", None),
    ],
)
async def test_a_profile_names_what_there_is(
    desk: Desk, body: dict[str, Any], code: str, pointer: str, known: str | None
) -> None:
    """Else the person would be given nothing, and nobody would see why."""
    await desk.team("night")
    await desk.hire("s-1", "agent")
    answer = await _put(desk, "agents/s-1", body)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["errors"][0]["pointer"]) == (400, code, pointer)
    assert known is None or known in problem["known"]
    good = {"teams": ["night"], "skills": ["vip", "WDR"], "languages": ["de-AT", "EL", "fil"]}
    assert (await _put(desk, "agents/s-1", good)).status_code == 200


async def test_a_field_is_required_for_reasons_there_are(tickets: RunningService, desk: Desk) -> None:
    """At making and at editing; the codes most like the typo are named."""
    lead = desk.agent(role="lead")
    body = {"key": "txn", "label": "Txn", "type": "text", "required_for": ["WDR.LATE", "WDR.LAET"]}
    refused = await tickets.http.post("/v1/ticket-fields", json=body, headers=lead)
    assert (refused.status_code, refused.json()["code"]) == (400, "reason-unknown")
    assert refused.json()["errors"][0]["pointer"] == "/required_for"
    assert "WDR.LATE" in refused.json()["known"]
    made = await tickets.http.post("/v1/ticket-fields", json=body | {"required_for": ["WDR.LATE"]}, headers=lead)
    assert made.status_code == 201
    edit = {"required_for": ["WDR.LATE", "NO.SUCH"]}
    edited = await tickets.http.patch("/v1/ticket-fields/txn", json=edit, headers=lead | {"If-Match": '"1"'})
    assert (edited.status_code, edited.json()["unknown"]) == (400, ["NO.SUCH"])


async def test_a_macro_names_a_reason_there_is(tickets: RunningService, desk: Desk) -> None:
    """With those most like the typo, for people who know the taxonomy."""
    body = {"name": "Late", "texts": {"en": "Sorry"}, "actions": {"reason": "WDR.LAET"}}
    refused = await tickets.http.post("/v1/macros", json=body, headers=desk.agent(role="lead"))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/actions/reason")
    assert "WDR.LATE" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("filters", "code", "known"),
    [
        ({"team_id": "nigth"}, "team-unknown", "night"),
        ({"reason": "WDR.LAET"}, "reason-unknown", "WDR.LATE"),
        ({"licence": "UK"}, "licence-refused", "GB"),
    ],
)
async def test_a_view_names_what_there_is(
    tickets: RunningService, desk: Desk, filters: dict[str, Any], code: str, known: str
) -> None:
    """Else it would be empty for ever, at making as at editing."""
    await desk.team("night")
    ((name, _),) = filters.items()
    refused = await tickets.http.post("/v1/views", json={"name": "Mine", "filters": filters}, headers=desk.agent())
    assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert refused.json()["errors"][0]["pointer"] == f"/filters/{name}"
    assert known in refused.json()["known"]
    good = {"name": "Mine", "filters": {name: known}}
    made = await tickets.http.post("/v1/views", json=good, headers=desk.agent())
    assert made.status_code == 201
    match = desk.agent() | {"If-Match": '"1"'}
    edited = await tickets.http.patch(f"/v1/views/{made.json()['id']}", json={"filters": filters}, headers=match)
    assert (edited.status_code, edited.json()["code"]) == (400, code)


async def test_an_unknown_licence_names_those_there_are(desk: Desk) -> None:
    """The list is in the refusal."""
    body = {"subject": "x", "message": {"text": "y"}, "player_id": "p-1", "licence": "UK"}
    refused = await desk.post("", body, desk.server("tickets:write"))
    assert refused.json()["known"] == ["GB", "MT", "CW", "SE", "DE", "NL", "CA-ON"]


async def test_a_shift_may_end_as_calendars_do(desk: Desk) -> None:
    """24:00 is midnight, which ends the day on which it began."""
    await desk.hire("s-1", "agent")
    shift = {"days": [0, 6], "begins": "16:00", "ends": "24:00"}
    saved = await _put(desk, "agents/s-1", {"shifts": [shift]})
    assert saved.status_code == 200, saved.text
    assert saved.json()["shifts"] == [{"days": [0, 6], "begins": "16:00:00", "ends": "00:00:00"}]
    wrong = await _put(desk, "agents/s-1", {"shifts": [shift | {"ends": ["24:00"]}]}, 1)
    assert wrong.status_code == 422


async def test_the_document_names_what_is_known(tickets: RunningService) -> None:
    """Licences, types of complaints and placeholders, from the files and lists they are read from."""
    schemas = tickets.app.openapi()["components"]["schemas"]
    assert "GB, MT, CW" in schemas["OpenTicket"]["properties"]["licence"]["description"]
    assert "self_exclusion" in str(schemas["RegisterComplaint"]["properties"]["type"])
    assert "`{{player.name}}`" in schemas["CreateMacro"]["properties"]["texts"]["description"]
    assert "gold" in schemas["OpenTicket"]["properties"]["tier"]["description"]


async def test_an_unknown_type_of_complaint_names_those_there_are(desk: Desk) -> None:
    """The list is in the refusal."""
    ticket = await desk.open()
    refused = await desk.post(f"/{ticket['id']}/complaint", {"type": "payout"})
    assert (refused.status_code, refused.json()["code"]) == (400, "complaint-type-unknown")
    assert "withdrawal_or_payment" in refused.json()["known"]
