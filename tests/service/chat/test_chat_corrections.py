"""Words are corrected and withdrawn: everybody ends with the same ones, and what they were is the staff's alone."""

import asyncio
import random
from functools import partial
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import httpx
import pytest
from sqlalchemy import select

from services.chat.tables import chat_silences
from shared.contracts.chat import MessageCorrected, MessagePosted, SessionEnded, TranscriptRead
from shared.contracts.tickets import MessageKind, TicketStatus
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.service.chat.test_chat_rules import moved, waits
from tests.support.chat import correction, desk_ticket, opened, reply, served, start
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import RunningService, running_service

SECRET = "Send it to Kim's flat"


def player(chat: RunningService, id_: str = "p-1", brand: str = "lucky") -> dict[str, str]:
    return chat.actor(ActorKind.PLAYER, id_, brand, name="Kim")


def base(ticket_id: Any) -> str:
    return f"/v1/chat/sessions/{ticket_id}/messages"


async def say(chat: RunningService, ticket_id: str, text: str) -> dict[str, Any]:
    answer = await chat.http.post(base(ticket_id), json={"text": text}, headers=player(chat))
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def correct(
    chat: RunningService, said: dict[str, Any], text: str, headers: dict[str, str] | None = None, **more: Any
) -> httpx.Response:
    path = f"{base(said['ticket_id'])}/{said['id']}"
    return await chat.http.patch(path, json={"text": text, **more}, headers=headers or player(chat))


async def withdraw(chat: RunningService, said: dict[str, Any], headers: dict[str, str] | None = None) -> httpx.Response:
    return await chat.http.delete(f"{base(said['ticket_id'])}/{said['id']}", headers=headers or player(chat))


async def allow(chat: RunningService, seconds: int) -> None:
    """Let players of the brand correct their words for so long."""
    version = (await chat.http.get("/v1/chat/policy", headers=chat.actor())).headers["ETag"]
    rules = {"warn_after": 600, "end_after": 300, "asks_for_rating": True, "correct_within": seconds}
    headers = chat.actor(role="lead") | {"If-Match": version}
    answer = await chat.http.put("/v1/chat/policy", json=rules, headers=headers)
    assert answer.status_code == 200, answer.text


async def entries(chat: RunningService, ticket_id: str, after: int = 0) -> list[dict[str, Any]]:
    query = {"after_seq": after, "limit": 100}
    answer = await chat.http.get(base(ticket_id), params=query, headers=player(chat))
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def folded(frames: list[dict[str, Any]], known: dict[str, str | None] | None = None) -> dict[str, str | None]:
    """Return what each message says to a client that has seen these entries on top of what it knew."""
    state = dict(known or {})
    for frame in frames:
        if frame["t"] == "msg":
            state[frame["id"]] = None if frame.get("withdrawn_at") else frame["text"]
        elif frame["t"] == "corrected":
            state[frame["message_id"]] = frame["text"]
    return state


async def test_a_correction_takes_its_place_behind_the_words_and_reaches_everybody(postgres: Cluster) -> None:
    """The sender gets `ack`, the others `corrected`; marks and cursors go on; the message itself shows it too."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        ticket_id = session["ticket_id"]
        async with (
            opened(url, session["socket_ticket"]) as kim,
            opened(url, (await start(chat))["socket_ticket"]) as tab,
            opened(url, await desk_ticket(chat)) as ann,
        ):
            for client in (kim, tab, ann):
                await client.first("welcome")
            await ann.say("watch", ticket_id=ticket_id)
            await kim.say("send", client_msg_id="c1", text="Helo")
            said = await kim.first("ack", client_msg_id="c1")
            await kim.say("correct", client_msg_id="c2", message_id=said["id"], text="Hello")
            assert (await kim.first("ack", client_msg_id="c2"))["seq"] == 2
            for other in (tab, ann):
                frame = await other.first("corrected", ticket_id=ticket_id)
                assert (frame["seq"], frame["message_id"], frame["text"]) == (2, said["id"], "Hello")
                assert (frame["author"]["id"], frame["client_msg_id"]) == ("p-1", "c2")
            await kim.say("correct", client_msg_id="c3", message_id=said["id"], text=None)
            await ann.first("corrected", seq=3, text=None)
            assert kim.seqs(ticket_id) == tab.seqs(ticket_id) == ann.seqs(ticket_id) == [1, 2, 3]
        message, *corrections = await entries(chat, ticket_id)
        assert (message["text"], message["edited_at"]) == ("", None)
        assert message["withdrawn_at"] == corrections[-1]["at"]
        assert [(one["t"], one["seq"], one["text"]) for one in corrections] == [
            ("corrected", 2, None),
            ("corrected", 3, None),
        ]
        assert [e.sequence for e in await chat.recorded(MessageCorrected)] == [3, 4]
        told = [MessageCorrected.model_validate(e.data).text for e in await chat.recorded(MessageCorrected)]
        assert told == ["Hello", None]


@pytest.mark.parametrize("seed", range(3))
async def test_whoever_was_away_ends_with_the_same_words(postgres: Cluster, seed: int) -> None:
    """Whatever the cursor, also between a message and its correction, over the socket and over HTTP."""
    dice = random.Random(seed)  # noqa: S311 - a test
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        ticket_id = session["ticket_id"]
        async with opened(url, await desk_ticket(chat)) as ann:
            await ann.say("watch", ticket_id=ticket_id)
            said = [await say(chat, ticket_id, "first")]
            for n in range(25):
                wish = dice.random()
                if wish < 0.4:
                    said.append(await say(chat, ticket_id, f"words {n}"))
                elif wish < 0.8:
                    await correct(chat, dice.choice(said), f"corrected {n}")
                else:
                    await withdraw(chat, dice.choice(said))
            whole = await entries(chat, ticket_id)
            await ann.got(ticket_id, len(whole))
            there = folded(ann.frames)
        assert there == folded(whole)
        assert [one["seq"] for one in whole] == list(range(1, len(whole) + 1))
        for cursor in {0, 1, *dice.sample(range(len(whole)), 4)}:
            known = folded([frame for frame in ann.frames if frame.get("seq", 0) <= cursor])
            assert folded(await entries(chat, ticket_id, cursor), known) == there
            ticket = (await start(chat))["socket_ticket"]
            async with opened(url, ticket, {ticket_id: cursor}) as kim:
                await kim.got(ticket_id, len(whole) - cursor)
                assert kim.seqs(ticket_id) == list(range(cursor + 1, len(whole) + 1))
                assert folded(kim.frames, known) == there


async def test_what_was_replaced_is_shown_to_staff_alone_and_on_record(postgres: Cluster) -> None:
    """Not a word of it in anything a player reads afterwards, the corrections that were replaced included."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        ticket_id = session["ticket_id"]
        said = await say(chat, ticket_id, SECRET)
        await correct(chat, said, f"{SECRET} or not")
        await withdraw(chat, said)
        seen = (await chat.http.get(base(ticket_id), headers=player(chat))).text
        async with opened(url, (await start(chat))["socket_ticket"]) as kim:
            await kim.got(ticket_id, 3)
            assert SECRET not in f"{seen}{kim.frames}"
        path = f"{base(ticket_id)}/{said['id']}/history"
        answer = await chat.http.get(path, headers=chat.actor() | {"X-Pitboss-Reason": "a complaint"})
        versions = [(one["seq"], one["text"]) for one in answer.json()["items"]]
        assert versions == [(1, SECRET), (2, f"{SECRET} or not"), (3, None)]
        look = TranscriptRead.model_validate((await chat.recorded(TranscriptRead))[-1].data)
        assert (str(look.message_id), look.reason, look.reader.id) == (said["id"], "a complaint", "s-1")
        assert (await chat.http.get(path, headers=player(chat))).status_code == 403
        foreign = chat.actor(ActorKind.STAFF, "s-1", "royal")
        assert (await chat.http.get(path, headers=foreign)).status_code == 404


async def test_only_ones_own_words_are_corrected(postgres: Cluster) -> None:
    """Of others' conversations and brands nothing exists; staff's words are corrected where they are written."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat))["ticket_id"]
        said = await say(chat, ticket_id, "Hello")
        answered = reply(ticket_id, "Hi")
        await chat.publish(answered)
        await eventually(lambda: _length(chat, ticket_id, 2))
        for stranger in (player(chat, "p-2"), player(chat, brand="royal"), chat.actor(ActorKind.VISITOR, "p-1")):
            for refused in (await correct(chat, said, "Mine", stranger), await withdraw(chat, said, stranger)):
                assert (refused.status_code, refused.json()["code"]) == (404, "session-not-found")
        by_staff = await correct(chat, said, "Mine", chat.actor())
        assert (by_staff.status_code, by_staff.json()["location"]) == (
            403,
            f"/v1/tickets/{ticket_id}/messages/{said['id']}",
        )
        of_staff = {"ticket_id": ticket_id, "id": str(answered.message_id)}
        for refused in (await correct(chat, of_staff, "Bye"), await withdraw(chat, of_staff)):
            assert (refused.status_code, refused.json()["code"]) == (403, "words-of-another")
        unknown = await withdraw(chat, said | {"id": str(new_id())})
        entry = (await correct(chat, said, "Hello!")).json()
        assert entry["t"] == "corrected"
        of_entry = await withdraw(chat, entry)
        assert [one.json()["code"] for one in (unknown, of_entry)] == ["message-not-found"] * 2
        other = await start(chat, new=True)
        elsewhere = await withdraw(chat, said | {"ticket_id": other["ticket_id"]})
        assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "message-not-found")


async def test_the_time_for_it_is_the_brands(postgres: Cluster) -> None:
    """Two minutes unless it says otherwise; zero: never; a widget is told; other rules leave it as it is."""
    async with running_service(postgres, "chat") as chat:
        session = await start(chat)
        assert session["correct_within"] == 120
        said = await say(chat, session["ticket_id"], "Hello")
        await allow(chat, 0)
        assert (await start(chat))["correct_within"] == 0
        off = await correct(chat, said, "Hi")
        assert (off.status_code, off.json()["code"]) == (403, "corrections-switched-off")
        rules = {"warn_after": None, "end_after": 300, "asks_for_rating": False}
        headers = chat.actor(role="lead") | {"If-Match": '"1"'}
        answer = await chat.http.put("/v1/chat/policy", json=rules, headers=headers)
        assert answer.json()["correct_within"] == 0
        await allow(chat, 1)
        late = None

        async def over() -> bool:
            nonlocal late
            late = await correct(chat, said, f"Hi {new_id()}")
            return late.status_code != 200

        await eventually(over, every=0.2)
        assert late is not None
        assert (late.status_code, late.json()["code"]) == (409, "correction-too-late")
        assert late.json()["until"] > said["sent_at"]


async def test_a_repetition_is_one_correction_and_nothing_else_takes_its_id(postgres: Cluster) -> None:
    """Over either way; what changes nothing writes nothing; withdrawn words stay withdrawn."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        said = await say(chat, session["ticket_id"], "Helo")
        first = (await correct(chat, said, "Hello", client_msg_id="c1")).json()
        await correct(chat, said, "Hello there")
        again = await correct(chat, said, "Hello", client_msg_id="c1")
        assert again.json()["seq"] == first["seq"] == 2
        assert (await correct(chat, said, "Hello there")).json()["seq"] == 3
        other = await correct(chat, said, "Other", client_msg_id="c1")
        words = await chat.http.post(
            base(session["ticket_id"]), json={"text": "Hello", "client_msg_id": "c1"}, headers=player(chat)
        )
        assert [(one.status_code, one.json()["code"]) for one in (other, words)] == [(409, "client-msg-id-reused")] * 2
        async with opened(url, session["socket_ticket"]) as kim:
            await kim.say("correct", client_msg_id="c1", message_id=said["id"], text="Hello")
            assert (await kim.first("ack", client_msg_id="c1"))["seq"] == 2
            for id_ in ("c8", "c9"):
                await kim.say("correct", client_msg_id=id_, message_id=said["id"], text=None)
                assert (await kim.first("ack", client_msg_id=id_))["seq"] == 4
            await kim.say("correct", client_msg_id="c10", message_id=said["id"], text="Once more")
            assert (await kim.first("nack", client_msg_id="c10"))["problem"]["code"] == "words-withdrawn"
            assert (await kim.first("msg", seq=1)).get("edited_at")
        assert (await withdraw(chat, said)).status_code == 204
        assert len(await chat.recorded(MessageCorrected)) == 3


async def test_two_corrections_at_once_are_both_kept_and_the_later_one_counts(postgres: Cluster) -> None:
    """With words in between: places and events have no gap."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat))["ticket_id"]
        said = await say(chat, ticket_id, "Hello")
        work = [correct(chat, said, f"Hello {n}") for n in range(6)] + [say(chat, ticket_id, f"{n}") for n in range(6)]
        await asyncio.gather(*work)
        found = await entries(chat, ticket_id)
        assert [one["seq"] for one in found] == list(range(1, 14))
        path = f"{base(ticket_id)}/{said['id']}/history"
        versions = (await chat.http.get(path, headers=chat.actor())).json()["items"]
        assert {one["text"] for one in versions} == {"Hello", *(f"Hello {n}" for n in range(6))}
        assert found[0]["text"] == versions[-1]["text"]
        told = [e for e in await chat.recorded() if e.type in {MessagePosted.type, MessageCorrected.type}]
        assert [e.sequence for e in told] == list(range(2, 15))


async def test_an_ended_conversation_takes_no_more_corrections(postgres: Cluster) -> None:
    """Of a correction and an end at once either comes first; one that was written is answered again afterwards."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat))["ticket_id"]
        said = await say(chat, ticket_id, "Hello")
        end = chat.http.post(f"/v1/chat/sessions/{ticket_id}/end", headers=player(chat))
        raced, _ = await asyncio.gather(correct(chat, said, "Hi", client_msg_id="c1"), end)
        assert len(await chat.recorded(SessionEnded)) == 1
        assert len(await chat.recorded(MessageCorrected)) == (1 if raced.status_code == 200 else 0)
        again = await correct(chat, said, "Hi", client_msg_id="c1")
        assert again.status_code == raced.status_code
        late = await withdraw(chat, said)
        assert (late.status_code, late.json()["code"]) == (409, "session-has-ended")


async def test_staff_correct_a_reply_in_every_conversation_that_heard_it(postgres: Cluster) -> None:
    """Once however often it is told, also after the end; a conversation that never heard it is left alone."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat, message={"text": "Hello"})
        ticket_id = session["ticket_id"]
        merged = (await start(chat, new=True, message={"text": "Hello again"}))["ticket_id"]
        other = (await start(chat, new=True, message={"text": "Third"}))["ticket_id"]
        said = reply(ticket_id, "Monday", also_for=(UUID(merged),))
        heard = (UUID(ticket_id), UUID(merged), UUID(other))
        async with opened(url, session["socket_ticket"]) as kim:
            await kim.first("welcome")
            await chat.publish(said)
            edited, event_id = correction(said, "Tuesday", heard_in=heard), new_id()
            for _ in range(2):
                await chat.publish(edited, sequence=2, id=event_id)
            frame = await kim.first("corrected", ticket_id=ticket_id)
            assert (frame["message_id"], frame["text"], frame["author"]["id"]) == (
                str(said.message_id),
                "Tuesday",
                "s-1",
            )
            await chat.http.post(f"/v1/chat/sessions/{ticket_id}/end", headers=player(chat))
            await chat.publish(correction(said, None, heard_in=heard), sequence=3)
            await kim.first("corrected", seq=4, text=None)
        copy = str(uuid5(said.message_id, merged))
        for id_, ticket in ((str(said.message_id), ticket_id), (copy, merged)):
            await eventually(partial(_length, chat, ticket, 4))
            assert folded(await entries(chat, ticket))[id_] is None
        assert len(await entries(chat, other)) == 1
        note = correction(said, "Inside", kind=MessageKind.NOTE, heard_in=heard)
        await chat.publish(note, sequence=4)
        await chat.publish(reply(other, "Done"), sequence=1)
        await eventually(lambda: _length(chat, other, 2))
        assert len(await entries(chat, ticket_id)) == 4


async def test_a_correction_waits_for_the_words_it_corrects(postgres: Cluster) -> None:
    """Facts that come in the wrong order are applied in the right one."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat, message={"text": "Hello"}))["ticket_id"]
        said = reply(ticket_id, "Monday")
        await chat.publish(correction(said, "Tuesday"), sequence=2)
        await chat.publish(said, sequence=1)
        await eventually(lambda: _length(chat, ticket_id, 3))
        assert [one["text"] for one in await entries(chat, ticket_id)] == ["Hello", "Tuesday", "Tuesday"]


async def test_corrected_words_are_cleaned_like_all_others(postgres: Cluster) -> None:
    """A card number is gone before it is written, and from what is told."""
    async with running_service(postgres, "chat") as chat:
        said = await say(chat, (await start(chat))["ticket_id"], "My card?")
        entry = (await correct(chat, said, "It is 4111 1111 1111 1111")).json()
        assert "1111 1111" not in entry["text"]
        assert "1111 1111" not in str([e.data for e in await chat.recorded()])


async def test_a_correction_says_nothing_new_but_shows_that_somebody_is_there(postgres: Cluster) -> None:
    """It is still the player's turn afterwards, and his silence begins anew."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat))["ticket_id"]
        said = await say(chat, ticket_id, "Hello")
        await chat.publish(moved(ticket_id, TicketStatus.PENDING))
        await chat.publish(reply(ticket_id, "And?"))
        await eventually(lambda: waits(chat, ticket_id))
        before = await _due(chat, ticket_id)
        await correct(chat, said, "Hello!")
        assert await _due(chat, ticket_id) > before


async def test_nothing_in_a_transcript_is_ever_changed(postgres: Cluster) -> None:
    """Not even by code that would: the service's role may add and read, and no more."""
    async with running_service(postgres, "chat") as chat:
        await say(chat, (await start(chat))["ticket_id"], "Hello")
        connection = await asyncpg.connect(chat.urls.app.replace("postgresql+asyncpg", "postgresql"))
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("UPDATE chat_messages SET text = ''")
        finally:
            await connection.close()


async def test_nonsense_is_refused_before_anything_is_written(postgres: Cluster) -> None:
    """Empty words withdraw nothing, nor does a frame without `text`."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        said = await say(chat, session["ticket_id"], "Hello")
        assert (await correct(chat, said, "  ")).status_code == 422
        async with opened(url, session["socket_ticket"]) as kim:
            await kim.say("correct", client_msg_id="c1", message_id=said["id"], text=" ")
            assert (await kim.first("nack", client_msg_id="c1"))["problem"]["code"] == "text-refused"
            await kim.say("correct", client_msg_id="c2", message_id=said["id"])
            assert (await kim.first("nack", client_msg_id="c2"))["problem"]["code"] == "frame-refused"
        assert await chat.recorded(MessageCorrected) == []


async def _length(chat: RunningService, ticket_id: str, length: int) -> bool:
    return len(await entries(chat, ticket_id)) == length


async def _due(chat: RunningService, ticket_id: str) -> Any:
    async with chat.ground.database.begin("lucky") as session:
        found = select(chat_silences.c.due_at).where(chat_silences.c.ticket_id == UUID(ticket_id))
        return (await session.execute(found)).scalar_one()
