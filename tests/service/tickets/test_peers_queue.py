"""What users of other desks complain about, and does not happen here: assignment and the queue.

The numbers are those of the list of complaints the desk is measured by.
"""

import asyncio
from typing import Any

import pytest

from shared.contracts.tickets import TicketAssigned
from tests.service.tickets.desk import Desk
from tests.service.tickets.passing import become, chat, comes_to, disconnect, holder, look, waiting
from tests.service.tickets.test_queue import profile
from tests.support.eventually import eventually
from tests.support.service import RunningService


async def staffed(desk: Desk, *people: str, **fields: Any) -> None:
    """Have people at the desk who take tickets."""
    for one in people:
        await desk.hire(one, "agent")
        await profile(desk, one, **fields)


async def say(desk: Desk, ticket: dict[str, Any], text: str, headers: dict[str, str], **fields: str) -> None:
    """Add words to a ticket."""
    answer = await desk.post(f"/{ticket['id']}/messages", {"text": text, **fields}, headers)
    assert answer.status_code == 201, answer.text


async def test_12_a_silent_agent_does_not_keep_the_chat(tickets: RunningService, desk: Desk) -> None:
    """180 s without an answer: it goes to a colleague, not a second before, and never to two people."""
    await staffed(desk, "s-1")
    ticket = await chat(desk)
    await comes_to(desk, ticket, "s-1")
    await staffed(desk, "s-2")
    await look(desk, seconds=175)
    assert await holder(desk, ticket) == "s-1"
    assert await look(desk, seconds=181) == 1
    assert await holder(desk, ticket) == "s-2"
    owners = [fact.data["assignee_id"] for fact in await tickets.recorded(TicketAssigned)]
    assert owners == ["s-1", None, "s-2"]


async def test_12_an_agent_who_answered_keeps_the_chat_until_the_player_waits_again(desk: Desk) -> None:
    """His answer ends the silence; the player's next words begin it anew."""
    await staffed(desk, "s-1")
    ticket = await chat(desk)
    await comes_to(desk, ticket, "s-1")
    await staffed(desk, "s-2")
    await say(desk, ticket, "I look.", desk.agent("s-1"), kind="reply")
    await look(desk, hours=2)
    assert await holder(desk, ticket) == "s-1"
    await say(desk, ticket, "And?", desk.player())
    assert await look(desk, seconds=181) == 1
    assert await holder(desk, ticket) == "s-2"


async def test_12_the_bot_and_notes_break_no_silence(desk: Desk) -> None:
    """Only a person's answer to the player does."""
    await staffed(desk, "s-1")
    ticket = await chat(desk)
    await comes_to(desk, ticket, "s-1")
    await staffed(desk, "s-2")
    await say(desk, ticket, "Looks odd.", desk.agent("s-1"), kind="note")
    assert await look(desk, seconds=181) == 1
    assert await holder(desk, ticket) == "s-2"


async def test_12_with_nobody_else_there_the_chat_is_still_somebodys(desk: Desk) -> None:
    """Who was silent comes after all others, and is better than nobody."""
    await staffed(desk, "s-1")
    ticket = await chat(desk)
    await comes_to(desk, ticket, "s-1")
    assert await look(desk, seconds=181) == 1
    assert await holder(desk, ticket) == "s-1"


@pytest.mark.parametrize("how", ["offline", "away", "dismissed", "cut"])
async def test_13_an_absent_agent_does_not_keep_the_chat(desk: Desk, how: str) -> None:
    """Thirty seconds are forgiven; who was dismissed loses it at once."""
    await staffed(desk, "s-1")
    ticket = await chat(desk)
    await comes_to(desk, ticket, "s-1")
    await staffed(desk, "s-2")
    if how == "cut":
        await disconnect(desk, "s-1")
    elif how == "dismissed":
        await become(desk, "s-1", "online", active=False)
        await comes_to(desk, ticket, "s-2")
        return
    else:
        await become(desk, "s-1", how)
    await look(desk, seconds=25)
    assert await holder(desk, ticket) == "s-1"
    assert await look(desk, seconds=31) == 1
    assert await holder(desk, ticket) == "s-2"


@pytest.mark.parametrize("channel", ["web", "form"])
async def test_13_a_player_who_comes_back_is_not_left_with_somebody_who_went(desk: Desk, channel: str) -> None:
    """It was answered when its holder went offline, so it stayed; new words go to whoever is there, at once."""
    await staffed(desk, "s-1")
    ticket = await chat(desk) if channel == "web" else await desk.open()
    await comes_to(desk, ticket, "s-1")
    await say(desk, ticket, "Done.", desk.agent("s-1"), kind="reply")
    await desk.hire("s-1", "agent", "offline")
    await staffed(desk, "s-2")
    await look(desk, seconds=40)
    assert await holder(desk, ticket) == "s-1"
    await say(desk, ticket, "It is not.", desk.player())
    await comes_to(desk, ticket, "s-2")


async def test_14_every_waiting_player_knows_his_position_and_about_how_long(desk: Desk) -> None:
    """From one up without gaps, in serving order, moving as the queue does; the estimate grows with the position."""
    opened = [await desk.open(desk.player(f"p-{n}")) for n in range(4)]
    grave = await desk.open(desk.player("p-9"), reason="RG.SELF_HARM")

    async def places() -> list[tuple[int | None, int | None]]:
        found = [
            await desk.get(f"/{one['id']}/queue", desk.player(f"p-{n}")) for n, one in [*enumerate(opened), (9, grave)]
        ]
        return [(one["position"], one["eta_seconds"]) for one in found]

    shown = await places()
    assert [position for position, _ in shown] == [2, 3, 4, 5, 1]
    estimates = [eta for _, eta in sorted(shown, key=lambda one: one[0] or 0)]
    assert None not in estimates
    assert sorted(set(map(int, filter(None, estimates)))) == estimates
    await desk.assign(grave, "me")
    assert [position for position, _ in await places()] == [1, 2, 3, 4, None]


async def test_14_personal_limits_hold_and_the_rest_waits_in_order(desk: Desk) -> None:
    """A burst of chats fills everybody to his limit and nobody beyond; what is over waits and is seen."""
    await staffed(desk, "s-1", capacity={"web": 2})
    await staffed(desk, "s-2", capacity={"web": 1})
    opened = [await chat(desk, f"p-{n}") for n in range(6)]
    await asyncio.gather(*(comes_to(desk, one, None) for one in opened[3:]))
    held = [await holder(desk, one) for one in opened]
    assert (held.count("s-1"), held.count("s-2"), held[3:]) == (2, 1, [None] * 3)
    assert [one["ticket_id"] for one in await waiting(desk)] == [one["id"] for one in opened[3:]]
    await desk.patch(await desk.get(f"/{opened[0]['id']}"), status="resolved")
    await comes_to(desk, opened[3], held[0])


async def test_14_without_a_limit_of_his_own_nobody_holds_more_than_six_chats(desk: Desk) -> None:
    """Nor more than twenty of anything, whatever a lead says."""
    await staffed(desk, "s-1")
    opened = [await chat(desk, f"p-{n}") for n in range(8)]
    await asyncio.gather(*(comes_to(desk, one, "s-1") for one in opened[:6]))
    assert [await holder(desk, one) for one in opened[6:]] == [None, None]
    lead = desk.agent("s-lead", role="lead") | {"If-Match": '"1"'}
    refused = await desk.service.http.put("/v1/agents/s-1", json={"capacity": {"web": 21}}, headers=lead)
    assert refused.status_code == 422


async def test_14_what_overflows_a_full_manager_goes_to_everybody(desk: Desk) -> None:
    """It waits five minutes for him and no longer; being full keeps no player waiting for ever."""
    await staffed(desk, "s-1", "s-2", capacity={"form": 1})
    lead = desk.agent("s-lead", role="lead")
    await desk.service.http.put("/v1/agents/s-1/players/p-1", headers=lead)
    first, second = await desk.open(), await desk.open()
    await comes_to(desk, first, "s-1")
    assert await look(desk, seconds=295) == 0
    assert [one["reserved_for"] for one in await waiting(desk)] == ["s-1"]
    assert await look(desk, seconds=301) == 1
    assert await holder(desk, second) == "s-2"


async def test_14_no_chat_is_stuck_or_out_of_sight(desk: Desk) -> None:
    """Whatever nobody has is in the queue, also if nobody could take it, and is given when somebody can."""
    await staffed(desk, "s-1", languages=["en"])
    russian, team = await chat(desk, language="ru"), await desk.open(desk.player("p-2"), language="en")
    await comes_to(desk, team, "s-1")
    await desk.team("night")
    moved = await desk.patch(await desk.get(f"/{team['id']}"), team_id="night")
    assert moved.status_code == 200
    await desk.assign(team, None)

    shown = {one["ticket_id"]: one["stalled_at"] is not None for one in await waiting(desk)}
    assert shown.keys() == {russian["id"], team["id"]}
    await look(desk, seconds=1)
    assert all(one["stalled_at"] is not None for one in await waiting(desk))
    await profile(desk, "s-1", 1, languages=["en", "ru"], teams=["night"])
    await asyncio.gather(*(comes_to(desk, one, "s-1") for one in (russian, team)))
    assert await waiting(desk) == []


async def test_15_work_is_spread_by_load_not_by_luck(desk: Desk) -> None:
    """Who is busier relative to what he can hold is asked later; among equals who has been idle longest."""
    await staffed(desk, "s-1", capacity={"form": 8})
    await staffed(desk, "s-2", "s-3", capacity={"form": 4})
    opened = [await desk.open(desk.player(f"p-{n}")) for n in range(8)]

    async def spread() -> bool:
        held = [await holder(desk, one) for one in opened]
        return [held.count(one) for one in ("s-1", "s-2", "s-3")] == [4, 2, 2]

    await eventually(spread)
