"""Conversations by e-mail: who may ask for one, where it goes, and how often."""

from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from httpx import Response
from sqlalchemy import update

from services.chat.tables import chat_sent_transcripts
from shared.contracts.chat import MessagePosted
from shared.contracts.chat_mail import TranscriptRequested
from shared.contracts.intake import AttachmentReady, Sensitivity
from shared.web.actor import ActorKind
from tests.support.chat import reply
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import RunningService, running_service

CLAIMS: Final = {"email": "kim@example.org"}


def player(chat: RunningService, id_: str = "p-1", claims: dict[str, str] | None = None) -> dict[str, str]:
    """Return the headers of a player whose address the operator vouches for."""
    return chat.actor(ActorKind.PLAYER, id_, name="Kim", claims=CLAIMS if claims is None else claims)


async def begin(chat: RunningService, headers: dict[str, str], **body: object) -> str:
    """Start a conversation with words, one of which carries a file."""
    answer = await chat.http.post(
        "/v1/chat/sessions", json={"message": {"text": "<b>Hello</b>"}, **body}, headers=headers
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["ticket_id"])


async def answered(chat: RunningService, ticket_id: str) -> None:
    """Answer as Ann and wait until chat has it."""
    event = reply(ticket_id, "Here")
    await chat.publish(event)

    async def written() -> bool:
        return any(one.data["message_id"] == str(event.message_id) for one in await chat.recorded(MessagePosted))

    await eventually(written)


async def ask(chat: RunningService, ticket_id: str, headers: dict[str, str], **body: object) -> Response:
    """Ask for a conversation by e-mail."""
    path = f"/v1/chat/sessions/{ticket_id}/transcript"
    return await chat.http.post(path, json=body, headers=headers | {"Idempotency-Key": uuid4().hex})


async def test_a_player_gets_his_conversation_where_he_is_known_to_be(postgres: Cluster) -> None:
    """Every word in order with names, times and the names of ordinary files, in the zone of the brand; once a wish."""
    async with running_service(postgres, "chat") as chat:
        rules = {"warn_after": None, "end_after": 60, "asks_for_rating": False, "time_zone": "Europe/Berlin"}
        lead = chat.actor(role="lead") | {"If-Match": '"0"'}
        assert (await chat.http.put("/v1/chat/policy", json=rules, headers=lead)).status_code == 200
        ticket_id = await begin(chat, player(chat), language="ru", subject="Payout")
        files = [uuid4(), uuid4()]
        for file, kind in zip(files, (Sensitivity.ORDINARY, Sensitivity.IDENTITY_DOCUMENT), strict=True):
            ready = AttachmentReady.sample().model_copy(
                update={"attachment_id": file, "ticket_id": UUID(ticket_id), "name": "a.jpg", "sensitivity": kind}
            )
            await chat.publish(ready)
        await chat.publish(reply(ticket_id, "Here", attachments=tuple(files)))

        async def said() -> bool:
            return len(await chat.recorded(MessagePosted)) == 2

        await eventually(said)
        path, key = f"/v1/chat/sessions/{ticket_id}/transcript", {"Idempotency-Key": uuid4().hex}
        first = await chat.http.post(path, json={}, headers=player(chat) | key)
        again = await chat.http.post(path, json={}, headers=player(chat) | key)
        assert (first.status_code, first.json()["email"]) == (202, "k***@example.org")
        assert again.json() == first.json()
        (told,) = await chat.recorded(TranscriptRequested)
        wish = TranscriptRequested.model_validate(told.data)
        assert [(line.text, line.author.name, line.files) for line in wish.lines] == [
            ("<b>Hello</b>", "Kim", ()),
            ("Here", "Ann", ("a.jpg", "")),
        ]
        assert (wish.time_zone, wish.language, wish.contact.address) == ("Europe/Berlin", "ru", "kim@example.org")
        assert (wish.number, wish.left_out) == ("LUCKY-1001", 0)


async def test_nobody_gets_a_foreign_conversation_and_nobody_sends_it_elsewhere(postgres: Cluster) -> None:
    """Others' are not found; a vouched address cannot be changed by asking; staff send to the known address only."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = await begin(chat, player(chat))
        for stranger in (player(chat, "p-2"), chat.actor(ActorKind.VISITOR, "v-1"), chat.actor(brand="other")):
            assert (await ask(chat, ticket_id, stranger)).status_code == 404
        server = chat.actor(ActorKind.SERVER, "k-1", scopes={"chat:read"})
        assert (await ask(chat, ticket_id, server)).status_code == 403
        for someone in (player(chat), chat.actor()):
            elsewhere = await ask(chat, ticket_id, someone, email="thief@example.org")
            assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "address-not-taken")
        assert (await ask(chat, ticket_id, player(chat), email="not an address")).status_code == 422
        assert (await ask(chat, ticket_id, chat.actor())).status_code == 202
        (told,) = await chat.recorded(TranscriptRequested)
        wish = TranscriptRequested.model_validate(told.data)
        assert (wish.requested_by.kind, wish.contact.address) == ("staff", "kim@example.org")


async def test_a_visitor_says_where_and_an_unknown_address_is_asked_for(postgres: Cluster) -> None:
    """Without an address it is asked for; the one given stays for this conversation and is nobody's account."""
    async with running_service(postgres, "chat") as chat:
        visitor = chat.actor(ActorKind.VISITOR, "v-1")
        ticket_id = await begin(chat, visitor)
        alone = await ask(chat, ticket_id, visitor, email="kim@example.org")
        assert (alone.status_code, alone.json()["code"]) == (409, "nothing-was-said"), "no relay for strangers' words"
        await answered(chat, ticket_id)
        missing = await ask(chat, ticket_id, visitor)
        assert (missing.status_code, missing.json()["code"]) == (409, "address-missing")
        assert (await ask(chat, ticket_id, visitor, email="kim@example.org")).status_code == 202
        assert (await ask(chat, ticket_id, visitor)).status_code == 202
        known = await chat.http.get(f"/v1/chat/sessions/{ticket_id}/reach", headers=chat.actor())
        assert (known.json()["email"], known.json()["vouched_email"]) == ("kim@example.org", None)
        empty = await chat.http.post("/v1/chat/sessions", json={}, headers=chat.actor(ActorKind.VISITOR, "v-2"))
        nothing = await ask(chat, empty.json()["ticket_id"], chat.actor(ActorKind.VISITOR, "v-2"))
        assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing-was-said")


async def test_no_mailbox_is_filled_from_many_conversations(postgres: Cluster) -> None:
    """The day's measure is that of an address too, however many visitors name it."""
    async with running_service(postgres, "chat") as chat:
        codes = []
        for number in range(4):
            visitor = chat.actor(ActorKind.VISITOR, f"v-{number}")
            ticket_id = await begin(chat, visitor)
            await answered(chat, ticket_id)
            codes.append((await ask(chat, ticket_id, visitor, email="Kim@example.org")).status_code)
        assert codes == [202, 202, 202, 429]


async def test_three_a_day_and_then_it_is_said_when_again(postgres: Cluster) -> None:
    """The fourth within a day is refused with the time to wait; a day later it is free again."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = await begin(chat, player(chat))
        codes = [(await ask(chat, ticket_id, player(chat))).status_code for _ in range(4)]
        assert codes == [202, 202, 202, 429]
        refused = await ask(chat, ticket_id, chat.actor())
        assert (refused.json()["code"], refused.status_code) == ("too-many-transcripts", 429)
        assert 86_000 < int(refused.headers["Retry-After"]) <= 86_400
        async with chat.ground.database.begin("lucky") as session:
            earlier = chat_sent_transcripts.c.sent_at - timedelta(days=1)
            await session.execute(update(chat_sent_transcripts).values(sent_at=earlier))
        assert (await ask(chat, ticket_id, player(chat))).status_code == 202


async def test_a_long_conversation_loses_its_beginning_and_says_so(postgres: Cluster) -> None:
    """What does not fit into one e-mail is counted, not forgotten."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = await begin(chat, player(chat))
        for number in range(12):
            words = {"text": f"{number} " + "я" * 15_000}
            path = f"/v1/chat/sessions/{ticket_id}/messages"
            headers = player(chat) | {"Idempotency-Key": uuid4().hex}
            assert (await chat.http.post(path, json=words, headers=headers)).status_code == 201
        assert (await ask(chat, ticket_id, player(chat))).status_code == 202
        (told,) = await chat.recorded(TranscriptRequested)
        shown = told.data["lines"]
        assert isinstance(shown, list)
        assert told.data["left_out"] == 13 - len(shown) > 0
        assert shown[-1]["text"].startswith("11 ")
