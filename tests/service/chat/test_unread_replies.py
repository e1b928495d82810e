"""Answers that a player does not read: told to be sent by e-mail once, in order, however many processes look."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import select, update

from services.chat.tables import chat_replies
from shared.contracts.base import Author, AuthorKind, Channel, ContactRef
from shared.contracts.chat import MessagePosted, SessionEnded
from shared.contracts.chat_mail import ContactRead, RepliesUnread
from shared.contracts.notifications import MessageDispatched
from shared.contracts.tickets import MessageAdded, MessageKind
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.support.chat import Frame, opened, reply, served
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import RunningService, running_service

OFTEN: Final = timedelta(milliseconds=50)
RARELY: Final = timedelta(hours=1)
CLAIMS: Final = {"email": "kim@example.org"}


async def begin(chat: RunningService, *, claims: dict[str, str] | None = None, **body: object) -> Frame:
    """Start a session as Kim with first words; the token vouches for an address unless `claims` say otherwise."""
    headers = chat.actor(ActorKind.PLAYER, "p-1", name="Kim", claims=CLAIMS if claims is None else claims)
    answer = await chat.http.post("/v1/chat/sessions", json={"message": {"text": "Hello"}, **body}, headers=headers)
    assert answer.status_code == 201, answer.text
    document: Frame = answer.json()
    return document


async def row_of(chat: RunningService, ticket_id: str) -> Any:
    """Return what chat remembers of a conversation's answers."""
    async with chat.ground.database.begin("lucky") as session:
        found = select(chat_replies).where(chat_replies.c.ticket_id == UUID(ticket_id))
        return (await session.execute(found)).one_or_none()


async def answered(chat: RunningService, ticket_id: str, *texts: str, **more: object) -> list[UUID]:
    """Answer as Ann and wait until chat has it."""
    ids = []
    for text in texts:
        event = reply(ticket_id, text, **more)
        await chat.publish(event)
        ids.append(event.message_id)

    async def written() -> bool:
        told = [envelope.data["message_id"] for envelope in await chat.recorded(MessagePosted)]
        return {str(one) for one in ids} <= set(told) and (await row_of(chat, ticket_id)) is not None

    await eventually(written)
    return ids


async def let_time_pass(chat: RunningService, ticket_id: str) -> None:
    """Let an hour pass: what was said is older, and the time comes at which the answers are looked at.

    The service itself may change nothing that was said: its owner does.
    """
    owner = await asyncpg.connect(chat.urls.owner)
    try:
        async with owner.transaction():
            await owner.execute("ALTER TABLE chat_messages NO FORCE ROW LEVEL SECURITY")
            older = "UPDATE chat_messages SET sent_at = sent_at - interval '1 hour' WHERE ticket_id = $1"
            assert await owner.execute(older, UUID(ticket_id)) != "UPDATE 0"
            await owner.execute("ALTER TABLE chat_messages FORCE ROW LEVEL SECURITY")
    finally:
        await owner.close()
    async with chat.ground.database.begin("lucky") as session:
        due = update(chat_replies).where(
            chat_replies.c.ticket_id == UUID(ticket_id), chat_replies.c.due_at.is_not(None)
        )
        await session.execute(due.values(due_at=chat.ground.clock.now()))


async def batches_of(chat: RunningService) -> list[RepliesUnread]:
    """Return what chat told to be sent so far."""
    return [RepliesUnread.model_validate(envelope.data) for envelope in await chat.recorded(RepliesUnread)]


def looked(chat: RunningService, ticket_id: str) -> Callable[[], Awaitable[bool]]:
    """Return a question: was the conversation looked at, with nothing left to look at."""

    async def done() -> bool:
        return (await row_of(chat, ticket_id)).due_at is None

    return done


async def reach(chat: RunningService, ticket_id: str) -> Frame:
    """Return what staff see of how somebody is reached."""
    answer = await chat.http.get(f"/v1/chat/sessions/{ticket_id}/reach", headers=chat.actor())
    assert answer.status_code == 200, answer.text
    document: Frame = answer.json()
    return document


async def test_unread_answers_go_out_as_one_batch_in_order(postgres: Cluster) -> None:
    """Once, to the address that the operator vouches for, with the words as they stand; staff see what became of it."""
    async with running_service(postgres, "chat", unread_every=OFTEN) as chat:
        ticket_id = (await begin(chat, language="de"))["ticket_id"]
        ids = await answered(chat, ticket_id, "one", "two")
        assert ((await reach(chat, ticket_id))["delivery"], (await reach(chat, ticket_id))["unread"]) == ("waiting", 2)
        await let_time_pass(chat, ticket_id)
        (told,) = await eventually(lambda: chat.recorded(RepliesUnread))
        batch = RepliesUnread.model_validate(told.data)
        assert [(line.message_id, line.text, line.author.name) for line in batch.replies] == [
            (ids[0], "one", "Ann"), (ids[1], "two", "Ann"),
        ]  # fmt: skip
        assert (batch.contact.address, batch.contact.channel, batch.language) == (
            "kim@example.org",
            Channel.EMAIL,
            "de",
        )
        assert (batch.number, batch.first_batch_id) == ("LUCKY-1001", batch.batch_id)
        seen = await reach(chat, ticket_id)
        assert (seen["delivery"], seen["vouched_email"], seen["email"]) == ("told", "kim@example.org", None)
        sent = MessageDispatched(
            message_id=batch.batch_id, ticket_id=UUID(ticket_id), channel=Channel.EMAIL, outcome="failed",
            dispatched_at=batch.told_at,
        )  # fmt: skip
        await chat.publish(sent)
        await eventually(lambda: _delivery(chat, ticket_id, "failed"))
        await answered(chat, ticket_id, "three")
        await let_time_pass(chat, ticket_id)

        async def both() -> Any:
            told = await chat.recorded(RepliesUnread)
            return told if len(told) == 2 else []

        _, second = await eventually(both)
        assert ([line["text"] for line in second.data["replies"]], second.sequence) == (["three"], 2)
        assert second.data["first_batch_id"] == str(batch.batch_id)
        assert await chat.recorded(ContactRead), "whoever looked is on record"


async def _delivery(chat: RunningService, ticket_id: str, wanted: str) -> bool:
    return bool((await reach(chat, ticket_id))["delivery"] == wanted)


async def test_whoever_has_read_or_spoken_since_gets_no_mail(postgres: Cluster) -> None:
    """Receipts of any of his sockets count, and so do words said live after the answer."""
    async with running_service(postgres, "chat", unread_every=OFTEN) as chat, served(chat) as url:
        session = await begin(chat)
        ticket_id = session["ticket_id"]
        async with opened(url, session["socket_ticket"]) as kim:
            await kim.first("welcome")
            await answered(chat, ticket_id, "one")
            await kim.got(ticket_id, 2)
            await kim.say("read", seq=2)

            async def read() -> bool:
                return bool((await reach(chat, ticket_id))["read_seq"] == 2)

            await eventually(read)
        await let_time_pass(chat, ticket_id)
        await eventually(looked(chat, ticket_id))
        await answered(chat, ticket_id, "two")
        headers = chat.actor(ActorKind.PLAYER, "p-1", name="Kim")
        said = await chat.http.post(f"/v1/chat/sessions/{ticket_id}/messages", json={"text": "Thanks"}, headers=headers)
        assert said.status_code == 201
        await let_time_pass(chat, ticket_id)
        await eventually(looked(chat, ticket_id))
        assert await chat.recorded(RepliesUnread) == []
        assert (await reach(chat, ticket_id))["delivery"] == "none"


async def test_delivered_is_not_read(postgres: Cluster) -> None:
    """A forgotten tab gets everything and shows it to nobody: the answer goes out although its socket lives."""
    async with running_service(postgres, "chat", unread_every=OFTEN) as chat, served(chat) as url:
        session = await begin(chat)
        ticket_id = session["ticket_id"]
        async with opened(url, session["socket_ticket"]) as kim:
            await kim.first("welcome")
            await answered(chat, ticket_id, "one")
            await kim.say("delivered", seq=2)
            await let_time_pass(chat, ticket_id)
            await eventually(lambda: chat.recorded(RepliesUnread))


async def test_answers_wait_for_an_address_and_nothing_is_lost(postgres: Cluster) -> None:
    """Without one staff see that it is undelivered; as soon as one is known the time begins, and it goes out."""
    async with running_service(postgres, "chat", unread_every=OFTEN) as chat:
        ticket_id = (await begin(chat, claims={}))["ticket_id"]
        await answered(chat, ticket_id, "one")
        await let_time_pass(chat, ticket_id)
        await eventually(looked(chat, ticket_id))
        assert (await reach(chat, ticket_id))["delivery"] == "undelivered"
        assert (await begin(chat, claims={"email": "no address"}))["ticket_id"] == ticket_id
        assert (await row_of(chat, ticket_id)).due_at is None, "what cannot be written to is no address"
        assert (await begin(chat))["ticket_id"] == ticket_id
        seen = await reach(chat, ticket_id)
        assert (seen["delivery"], seen["vouched_email"]) == ("none", "kim@example.org"), "he has spoken since"
        headers = chat.actor(ActorKind.VISITOR, "v-1")
        other = await chat.http.post("/v1/chat/sessions", json={"message": {"text": "Hi"}}, headers=headers)
        visited = other.json()["ticket_id"]
        await answered(chat, visited, "three")
        await let_time_pass(chat, visited)
        await eventually(looked(chat, visited))
        path, body = f"/v1/chat/sessions/{visited}/address", {"email": "vi@münchen.example"}
        assert (await chat.http.put(path, json=body, headers=chat.actor(ActorKind.VISITOR, "v-2"))).status_code == 404
        assert (await chat.http.put(path, json=body, headers=headers)).status_code == 204
        assert (await row_of(chat, visited)).due_at is not None
        await let_time_pass(chat, visited)
        (told,) = await eventually(lambda: batches_of(chat))
        assert told.contact.address == "vi@xn--mnchen-3ya.example"
        assert told.player.kind is AuthorKind.VISITOR


async def test_two_processes_and_many_looks_tell_a_batch_once(postgres: Cluster) -> None:
    """Both find it due at the same moment, over and over; each answer is told once and in order."""
    async with (
        running_service(postgres, "chat", unread_every=OFTEN) as one,
        running_service(postgres, "chat", urls=one.urls, unread_every=OFTEN),
    ):
        ticket_id = (await begin(one))["ticket_id"]
        for round_ in range(5):
            await answered(one, ticket_id, f"{round_}a", f"{round_}b")
            await asyncio.gather(*(let_time_pass(one, ticket_id) for _ in range(4)))

            async def told(least: int = 2 * round_ + 2) -> bool:
                return sum(len(batch.replies) for batch in await batches_of(one)) >= least

            await eventually(told)
        batches = await one.recorded(RepliesUnread)
        texts = [line.text for batch in await batches_of(one) for line in batch.replies]
        assert texts == [f"{round_}{which}" for round_ in range(5) for which in "ab"]
        assert [batch.sequence for batch in batches] == list(range(1, len(batches) + 1))


async def test_a_look_that_was_cut_short_is_taken_again(postgres: Cluster) -> None:
    """Nothing of it lives in a process: what was due when everything stopped goes out after the start."""
    async with running_service(postgres, "chat", unread_every=RARELY) as first:
        ticket_id = (await begin(first))["ticket_id"]
        await answered(first, ticket_id, "one")
        await let_time_pass(first, ticket_id)
        assert await first.recorded(RepliesUnread) == []
        async with running_service(postgres, "chat", urls=first.urls, unread_every=OFTEN) as second:
            await eventually(lambda: second.recorded(RepliesUnread))


async def test_a_brand_may_send_nothing(postgres: Cluster) -> None:
    """With `mail_after` null nobody is told anything by e-mail."""
    async with running_service(postgres, "chat", unread_every=OFTEN) as chat:
        rules = {"warn_after": None, "end_after": 60, "asks_for_rating": False, "mail_after": None}
        put = await chat.http.put("/v1/chat/policy", json=rules, headers=chat.actor(role="lead") | {"If-Match": '"0"'})
        assert (put.status_code, put.json()["mail_after"]) == (200, None)
        ticket_id = (await begin(chat))["ticket_id"]
        await answered(chat, ticket_id, "one")
        assert (await row_of(chat, ticket_id)).due_at is None


def mailed(ticket_id: str, text: str, **more: object) -> MessageAdded:
    """Return what tickets tells when a live player answered by e-mail."""
    contact = ContactRef(
        channel=Channel.EMAIL, address="kim@example.org", thread=("<a@example.org>", "<b@example.org>")
    )
    player = Author(kind=AuthorKind.PLAYER, id="p-1", name="Kim")
    values: dict[str, object] = {
        "kind": MessageKind.MESSAGE, "author": player, "actor": player, "live": False, "channel": Channel.EMAIL,
        "contact": contact, "message_id": new_id(), "occurred_at": datetime.now(UTC), **more,
    }  # fmt: skip
    return reply(ticket_id, text, **values)


async def test_an_answer_by_mail_stands_in_the_open_conversation(postgres: Cluster) -> None:
    """Under its own id and marked, once; what is answered next goes out sooner and in the player's thread."""
    async with running_service(postgres, "chat", unread_every=OFTEN) as chat, served(chat) as url:
        session = await begin(chat)
        ticket_id = session["ticket_id"]
        await answered(chat, ticket_id, "one")
        event = mailed(ticket_id, "By mail", attachments=(new_id(),))
        async with opened(url, session["socket_ticket"]) as kim:
            await kim.first("welcome")
            await chat.publish(event)
            seen = await kim.first("msg", id=event.message_id)
            assert (seen["text"], seen["channel"], seen["author"]["kind"]) == ("By mail", "email", "player")
            assert seen["attachments"] == [str(one) for one in event.attachments]
        told = [one for one in await chat.recorded(MessagePosted) if one.data["message_id"] == str(event.message_id)]
        assert [one.data["channel"] for one in told] == ["email"]
        await answered(chat, ticket_id, "two")
        row = await row_of(chat, ticket_id)
        assert row.due_at - chat.ground.clock.now() <= timedelta(minutes=1)
        await let_time_pass(chat, ticket_id)
        (batch,) = await eventually(lambda: batches_of(chat))
        assert [line.text for line in batch.replies] == ["one", "two"], "a mail is no receipt"
        assert batch.contact.thread == ("<a@example.org>", "<b@example.org>")


async def test_a_conversation_that_is_over_takes_no_mail_and_robots_speak_nowhere(postgres: Cluster) -> None:
    """The ticket has the words; the transcript stays as it ended, and an absence note is nobody's answer."""
    async with running_service(postgres, "chat", unread_every=OFTEN) as chat:
        ticket_id = (await begin(chat))["ticket_id"]
        await answered(chat, ticket_id, "one")
        await chat.publish(mailed(ticket_id, "I am away", automatic=True))
        await chat.http.post(f"/v1/chat/sessions/{ticket_id}/end", headers=chat.actor(ActorKind.PLAYER, "p-1"))
        await eventually(lambda: chat.recorded(SessionEnded))
        await chat.publish(mailed(ticket_id, "Too late"))
        await answered(chat, ticket_id, "two")
        page = await chat.http.get(f"/v1/chat/sessions/{ticket_id}/messages", headers=chat.actor())
        assert [item["text"] for item in page.json()["items"]] == ["Hello", "one", "two"]


async def test_an_answer_that_leaves_by_mail_anyway_is_not_sent_twice(postgres: Cluster) -> None:
    """A live conversation that was merged into an e-mail ticket hears the answer; its player already gets it."""
    async with running_service(postgres, "chat", unread_every=OFTEN) as chat:
        ticket_id = (await begin(chat))["ticket_id"]
        contact = ContactRef(channel=Channel.EMAIL, address="kim@example.org")
        survivor = str(new_id())
        event = reply(survivor, "By mail", live=False, contact=contact, also_for=(UUID(ticket_id),))
        await chat.publish(event)

        async def heard() -> bool:
            page = await chat.http.get(f"/v1/chat/sessions/{ticket_id}/messages", headers=chat.actor())
            return [item["text"] for item in page.json()["items"]] == ["Hello", "By mail"]

        await eventually(heard)
        assert await row_of(chat, ticket_id) is None


async def test_one_person_is_told_once_of_an_answer_to_merged_conversations(postgres: Cluster) -> None:
    """It stands in both; the one that is open is the one he reads."""
    async with running_service(postgres, "chat", unread_every=OFTEN) as chat:
        old = (await begin(chat))["ticket_id"]
        await chat.http.post(f"/v1/chat/sessions/{old}/end", headers=chat.actor(ActorKind.PLAYER, "p-1"))
        new = (await begin(chat))["ticket_id"]
        await chat.publish(reply(old, "Both", also_for=(UUID(new),)))

        async def heard() -> bool:
            return await row_of(chat, new) is not None

        await eventually(heard)
        assert await row_of(chat, old) is None


async def test_a_visitor_who_signed_in_is_not_told_what_he_read_before(postgres: Cluster) -> None:
    """What the visitor has read the player has read; from now on his vouched address counts."""
    async with running_service(postgres, "chat", unread_every=OFTEN) as chat, served(chat) as url:
        visitor, player = chat.actor(ActorKind.VISITOR, "v-1"), chat.actor(ActorKind.PLAYER, "p-1", claims=CLAIMS)
        began = await chat.http.post("/v1/chat/sessions", json={"message": {"text": "Hi"}}, headers=visitor)
        ticket_id = began.json()["ticket_id"]
        await answered(chat, ticket_id, "one")
        async with opened(url, began.json()["socket_ticket"]) as guest:
            await guest.first("welcome")
            await guest.say("read", seq=2)

            async def read() -> bool:
                return bool((await reach(chat, ticket_id))["read_seq"] == 2)

            await eventually(read)
        again = await chat.http.post("/v1/chat/sessions", json={}, headers=visitor)
        proof = {"socket_ticket": again.json()["socket_ticket"]}
        assert (await chat.http.post("/v1/chat/claims", json=proof, headers=player)).status_code == 200
        await answered(chat, ticket_id, "two")
        await let_time_pass(chat, ticket_id)
        (told,) = await eventually(lambda: batches_of(chat))
        assert [line.text for line in told.replies] == ["two"]
        assert told.contact.address == "kim@example.org"
