"""Who takes a live chat by his own hand while he is away keeps it, until he goes again, is silent or switched off."""

import asyncio
from typing import Any, Final

import pytest

from services.tickets.domain.people import GRACE
from shared.contracts.chat import PresenceChanged
from shared.contracts.tickets import TicketAssigned
from tests.service.tickets.desk import Desk
from tests.service.tickets.passing import become, chat, comes_to, disconnect, holder, look
from tests.service.tickets.test_queue import profile
from tests.support.eventually import eventually

LATER: Final = GRACE.total_seconds() + 1
LONG: Final = 5 * LATER


async def _gone(desk: Desk, status: str = "away", id_: str = "s-1", role: str = "agent") -> None:
    """Have somebody who has been gone for longer than the grace."""
    await desk.hire(id_, role, status)
    await profile(desk, id_)


async def _take(desk: Desk, ticket: dict[str, Any]) -> None:
    assert (await desk.assign(ticket, "me")).status_code == 200
    assert await holder(desk, ticket) == "s-1"


async def _owners(desk: Desk) -> list[object]:
    return [fact.data["assignee_id"] for fact in await desk.service.recorded(TicketAssigned)]


async def _is_let_go(desk: Desk, ticket: dict[str, Any], **after: float) -> None:
    """Look until nobody has it: what somebody has locked is called for again."""

    async def has_none() -> bool:
        await look(desk, **after)
        return await holder(desk, ticket) is None

    await eventually(has_none)


@pytest.mark.parametrize("status", ["away", "offline"])
async def test_a_chat_that_somebody_takes_himself_while_he_is_gone_stays_his(desk: Desk, status: str) -> None:
    """However long he is gone already, and whatever makes somebody look at the queue."""
    await _gone(desk, status)
    ticket = await chat(desk)
    await _take(desk, ticket)
    await chat(desk, "p-2")
    await look(desk, seconds=LONG)
    assert await _owners(desk) == ["s-1"]


@pytest.mark.parametrize("how", ["offline", "switched off", "silent"])
async def test_whoever_has_no_profile_loses_it_as_everybody_does(desk: Desk, how: str) -> None:
    """The queue gives him nothing, and yet a player must not wait for him for ever."""
    await desk.hire("s-2", "agent", "offline")
    await profile(desk, "s-2")
    await desk.hire("s-1", "agent", "online")
    ticket = await chat(desk)
    await _take(desk, ticket)
    await look(desk, seconds=LATER)
    assert await holder(desk, ticket) == "s-1"
    if how != "silent":
        await become(desk, "s-1", "offline" if how == "offline" else "online", active=how == "offline")
    await _is_let_go(desk, ticket, seconds=LONG * 2)


async def test_a_form_that_somebody_takes_offline_stays_his_as_well(desk: Desk) -> None:
    """Until his socket goes: his status says it no more."""
    await _gone(desk, "offline")
    form = await desk.open()
    await _take(desk, form)
    await look(desk, hours=2)
    assert await holder(desk, form) == "s-1"
    await disconnect(desk, "s-1")
    await _is_let_go(desk, form, seconds=LATER)


async def test_a_senior_away_who_takes_over_keeps_it(desk: Desk) -> None:
    """The take-over is his own deed too."""
    await desk.hire("s-1", "agent")
    await profile(desk, "s-1", capacity={"web": 1})
    ticket = await chat(desk)
    await comes_to(desk, ticket, "s-1")
    await _gone(desk, id_="s-8", role="senior")
    senior = desk.agent("s-8", role="senior")
    assert (await desk.post(f"/{ticket['id']}/takeover", {"reason": "VIP"}, senior)).is_success
    await look(desk, seconds=LONG)
    assert await holder(desk, ticket) == "s-8"


async def test_words_of_the_player_leave_it_with_whoever_works_on_it(desk: Desk) -> None:
    """He answered and is answered, all the while away; and what he put aside is his when he goes on with it."""
    await _gone(desk)
    ticket = await chat(desk)
    await _take(desk, ticket)
    for words in ("I look.", "Here it is."):
        reply = {"text": words, "kind": "reply"}
        assert (await desk.post(f"/{ticket['id']}/messages", reply, desk.agent("s-1"))).is_success
        assert (await desk.post(f"/{ticket['id']}/messages", {"text": "And?"}, desk.player())).is_success
        await look(desk, seconds=LONG)
    for status in ("pending", "open"):
        assert (await desk.patch(await desk.get(f"/{ticket['id']}"), status=status)).is_success
        await look(desk, seconds=LONG)
    assert await _owners(desk) == ["s-1"]


@pytest.mark.parametrize("how", ["online and away", "offline", "cut", "switched off"])
async def test_whoever_goes_later_loses_it_by_the_rules_of_everybody(desk: Desk, how: str) -> None:
    """What takes it from him is what he did after he took it."""
    await _gone(desk)
    if how == "cut":
        now = desk.service.ground.clock.now()
        await desk.service.publish(PresenceChanged(staff_id="s-1", connected=True, changed_at=now))
    ticket = await chat(desk)
    await _take(desk, ticket)
    if how == "cut":
        await disconnect(desk, "s-1")
    elif how == "switched off":
        await become(desk, "s-1", "offline", active=False)
    else:
        for status in how.split(" and "):
            await become(desk, "s-1", status)
    await _is_let_go(desk, ticket, seconds=LATER)


async def test_whoever_says_nothing_loses_it(desk: Desk) -> None:
    """The player waits for him no longer than for somebody who is there."""
    await _gone(desk)
    ticket = await chat(desk)
    await _take(desk, ticket)
    await look(desk, seconds=170)
    assert await holder(desk, ticket) == "s-1"
    await _is_let_go(desk, ticket, seconds=181)


async def test_what_a_colleague_gives_to_somebody_away_is_nobodys_again(desk: Desk) -> None:
    """He did not ask for it; nor is what he took and gave back his any more."""
    await _gone(desk)
    ticket = await chat(desk)
    await _take(desk, ticket)
    assert (await desk.assign(ticket, None)).is_success
    lead = desk.agent("s-lead", role="lead")
    given = await desk.service.http.put(
        f"/v1/tickets/{ticket['id']}/assignment", json={"assignee_id": "s-1"}, headers=lead
    )
    assert given.status_code == 200
    await _is_let_go(desk, ticket, seconds=1)


async def test_another_name_or_role_is_no_going(desk: Desk) -> None:
    """An account that changes while its person stays away is no new absence."""
    await _gone(desk)
    ticket = await chat(desk)
    await _take(desk, ticket)
    await become(desk, "s-1", "away", role="senior")
    await look(desk, seconds=LONG)
    assert await holder(desk, ticket) == "s-1"


async def test_who_signs_out_goes_although_he_was_offline_already(desk: Desk) -> None:
    """Nothing else is told of it."""
    await _gone(desk, "offline")
    ticket = await chat(desk)
    await _take(desk, ticket)
    await become(desk, "s-1", "offline")
    await _is_let_go(desk, ticket, seconds=LATER)


async def test_taking_and_going_at_once_lose_no_chat(desk: Desk) -> None:
    """Whichever of them the service hears first: what he did later counts."""
    await desk.hire("s-1", "agent", "away")
    await profile(desk, "s-1")
    before, after = await chat(desk), await chat(desk, "p-2")
    await asyncio.gather(become(desk, "s-1", "busy"), _take(desk, before))
    went = desk.service.ground.clock.now()
    await asyncio.gather(become(desk, "s-1", "away"), look(desk))
    await _take(desk, after)
    await _is_let_go(desk, before, seconds=(desk.service.ground.clock.now() - went).total_seconds() + LATER)
    assert await holder(desk, after) == "s-1"
