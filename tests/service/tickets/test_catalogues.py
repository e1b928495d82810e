"""Contact reasons and fields that a brand decides itself."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from shared.contracts.tickets import TicketOpened, TicketUpdated
from tests.service.tickets.desk import Desk
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import running_service

LATE = {"name": "late payout", "reason_class": "R", "severity": 0, "team_id": "t-pay", "required": ["txn"]}


async def _put_reason(desk: Desk, code: str, version: int, brand: str = "lucky", **body: Any) -> httpx.Response:
    await desk.team("t-pay", brand=brand)
    headers = desk.agent("s-lead", brand, "lead") | {"If-Match": f'"{version}"'}
    return await desk.service.http.put(f"/v1/reasons/{code}", json={**LATE, **body}, headers=headers)


async def _reason(desk: Desk, code: str, brand: str = "lucky") -> dict[str, Any]:
    answer = await desk.service.http.get("/v1/reasons", headers=desk.agent(brand=brand))
    return next((item for item in answer.json()["items"] if item["code"] == code), {})


async def _add_field(desk: Desk, key: str, kind: str = "text", **body: Any) -> httpx.Response:
    body = {"key": key, "label": key.title(), "type": kind, **body}
    return await desk.service.http.post("/v1/ticket-fields", json=body, headers=desk.agent(role="lead"))


async def _edit_field(desk: Desk, key: str, version: int, **body: Any) -> httpx.Response:
    headers = desk.agent(role="lead") | {"If-Match": f'"{version}"'}
    return await desk.service.http.patch(f"/v1/ticket-fields/{key}", json=body, headers=headers)


async def test_the_built_in_reasons(desk: Desk) -> None:
    """Without edits the file counts: two levels, class, severity, priority, what must be asked; players see nothing."""
    answer = await desk.service.http.get("/v1/reasons", headers=desk.agent())
    assert (answer.json()["version"], answer.headers["ETag"], len(answer.json()["items"])) == (0, '"0"', 86)
    assert answer.json()["groups"]["WDR"] == "withdrawals"
    assert {item["group"] for item in answer.json()["items"]} == set(answer.json()["groups"])
    assert await _reason(desk, "DEP.NOT_CREDITED") == {
        "code": "DEP.NOT_CREDITED", "group": "DEP", "name": "debited, not on balance", "reason_class": "C",
        "severity": 3, "priority": "normal", "team_id": None,
        "required": ["transaction id", "time", "amount", "method", "debit proof"], "active": True, "version": 0,
    }  # fmt: skip
    for headers in (desk.player(), desk.visitor(), desk.server("chat:read")):
        assert (await desk.service.http.get("/v1/reasons", headers=headers)).status_code == 403


async def test_a_brand_replaces_a_reason_and_every_version_is_kept(desk: Desk) -> None:
    """Class, priority and team count from the next ticket on, for this brand alone."""
    assert (await _put_reason(desk, "WDR.LATE", 0)).headers["ETag"] == '"1"'
    stale = await _put_reason(desk, "WDR.LATE", 0, severity=1)
    assert (stale.status_code, stale.json()["current_version"]) == (412, 1)
    assert (await _put_reason(desk, "WDR.LATE", 1, priority="low")).json()["priority"] == "low"
    opened = await desk.open(reason="WDR.LATE")
    seen = await desk.get(f"/{opened['id']}")
    assert (seen["priority"], seen["team_id"]) == ("low", "t-pay")
    told = TicketOpened.model_validate((await desk.told(opened["id"]))[0].data)
    assert told.ticket.reason_class == "R"
    assert (await _reason(desk, "WDR.LATE", "royal"))["version"] == 0
    async with desk.service.ground.database.begin("lucky") as session:
        kept = (await session.execute(text("SELECT version, priority, changed_by FROM reasons ORDER BY 1"))).all()
    assert [tuple(row) for row in kept] == [(1, None, "s-lead"), (2, "low", "s-lead")]


async def test_a_brand_adds_and_retires_reasons(desk: Desk) -> None:
    """A new code counts at once in the process that took the edit; one out of use is refused for new tickets."""
    assert (await _put_reason(desk, "VIP.JET", 3)).json()["code"] == "reason-not-found"
    assert (await _put_reason(desk, "vip jet", 0)).status_code == 422
    body = {"subject": "Jet", "message": {"text": "Now"}, "reason": "VIP.JET"}
    refused = await desk.service.http.post("/v1/tickets", json=body, headers=desk.player())
    assert (refused.status_code, refused.json()["code"]) == (400, "reason-unknown")
    assert (await _put_reason(desk, "VIP.JET", 0)).status_code == 200
    ticket = await desk.open(reason="VIP.JET")
    assert (await _put_reason(desk, "VIP.JET", 1, active=False)).status_code == 200
    assert (await desk.service.http.post("/v1/tickets", json=body, headers=desk.player())).status_code == 400
    same = await desk.patch(ticket, reason="VIP.JET", subject="Private jet")
    assert (same.status_code, same.json()["subject"]) == (200, "Private jet")


async def test_who_decides(desk: Desk) -> None:
    """Leads, admins and keys that may write; each decision is in the audit trail."""
    await desk.team("t-pay")
    http = desk.service.http
    for headers in (desk.agent(), desk.agent(role="senior"), desk.player(), desk.server("tickets:read")):
        put = await http.put("/v1/reasons/WDR.LATE", json=LATE, headers=headers | {"If-Match": '"0"'})
        post = await http.post("/v1/ticket-fields", json={"key": "a", "label": "A", "type": "text"}, headers=headers)
        assert (put.status_code, post.status_code) == (403, 403)
    key = desk.server("tickets:write")
    assert (await http.put("/v1/reasons/WDR.LATE", json=LATE, headers=key | {"If-Match": '"0"'})).status_code == 200
    body = {"key": "txn", "label": "Transaction", "type": "text"}
    first = await http.post("/v1/ticket-fields", json=body, headers=key)
    again = await http.post("/v1/ticket-fields", json=body, headers=key)
    assert (first.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    trail = (await http.get("/v1/audit", headers=desk.agent(role="lead"))).json()["items"]
    assert [(entry["action"], entry["filter"]) for entry in reversed(trail)] == [
        ("edit_team", {"team_id": "t-pay"}),
        ("edit_reason", {"code": "WDR.LATE", "version": 1}),
        ("edit_field", {"key": "txn", "version": 1}),
    ]


async def test_setting_a_reason_sets_class_priority_and_team(desk: Desk) -> None:
    """The priority only while nobody set it by hand, the team only if there is none."""
    await _put_reason(desk, "WDR.LATE", 0)
    untouched = (await desk.patch(await desk.open(), reason="WDR.LATE")).json()
    assert (untouched["priority"], untouched["team_id"]) == ("urgent", "t-pay")
    (updated,) = (await desk.told(untouched["id"]))[2:]
    fact = TicketUpdated.model_validate(updated.data)
    assert fact.changes == {
        "reason": (None, "WDR.LATE"), "priority": ("normal", "urgent"), "team_id": (None, "t-pay"),
    }  # fmt: skip
    assert fact.ticket.reason_class == "R"
    await desk.team("t-1")
    by_hand = (await desk.patch(await desk.open(), priority="low", team_id="t-1")).json()
    kept = (await desk.patch(by_hand, reason="WDR.LATE")).json()
    assert (kept["priority"], kept["team_id"]) == ("low", "t-1")
    recoded = (await desk.patch(untouched, reason="DEP.METHODS")).json()
    assert (recoded["priority"], recoded["team_id"]) == ("low", "t-pay")


async def test_a_team_must_be_one_of_the_brand(desk: Desk) -> None:
    """On a ticket as in a reason; the team of another brand is none. What was there before may stay."""
    await desk.team("theirs", brand="royal")
    ticket = await desk.open()
    headers = desk.agent("s-9", role="lead") | {"If-Match": '"0"'}
    for answer in (
        await desk.patch(ticket, team_id="theirs"),
        await desk.service.http.put("/v1/reasons/NEW.ONE", json={**LATE, "team_id": "theirs"}, headers=headers),
    ):
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["errors"][0]["pointer"]) == (
            400,
            "team-unknown",
            "/team_id",
        )
    assert (await desk.get(f"/{ticket['id']}"))["version"] == ticket["version"]
    assert (await _put_reason(desk, "NEW.ONE", 0)).status_code == 200
    pays = (await desk.patch(ticket, team_id="t-pay")).json()
    async with desk.service.ground.database.begin("lucky") as session:
        await session.execute(text("DELETE FROM teams WHERE team_id = 't-pay'"))
    assert (await desk.patch(pays, team_id="t-pay", priority="low")).json()["team_id"] == "t-pay"
    again = await desk.service.http.put("/v1/reasons/NEW.ONE", json=LATE, headers=headers | {"If-Match": '"1"'})
    assert again.status_code == 200


async def test_fields_are_typed(desk: Desk) -> None:
    """Unknown keys, wrong types and bad choices are refused by name, and nothing is changed."""
    await _add_field(desk, "txn")
    await _add_field(desk, "amount", "number")
    await _add_field(desk, "vip", "boolean")
    await _add_field(desk, "born", "date")
    await _add_field(desk, "bank", "choice", choices=["Alpha", "Beta"])
    ticket = await desk.open()
    good = {"txn": "T-1", "amount": 12.5, "vip": True, "born": "1990-02-28", "bank": "Beta"}
    edited = (await desk.patch(ticket, fields=good)).json()
    assert edited["fields"] == good
    (updated,) = (await desk.told(ticket["id"]))[2:]
    assert TicketUpdated.model_validate(updated.data).changes["fields.amount"] == (None, "12.5")
    for key, value, code in (
        ("iban", "x", "field-unknown"), ("amount", "12", "field-value-invalid"),
        ("amount", True, "field-value-invalid"), ("vip", 1, "field-value-invalid"),
        ("born", "1990-02-30", "field-value-invalid"),
        ("bank", "Gamma", "field-value-invalid"), ("txn", "", "field-value-invalid"),
    ):  # fmt: skip
        refused = await desk.patch(edited, fields={key: value})
        assert (refused.status_code, refused.json()["code"]) == (400, code), key
        assert refused.json()["errors"][0]["pointer"] == f"/fields/{key}"
    assert (await desk.patch(edited, fields={"Bad key": 1})).status_code == 422
    emptied = (await desk.patch(edited, fields={"vip": None, "txn": "card 4111 1111 1111 1111"})).json()
    assert set(emptied["fields"]) == {"txn", "amount", "born", "bank"}
    assert "4111 1111" not in emptied["fields"]["txn"]
    assert (await desk.get(f"/{ticket['id']}", desk.player()))["fields"] == {}


async def test_fields_are_versioned_and_listed(desk: Desk) -> None:
    """An edit needs the version that was read; key and type stay; pages follow each other."""
    assert (await _add_field(desk, "txn")).headers["ETag"] == '"1"'
    assert (await _add_field(desk, "txn")).json()["code"] == "field-exists"
    assert (await _add_field(desk, "bank", "choice")).json()["code"] == "field-choices-invalid"
    assert (await _add_field(desk, "bank", "text", choices=["A"])).json()["code"] == "field-choices-invalid"
    await _add_field(desk, "bank", "choice", choices=["A"])
    edited = await _edit_field(desk, "bank", 1, choices=["A", "B"], active=False)
    assert edited.json() == {
        "key": "bank", "label": "Bank", "type": "choice", "choices": ["A", "B"], "required_for": [], "active": False,
        "version": 2,
    }  # fmt: skip
    assert (await _edit_field(desk, "bank", 1, label="X")).status_code == 412
    assert (await _edit_field(desk, "bank", 2, type="text")).status_code == 422
    assert (await _edit_field(desk, "none", 1, label="X")).status_code == 404
    page = await desk.service.http.get("/v1/ticket-fields?limit=1", headers=desk.agent())
    assert [item["key"] for item in page.json()["items"]] == ["bank"]
    rest = {"limit": "1", "cursor": page.json()["next_cursor"]}
    second = await desk.service.http.get("/v1/ticket-fields", params=rest, headers=desk.agent())
    assert ([item["key"] for item in second.json()["items"]], second.json()["next_cursor"]) == (["txn"], None)
    foreign = await desk.service.http.get("/v1/ticket-fields", headers=desk.agent(brand="royal"))
    assert foreign.json()["items"] == []


@pytest.mark.parametrize("by_field", [True, False])
async def test_a_ticket_is_not_resolved_without_what_its_reason_asks_for(desk: Desk, *, by_field: bool) -> None:
    """Staff are told which fields; filling them in the same edit is enough; servers and closing are not held up."""
    await _add_field(desk, "txn", required_for=["WDR.LATE"] if by_field else [])
    if not by_field:
        await _put_reason(desk, "WDR.LATE", 0, required=["txn", "something said in words"])
    ticket = await desk.open(reason="WDR.LATE")
    refused = await desk.patch(ticket, status="resolved")
    assert (refused.status_code, refused.json()["code"], refused.json()["missing"]) == (409, "fields-missing", ["txn"])
    assert refused.json()["errors"][0]["pointer"] == "/fields/txn"
    assert (await desk.patch(ticket, status="resolved", fields={"txn": "T-1"})).json()["status"] == "resolved"
    other = await desk.open(reason="WDR.LATE")
    assert (await desk.patch(other, desk.server("tickets:write"), status="resolved")).status_code == 200
    spam = await desk.open(reason="WDR.LATE")
    assert (await desk.patch(spam, status="closed")).status_code == 200


async def test_another_process_knows_a_new_reason_within_seconds(postgres: Cluster) -> None:
    """It keeps what it knows for a moment; an opening then costs no question more than without reasons of one's own."""
    async with running_service(postgres, "tickets") as one, running_service(postgres, "tickets", urls=one.urls) as two:
        here, there = Desk(one), Desk(two)
        await there.open(reason="WDR.LATE")
        await _put_reason(here, "VIP.JET", 0)
        body = {"subject": "Jet", "message": {"text": "Now"}, "reason": "VIP.JET"}

        async def known() -> bool:
            answer = await two.http.post("/v1/tickets", json=body, headers=there.player())
            return answer.status_code == 201

        assert await eventually(known, every=0.2)
