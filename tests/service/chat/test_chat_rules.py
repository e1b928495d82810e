"""Silences, bans and ratings, as players and staff see them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from services.chat.tables import chat_silences
from services.chat.use_cases import silences
from shared.contracts.chat import RatingGiven, RatingRequested, SessionClaimed, SessionEnded
from shared.contracts.tickets import ReasonClass, TicketStatus, TicketStatusChanged
from shared.web.actor import ActorKind
from tests.support.chat import AGENT, TwinTransport, assignment, desk_ticket, opened, reply, served, start, ticket_state
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import RunningService, running_service

OFTEN = timedelta(milliseconds=50)


def player(chat: RunningService, id_: str = "p-1") -> dict[str, str]:
    return chat.actor(ActorKind.PLAYER, id_, name="Kim")


def moved(ticket_id: str, after: TicketStatus, *, safety: bool = False) -> TicketStatusChanged:
    """Return what tickets tells when a ticket moves."""
    changes = {"status": after, "reason_class": ReasonClass.SAFETY if safety else ReasonClass.SIMPLE}
    return TicketStatusChanged(
        ticket_id=UUID(ticket_id), ticket=ticket_state(ticket_id).model_copy(update=changes), actor=AGENT,
        occurred_at=ticket_state(ticket_id).updated_at, before=TicketStatus.OPEN, after=after,
    )  # fmt: skip


async def pass_silence(chat: RunningService, ticket_id: str, *, warned: bool) -> None:
    """Let the time come at which a silence is looked at; it must have begun, and its player be `warned` or not."""

    async def begun() -> bool:
        async with chat.ground.database.begin("lucky") as session:
            found = select(chat_silences.c.warned).where(chat_silences.c.ticket_id == UUID(ticket_id))
            return (await session.execute(found)).scalar_one_or_none() is warned

    await eventually(begun)
    async with chat.ground.database.begin("lucky") as session:
        now = chat.ground.clock.now()
        await session.execute(
            update(chat_silences).where(chat_silences.c.ticket_id == UUID(ticket_id)).values(due_at=now)
        )


async def waits(chat: RunningService, ticket_id: str) -> bool:
    """Return whether a silence runs."""
    async with chat.ground.database.begin("lucky") as session:
        found = select(chat_silences.c.due_at).where(chat_silences.c.ticket_id == UUID(ticket_id))
        return (await session.execute(found)).first() is not None


async def test_a_silent_player_is_warned_and_then_let_go(postgres: Cluster) -> None:
    """The warning says when it ends; a reload learns it too; the end has its own reason and asks for a rating."""
    async with running_service(postgres, "chat", silences_every=OFTEN) as chat, served(chat) as url:
        session = await start(chat, message={"text": "Where is my money?"})
        ticket_id = session["ticket_id"]
        await chat.publish(assignment(ticket_id, "s-1"))
        await chat.publish(reply(ticket_id, "Which account is it?"))
        await chat.publish(moved(ticket_id, TicketStatus.PENDING))
        async with opened(url, session["socket_ticket"]) as kim:
            await kim.first("welcome")
            await pass_silence(chat, ticket_id, warned=False)
            warning = await kim.first("inactive", ticket_id=ticket_id)
            assert (await start(chat))["inactive_ends_at"] == warning["ends_at"]
            await pass_silence(chat, ticket_id, warned=True)
            assert (await kim.first("ended", ticket_id=ticket_id))["reason"] == silences.INACTIVE
            await kim.first("rating_request", ticket_id=ticket_id)
        assert len(await chat.recorded(SessionEnded)) == 1


async def test_nobody_is_let_go_who_waits_for_an_answer(postgres: Cluster) -> None:
    """Words of the player end a silence, and so does a ticket that waits for a back office."""
    async with running_service(postgres, "chat", silences_every=OFTEN) as chat:
        ticket_id = (await start(chat, message={"text": "Hello"}))["ticket_id"]
        await chat.publish(moved(ticket_id, TicketStatus.PENDING))
        await chat.publish(reply(ticket_id, "And?"))
        await pass_silence(chat, ticket_id, warned=False)
        await pass_silence(chat, ticket_id, warned=True)
        await eventually(lambda: chat.recorded(SessionEnded))
        other = (await start(chat, message={"text": "Again"}))["ticket_id"]
        await chat.publish(moved(other, TicketStatus.PENDING))
        await chat.publish(reply(other, "And?"))
        await chat.http.post(f"/v1/chat/sessions/{other}/messages", json={"text": "I look"}, headers=player(chat))
        await pass_silence(chat, other, warned=False)

        async def over() -> bool:
            return not await waits(chat, other)

        await eventually(over)
        await chat.publish(reply(other, "Take your time"))
        await pass_silence(chat, other, warned=False)
        await chat.publish(moved(other, TicketStatus.WAITING))
        await eventually(over)
        assert [event.subject for event in await chat.recorded(SessionEnded)] == [ticket_id]


async def test_a_player_who_is_still_there_stays(postgres: Cluster) -> None:
    """Saying so begins the silence anew; nobody else can say it for him."""
    async with running_service(postgres, "chat", silences_every=OFTEN) as chat:
        ticket_id = (await start(chat, message={"text": "Hello"}))["ticket_id"]
        await chat.publish(moved(ticket_id, TicketStatus.PENDING))
        await chat.publish(reply(ticket_id, "And?"))
        await pass_silence(chat, ticket_id, warned=False)

        async def warned() -> bool:
            return (await start(chat))["inactive_ends_at"] is not None

        await eventually(warned)
        path = f"/v1/chat/sessions/{ticket_id}/stay"
        assert (await chat.http.post(path, headers=player(chat, "p-2"))).status_code == 404
        assert (await chat.http.post(path, headers=player(chat))).status_code == 204
        assert (await start(chat))["inactive_ends_at"] is None


async def test_the_rules_of_a_brand_are_replaced_by_whoever_has_seen_them(postgres: Cluster) -> None:
    """A stale or careless edit is refused; a brand without a time to warn never lets go."""
    async with running_service(postgres, "chat", silences_every=OFTEN) as chat:
        lead = chat.actor(role="lead")
        read = await chat.http.get("/v1/chat/policy", headers=chat.actor())
        assert (read.json()["version"], read.headers["etag"]) == (0, '"0"')
        wanted: dict[str, Any] = {
            "warn_after": None,
            "end_after": 60,
            "asks_for_rating": False,
            "announces_people": False,
        }
        put = await chat.http.put("/v1/chat/policy", json=wanted, headers=lead | {"If-Match": '"0"'})
        assert (put.status_code, put.json()["version"], put.json()) == (200, 1, put.json() | wanted)
        stale = await chat.http.put("/v1/chat/policy", json=wanted, headers=lead | {"If-Match": '"0"'})
        assert (stale.status_code, stale.json()["current_version"]) == (412, 1)
        assert (await chat.http.put("/v1/chat/policy", json=wanted, headers=lead)).status_code == 428
        agent = await chat.http.put("/v1/chat/policy", json=wanted, headers=chat.actor() | {"If-Match": '"1"'})
        assert agent.status_code == 403
        for wrong in ({"warn_after": 0}, {"end_after": None}, {"asks_for_rating": "yes"}, {"other": 1}):
            bad = await chat.http.put("/v1/chat/policy", json=wanted | wrong, headers=lead | {"If-Match": '"1"'})
            assert bad.status_code == 422, wrong
        ticket_id = (await start(chat, message={"text": "Hello"}))["ticket_id"]
        await chat.publish(moved(ticket_id, TicketStatus.PENDING))
        await chat.publish(reply(ticket_id, "And?"))
        await chat.publish(moved(ticket_id, TicketStatus.RESOLVED))
        await chat.publish(moved(ticket_id, TicketStatus.CLOSED))
        await eventually(lambda: chat.recorded(SessionEnded))
        assert not await waits(chat, ticket_id)
        assert not await chat.recorded(RatingRequested)


async def test_a_banned_player_is_told_and_kept_out_until_the_ban_is_lifted(postgres: Cluster) -> None:
    """He hears until when, loses socket and session, and comes back once it is lifted; others are not touched."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat, message={"text": "!!!"})
        senior = chat.actor(role="senior")
        wish = {"ticket_id": session["ticket_id"], "reason": "Threatens Ann", "minutes": 60}
        async with opened(url, session["socket_ticket"]) as kim:
            await kim.first("welcome")
            assert (await chat.http.post("/v1/chat/bans", json=wish, headers=chat.actor())).status_code == 403
            made = await chat.http.post("/v1/chat/bans", json=wish, headers=senior | {"Idempotency-Key": "b1"})
            again = await chat.http.post("/v1/chat/bans", json=wish, headers=senior | {"Idempotency-Key": "b1"})
            assert made.status_code == again.status_code == 201
            assert made.json() == again.json()
            await kim.first("banned")
            assert await kim.closed() == 4403
        refused = await chat.http.post("/v1/chat/sessions", json={}, headers=player(chat))
        assert (refused.status_code, refused.json()["code"]) == (403, "chat-banned")
        assert refused.json()["until"] is not None
        assert (await start(chat, player="p-2"))["ticket_id"]
        listed = await chat.http.get("/v1/chat/bans", headers=senior)
        assert [ban["id"] for ban in listed.json()["items"]] == [made.json()["id"]]
        lift = f"/v1/chat/bans/{made.json()['id']}"
        assert (await chat.http.delete(lift, headers=chat.actor(role="senior", brand="other"))).status_code == 404
        first = await chat.http.delete(lift, headers=senior)
        second = await chat.http.delete(lift, headers=chat.actor(id="s-2", role="senior"))
        assert first.json() == second.json()
        assert first.json()["lifted_by"] == "s-1"
        assert (await start(chat))["ticket_id"] != session["ticket_id"]
        assert (await chat.http.get("/v1/chat/bans", headers=senior)).json()["items"] == []
        everything = await chat.http.get("/v1/chat/bans?in_force=false", headers=senior)
        assert len(everything.json()["items"]) == 1


@pytest.mark.parametrize("longest", [None, 120])
async def test_of_two_bans_at_once_the_later_end_counts_and_is_told(postgres: Cluster, longest: int | None) -> None:
    """Also by the process that made the shorter one and was told nothing of the other."""
    family: list[TwinTransport] = []
    async with (
        postgres.database("chat") as urls,
        running_service(postgres, "chat", transport=TwinTransport(family), urls=urls) as one,
        running_service(postgres, "chat", transport=TwinTransport(family), urls=urls) as two,
        served(two) as url,
    ):
        session = await start(one, message={"text": "!!!"})
        wish = {"ticket_id": session["ticket_id"], "reason": "Threatens Ann"}
        family[1].deaf = True
        async with opened(url, session["socket_ticket"]) as kim:
            await kim.first("welcome")
            made = await one.http.post(
                "/v1/chat/bans", json=wish | {"minutes": longest}, headers=one.actor(role="senior")
            )
            shorter = await two.http.post(
                "/v1/chat/bans", json=wish | {"minutes": 60}, headers=two.actor(role="senior")
            )
            assert (made.status_code, shorter.status_code) == (201, 201)
            told = (await kim.first("banned"))["until"]
        refused = (await one.http.post("/v1/chat/sessions", json={}, headers=player(one))).json()["until"]
        ends = [None if at is None else datetime.fromisoformat(at) for at in (told, refused, made.json()["until"])]
        assert ends[:2] == [ends[2]] * 2


async def test_a_visitor_who_signs_in_goes_on_as_a_player(postgres: Cluster) -> None:
    """What was said stays; the visitor is heard and hears no more; nobody claims what is not a visitor's."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        visitor = chat.actor(ActorKind.VISITOR, "v-1")
        path = "/v1/chat/sessions"
        body = {"message": {"text": "Hello"}}
        begun = (await chat.http.post(path, json=body, headers=visitor)).json()
        async with opened(url, begun["socket_ticket"]) as before:
            await before.first("welcome")
            proof = (await chat.http.post(path, json={}, headers=visitor)).json()["socket_ticket"]
            foreign = chat.actor(ActorKind.PLAYER, "p-1", brand="other")
            stolen = await chat.http.post("/v1/chat/claims", json={"socket_ticket": proof}, headers=foreign)
            assert stolen.status_code == 401
            claimed = await chat.http.post("/v1/chat/claims", json={"socket_ticket": proof}, headers=player(chat))
            assert claimed.status_code == 200, claimed.text
            assert await before.closed() == 4409
        assert (claimed.json()["ticket_id"], claimed.json()["last_seq"]) == (begun["ticket_id"], 1)
        words = f"{path}/{begun['ticket_id']}/messages"
        assert (await chat.http.post(words, json={"text": "Still me?"}, headers=visitor)).status_code == 404
        assert (await chat.http.get(words, headers=visitor)).status_code == 404
        async with opened(url, claimed.json()["socket_ticket"]) as kim:
            await kim.got(begun["ticket_id"], 1)
            await kim.say("send", client_msg_id="c2", text="It is me")
            assert (await kim.first("ack", client_msg_id="c2"))["seq"] == 2
        again = await chat.http.post("/v1/chat/claims", json={"socket_ticket": proof}, headers=player(chat))
        assert again.status_code == 401
        own = (await start(chat))["socket_ticket"]
        nothing = await chat.http.post("/v1/chat/claims", json={"socket_ticket": own}, headers=player(chat))
        assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing-to-claim")
        assert [event.sequence for event in await chat.recorded(SessionClaimed)] == [3]


async def test_every_resolve_is_rated_once(postgres: Cluster) -> None:
    """A player says what he thinks once for each time, cleaned of what must not be stored; a bad score is an event."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat, message={"text": "Hello"}))["ticket_id"]
        path = f"/v1/chat/sessions/{ticket_id}/rating"
        early = await chat.http.put(path, json={"score": 5}, headers=player(chat))
        assert (early.status_code, early.json()["code"]) == (409, "rating-not-asked")
        await chat.publish(assignment(ticket_id, "s-1"))
        for turn in (1, 2):
            await chat.publish(moved(ticket_id, TicketStatus.RESOLVED))

            async def asked(turn: int = turn) -> bool:
                return len(await chat.recorded(RatingRequested)) == turn

            await eventually(asked)
            said = {"score": turn, "comment": "card 4111 1111 1111 1111"}
            assert (await chat.http.put(path, json=said, headers=player(chat, "p-2"))).status_code == 404
            given = await chat.http.put(path, json=said, headers=player(chat))
            assert given.json() == (await chat.http.put(path, json=said, headers=player(chat))).json()
            assert "4111 1111" not in given.json()["comment"]
            other = await chat.http.put(path, json={"score": 5}, headers=player(chat))
            assert (other.status_code, other.json()["code"]) == (409, "already-rated")
            await chat.publish(moved(ticket_id, TicketStatus.OPEN))
        told = await chat.recorded(RatingGiven)
        assert [(e.data["round"], e.data["score"], e.data["assignee_id"]) for e in told] == [
            (1, 1, "s-1"),
            (2, 2, "s-1"),
        ]
        worst = await chat.http.get("/v1/chat/ratings?worst=1", headers=chat.actor())
        assert [one["round"] for one in worst.json()["items"]] == [1]
        reach = await chat.http.get(f"/v1/chat/sessions/{ticket_id}/reach", headers=chat.actor())
        assert [one["score"] for one in reach.json()["ratings"]] == [1, 2]


async def test_staff_hear_how_a_conversation_ended_and_was_liked_and_read_it_later(postgres: Cluster) -> None:
    """Its holder at once; the player's own socket is not told what he has just said."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat, message={"text": "Hello"})
        ticket_id = session["ticket_id"]
        path = f"/v1/chat/sessions/{ticket_id}"
        open_still = (await chat.http.get(f"{path}/reach", headers=chat.actor())).json()
        assert (open_still["ended_at"], open_still["ended_reason"], open_still["ratings"]) == (None, None, [])
        await chat.publish(assignment(ticket_id, "s-1"))
        async with opened(url, session["socket_ticket"]) as kim, opened(url, await desk_ticket(chat)) as ann:
            await kim.first("welcome")
            await ann.first("welcome")
            await chat.http.post(f"{path}/end", headers=player(chat))
            ended = await ann.first("ended", ticket_id=ticket_id)
            await kim.first("rating_request", ticket_id=ticket_id)
            said = {"score": 4, "comment": "Quick"}
            assert (await chat.http.put(f"{path}/rating", json=said, headers=player(chat))).status_code == 200
            rated = await ann.first("rated", ticket_id=ticket_id)
            assert (rated["score"], rated["comment"], rated["round"]) == (4, "Quick", 1)
            assert kim.all("rated") == []
        later = (await chat.http.get(f"{path}/reach", headers=chat.actor())).json()
        assert (later["ended_at"], later["ended_reason"]) == (ended["ended_at"], "player")
        assert [(one["score"], one["comment"], one["rated_at"]) for one in later["ratings"]] == [
            (4, "Quick", rated["rated_at"])
        ]


async def test_whoever_is_in_danger_is_not_asked_how_he_liked_it(postgres: Cluster) -> None:
    """A ticket of safety asks for no rating, neither when it is resolved nor at the end."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat, message={"text": "I cannot stop"}))["ticket_id"]
        await chat.publish(moved(ticket_id, TicketStatus.RESOLVED, safety=True))
        await chat.publish(moved(ticket_id, TicketStatus.CLOSED, safety=True))
        await eventually(lambda: chat.recorded(SessionEnded))
        assert not await chat.recorded(RatingRequested)
