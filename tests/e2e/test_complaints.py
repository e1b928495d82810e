"""A complaint from the player's words to ADR and the export, under four licences; a legal day is a second."""

from datetime import UTC, datetime
from typing import Final

import pytest

from deploy.demo.clients import Door
from tests.e2e.asking import Json, ask, made
from tests.e2e.house import House, found_house
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

WORDS: Final = "I'm not happy how you settled my bet"
DECISION: Final = {"decision": "Settled by the rules.", "reasons": "Rule 7.", "remedy": "None.", "outcome": "rejected"}
FINAL: Final = {"end_of_process_statement": "Our procedure has ended.", "language": "en", "adr_entity_ref": "eCOGRA"}
TO_ADR: Final[tuple[tuple[str, Json], ...]] = (
    ("investigate", {}),
    ("decision", DECISION),
    ("final-response", FINAL),
    ("deadlock", {"reason": "The player does not agree."}),
    ("adr-offer", {"adr_entity_ref": "eCOGRA"}),
    ("adr-referral", {}),
    ("adr-outcome", {"adr_outcome": "upheld"}),
    ("close", {"reason": "The entity decided."}),
)


async def _licensed(product: Product, door: Door, licence: str | None) -> House:
    name = f"law-{(licence or 'none').lower()}"
    house = await found_house(door, product.demo, name, licence=licence)
    for role in ("senior", "lead"):
        await house.hire(role)
    return house


async def _complaint(house: House, ticket: str, *states: str) -> Json:
    async def reached() -> Json | None:
        shown = await house.door.call("GET", f"/v1/tickets/{ticket}", token=house.tokens["senior"])
        if shown["complaint_id"] is None:
            return None
        path = f"/v1/complaints/{shown['complaint_id']}"
        found: Json = await house.door.call("GET", path, token=house.tokens["senior"])
        return found if found["state"] in states else None

    found = await eventually(reached, within=40)
    assert found is not None
    return found


@pytest.mark.parametrize("licence", ["GB", "MT", "CW", None])
async def test_from_the_players_words_to_adr_and_export(product: Product, door: Door, licence: str | None) -> None:
    """Detected, acknowledged by itself, decided, not accepted, handed over, decided there, and counted."""
    house = await _licensed(product, door, licence)
    ticket = await house.ticket("p-1", WORDS)
    complaint = await _complaint(house, str(ticket["id"]), "acknowledged")
    assert complaint["received_at"] == ticket["created_at"]
    assert complaint["jurisdiction"] == (licence or "default")
    assert complaint["acknowledged_at"] < complaint["legal_due_at"]
    words = await door.call("GET", f"/v1/tickets/{ticket['id']}/messages", token=house.player("p-1"))
    assert complaint["number"] in words["items"][-1]["text"]
    for step, body in TO_ADR:
        await made_or_done(house, f"/v1/complaints/{complaint['id']}/{step}", body)
    closed = await _complaint(house, str(ticket["id"]), "closed")
    assert closed["received_at"] == ticket["created_at"]
    month = f"{datetime.now(UTC):%Y-%m}"
    path = f"/v1/complaints/export?licence={licence or 'default'}&month={month}"
    report = await door.call("GET", path, token=house.tokens["lead"])
    assert report["counters"] == {"formal_complaints": 1, "unresolved_at_first_stage": 1, "sent_to_adr": 1}
    assert report["volumes"]["by_outcome"] == {"rejected": 1}
    assert report["adr"] == [{"player_id": "p-1", "subject": "other", "conclusion": "upheld"}]


async def test_what_nobody_answers_is_overdue_with_its_letter_and_never_closed(product: Product, door: Door) -> None:
    """Ten days of Malta are ten seconds here: three warnings, the end, the letter, and still open."""
    house = await _licensed(product, door, "MT")
    ticket = str((await house.ticket("p-2", WORDS))["id"])
    overdue = await _complaint(house, ticket, "overdue_final")
    assert "MGA" in overdue["letter"]
    page = await door.call("GET", f"/v1/tickets/{ticket}/messages", token=house.tokens["senior"])
    notes = [item["text"] for item in page["items"] if item["kind"] == "note"]
    assert [note.split()[1] for note in notes if "complaint_final" in note][:3] == ["50", "80", "95"]
    shown = await ask(door, "GET", f"/v1/tickets/{ticket}", token=house.tokens["senior"])
    refused = await ask(
        door, "PATCH", f"/v1/tickets/{ticket}", token=house.tokens["senior"], body={"status": "closed"},
        headers={"If-Match": f'"{shown.json["version"]}"'},
    )  # fmt: skip
    assert (refused.status, refused.json["code"]) == (409, "complaint-open")


async def made_or_done(house: House, path: str, body: Json) -> Json:
    """Move a complaint as the senior."""
    return await made(house.door, path, body, token=house.tokens["senior"])
