"""What is taken back keeps its place, what is reserved waits within a bound, what nobody may take is seen."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.tickets.domain.people import GRACE
from shared.contracts.tickets import TicketAssigned
from tests.service.tickets.desk import Desk
from tests.service.tickets.passing import become, chat, comes_to, disconnect, holder, look, waiting
from tests.service.tickets.test_queue import profile
from tests.support.eventually import eventually


async def full_house(desk: Desk) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Have one person with room for one chat, who has the first of three."""
    await desk.hire("s-1", "agent")
    await profile(desk, "s-1", capacity={"web": 1})
    first = await chat(desk, "p-1")
    await comes_to(desk, first, "s-1")
    return first, await chat(desk, "p-2"), await chat(desk, "p-3")


async def _stand_in_line(desk: Desk, tickets: list[dict[str, Any]], **after: float) -> None:
    """Look until these wait in this order: what somebody has locked is called for again."""

    async def looked() -> bool:
        await look(desk, **after)
        return [one["ticket_id"] for one in await waiting(desk)] == [ticket["id"] for ticket in tickets]

    await eventually(looked)


@pytest.mark.parametrize("how", ["silent", "offline", "away", "cut"])
async def test_a_chat_that_comes_back_has_its_old_place(desk: Desk, how: str) -> None:
    """It is the first in line again, since the same moment, before everybody who came later."""
    first, second, third = await full_house(desk)
    since = first["created_at"]
    await profile(desk, "s-1", 1, capacity={"web": 0})
    if how == "cut":
        await disconnect(desk, "s-1")
    elif how != "silent":
        await become(desk, "s-1", how)
    await _stand_in_line(desk, [first, second, third], seconds=181 if how == "silent" else GRACE.total_seconds() + 1)
    lines = await waiting(desk)
    assert [one["position"] for one in lines] == [1, 2, 3]
    assert abs(_time(lines[0]["enqueued_at"]) - _time(since)) < timedelta(seconds=2)
    await desk.hire("s-2", "agent")
    await profile(desk, "s-2", capacity={"web": 1})
    await comes_to(desk, first, "s-2")
    assert [await holder(desk, one) for one in (second, third)] == [None, None]


async def test_what_somebody_gives_back_by_hand_has_its_old_place_too(desk: Desk) -> None:
    """Nobody loses his turn because a person thought better of it."""
    first, second, third = await full_house(desk)
    await profile(desk, "s-1", 1, capacity={"web": 0})
    await desk.assign(first, None)
    assert [one["ticket_id"] for one in await waiting(desk)] == [first["id"], second["id"], third["id"]]


async def test_an_answered_player_who_writes_again_waits_since_then(desk: Desk) -> None:
    """An answer ends his wait; his next words begin another behind those who wait already."""
    first, second, third = await full_house(desk)
    answered = await desk.post(f"/{first['id']}/messages", {"text": "I look.", "kind": "reply"}, desk.agent("s-1"))
    assert answered.is_success
    await desk.post(f"/{first['id']}/messages", {"text": "And?"}, desk.player())
    await profile(desk, "s-1", 1, capacity={"web": 0})
    await _stand_in_line(desk, [second, third, first], seconds=181)


async def test_a_short_absence_is_forgiven(desk: Desk) -> None:
    """Whoever is back within the grace has everything he had; the look at its end takes nothing from him."""
    await desk.hire("s-1", "agent")
    await profile(desk, "s-1")
    ticket = await chat(desk)
    await comes_to(desk, ticket, "s-1")
    await become(desk, "s-1", "offline")
    await become(desk, "s-1", "online")
    await look(desk, seconds=GRACE.total_seconds() + 1)
    assert [fact.data["assignee_id"] for fact in await desk.service.recorded(TicketAssigned)] == ["s-1"]


async def test_somebody_away_keeps_what_is_no_live_chat(desk: Desk) -> None:
    """A form waits for somebody who is at lunch, not for somebody who went home."""
    await desk.hire("s-1", "agent")
    await profile(desk, "s-1")
    form = await desk.open()
    await comes_to(desk, form, "s-1")
    await become(desk, "s-1", "away")
    await look(desk, hours=1)
    assert await holder(desk, form) == "s-1"
    await become(desk, "s-1", "offline")
    await look(desk, seconds=GRACE.total_seconds() + 1)
    assert await holder(desk, form) is None


async def sleeper_of(desk: Desk) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a ticket that its player woke and the one with which its person was full then."""
    await desk.hire("s-1", "agent")
    await profile(desk, "s-1", capacity={"form": 1})
    sleeper = await desk.open()
    await comes_to(desk, sleeper, "s-1")
    await desk.patch(await desk.get(f"/{sleeper['id']}"), status="pending")
    other = await desk.open(desk.player("p-2"))
    await comes_to(desk, other, "s-1")
    await desk.hire("s-2", "agent")
    await profile(desk, "s-2", capacity={"form": 1})
    await desk.post(f"/{sleeper['id']}/messages", {"text": "And now?"}, desk.player())
    return sleeper, other


async def test_a_sleeper_waits_for_his_person_and_no_longer_than_ten_minutes(desk: Desk) -> None:
    """While a colleague is idle; then it is the colleague's, and nobody ever held more than his limit."""
    sleeper, other = await sleeper_of(desk)
    (line,) = await waiting(desk)
    assert (line["ticket_id"], line["reserved_for"]) == (sleeper["id"], "s-1")
    assert await look(desk, minutes=9) == 0
    assert await holder(desk, sleeper) is None
    assert await look(desk, minutes=10, seconds=30) == 1
    assert (await holder(desk, sleeper), await holder(desk, other)) == ("s-2", "s-1")


async def test_a_sleeper_does_not_wait_for_somebody_who_left(desk: Desk) -> None:
    """Its reservation is void as soon as he does not take work."""
    sleeper, _ = await sleeper_of(desk)
    await become(desk, "s-1", "busy")
    await comes_to(desk, sleeper, "s-2")


async def test_a_sleeper_whose_person_has_room_is_his_at_once(desk: Desk) -> None:
    """Nothing is handed over for nothing."""
    await desk.hire("s-1", "agent")
    await profile(desk, "s-1", capacity={"form": 1})
    ticket = await desk.open()
    await comes_to(desk, ticket, "s-1")
    await desk.patch(await desk.get(f"/{ticket['id']}"), status="pending")
    await desk.post(f"/{ticket['id']}/messages", {"text": "And now?"}, desk.player())
    assert await holder(desk, ticket) == "s-1"
    assert len(await desk.service.recorded(TicketAssigned)) == 1


@pytest.mark.parametrize("status", ["offline", "away", "busy"])
async def test_somebody_covers_at_once_for_a_manager_who_is_not_there(desk: Desk, status: str) -> None:
    """Nobody waits five minutes for an empty chair."""
    await desk.hire("s-1", "agent", status)
    await desk.hire("s-2", "agent")
    for one in ("s-1", "s-2"):
        await profile(desk, one)
    await desk.service.http.put("/v1/agents/s-1/players/p-1", headers=desk.agent("s-lead", role="lead"))
    await comes_to(desk, await desk.open(), "s-2")


async def test_skill_and_language_are_needed_together(desk: Desk) -> None:
    """Who has one of them is as little able as who has none; a region does not matter."""
    for who, languages, skills in (
        ("s-1", ["de"], []),
        ("s-2", ["en"], ["safer_gambling"]),
        ("s-3", ["fr"], ["safer_gambling"]),
    ):
        await desk.hire(who, "agent")
        await profile(desk, who, languages=languages, skills=skills)
    grave = await desk.open(reason="RG.SELF_HARM", language="de-CH")
    plain = await desk.open(desk.player("p-2"), language="de")
    await comes_to(desk, plain, "s-1")
    assert await holder(desk, grave) is None
    await profile(desk, "s-3", 1, languages=["fr", "de"], skills=["safer_gambling"])
    await comes_to(desk, grave, "s-3")


async def test_what_nobody_may_take_waits_where_everybody_sees_it(desk: Desk) -> None:
    """With a place, and since when nobody is there; not in the way of others; gone from there once somebody is."""
    await desk.hire("s-1", "agent")
    await profile(desk, "s-1", languages=["en"])
    stuck = await desk.open(language="tr")
    await look(desk, seconds=1)
    (line,) = await waiting(desk)
    assert (line["ticket_id"], line["position"]) == (stuck["id"], 1)
    assert line["stalled_at"] is not None
    queues = (await desk.service.http.get("/v1/queues", headers=desk.agent())).json()
    assert [(one["waiting"], one["stalled"]) for one in queues] == [(1, 1)]
    await comes_to(desk, await desk.open(desk.player("p-2"), language="en"), "s-1")
    await profile(desk, "s-1", 1, languages=["en", "tr"], capacity={"form": 1})
    await look(desk, seconds=1)
    (line,) = await waiting(desk)
    assert (line["ticket_id"], line["stalled_at"]) == (stuck["id"], None)


async def test_a_shift_begins_and_the_queue_is_looked_at_by_itself(desk: Desk) -> None:
    """The call for that moment was left before; until then nobody is given anything."""
    await desk.hire("s-1", "agent")
    now = desk.service.ground.clock.now()
    begins = (now + timedelta(hours=2)).replace(second=0, microsecond=0)
    ends = begins + timedelta(hours=4)
    shift = {"days": list(range(7)), "begins": f"{begins:%H:%M}", "ends": f"{ends:%H:%M}"}
    await profile(desk, "s-1", shifts=[shift])
    early = await desk.open()
    await look(desk, seconds=1)
    assert await holder(desk, early) is None
    assert await look(desk, seconds=(begins - now).total_seconds() - 2) == 0
    assert await look(desk, seconds=(begins - now).total_seconds() + 1) == 1
    late = await desk.open(desk.player("p-2"))
    assert await look(desk, seconds=(ends - now).total_seconds() + 1) == 0
    assert await holder(desk, late) is None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
