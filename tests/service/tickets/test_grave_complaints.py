"""A complaint about safer gambling has days, not weeks: whoever registers it, and however late it shows."""

import pytest

from tests.service.tickets.desk import Desk
from tests.service.tickets.test_complaints import WORDS, post, read


@pytest.mark.parametrize(
    ("body", "type_"), [({}, "safer_gambling_tools"), ({"type": "bonus_promotion"}, "bonus_promotion")]
)
async def test_registered_by_hand_it_follows_the_reason(desk: Desk, body: dict[str, str], type_: str) -> None:
    """What staff call it changes nothing of what its ticket is about."""
    ticket = await desk.open(reason="RG.DEATH")
    answer = await desk.post(f"/{ticket['id']}/complaint", body)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["type"], answer.json()["rg_related"]) == (type_, True)


@pytest.mark.parametrize(("chosen", "after"), [("other", "safer_gambling_tools"), ("game_fault", "game_fault")])
async def test_it_becomes_one_with_the_reason_of_its_ticket(desk: Desk, chosen: str, after: str) -> None:
    """A type that somebody chose stays; another reason afterwards takes nothing back."""
    ticket = await desk.open()
    complaint = (await desk.post(f"/{ticket['id']}/complaint", {"type": chosen})).json()
    assert complaint["rg_related"] is False
    for reason in ("RG.DEATH", "BON.WAGER"):
        edited = await desk.patch(await desk.get(f"/{ticket['id']}"), desk.agent(role="lead"), reason=reason)
        assert edited.status_code == 200, edited.text
        shown = await read(desk, complaint["id"])
        assert (shown["type"], shown["rg_related"]) == (after, True)


async def test_what_is_over_stays_what_it_was(desk: Desk) -> None:
    """And another reason of complaints makes no new one of it."""
    ticket = await desk.open(message={"text": WORDS})
    complaint = {"id": (await desk.get(f"/{ticket['id']}"))["complaint_id"]}
    asked = {"reason_code": "none", "reason": "A question"}
    assert (await post(desk, complaint, "withdrawal", **asked)).status_code == 200
    assert (await post(desk, complaint, "withdrawal/approval", who="s-7", role="lead")).status_code == 200
    for reason in ("RG.DEATH", "CMP.FAIRNESS"):
        edited = await desk.patch(await desk.get(f"/{ticket['id']}"), desk.agent(role="lead"), reason=reason)
        assert edited.json()["complaint_id"] == complaint["id"], edited.text
    assert (await read(desk, complaint["id"]))["rg_related"] is False
