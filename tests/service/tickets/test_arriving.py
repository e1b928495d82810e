"""Words that come from chat and intake."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from shared.contracts.base import Author, AuthorKind, Channel
from shared.contracts.chat import SessionClaimed, SessionEnded
from shared.contracts.tickets import MessageAdded, TicketOpened, TicketUpdated
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.service.tickets.desk import KIM, MORNING, Desk, posted, received, session_started
from tests.support.eventually import eventually
from tests.support.service import RunningService


async def test_the_first_live_words_open_the_ticket(tickets: RunningService, desk: Desk) -> None:
    """Not the session: its id is the ticket's, its language and player too, and the words are the subject."""
    ticket_id = new_id()
    await tickets.publish(session_started(ticket_id, language="de"))
    assert await tickets.recorded() == []
    await tickets.publish(posted(ticket_id, 1, "Wo ist\nmeine Auszahlung? " + "Bitte! " * 20))
    ticket = await desk.get(f"/{ticket_id}", desk.player())
    assert {name: ticket[name] for name in ("player_id", "language", "channel", "status", "version")} == {
        "player_id": "p-1", "language": "de", "channel": "web", "status": "new", "version": 2,
    }  # fmt: skip
    assert ticket["subject"].startswith("Wo ist meine Auszahlung? Bitte!")
    assert len(ticket["subject"]) <= 80
    opened, said = await desk.told(str(ticket_id))
    at = MORNING + timedelta(seconds=1)
    assert TicketOpened.model_validate(opened.data).occurred_at == at
    assert MessageAdded.model_validate(said.data).occurred_at == at


async def test_the_session_may_name_the_subject(tickets: RunningService, desk: Desk) -> None:
    """What the player typed into the widget's form comes first."""
    ticket_id = new_id()
    await tickets.publish(session_started(ticket_id, subject="Late payout"))
    await tickets.publish(posted(ticket_id, 1, "Hello"))
    assert (await desk.get(f"/{ticket_id}"))["subject"] == "Late payout"


async def test_a_live_conversation_goes_on(tickets: RunningService, desk: Desk) -> None:
    """Staff's words that chat repeats are ignored; answers are marked live, also after the session ended."""
    ticket_id = new_id()
    await tickets.publish(session_started(ticket_id))
    await tickets.publish(posted(ticket_id, 1, "Hello"))
    await desk.post(f"/{ticket_id}/messages", {"text": "Hi Kim"})
    await tickets.publish(posted(ticket_id, 2, "Hi Kim", "staff", "s-1"))
    await tickets.publish(posted(ticket_id, 3, "I am a robot", "bot", "b-1"))
    await tickets.publish(posted(ticket_id, 4, "Thanks"))
    await tickets.publish(SessionEnded(ticket_id=ticket_id, reason="left", ended_at=MORNING))
    await desk.post(f"/{ticket_id}/messages", {"text": "Bye", "kind": "reply"})
    words = [(m["author"]["kind"], m["text"]) for m in (await desk.get(f"/{ticket_id}/messages"))["items"]]
    assert sorted(words) == [("player", "Hello"), ("player", "Thanks"), ("staff", "Bye"), ("staff", "Hi Kim")]
    replies = [MessageAdded.model_validate(e.data) for e in await tickets.recorded(MessageAdded)]
    assert [fact.live for fact in replies if fact.kind == "reply"] == [True, True]
    assert not any(fact.live for fact in replies if fact.kind == "message")


async def test_live_words_reopen(tickets: RunningService, desk: Desk) -> None:
    """A resolved conversation comes back to work when the player writes again."""
    ticket_id = new_id()
    await tickets.publish(session_started(ticket_id))
    await tickets.publish(posted(ticket_id, 1, "Hello"))
    await desk.patch(await desk.get(f"/{ticket_id}"), status="resolved")
    await tickets.publish(posted(ticket_id, 2, "Not yet!"))
    assert (await desk.get(f"/{ticket_id}"))["status"] == "open"


async def test_a_visitor_who_signs_in_takes_his_ticket_along(tickets: RunningService, desk: Desk) -> None:
    """The ticket is the player's, with one fact that says so; the visitor's token opens it no more."""
    talking, silent = new_id(), new_id()
    visitor, kim = Author(kind=AuthorKind.VISITOR, id="v-1"), Author(kind=AuthorKind.PLAYER, id="p-1")
    for ticket_id in (talking, silent):
        await tickets.publish(session_started(ticket_id, "v-1", "visitor"))
    await tickets.publish(posted(talking, 1, "Hello", "visitor", "v-1"))
    before = tickets.actor(ActorKind.VISITOR, "v-1")
    assert (await desk.get(f"/{talking}", before))["player_id"] is None
    for ticket_id in (talking, silent):
        await tickets.publish(SessionClaimed(ticket_id=ticket_id, visitor=visitor, player=kim, claimed_at=MORNING))
        await tickets.publish(posted(ticket_id, 2, "It is me"))
        assert (await desk.get(f"/{ticket_id}", desk.player()))["player_id"] == kim.id
        answer = await tickets.http.get(f"/v1/tickets/{ticket_id}", headers=before)
        assert answer.status_code == 404
    [told] = await tickets.recorded(TicketUpdated)
    assert told.data["changes"] == {"player_id": [None, kim.id]}


async def test_a_visitors_conversation(tickets: RunningService, desk: Desk) -> None:
    """It is the visitor's, not a player's."""
    ticket_id = new_id()
    await tickets.publish(session_started(ticket_id, "v-1", "visitor"))
    await tickets.publish(posted(ticket_id, 1, "Hello", "visitor", "v-1"))
    assert (await desk.get(f"/{ticket_id}", desk.visitor()))["player_id"] is None
    answer = await tickets.http.get(f"/v1/tickets/{ticket_id}", headers=desk.player("v-1"))
    assert answer.status_code == 404


async def test_live_words_out_of_order_and_twice(tickets: RunningService, desk: Desk) -> None:
    """A fact that overtakes waits for its predecessors; what comes twice counts once."""
    ticket_id = new_id()
    first, second = posted(ticket_id, 1, "One"), posted(ticket_id, 2, "Two")
    overtaking = asyncio.create_task(tickets.publish(second, sequence=3))
    await tickets.publish(session_started(ticket_id), sequence=1)
    started = await tickets.publish(first, sequence=2)
    await tickets.publish(first, sequence=2, id=started.id)
    await tickets.publish(first, sequence=2)
    await overtaking

    async def told() -> list[int]:
        facts = [fact.sequence for fact in await desk.told(str(ticket_id))]
        assert len(facts) == 3
        return facts

    check: Callable[[], Awaitable[list[int]]] = told
    assert await eventually(check) == [1, 2, 3]
    assert [m["text"] for m in (await desk.get(f"/{ticket_id}/messages"))["items"]] == ["One", "Two"]


async def test_what_a_player_types_is_never_bounced(tickets: RunningService, desk: Desk) -> None:
    """NUL and escape characters are dropped, words and secrets are treated as everywhere."""
    ticket_id = new_id()
    await tickets.publish(session_started(ticket_id))
    await tickets.publish(posted(ticket_id, 1, "My\x00 card 4111 1111 1111 1111\x1b"))
    (message,) = (await desk.get(f"/{ticket_id}/messages"))["items"]
    assert message["text"].startswith("My card ")
    assert "4111 1111" not in message["text"]


async def test_an_email_opens_a_ticket(tickets: RunningService, desk: Desk) -> None:
    """Nobody is proved by an address: no player, but a contact that answers go to."""
    await tickets.publish(received("Where is it?", subject="My payout", language="en"))
    (opened, said) = await tickets.recorded()
    ticket = await desk.get(f"/{opened.subject}")
    assert {n: ticket[n] for n in ("subject", "channel", "player_id", "language", "version")} == {
        "subject": "My payout", "channel": "email", "player_id": None, "language": "en", "version": 2,
    }  # fmt: skip
    assert said.data["author"] == {"kind": "visitor", "id": "kim@example.org", "name": "Kim"}
    assert said.data["contact"] is None
    await desk.post(f"/{opened.subject}/messages", {"text": "It is on its way."})
    reply = MessageAdded.model_validate((await tickets.recorded(MessageAdded))[1].data)
    assert reply.contact == KIM
    assert not reply.live


async def test_an_email_with_wild_headers_is_kept(tickets: RunningService, desk: Desk) -> None:
    """NUL in subject, name or text does not lose the words."""
    wild = KIM.model_copy(update={"name": "K\x00im", "thread": ("<\x00>",)})
    await tickets.publish(received("Where\x00 is it?", wild, subject="\x00Pay\nout"))
    (item,) = (await desk.get("", channel="email"))["items"]
    assert item["subject"] == "Pay out"
    (message,) = (await desk.get(f"/{item['id']}/messages"))["items"]
    assert (message["text"], message["author"]["name"]) == ("Where is it?", "Kim")


async def test_a_reply_by_email_joins_and_reopens(tickets: RunningService, desk: Desk) -> None:
    """The thread grows, the newest Message-ID last; the same message twice counts once."""
    await tickets.publish(received(contact=KIM.model_copy(update={"thread": ("<a>",)})))
    ticket_id = (await tickets.recorded())[0].subject
    await desk.patch(await desk.get(f"/{ticket_id}"), status="resolved")
    again = received(
        "Still missing",
        KIM.model_copy(update={"address": "KIM@example.org", "thread": ("<a>", "<b>")}),
        ticket_id=ticket_id,
        received_at=MORNING + timedelta(hours=1),
    )
    await tickets.publish(again)
    await tickets.publish(again, sequence=1)
    assert (await desk.get(f"/{ticket_id}"))["status"] == "open"
    assert [m["text"] for m in (await desk.get(f"/{ticket_id}/messages"))["items"]] == ["Where is it?", "Still missing"]
    await desk.post(f"/{ticket_id}/messages", {"text": "Now it is there."})
    reply = MessageAdded.model_validate((await tickets.recorded(MessageAdded))[-1].data)
    assert reply.contact is not None
    assert reply.contact.thread == ("<a>", "<b>")


async def test_robots_open_and_reopen_nothing(tickets: RunningService, desk: Desk) -> None:
    """An automatic message without thread leaves no trace; with one it stands in the timeline and moves nothing."""
    await tickets.publish(received("Out of office", automatic=True))
    assert await tickets.recorded() == []
    await tickets.publish(received())
    ticket_id = (await tickets.recorded())[0].subject
    await desk.patch(await desk.get(f"/{ticket_id}"), status="resolved")
    await tickets.publish(received("Out of office", automatic=True, ticket_id=ticket_id))
    assert (await desk.get(f"/{ticket_id}"))["status"] == "resolved"
    assert [m["automatic"] for m in (await desk.get(f"/{ticket_id}/messages"))["items"]] == [False, True]
    fact = MessageAdded.model_validate((await tickets.recorded(MessageAdded))[-1].data)
    assert (fact.automatic, fact.ticket.status) == (True, "resolved")


async def test_strangers_do_not_speak_as_the_player(tickets: RunningService, desk: Desk) -> None:
    """Words of somebody who is not the contact are a note: visible to staff, no reopening, no answer to him."""
    await tickets.publish(received())
    ticket_id = (await tickets.recorded())[0].subject
    await desk.patch(await desk.get(f"/{ticket_id}"), status="resolved")
    eve = KIM.model_copy(update={"address": "eve@example.org"})
    await tickets.publish(received("Send it to me instead", eve, ticket_id=ticket_id))
    assert (await desk.get(f"/{ticket_id}"))["status"] == "resolved"
    note = (await desk.get(f"/{ticket_id}/messages"))["items"][-1]
    assert (note["kind"], note["author"]["kind"]) == ("note", "system")
    assert "eve@example.org" in note["text"]
    assert "Send it to me instead" in note["text"]
    await desk.post(f"/{ticket_id}/messages", {"text": "Hello Kim"})
    reply = MessageAdded.model_validate((await tickets.recorded(MessageAdded))[-1].data)
    assert reply.contact == KIM


@pytest.mark.parametrize("brand", ["lucky", "royal"])
async def test_a_thread_that_is_not_there_opens_a_ticket(tickets: RunningService, desk: Desk, brand: str) -> None:
    """An unknown ticket, or one of another brand, is no thread: the words are kept in a new ticket."""
    foreign = await desk.open(desk.player(brand="royal"))
    hint = foreign["id"] if brand == "lucky" else new_id()
    await tickets.publish(received(ticket_id=hint), brand=brand)
    opened = await tickets.recorded(TicketOpened)
    assert [envelope.brand for envelope in opened] == ["royal", brand]
    assert opened[1].subject != foreign["id"]


async def test_a_late_message_sorts_where_it_belongs(tickets: RunningService, desk: Desk) -> None:
    """Words that were said before the answer stand before it, however late they arrive."""
    ticket_id = new_id()
    await tickets.publish(session_started(ticket_id))
    await tickets.publish(posted(ticket_id, 1, "One"))
    await desk.post(f"/{ticket_id}/messages", {"text": "Answer"})
    await tickets.publish(posted(ticket_id, 2, "Two"))
    entries = (await desk.get(f"/{ticket_id}/timeline"))["items"]
    assert [entry["text"] for entry in entries if entry["text"]] == ["One", "Two", "Answer"]
    assert [entry["version"] for entry in entries if entry["text"]] == [2, 5, 3]


async def test_other_channels_come_in_the_same_way(tickets: RunningService, desk: Desk) -> None:
    """A messenger's words open a ticket of its channel; without subject the words are it."""
    contact = KIM.model_copy(update={"channel": Channel.TELEGRAM, "address": "tg:42"})
    await tickets.publish(received("Привет, где мой вывод?", contact, subject=""))
    (item,) = (await desk.get("", channel="telegram"))["items"]
    assert item["subject"] == "Привет, где мой вывод?"
    actor = (await tickets.recorded(TicketOpened))[0].data["actor"]
    assert actor == Author(kind=AuthorKind.VISITOR, id="tg:42", name="Kim").model_dump(mode="json")
