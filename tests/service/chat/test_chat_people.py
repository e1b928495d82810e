"""Several of the staff in one conversation, words among them, and what its player is told of that."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from shared.contracts.base import SAMPLE_TIME, Author, AuthorKind, Channel
from shared.contracts.gateway import AccountChanged
from shared.contracts.tickets import (
    MessageKind,
    ParticipantInvited,
    ParticipantJoined,
    ParticipantLeft,
    Parting,
    TicketAssigned,
    TicketEscalated,
    TicketEscalationDeclined,
    TicketStatus,
    TicketStatusChanged,
)
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.service.chat.test_chat_rules import moved
from tests.support.chat import (
    AGENT,
    Client,
    TwinTransport,
    assignment,
    desk_ticket,
    opened,
    reply,
    served,
    start,
    ticket_state,
)
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import RunningService, running_service

BOB = Author(kind=AuthorKind.STAFF, id="s-2", name="Bob")
LEA = Author(kind=AuthorKind.STAFF, id="s-9", name="Lea")


def _about(ticket_id: str, actor: Author, holder: str | None = "s-1") -> dict[str, Any]:
    state = ticket_state(ticket_id, assignee_id=holder)
    return {"ticket_id": UUID(ticket_id), "ticket": state, "actor": actor, "occurred_at": SAMPLE_TIME}


def invited(ticket_id: str) -> ParticipantInvited:
    return ParticipantInvited(**_about(ticket_id, AGENT), staff_id="s-2", name="Bob", reason="He knows the provider")


def joined(ticket_id: str, *, by: Author = BOB, who: Author = BOB, holder: str = "s-1") -> ParticipantJoined:
    return ParticipantJoined(**_about(ticket_id, by, holder), staff_id=who.id, name=who.name)


def left(ticket_id: str, cause: Parting = Parting.LEFT, *, holder: str = "s-1") -> ParticipantLeft:
    about = _about(ticket_id, BOB, holder)
    return ParticipantLeft(**about, staff_id="s-2", name="Bob", had_joined=True, cause=cause)


def taken_over(ticket_id: str) -> TicketAssigned:
    about = _about(ticket_id, LEA, "s-9")
    return TicketAssigned(
        **about, assignee_id="s-9", assignee_role="lead", previous_assignee_id="s-1", taken_over=True,
        reason="He asks for a supervisor",
    )  # fmt: skip


def note(ticket_id: str, text: str = "He lies.", **more: Any) -> Any:
    return reply(ticket_id, text, kind=MessageKind.NOTE, live=False, **more)


async def _say(chat: RunningService, ticket_id: str, text: str) -> None:
    player = chat.actor(ActorKind.PLAYER, "p-1", name="Kim")
    said = await chat.http.post(f"/v1/chat/sessions/{ticket_id}/messages", json={"text": text}, headers=player)
    assert said.status_code == 201, said.text


async def _heard(client: Client, ticket_id: str, text: str) -> None:
    await client.first("msg", ticket_id=ticket_id, text=text)


async def test_who_is_asked_in_is_told_at_once_and_nobody_else_is_called(postgres: Cluster) -> None:
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat, message={"text": "Hello"})
        ticket_id = session["ticket_id"]
        async with (
            opened(url, session["socket_ticket"]) as kim,
            opened(url, await desk_ticket(chat, "s-2")) as bob,
            opened(url, await desk_ticket(chat, "s-3")) as cid,
        ):
            for one in (kim, bob, cid):
                await one.first("welcome")
            await chat.publish(assignment(ticket_id, "s-1"))
            await chat.publish(invited(ticket_id))
            call = await bob.first("invited", ticket_id=ticket_id)
            assert (call["by"]["name"], call["reason"], call["number"]) == (
                "Ann",
                "He knows the provider",
                "LUCKY-1001",
            )
            await cid.first("ticket", fact="participant_invited")
            assert cid.all("invited") == []
            await _say(chat, ticket_id, "Still here?")
            await kim.first("assigned")
            assert [f["t"] for f in kim.frames if f["t"] in {"invited", "ticket", "people"}] == []
            assert bob.all("msg") == []


async def test_a_guest_hears_by_himself_in_every_process_and_the_player_sees_who_speaks(postgres: Cluster) -> None:
    family: list[TwinTransport] = []
    async with (
        postgres.database("chat") as urls,
        running_service(postgres, "chat", transport=TwinTransport(family), urls=urls) as one,
        running_service(postgres, "chat", transport=TwinTransport(family), urls=urls) as two,
        served(one) as url_one,
        served(two) as url_two,
    ):
        session = await start(one, message={"text": "Hello"})
        ticket_id = session["ticket_id"]
        await one.publish(assignment(ticket_id, "s-1"))
        async with (
            opened(url_one, session["socket_ticket"]) as kim,
            opened(url_two, await desk_ticket(two, "s-2")) as bob,
        ):
            for client in (kim, bob):
                await client.first("welcome")
            await one.publish(joined(ticket_id))
            await _heard(bob, ticket_id, "Hello")
            told = await kim.first("people", ticket_id=ticket_id)
            assert (told["change"], told["name"]) == ("joined", "Bob")
            await _say(one, ticket_id, "Who is that?")
            await _heard(bob, ticket_id, "Who is that?")
            await one.publish(reply(ticket_id, "I am Bob.", author=BOB, actor=BOB))
            assert (await kim.first("msg", text="I am Bob."))["author"]["name"] == "Bob"


async def test_a_guest_hears_after_a_reconnect_until_he_leaves(postgres: Cluster) -> None:
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat, message={"text": "Hello"})
        ticket_id = session["ticket_id"]
        await chat.publish(assignment(ticket_id, "s-1"))
        async with opened(url, session["socket_ticket"]) as kim:
            await kim.first("welcome")
            await chat.publish(joined(ticket_id))
            await kim.first("people", change="joined")
            async with opened(url, await desk_ticket(chat, "s-2")) as again:
                assert ticket_id in (await again.first("welcome"))["heads"]
                await _heard(again, ticket_id, "Hello")
                await chat.publish(left(ticket_id))
                parted = await again.first("parted", ticket_id=ticket_id)
                assert (parted["cause"], parted["had_joined"]) == ("left", True)
                await kim.first("people", change="left", name="Bob")
                await _say(chat, ticket_id, "Bye Bob")
                await kim.first("msg", text="Bye Bob")
                assert [message["text"] for message in again.all("msg")] == ["Hello"]
            async with opened(url, await desk_ticket(chat, "s-2")) as gone:
                assert (await gone.first("welcome"))["heads"] == {}


async def test_a_joining_that_no_process_was_told_is_made_good_by_the_next_ping(postgres: Cluster) -> None:
    family: list[TwinTransport] = []
    async with (
        postgres.database("chat") as urls,
        running_service(postgres, "chat", transport=TwinTransport(family), urls=urls) as one,
        running_service(
            postgres, "chat", transport=TwinTransport(family), urls=urls, ping_every=timedelta(seconds=0.2)
        ) as two,
        served(two) as url,
    ):
        ticket_id = (await start(one, message={"text": "Hello"}))["ticket_id"]
        family[1].deaf = True
        async with opened(url, await desk_ticket(two, "s-2")) as bob:
            await bob.first("welcome")
            await one.publish(joined(ticket_id))
            await _heard(bob, ticket_id, "Hello")


async def test_a_brand_may_keep_from_its_players_who_comes_and_goes(postgres: Cluster) -> None:
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        wanted = {"warn_after": None, "end_after": 60, "asks_for_rating": True, "announces_people": False}
        lead = chat.actor(role="lead") | {"If-Match": '"0"'}
        put = await chat.http.put("/v1/chat/policy", json=wanted, headers=lead)
        assert (put.status_code, put.json()) == (200, put.json() | wanted | {"version": 1})
        session = await start(chat, message={"text": "Hello"})
        ticket_id = session["ticket_id"]
        async with opened(url, session["socket_ticket"]) as kim, opened(url, await desk_ticket(chat, "s-2")) as bob:
            await kim.first("welcome")
            await chat.publish(joined(ticket_id))
            await _heard(bob, ticket_id, "Hello")
            await chat.publish(left(ticket_id))
            await bob.first("parted")
            await chat.publish(reply(ticket_id, "Hello Kim"))
            await _heard(kim, ticket_id, "Hello Kim")
            assert kim.all("people") == []


async def test_a_note_is_with_all_who_hear_and_with_whom_it_calls_and_with_no_player(postgres: Cluster) -> None:
    """Also in other processes; a brand's colleagues who do not hear the conversation are shown no word of it."""
    family: list[TwinTransport] = []
    async with (
        postgres.database("chat") as urls,
        running_service(postgres, "chat", transport=TwinTransport(family), urls=urls) as one,
        running_service(postgres, "chat", transport=TwinTransport(family), urls=urls) as two,
        served(one) as url_one,
        served(two) as url_two,
    ):
        session = await start(one, message={"text": "Hello"})
        ticket_id = session["ticket_id"]
        await one.publish(assignment(ticket_id, "s-1"))
        async with (
            opened(url_one, session["socket_ticket"]) as kim,
            opened(url_one, await desk_ticket(one, "s-1")) as ann,
            opened(url_two, await desk_ticket(two, "s-2")) as bob,
            opened(url_two, await desk_ticket(two, "s-3")) as cid,
            opened(url_two, await desk_ticket(two, "s-9", "royal")) as eve,
        ):
            await bob.say("watch", ticket_id=ticket_id)
            for agent in (ann, bob):
                await _heard(agent, ticket_id, "Hello")
            await one.publish(note(ticket_id, mentions=("s-3",)))
            for agent in (ann, bob):
                whisper = await agent.first("note", ticket_id=ticket_id)
                assert (whisper["text"], whisper["author"]["name"], whisper["mentions"]) == ("He lies.", "Ann", ["s-3"])
            called = await cid.first("mentioned", ticket_id=ticket_id)
            assert called["by"]["name"] == "Ann"
            assert "He lies." not in str(cid.frames)
            await one.publish(reply(ticket_id, "Let me look."))
            await _heard(kim, ticket_id, "Let me look.")
            assert "He lies." not in str(kim.frames)
            assert {frame["t"] for frame in kim.frames} <= {
                "welcome",
                "msg",
                "presence",
                "receipt",
                "queue",
                "assigned",
                "holder",
            }
            assert not [frame for frame in eve.frames if frame["t"] in {"note", "mentioned", "ticket"}]
        player = one.actor(ActorKind.PLAYER, "p-1", name="Kim")
        page = await one.http.get(f"/v1/chat/sessions/{ticket_id}/messages", headers=player)
        assert [message["text"] for message in page.json()["items"]] == ["Hello", "Let me look."]


async def test_a_takeover_tells_the_former_holder_by_whom_and_why_and_the_player_the_new_name(
    postgres: Cluster,
) -> None:
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat, message={"text": "Hello"})
        ticket_id = session["ticket_id"]
        await chat.publish(assignment(ticket_id, "s-1"))
        async with (
            opened(url, session["socket_ticket"]) as kim,
            opened(url, await desk_ticket(chat, "s-1")) as ann,
            opened(url, await desk_ticket(chat, "s-9")) as lea,
        ):
            for one in (kim, ann, lea):
                await one.first("welcome")
            await chat.publish(taken_over(ticket_id))
            told = await ann.first("assigned", assignee_id="s-9")
            assert (told["taken_over_by"]["name"], told["reason"]) == ("Lea", "He asks for a supervisor")
            await _heard(lea, ticket_id, "Hello")
            shown = await kim.first("people")
            assert (shown["change"], shown["name"]) == ("took_over", "Lea")
            await chat.publish(joined(ticket_id, by=LEA, who=AGENT, holder="s-9"))
            await ann.first("ticket", fact="participant_joined")
            await _say(chat, ticket_id, "Thank you")
            for agent in (ann, lea):
                await _heard(agent, ticket_id, "Thank you")
            assert len(kim.all("people")) == 1, "whoever stays has not come"
            assert "supervisor" not in str(kim.frames)


def _account(who: Author) -> AccountChanged:
    return AccountChanged.sample().model_copy(
        update={"membership_id": f"m-{who.id}", "staff_id": who.id, "name": who.name}
    )


async def test_a_player_is_told_who_is_with_him_until_the_matter_is_settled(postgres: Cluster) -> None:
    """Also before the new one says a word, and also a page that is loaded anew."""
    family: list[TwinTransport] = []
    async with (
        postgres.database("chat") as urls,
        running_service(postgres, "chat", transport=TwinTransport(family), urls=urls) as one,
        running_service(postgres, "chat", transport=TwinTransport(family), urls=urls) as two,
        served(two) as url,
    ):
        for who in (AGENT, BOB):
            await one.publish(_account(who))
        session = await start(one, message={"text": "Hello"})
        ticket_id = session["ticket_id"]
        assert session["holder"] is None
        settled = moved(ticket_id, TicketStatus.RESOLVED)
        reopened = settled.model_copy(update={"before": TicketStatus.RESOLVED, "after": TicketStatus.OPEN})
        reopened = reopened.model_copy(
            update={"ticket": settled.ticket.model_copy(update={"status": TicketStatus.OPEN})}
        )
        steps: list[tuple[TicketAssigned | TicketStatusChanged, str | None]] = [
            (assignment(ticket_id, "s-1"), "Ann"),
            (assignment(ticket_id, "s-2", "s-1"), "Bob"),
            (settled, None),
            (reopened, "Bob"),
            (assignment(ticket_id, None, "s-2"), None),
        ]
        async with opened(url, session["socket_ticket"]) as kim:
            await kim.first("welcome")
            for event, name in steps:
                told = len(kim.all("holder"))
                await one.publish(event)
                await eventually(partial(_is_told_more, kim, told))
                assert (kim.all("holder")[-1]["name"], (await start(one))["holder"]) == (name, name)


def _is_told_more(kim: Client, before: int) -> bool:
    return len(kim.all("holder")) > before


async def test_a_brand_may_keep_from_its_players_who_is_with_them(postgres: Cluster) -> None:
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        wanted = {"warn_after": None, "end_after": 60, "asks_for_rating": True, "announces_people": False}
        lead = chat.actor(role="lead") | {"If-Match": '"0"'}
        await chat.http.put("/v1/chat/policy", json=wanted, headers=lead)
        await chat.publish(_account(AGENT))
        session = await start(chat, message={"text": "Hello"})
        async with opened(url, session["socket_ticket"]) as kim:
            await kim.first("welcome")
            await chat.publish(assignment(session["ticket_id"], "s-1"))
            assert (await kim.first("holder"))["name"] is None
        assert (await start(chat))["holder"] is None


async def test_a_guest_who_becomes_the_holder_goes_on_hearing(postgres: Cluster) -> None:
    """He is no guest any more, and has not left for the player."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat, message={"text": "Hello"})
        ticket_id = session["ticket_id"]
        async with opened(url, session["socket_ticket"]) as kim, opened(url, await desk_ticket(chat, "s-2")) as bob:
            for one in (kim, bob):
                await one.first("welcome")
            await chat.publish(joined(ticket_id))
            await _heard(bob, ticket_id, "Hello")
            await chat.publish(assignment(ticket_id, "s-2", "s-1"))
            await chat.publish(left(ticket_id, Parting.HOLDS, holder="s-2"))
            await bob.first("parted", cause="holds")
            await _say(chat, ticket_id, "And now?")
            await _heard(bob, ticket_id, "And now?")
            await kim.first("people")
            assert [frame["change"] for frame in kim.all("people")] == ["joined"]
            await chat.publish(assignment(ticket_id, None, "s-2"))
            await bob.first("assigned", assignee_id=None)
            await _say(chat, ticket_id, "Alone?")
            await kim.first("msg", text="Alone?")
            assert [message["text"] for message in bob.all("msg")] == ["Hello", "And now?"]


async def test_what_was_muted_is_heard_again_once_one_is_asked_in(postgres: Cluster) -> None:
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        ticket_id = (await start(chat, message={"text": "Hello"}))["ticket_id"]
        async with opened(url, await desk_ticket(chat, "s-2")) as bob:
            await bob.say("watch", ticket_id=ticket_id)
            await _heard(bob, ticket_id, "Hello")
            await bob.say("unwatch", ticket_id=ticket_id)
            await bob.say("view", ticket_id=ticket_id)
            await bob.until(lambda _: len(bob.all("viewers")) > 1)
            await chat.publish(joined(ticket_id))
            await bob.until(lambda _: len(bob.all("msg")) == 2)


async def test_an_escalation_calls_the_senior_who_is_asked_and_then_the_next(postgres: Cluster) -> None:
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        ticket_id = str(new_id())
        state = ticket_state(ticket_id, channel=Channel.EMAIL)
        common = {"ticket_id": UUID(ticket_id), "ticket": state, "actor": AGENT, "occurred_at": SAMPLE_TIME}
        async with (
            opened(url, await desk_ticket(chat, "s-8")) as sam,
            opened(url, await desk_ticket(chat, "s-9")) as lea,
        ):
            for one in (sam, lea):
                await one.first("welcome")
            await chat.publish(TicketEscalated(**common, cause="staff: hard", senior_id="s-8", asked=True))
            assert (await sam.first("asked", ticket_id=ticket_id))["cause"] == "staff: hard"
            await chat.publish(
                TicketEscalationDeclined(**common, senior_id="s-8", reason="No French", next_senior_id="s-9")
            )
            await lea.first("asked", ticket_id=ticket_id)
            assert len(sam.all("asked")) == 1


async def test_a_conversation_that_has_ended_has_no_guests_to_tell_of(postgres: Cluster) -> None:
    """A closed ticket ends the conversation; that its guests go then is told nobody."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat, message={"text": "Hello"})
        ticket_id = session["ticket_id"]
        async with opened(url, session["socket_ticket"]) as kim, opened(url, await desk_ticket(chat, "s-2")) as bob:
            for one in (kim, bob):
                await one.first("welcome")
            await chat.publish(joined(ticket_id))
            await kim.first("people", change="joined")
            await chat.publish(moved(ticket_id, TicketStatus.CLOSED))
            await kim.first("ended")
            await chat.publish(left(ticket_id, Parting.CLOSED))
            await bob.first("parted", cause="closed")

            async def nothing_left() -> bool:
                async with opened(url, await desk_ticket(chat, "s-2")) as again:
                    return bool((await again.first("welcome"))["heads"] == {})

            await eventually(nothing_left)
            assert len(kim.all("people")) == 1
