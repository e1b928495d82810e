"""Sessions and transcripts over HTTP, and what chat does when tickets tells something."""

from typing import Any

import pytest

from shared.contracts.base import SAMPLE_TIME, Author, AuthorKind
from shared.contracts.chat import MessagePosted, SessionClaimed, SessionEnded, SessionStarted
from shared.contracts.tickets import MessageKind, TicketStatus, TicketStatusChanged
from shared.db.migrate import drift
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.support.chat import AGENT, assignment, reply, start, ticket_state
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import RunningService, running_service


def player(chat: RunningService, id_: str = "p-1", brand: str = "lucky") -> dict[str, str]:
    return chat.actor(ActorKind.PLAYER, id_, brand, name="Kim")


async def transcript(chat: RunningService, ticket_id: str, **query: Any) -> list[dict[str, Any]]:
    answer = await chat.http.get(f"/v1/chat/sessions/{ticket_id}/messages", params=query, headers=chat.actor())
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_the_open_session_is_used_again_unless_a_new_one_is_wanted(postgres: Cluster) -> None:
    """One conversation per player, until the player asks for another or ends it."""
    async with running_service(postgres, "chat") as chat:
        first = await start(chat, message={"text": "Hello", "client_msg_id": "c1"}, language="en", subject="Payout")
        again = await start(chat)
        other = await start(chat, new=True)
        assert first["last_seq"] == again["last_seq"] == 1
        assert first["ticket_id"] == again["ticket_id"] != other["ticket_id"]
        assert first["socket_ticket"] != again["socket_ticket"]
        assert first["socket_url"].startswith("ws://")
        started = await chat.recorded(SessionStarted)
        assert [e.data["language"] for e in started] == ["en", None]
        assert [e.sequence for e in await chat.recorded(MessagePosted)] == [2]


async def test_repeating_a_start_with_its_key_is_the_same_session(postgres: Cluster) -> None:
    """A key makes even `new` and words without client_msg_id safe to repeat."""
    async with running_service(postgres, "chat") as chat:
        body = {"new": True, "message": {"text": "Hello"}}
        headers = player(chat) | {"Idempotency-Key": "k-1"}
        answers = [(await chat.http.post("/v1/chat/sessions", json=body, headers=headers)).json() for _ in range(3)]
        assert len({a["ticket_id"] for a in answers}) == 1
        assert {a["last_seq"] for a in answers} == {1}
        assert len(await chat.recorded()) == 2


async def test_a_visitor_has_one_conversation(postgres: Cluster) -> None:
    """An anonymous visitor cannot open a second one beside it."""
    async with running_service(postgres, "chat") as chat:
        headers = chat.actor(ActorKind.VISITOR, "v-1")
        answers = [
            (await chat.http.post("/v1/chat/sessions", json={"new": True}, headers=headers)).json() for _ in range(2)
        ]
        assert answers[0]["ticket_id"] == answers[1]["ticket_id"]


async def test_a_transcript_is_read_page_by_page(postgres: Cluster) -> None:
    """`next_after_seq` leads through the whole conversation, once and in order."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat))["ticket_id"]
        path = f"/v1/chat/sessions/{ticket_id}/messages"
        for n in range(7):
            posted = await chat.http.post(path, json={"text": f"{n}"}, headers=player(chat))
            assert posted.status_code == 201
            assert posted.json()["seq"] == n + 1
        seen: list[str] = []
        after: int | None = 0
        while after is not None:
            answer = await chat.http.get(path, params={"after_seq": after, "limit": 3}, headers=player(chat))
            page = answer.json()
            seen += [item["text"] for item in page["items"]]
            after = page["next_after_seq"]
        assert seen == [f"{n}" for n in range(7)]
        times = [item["sent_at"] for item in await transcript(chat, ticket_id)]
        assert times == sorted(set(times))


@pytest.mark.parametrize(
    ("kind", "id_", "brand", "status"),
    [
        (ActorKind.PLAYER, "p-1", "lucky", 200),
        (ActorKind.PLAYER, "p-2", "lucky", 404),
        (ActorKind.VISITOR, "p-1", "lucky", 404),
        (ActorKind.PLAYER, "p-1", "royal", 404),
        (ActorKind.STAFF, "s-1", "lucky", 200),
        (ActorKind.STAFF, "s-1", "royal", 404),
        (ActorKind.SERVER, "k-1", "lucky", 403),
    ],
)
async def test_only_the_right_people_read(
    postgres: Cluster, kind: ActorKind, id_: str, brand: str, status: int
) -> None:
    """What is not theirs does not exist for them."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat))["ticket_id"]
        answer = await chat.http.get(f"/v1/chat/sessions/{ticket_id}/messages", headers=chat.actor(kind, id_, brand))
        assert answer.status_code == status


async def test_strangers_cannot_post_or_end(postgres: Cluster) -> None:
    """Another player's conversation is 404, the desk is for staff, and nobody is nobody."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat))["ticket_id"]
        base = f"/v1/chat/sessions/{ticket_id}"
        stranger = player(chat, "p-2")
        assert (await chat.http.post(f"{base}/messages", json={"text": "x"}, headers=stranger)).status_code == 404
        assert (await chat.http.delete(base, headers=stranger)).status_code == 404
        assert (await chat.http.post("/v1/desk/socket-tickets", headers=stranger)).status_code == 403
        assert (await chat.http.post("/v1/chat/sessions", json={}, headers=chat.actor())).status_code == 403
        assert (await chat.http.post("/v1/chat/sessions", json={})).status_code == 401


async def test_staff_are_told_where_their_words_belong(postgres: Cluster) -> None:
    """Staff's words enter through the ticket only."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat))["ticket_id"]
        path = f"/v1/chat/sessions/{ticket_id}/messages"
        answer = await chat.http.post(path, json={"text": "Hi"}, headers=chat.actor())
        assert answer.status_code == 403
        assert answer.json()["code"] == "staff-answer-through-tickets"
        assert answer.json()["location"] == f"/v1/tickets/{ticket_id}/messages"


async def test_ending_twice_is_ending_once_and_the_next_words_need_a_new_session(postgres: Cluster) -> None:
    """An ended conversation takes no more words; the next start opens another."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat))["ticket_id"]
        base = f"/v1/chat/sessions/{ticket_id}"
        assert (await chat.http.post(f"{base}/end", headers=player(chat))).status_code == 204
        assert (await chat.http.delete(base, headers=player(chat))).status_code == 204
        refused = await chat.http.post(f"{base}/messages", json={"text": "x"}, headers=player(chat))
        assert (refused.status_code, refused.json()["code"]) == (409, "session-has-ended")
        ended = await chat.recorded(SessionEnded)
        assert [(e.sequence, e.data["reason"]) for e in ended] == [(2, "player")]
        assert (await start(chat))["ticket_id"] != ticket_id


async def test_what_must_not_be_stored_is_not(postgres: Cluster) -> None:
    """A card number is gone before the first write, in the transcript and in the event."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat, message={"text": "my card 4111 1111 1111 1111"}))["ticket_id"]
        [item] = await transcript(chat, ticket_id)
        assert "4111 1111" not in item["text"]
        [posted] = await chat.recorded(MessagePosted)
        assert posted.data["text"] == item["text"]


async def test_live_replies_join_the_transcript_under_their_own_id(postgres: Cluster) -> None:
    """Notes, players' own words and tickets without a session are none of chat's business."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat, message={"text": "Hello"}))["ticket_id"]
        answer = reply(ticket_id, "Here")
        kim = Author(kind=AuthorKind.PLAYER, id="p-1")
        await chat.publish(reply(ticket_id, "Hello", author=kim, kind=MessageKind.MESSAGE))
        await chat.publish(reply(ticket_id, "secret", kind=MessageKind.NOTE))
        await chat.publish(reply(ticket_id, "by mail", live=False))
        sent = await chat.publish(answer)
        await chat.publish(answer, sequence=sent.sequence, id=sent.id)
        await chat.publish(answer)
        await chat.publish(reply(str(new_id()), "nobody is here"))

        async def joined() -> bool:
            return [item["text"] for item in await transcript(chat, ticket_id)] == ["Hello", "Here"]

        await eventually(joined)
        assert (await transcript(chat, ticket_id))[1]["id"] == str(answer.message_id)
        assert [e.sequence for e in await chat.recorded(MessagePosted)] == [2, 3]


async def test_a_closed_ticket_ends_its_session_and_later_answers_still_join(postgres: Cluster) -> None:
    """The ticket decides when a conversation is over; an answer that comes after that is not lost."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat))["ticket_id"]
        closed = TicketStatusChanged(
            ticket_id=ticket_id, ticket=ticket_state(ticket_id), actor=AGENT, occurred_at=SAMPLE_TIME,
            before=TicketStatus.RESOLVED, after=TicketStatus.CLOSED,
        )  # fmt: skip
        await chat.publish(assignment(ticket_id, "s-1"))
        await chat.publish(closed)
        await chat.publish(reply(ticket_id, "One more thing"))

        async def told() -> bool:
            return [e.type for e in await chat.recorded()] == [
                SessionStarted.type,
                SessionEnded.type,
                MessagePosted.type,
            ]

        await eventually(told)
        assert [e.sequence for e in await chat.recorded()] == [1, 2, 3]


@pytest.mark.parametrize("body", [{"text": ""}, {"text": "  "}, {"text": "x" * 16_001}, {"text": "a\x00"}, {}])
async def test_unreadable_words_are_422(postgres: Cluster, body: dict[str, str]) -> None:
    """The shape of the body is wrong, and the problem names the member."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat))["ticket_id"]
        answer = await chat.http.post(f"/v1/chat/sessions/{ticket_id}/messages", json=body, headers=player(chat))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/text"


async def test_migrations_make_the_declared_tables(postgres: Cluster) -> None:
    """Nothing is declared that no migration makes."""
    async with postgres.database("chat") as urls:
        assert await drift("chat", urls.owner) == []


async def test_a_message_id_belongs_to_its_words(postgres: Cluster) -> None:
    """The same id with the same words is one message; with others it is refused, never acknowledged and dropped."""
    async with running_service(postgres, "chat") as chat:
        path = f"/v1/chat/sessions/{(await start(chat))['ticket_id']}/messages"
        body = {"text": "one", "client_msg_id": "q"}
        first = await chat.http.post(path, json=body, headers=player(chat))
        again = await chat.http.post(path, json=body, headers=player(chat))
        other = await chat.http.post(path, json=body | {"text": "two"}, headers=player(chat))
        assert first.json() == again.json()
        assert (other.status_code, other.json()["code"]) == (409, "client-msg-id-reused")


async def test_what_the_operator_signed_of_the_tier_is_told(postgres: Cluster) -> None:
    """A session's beginning carries it, and so does the moment when a visitor turns out to be a player."""
    async with running_service(postgres, "chat") as chat:
        vera = chat.actor(ActorKind.PLAYER, "p-1", claims={"vip": "gold"})
        assert (await chat.http.post("/v1/chat/sessions", json={}, headers=vera)).status_code == 201
        visitor = chat.actor(ActorKind.VISITOR, "v-1")
        begun = (await chat.http.post("/v1/chat/sessions", json={}, headers=visitor)).json()
        vera = chat.actor(ActorKind.PLAYER, "p-2", claims={"vip": "platinum"})
        body = {"socket_ticket": begun["socket_ticket"]}
        assert (await chat.http.post("/v1/chat/claims", json=body, headers=vera)).status_code == 200
        assert [event.data["vip"] for event in await chat.recorded(SessionStarted)] == ["gold", None]
        assert [event.data["vip"] for event in await chat.recorded(SessionClaimed)] == ["platinum"]
