"""The tier a ticket opens with: the operator's word, else what was last known of the player."""

from typing import Any

import pytest

from services.tickets.domain.queueing import Rank
from shared.contracts.base import Author, AuthorKind
from shared.contracts.chat import SessionClaimed
from shared.contracts.tickets import TicketOpened
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.service.tickets.desk import MORNING, Desk, posted, session_started
from tests.support.service import RunningService


def _signed(desk: Desk, vip: str | None, id_: str = "p-1") -> dict[str, str]:
    return desk.service.actor(ActorKind.PLAYER, id_, name="Vera", claims={} if vip is None else {"vip": vip})


async def _tier(desk: Desk, ticket_id: object) -> str | None:
    found: str | None = (await desk.get(f"/{ticket_id}"))["tier"]
    return found


async def _rank(desk: Desk, ticket_id: object) -> Any:
    answer = await desk.service.http.get("/v1/queues/tickets", headers=desk.agent())
    return next(one["rank"] for one in answer.json()["items"] if one["ticket_id"] == str(ticket_id))


async def _chat(desk: Desk, **fields: Any) -> object:
    ticket_id = new_id()
    await desk.service.publish(session_started(ticket_id, **fields))
    await desk.service.publish(posted(ticket_id, 1, "Hello"))
    return ticket_id


async def test_a_signed_tier_makes_the_vip_line(tickets: RunningService, desk: Desk) -> None:
    """At the form and live: the opening's fact carries the tier, by which the promises are chosen."""
    form = (await desk.open(_signed(desk, "gold")))["id"]
    live = await _chat(desk, player="p-2", vip="gold")
    plain = (await desk.open(desk.player("p-3")))["id"]
    for ticket_id in (form, live):
        assert await _tier(desk, ticket_id) == "gold"
        assert await _rank(desk, ticket_id) == Rank.VIP.name.lower()
    assert await _rank(desk, plain) == Rank.STANDARD.name.lower()
    told = [TicketOpened.model_validate(fact.data).ticket.tier for fact in await tickets.recorded(TicketOpened)]
    assert told == ["gold", "gold", None]


async def test_the_player_is_not_shown_his_tier(desk: Desk) -> None:
    """It is the brand's word about him."""
    assert (await desk.open(_signed(desk, "gold")))["tier"] is None


async def test_the_last_known_tier_stays_until_the_operator_says_otherwise(desk: Desk) -> None:
    """A token without the claim changes nothing; one that says there is none does."""
    await desk.open(_signed(desk, "gold"))
    assert await _tier(desk, (await desk.open(desk.player()))["id"]) == "gold"
    assert await _tier(desk, await _chat(desk)) == "gold"
    assert await _tier(desk, (await desk.open(desk.agent(), player_id="p-1"))["id"]) == "gold"
    assert await _tier(desk, (await desk.open(desk.server("tickets:write"), player_id="p-1"))["id"]) == "gold"
    assert await _tier(desk, (await desk.open(_signed(desk, "false")))["id"]) is None
    assert await _tier(desk, await _chat(desk)) is None
    assert await _tier(desk, (await desk.open(desk.visitor()))["id"]) is None


async def test_servers_and_leads_name_the_tier(desk: Desk) -> None:
    """As they may when they edit; null says that the player has none."""
    server = desk.server("tickets:write")
    assert (await desk.open(server, player_id="p-1", tier="platinum"))["tier"] == "platinum"
    none = await desk.open(desk.server("tickets:write"), player_id="p-1", tier=None)
    assert none["tier"] is None
    assert (await desk.open(desk.agent(role="lead"), player_id="p-1", tier="diamond"))["tier"] == "diamond"


@pytest.mark.parametrize("who", ["player", "visitor", "agent"])
async def test_nobody_else_names_it(desk: Desk, who: str) -> None:
    """A player's own word makes nobody a VIP."""
    headers = {"player": desk.player(), "visitor": desk.visitor(), "agent": desk.agent()}[who]
    body = {"subject": "Payout", "message": {"text": "Where is it?"}, "tier": "gold"}
    answer = await desk.post("", body, headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (403, "/tier")


async def test_a_visitor_who_signs_in_brings_his_tier(tickets: RunningService, desk: Desk) -> None:
    """Before his first words and after them."""
    visitor, kim = Author(kind=AuthorKind.VISITOR, id="v-1"), Author(kind=AuthorKind.PLAYER, id="p-1")
    talking, silent = new_id(), new_id()
    for ticket_id in (talking, silent):
        await tickets.publish(session_started(ticket_id, "v-1", "visitor"))
    await tickets.publish(posted(talking, 1, "Hello", "visitor", "v-1"))
    for ticket_id in (talking, silent):
        await tickets.publish(
            SessionClaimed(ticket_id=ticket_id, visitor=visitor, player=kim, claimed_at=MORNING, vip="gold")
        )
        await tickets.publish(posted(ticket_id, 2, "It is me"))
        assert await _tier(desk, ticket_id) == "gold"
