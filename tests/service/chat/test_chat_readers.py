"""Whoever of the desk reads or listens to a conversation leaves a trace, for the audit trail that tickets keeps."""

from typing import Any

from shared.contracts.chat import ChatDataRead, TranscriptRead
from shared.web.actor import ActorKind
from tests.support.chat import desk_ticket, opened, served, start
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import RunningService, running_service


async def _reads(chat: RunningService) -> list[dict[str, Any]]:
    return [event.data for event in await chat.recorded(TranscriptRead)]


async def test_staff_and_servers_who_read_a_transcript_are_told_of_and_players_are_not(postgres: Cluster) -> None:
    """Who, when, what and why, for each page."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat))["ticket_id"]
        path = f"/v1/chat/sessions/{ticket_id}/messages"
        why = {"X-Pitboss-Reason": "card 4111 1111 1111 1111%2C %D0%B6", "X-Request-Id": "r-7"}
        await chat.http.get(path, params={"after_seq": 3}, headers=chat.actor(name="Ann") | why)
        server = chat.actor(ActorKind.SERVER, "k-1", scopes={"chat:read"})
        await chat.http.get(path, headers=server)
        await chat.http.get(path, headers=chat.actor(ActorKind.PLAYER, "p-1"))
        assert (await chat.http.get(path, headers=chat.actor(brand="royal"))).status_code == 404
        first, second = await _reads(chat)
        assert first["ticket_id"] == ticket_id
        assert first["reader"] == {"kind": "staff", "id": "s-1", "name": "Ann"}
        assert (first["after_seq"], first["listening"], first["request_id"]) == (3, False, "r-7")
        assert first["reason"] == "card [CARD:411111******1111], ж"
        assert (second["reader"]["kind"], second["reader"]["id"], second["reason"]) == ("server", "k-1", None)
        bad = await chat.http.get(path, headers=chat.actor() | {"X-Pitboss-Reason": "%00"})
        assert bad.status_code == 422
        assert len(await _reads(chat)) == 2


async def test_staff_who_listen_on_a_socket_are_told_of_once_for_each_conversation(postgres: Cluster) -> None:
    """Not for every word that they hear; what is not there is not read; players hear their own."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat, message={"text": "Hello", "client_msg_id": "c1"})
        ticket_id = session["ticket_id"]
        async with (
            opened(url, session["socket_ticket"]) as player,
            opened(url, await desk_ticket(chat, "s-2")) as agent,
        ):
            await agent.say("watch", ticket_id=ticket_id, after_seq=0)
            await agent.first("msg", seq=1)
            await player.say("send", client_msg_id="c2", text="Anybody?")
            await agent.first("msg", seq=2)
            await agent.say("watch", ticket_id="019ab000-0000-7000-8000-000000000001", after_seq=0)
            await agent.first("nack")
        (read,) = await eventually(lambda: _reads(chat))
        assert (read["ticket_id"], read["reader"]["id"], read["listening"]) == (ticket_id, "s-2", True)


async def test_whoever_sees_bans_or_ratings_is_told_of_and_players_are_not(postgres: Cluster) -> None:
    """One look for each page, with what it was narrowed to; a ban and its end name their player."""
    async with running_service(postgres, "chat") as chat:
        ticket_id = (await start(chat))["ticket_id"]
        senior = chat.actor(id="s-8", role="senior") | {"Idempotency-Key": "b1"}
        wish = {"ticket_id": ticket_id, "reason": "Threatens Ann"}
        ban = (await chat.http.post("/v1/chat/bans", json=wish, headers=senior)).json()
        why = {"X-Pitboss-Reason": "review %D0%B6", "X-Request-Id": "r-1"}
        await chat.http.get("/v1/chat/bans?in_force=false", headers=chat.actor(name="Ann") | why)
        await chat.http.get("/v1/chat/ratings?worst=2", headers=chat.actor(ActorKind.SERVER, "k", scopes={"chat:read"}))
        await chat.http.delete(f"/v1/chat/bans/{ban['id']}", headers=senior)
        await chat.http.get("/v1/chat/ratings", headers=chat.actor(ActorKind.PLAYER, "p-1"))
        await chat.http.delete(f"/v1/chat/bans/{ticket_id}", headers=senior)
        looks: list[dict[str, Any]] = [event.data for event in await chat.recorded(ChatDataRead)]
    banned, listed, rated, lifted = looks
    assert [one["sight"] for one in (banned, listed, rated, lifted)] == [
        "ban_player", "list_bans", "list_ratings", "lift_ban",
    ]  # fmt: skip
    assert [(one["ticket_id"], one["player_id"]) for one in (banned, lifted)] == [(ticket_id, "p-1")] * 2
    assert (listed["reader"]["id"], listed["reason"], listed["request_id"]) == ("s-1", "review ж", "r-1")
    assert (listed["filter"], rated["filter"], rated["reader"]["kind"]) == ({"in_force": False}, {"worst": 2}, "server")
