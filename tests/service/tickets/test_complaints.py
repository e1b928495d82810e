"""The complaints register: detected on any channel, handled by the licence, never quietly gone."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.contracts.gateway import BrandChanged
from shared.contracts.sla import ClockKind, ComplaintBreached, ComplaintScheduled, ComplaintWarned
from shared.contracts.tickets import ComplaintChanged, ComplaintRegistered
from shared.ids import new_id
from tests.service.tickets.desk import MORNING, Desk, posted, session_started

WORDS = "I'm not happy how you settled my bet"


async def licensed(desk: Desk, licence: str | None) -> None:
    await desk.service.publish(
        BrandChanged(brand="lucky", name="Lucky", languages=("en",), default_language="en", licence=licence)
    )


async def complained(desk: Desk, licence: str | None = "GB") -> dict[str, Any]:
    """Let a player complain live and return the complaint."""
    await licensed(desk, licence)
    ticket = new_id()
    await desk.service.publish(session_started(ticket))
    await desk.service.publish(posted(ticket, 1, WORDS))
    shown = await desk.get(f"/{ticket}")
    return await read(desk, shown["complaint_id"])


async def read(desk: Desk, complaint_id: str) -> dict[str, Any]:
    answer = await desk.service.http.get(f"/v1/complaints/{complaint_id}", headers=desk.agent())
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def scheduled(desk: Desk, complaint: dict[str, Any], days: float = 10) -> None:
    await desk.service.publish(
        ComplaintScheduled(
            complaint_id=complaint["id"], ticket_id=complaint["ticket_id"], kind=ClockKind.COMPLAINT_FINAL,
            jurisdiction=complaint["jurisdiction"], owner_id=None, started_at=MORNING,
            due_at=desk.service.ground.clock.now() + timedelta(days=days), occurred_at=MORNING,
        )
    )  # fmt: skip


async def post(
    desk: Desk, complaint: dict[str, Any], what: str, who: str = "s-9", role: str = "senior", **body: Any
) -> Any:
    return await desk.service.http.post(
        f"/v1/complaints/{complaint['id']}/{what}", json=body or {}, headers=desk.agent(who, role=role)
    )


async def steps(desk: Desk, complaint: dict[str, Any], *what: tuple[str, dict[str, Any]]) -> None:
    for name, body in what:
        answer = await post(desk, complaint, name, **body)
        assert answer.status_code == 200, (name, answer.text)


DECISION = {"decision": "The bet was settled by the rules.", "reasons": "Rule 7.", "remedy": "None."}
FINAL = {"end_of_process_statement": "Our procedure has ended.", "language": "en"}


async def test_a_chat_message_registers_a_complaint_as_old_as_the_words(desk: Desk) -> None:
    complaint = await complained(desk)
    assert complaint["received_at"] == (MORNING + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    assert (complaint["state"], complaint["jurisdiction"], complaint["details"]) == ("registered", "GB", WORDS)
    assert len(await desk.service.recorded(ComplaintRegistered)) == 1


async def test_further_words_join_the_open_complaint(desk: Desk) -> None:
    complaint = await complained(desk)
    await desk.service.publish(posted(complaint["ticket_id"], 2, "This is a formal complaint."))
    assert len(await desk.service.recorded(ComplaintRegistered)) == 1


async def test_the_player_is_told_as_soon_as_the_time_is_known(desk: Desk) -> None:
    complaint = await complained(desk)
    await scheduled(desk, complaint)
    after = await read(desk, complaint["id"])
    assert after["state"] == "acknowledged"
    words = await desk.get(f"/{complaint['ticket_id']}/messages", desk.player())
    assert complaint["number"] in words["items"][-1]["text"]
    assert (await desk.get(f"/{complaint['ticket_id']}"))["status"] == "new"


@pytest.mark.parametrize("reason", ["CMP.FORMAL", "CMP.STAFF"])
async def test_the_reason_registers_a_complaint(desk: Desk, reason: str) -> None:
    ticket = await desk.open(desk.player(), reason=reason)
    later = await desk.open(desk.player())
    assert (await desk.get(f"/{ticket['id']}"))["complaint_id"]
    assert (await desk.patch(later, reason=reason)).json()["complaint_id"]


async def test_staff_register_what_nobody_detected(desk: Desk) -> None:
    ticket = await desk.open()
    answer = await desk.post(f"/{ticket['id']}/complaint", {"type": "bonus_promotion"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["jurisdiction"] == "default"
    assert answer.json()["received_at"] == ticket["created_at"]
    again = await desk.post(f"/{ticket['id']}/complaint", {"type": "other"})
    assert again.json()["id"] == answer.json()["id"]


async def test_the_time_of_receipt_cannot_be_changed_even_in_the_database(desk: Desk) -> None:
    complaint = await complained(desk)
    with pytest.raises(DBAPIError, match="never changes"):
        async with desk.service.ground.database.begin("lucky") as session:
            await session.execute(
                text("UPDATE complaints SET received_at = now() WHERE id = :id"), {"id": complaint["id"]}
            )


@pytest.mark.parametrize(("licence", "status"), [("GB", 400), ("MT", 400), ("CW", 400), ("DE", 200), (None, 200)])
async def test_a_final_response_names_the_adr_entity_where_there_is_one(
    desk: Desk, licence: str | None, status: int
) -> None:
    complaint = await complained(desk, licence)
    await scheduled(desk, complaint)
    await steps(desk, complaint, ("investigate", {}), ("decision", DECISION))
    answer = await post(desk, complaint, "final-response", **FINAL)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/adr_entity_ref"]
        answer = await post(desk, complaint, "final-response", **FINAL, adr_entity_ref="eCOGRA")
    assert answer.status_code == 200
    assert answer.json()["final_response_at"]


async def test_the_walk_to_adr_and_its_export(desk: Desk) -> None:
    complaint = await complained(desk)
    await scheduled(desk, complaint)
    final = {**FINAL, "adr_entity_ref": "IBAS"}
    await steps(
        desk, complaint, ("investigate", {}), ("decision", DECISION), ("final-response", final), ("deadlock", {}),
        ("adr-offer", {}), ("adr-referral", {}), ("adr-outcome", {"adr_outcome": "upheld"}),
        ("close", {"reason": "Decided."}),
    )  # fmt: skip
    after = await read(desk, complaint["id"])
    assert after["state"] == "closed"
    assert [move["after"] for move in after["history"]][-3:] == ["adr_open", "adr_decided", "closed"]
    assert after["received_at"] == complaint["received_at"]
    query = {"licence": "GB", "month": "2025-01"}
    lead = desk.agent("s-8", role="lead")
    answer = await desk.service.http.get("/v1/complaints/export", params=query, headers=lead)
    assert answer.json()["counters"] == {"formal_complaints": 1, "unresolved_at_first_stage": 1, "sent_to_adr": 1}
    table = await desk.service.http.get("/v1/complaints/export", params={**query, "format": "csv"}, headers=lead)
    assert complaint["number"] in table.text


async def test_the_clock_stands_still_only_where_the_law_allows_and_until_the_player_speaks(desk: Desk) -> None:
    complaint = await complained(desk)
    await scheduled(desk, complaint)
    pause = {"reason_code": "evidence", "evidence_request_id": "e-1"}
    await steps(desk, complaint, ("investigate", {}), ("pause", pause))
    await desk.service.publish(posted(complaint["ticket_id"], 2, "Here is the picture."))
    after = await read(desk, complaint["id"])
    assert after["state"] == "investigating"
    assert after["pauses"][0]["ended_at"]
    assert [e.data["after"] for e in await desk.service.recorded(ComplaintChanged)][-2:] == ["paused", "investigating"]


async def test_malta_forbids_the_pause_but_gives_ten_more_days_once(desk: Desk) -> None:
    complaint = await complained(desk, "MT")
    await scheduled(desk, complaint)
    await steps(desk, complaint, ("investigate", {}))
    refused = await post(desk, complaint, "pause", reason_code="evidence", evidence_request_id="e-1")
    assert refused.json()["code"] == "complaint-pause-forbidden"
    assert (await post(desk, complaint, "extension", reason="The provider is slow.")).status_code == 200
    assert (await post(desk, complaint, "extension", reason="Again.")).status_code == 409


async def test_an_extension_after_the_end_is_none(desk: Desk) -> None:
    complaint = await complained(desk, "MT")
    await scheduled(desk, complaint, days=-1)
    assert (await post(desk, complaint, "extension", reason="Late.")).status_code == 409


async def test_a_withdrawal_needs_a_second_person(desk: Desk) -> None:
    complaint = await complained(desk)
    asked = await post(desk, complaint, "withdrawal", "s-8", "lead", reason_code="not_a_complaint", reason="Praise.")
    assert asked.json()["state"] == "registered"
    own = await post(desk, complaint, "withdrawal/approval", "s-8", "lead")
    assert own.json()["code"] == "approval-needs-another"
    assert (await post(desk, complaint, "withdrawal/approval", "s-9", "senior")).status_code == 403
    approved = await post(desk, complaint, "withdrawal/approval", "s-7", "lead")
    assert (approved.json()["state"], approved.json()["received_at"]) == ("closed", complaint["received_at"])


async def test_nobody_investigates_a_complaint_about_himself(desk: Desk) -> None:
    await desk.hire("s-9")
    complaint = await complained(desk)
    await scheduled(desk, complaint)
    now = await read(desk, complaint["id"])
    headers = desk.agent("s-8", role="senior") | {"If-Match": f'"{now["version"]}"'}
    edited = await desk.service.http.patch(
        f"/v1/complaints/{complaint['id']}", json={"accused_staff_id": "s-9"}, headers=headers
    )
    assert edited.status_code == 200, edited.text
    assert (await post(desk, complaint, "investigate")).json()["code"] == "conflict-of-interest"
    assert (await post(desk, complaint, "investigate", "s-8")).status_code == 200


async def test_a_ticket_with_an_open_complaint_is_resolved_but_not_closed(desk: Desk) -> None:
    complaint = await complained(desk)
    ticket = await desk.get(f"/{complaint['ticket_id']}")
    refused = await desk.patch(ticket, status="closed")
    assert refused.json()["code"] == "complaint-open"
    assert (await desk.patch(ticket, status="resolved")).status_code == 200


async def test_at_the_deadline_the_letter_is_drafted_and_nothing_is_closed(desk: Desk) -> None:
    complaint = await complained(desk)
    await scheduled(desk, complaint)
    told = {
        "complaint_id": complaint["id"], "ticket_id": complaint["ticket_id"], "kind": ClockKind.COMPLAINT_FINAL,
        "jurisdiction": "GB", "owner_id": None, "started_at": MORNING, "due_at": MORNING, "occurred_at": MORNING,
    }  # fmt: skip
    await desk.service.publish(ComplaintWarned.model_validate({**told, "percent": 80}))
    await desk.service.publish(ComplaintBreached.model_validate(told))
    after = await read(desk, complaint["id"])
    assert after["state"] == "overdue_final"
    assert "Commission-approved" in after["letter"] or "list" in after["letter"]
    words = await desk.get(f"/{complaint['ticket_id']}/messages")
    assert sum(item["kind"] == "note" for item in words["items"]) == 2
    late = await post(desk, complaint, "final-response", **DECISION, **FINAL, adr_entity_ref="IBAS")
    assert (late.status_code, late.json()["state"]) == (200, "final_response_sent"), late.text
    assert late.json()["final_response_at"]
    await steps(desk, complaint, ("deadlock", {}), ("adr-offer", {"adr_entity_ref": "IBAS"}))


async def test_a_server_names_the_licence_of_one_player(desk: Desk) -> None:
    await licensed(desk, "GB")
    key = desk.server("tickets:write")
    ticket = await desk.open(key, player_id="p-1", licence="MT", message={"text": "I want to make a complaint"})
    assert (await read(desk, ticket["complaint_id"]))["jurisdiction"] == "MT"
    body = {"subject": "x", "message": {"text": "x"}, "licence": "MT"}
    refused = await desk.post("", body, desk.player())
    assert refused.json()["code"] == "licence-refused"


async def test_reading_the_register_is_audited_and_players_see_none_of_it(desk: Desk) -> None:
    complaint = await complained(desk)
    trail = await desk.service.http.get("/v1/audit", headers=desk.agent("s-8", role="lead"))
    assert "read_complaint" in {entry["action"] for entry in trail.json()["items"]}
    for headers in (desk.player(), desk.visitor()):
        answer = await desk.service.http.get(f"/v1/complaints/{complaint['id']}", headers=headers)
        assert answer.status_code == 403
    other = desk.agent("s-1", brand="royal")
    assert (await desk.service.http.get(f"/v1/complaints/{complaint['id']}", headers=other)).status_code == 404
