"""Players of live conversations who answer by e-mail, choose a reason first, or are given answers to choose from."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from shared.contracts.base import Author, AuthorKind, Channel, ContactRef
from shared.contracts.chat import SessionClaimed
from shared.contracts.chat_mail import ContactRead, RepliesUnread, TranscriptRequested
from shared.contracts.intake import MessageReceived
from shared.contracts.tickets import MessageAdded
from shared.ids import new_id
from tests.service.tickets.desk import MORNING, Desk, posted, received, session_started
from tests.support.service import RunningService

MAIL = ContactRef(channel=Channel.EMAIL, address="Kim@Example.org", name="Kim", thread=("<a@example.org>",))


def unread(ticket_id: UUID, address: str = "kim@example.org") -> RepliesUnread:
    """Return that chat has the player of a conversation written to."""
    contact = ContactRef(channel=Channel.EMAIL, address=address)
    return RepliesUnread.sample().model_copy(update={"ticket_id": ticket_id, "batch_id": new_id(), "contact": contact})


def mailed(words: str, contact: ContactRef = MAIL, **fields: Any) -> MessageReceived:
    """Return an e-mail that came an hour after the conversation began."""
    return received(words, contact, received_at=MORNING + timedelta(hours=1), **fields)


async def live(tickets: RunningService, *, player: str = "p-1", kind: str = "player", **fields: Any) -> UUID:
    """Begin a live conversation with first words."""
    ticket_id = new_id()
    await tickets.publish(session_started(ticket_id, player, kind, **fields))
    await tickets.publish(posted(ticket_id, 1, "Hello", kind, player))
    return ticket_id


async def last_words(desk: Desk, ticket_id: object) -> Any:
    """Return the newest words of a ticket."""
    return (await desk.get(f"/{ticket_id}/messages", limit=100))["items"][-1]


async def test_whoever_was_written_to_speaks_as_the_player(tickets: RunningService, desk: Desk) -> None:
    """The words are the player's and say how they came, so that chat can take them up; the ticket stays live."""
    ticket_id = await live(tickets)
    await tickets.publish(unread(ticket_id))
    await desk.post(f"/{ticket_id}/messages", {"text": "Here"})
    await desk.patch(await desk.get(f"/{ticket_id}"), status="resolved")
    await tickets.publish(mailed("Thank you", ticket_id=ticket_id))
    said = [MessageAdded.model_validate(fact.data) for fact in await tickets.recorded(MessageAdded)]
    (words,) = [fact for fact in said if fact.text == "Thank you"]
    assert (words.kind, words.author.kind, words.author.id) == ("message", AuthorKind.PLAYER, "p-1")
    assert (words.channel, words.contact, words.live) == (Channel.EMAIL, MAIL, False)
    ticket = await desk.get(f"/{ticket_id}")
    assert (ticket["status"], ticket["channel"]) == ("open", "web")
    answer = await desk.post(f"/{ticket_id}/messages", {"text": "With pleasure"})
    assert answer.status_code == 201
    told = [MessageAdded.model_validate(fact.data) for fact in await tickets.recorded(MessageAdded)][-1]
    assert (told.live, told.contact) == (True, None), "chat holds the conversation and sees to it that he is reached"


async def test_chat_that_repeats_an_e_mail_adds_nothing(tickets: RunningService, desk: Desk) -> None:
    ticket_id = await live(tickets)
    await tickets.publish(unread(ticket_id))
    mail = mailed("Thank you", ticket_id=ticket_id)
    await tickets.publish(mail)
    again = posted(ticket_id, 2, "Thank you").model_copy(
        update={"message_id": mail.message_id, "channel": Channel.EMAIL}
    )
    await tickets.publish(again)
    await tickets.publish(posted(ticket_id, 3, "And live"))
    texts = [item["text"] for item in (await desk.get(f"/{ticket_id}/messages"))["items"]]
    assert sorted(texts) == ["And live", "Hello", "Thank you"]


async def test_a_visitors_mail_stays_in_his_ticket_and_is_nobody_elses(tickets: RunningService, desk: Desk) -> None:
    """The address he claims belongs to a player with tickets of his own: they are not touched."""
    older = await desk.open()
    ticket_id = await live(tickets, player="v-1", kind="visitor")
    await tickets.publish(unread(ticket_id))
    await tickets.publish(mailed("It is me", ticket_id=ticket_id))
    words = await last_words(desk, ticket_id)
    assert (words["kind"], words["author"]["kind"], words["author"]["id"]) == ("message", "visitor", "v-1")
    assert (await desk.get(f"/{ticket_id}"))["player_id"] is None
    assert len((await desk.get(f"/{older['id']}/messages"))["items"]) == 1


async def test_strangers_and_other_tickets_get_a_note(tickets: RunningService, desk: Desk) -> None:
    """A forwarded reply address lets nobody else speak; being written to about one ticket counts for that one."""
    ticket_id, other = await live(tickets), await live(tickets, player="p-2")
    await tickets.publish(unread(ticket_id))
    stranger = ContactRef(channel=Channel.EMAIL, address="eve@example.org")
    await tickets.publish(mailed("Pay me", stranger, ticket_id=ticket_id))
    await tickets.publish(mailed("Me too", ticket_id=other))
    for one, words in ((ticket_id, "Pay me"), (other, "Me too")):
        note = await last_words(desk, one)
        assert (note["kind"], note["author"]["kind"]) == ("note", "system")
        assert words in note["text"]


async def test_a_robots_answer_reopens_nothing(tickets: RunningService, desk: Desk) -> None:
    ticket_id = await live(tickets)
    await tickets.publish(unread(ticket_id))
    await desk.patch(await desk.get(f"/{ticket_id}"), status="resolved")
    await tickets.publish(mailed("I am away", ticket_id=ticket_id, automatic=True))
    assert (await last_words(desk, ticket_id))["automatic"] is True
    assert (await desk.get(f"/{ticket_id}"))["status"] == "resolved"


async def test_however_late_the_mail_comes_it_lands_in_its_own_ticket(tickets: RunningService, desk: Desk) -> None:
    """A live conversation keeps its ticket whatever its age: the words bring it back, and its answer is live again."""
    ticket_id = await live(tickets)
    await tickets.publish(unread(ticket_id))
    await desk.patch(await desk.get(f"/{ticket_id}"), status="closed")
    async with tickets.ground.database.begin("lucky") as session:
        await session.execute(text("UPDATE tickets SET resolved_at = resolved_at - interval '60 days'"))
    await tickets.publish(mailed("Once more", ticket_id=ticket_id))
    assert (await last_words(desk, ticket_id))["text"] == "Once more"
    assert (await desk.get(f"/{ticket_id}"))["status"] == "open"
    await desk.post(f"/{ticket_id}/messages", {"text": "Of course"})
    told = [MessageAdded.model_validate(fact.data) for fact in await tickets.recorded(MessageAdded)][-1]
    assert (told.live, told.contact) == (True, None)


async def test_a_visitor_who_signed_in_answers_as_the_player(tickets: RunningService, desk: Desk) -> None:
    """Whose the conversation is when the e-mail arrives decides who speaks."""
    ticket_id = await live(tickets, player="v-1", kind="visitor")
    await tickets.publish(unread(ticket_id))
    visitor, kim = Author(kind=AuthorKind.VISITOR, id="v-1"), Author(kind=AuthorKind.PLAYER, id="p-1")
    await tickets.publish(SessionClaimed(ticket_id=ticket_id, visitor=visitor, player=kim, claimed_at=MORNING))
    await tickets.publish(mailed("It is me", ticket_id=ticket_id))
    assert (await last_words(desk, ticket_id))["author"]["id"] == "p-1"


async def test_a_reason_that_was_chosen_first_counts_and_one_that_is_none_does_no_harm(
    tickets: RunningService, desk: Desk
) -> None:
    chosen = await live(tickets, reason="ACC.PASSWORD")
    unknown = await live(tickets, reason="NO.SUCH")
    assert (await desk.get(f"/{chosen}"))["reason"] == "ACC.PASSWORD"
    assert (await desk.get(f"/{unknown}"))["reason"] is None


async def test_who_looks_at_contacts_and_sends_transcripts_is_in_the_trail(tickets: RunningService, desk: Desk) -> None:
    """Staff are on record with both; a player who sends himself his own conversation is not."""
    ticket_id = await live(tickets)
    await tickets.publish(ContactRead.sample().model_copy(update={"ticket_id": ticket_id, "read_id": new_id()}))
    staff = Author(kind=AuthorKind.STAFF, id="s-1", name="Ann")
    wish = TranscriptRequested.sample().model_copy(update={"ticket_id": ticket_id, "transcript_id": new_id()})
    await tickets.publish(wish)
    await tickets.publish(wish.model_copy(update={"transcript_id": new_id(), "requested_by": staff}))
    lead = desk.agent("s-lead", role="lead")
    for action in ("read_contact", "send_transcript"):
        answer = await tickets.http.get("/v1/audit", params={"action": action}, headers=lead)
        (entry,) = answer.json()["items"]
        assert (entry["ticket_id"], entry["player_id"], entry["actor"]["kind"]) == (str(ticket_id), "p-1", "staff")


async def test_answers_to_choose_from_are_offered_to_live_players_only(tickets: RunningService, desk: Desk) -> None:
    """Up to five under a reply, each with a label of its own; nowhere else could anybody press them."""
    ticket_id = await live(tickets)
    path, yes = f"/{ticket_id}/messages", {"label": "Yes", "value": "Yes, please"}
    asked = await desk.post(path, {"text": "Shall I?", "quick_replies": [yes]})
    assert asked.status_code == 201, asked.text
    told = [MessageAdded.model_validate(fact.data) for fact in await tickets.recorded(MessageAdded)][-1]
    assert [one.model_dump() for one in told.quick_replies] == [yes]
    note = await desk.post(path, {"text": "x", "kind": "note", "quick_replies": [yes]})
    assert (note.status_code, note.json()["code"]) == (409, "quick-replies-refused")
    assert (await desk.post(path, {"text": "x", "quick_replies": [yes, yes]})).status_code == 409
    form = await desk.open()
    assert (await desk.post(f"/{form['id']}/messages", {"text": "x", "quick_replies": [yes]})).status_code == 409
    bad: tuple[object, ...] = (
        [{"label": "x" * 41, "value": "x"}], [{"label": "x", "value": "x" * 201}], [{"label": " ", "value": "x"}],
        [{"label": "a\nb", "value": "x"}], [{"label": f"{n}", "value": "x"} for n in range(6)], [yes | {"more": 1}],
    )  # fmt: skip
    for choices in bad:
        assert (await desk.post(path, {"text": "x", "quick_replies": choices})).status_code == 422, choices


async def test_a_macro_offers_answers_in_the_language_of_its_words(tickets: RunningService, desk: Desk) -> None:
    """Of a live ticket; of any other it says its words alone. A language without words is refused."""
    lead = desk.agent(role="lead")
    choices = {"en": [{"label": "Yes", "value": "Yes"}], "de": [{"label": "Ja", "value": "Ja, bitte"}]}
    macro = {
        "name": "Ask",
        "texts": {"en": "Shall I?", "de": "Soll ich?"},
        "actions": {"quick_replies": choices},
    }
    made = await tickets.http.post("/v1/macros", json=macro, headers=lead)
    assert made.status_code == 201, made.text
    assert made.json()["actions"]["quick_replies"] == choices
    ticket_id, form = await live(tickets, language="de"), await desk.open()
    for one in (ticket_id, form["id"]):
        used = await desk.post(f"/{one}/macros/{made.json()['id']}", {})
        assert used.status_code == 200, used.text
    said = [MessageAdded.model_validate(fact.data) for fact in await tickets.recorded(MessageAdded)]
    offered = {fact.text: [one.label for one in fact.quick_replies] for fact in said if fact.kind == "reply"}
    assert offered == {"Soll ich?": ["Ja"], "Shall I?": []}
    wrong = macro | {"actions": {"quick_replies": {"fr": choices["en"]}}}
    assert (await tickets.http.post("/v1/macros", json=wrong, headers=lead)).json()["code"] == "macro-invalid"
