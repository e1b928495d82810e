"""The desk sees who else looks at a ticket and who types there; players never do."""

from typing import Any

from services.chat.sockets.viewing import MOST_VIEWS
from shared.ids import new_id
from tests.support.chat import Client, TwinTransport, desk_ticket, opened, served, start
from tests.support.database import Cluster
from tests.support.service import running_service


async def _sees(client: Client, ticket_id: Any, *viewers: tuple[str, bool]) -> None:
    """Wait until the newest `viewers` frame of a ticket names these people, each with whether he types."""

    def is_so(_frame: object) -> bool:
        frames = [frame for frame in client.all("viewers") if frame["ticket_id"] == str(ticket_id)]
        return bool(frames) and [(one["id"], one["typing"]) for one in frames[-1]["viewers"]] == list(viewers)

    await client.until(is_so)


async def test_agents_who_look_at_one_ticket_see_each_other(postgres: Cluster) -> None:
    """On any channel: who comes, who types and stops, who goes."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        ticket_id = new_id()
        async with opened(url, await desk_ticket(chat, "s-1")) as ann:
            await ann.say("view", ticket_id=ticket_id)
            await _sees(ann, ticket_id, ("s-1", False))
            async with opened(url, await desk_ticket(chat, "s-2")) as bob:
                await bob.say("view", ticket_id=ticket_id)
                for one in (ann, bob):
                    await _sees(one, ticket_id, ("s-1", False), ("s-2", False))
                await bob.say("typing", ticket_id=ticket_id)
                for one in (ann, bob):
                    await _sees(one, ticket_id, ("s-1", False), ("s-2", True))
                await _sees(ann, ticket_id, ("s-1", False), ("s-2", False))
                await ann.say("unview", ticket_id=ticket_id)
                await _sees(bob, ticket_id, ("s-2", False))
                await ann.say("view", ticket_id=ticket_id)
                await _sees(bob, ticket_id, ("s-1", False), ("s-2", False))
            await _sees(ann, ticket_id, ("s-1", False))


async def test_whoever_watches_a_conversation_looks_at_it_and_its_player_hears_nothing(postgres: Cluster) -> None:
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        ticket_id = session["ticket_id"]
        async with (
            opened(url, session["socket_ticket"]) as player,
            opened(url, await desk_ticket(chat, "s-1")) as ann,
            opened(url, await desk_ticket(chat, "s-2")) as bob,
        ):
            await ann.say("watch", ticket_id=ticket_id)
            await bob.say("view", ticket_id=ticket_id)
            await _sees(ann, ticket_id, ("s-1", False), ("s-2", False))
            await bob.say("typing", ticket_id=ticket_id)
            await _sees(ann, ticket_id, ("s-1", False), ("s-2", True))
            await ann.say("unwatch", ticket_id=ticket_id)
            await _sees(bob, ticket_id, ("s-2", True))
            await player.say("send", client_msg_id="c1", text="Hello")
            await player.first("ack", client_msg_id="c1")
            assert player.all("viewers") == []
            assert player.all("typing") == []
            await player.say("view", ticket_id=ticket_id)
            assert await player.closed() == 4403


async def test_brands_do_not_see_each_other_look(postgres: Cluster) -> None:
    """The same id in two brands is two tickets."""
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        ticket_id = new_id()
        async with (
            opened(url, await desk_ticket(chat, "s-1")) as ann,
            opened(url, await desk_ticket(chat, "s-2", "royal")) as eve,
        ):
            await ann.say("view", ticket_id=ticket_id)
            await _sees(ann, ticket_id, ("s-1", False))
            await eve.say("view", ticket_id=ticket_id)
            await _sees(eve, ticket_id, ("s-2", False))
            assert len(ann.all("viewers")) == 1


async def test_a_socket_looks_at_a_bounded_number_of_tickets(postgres: Cluster) -> None:
    async with (
        running_service(postgres, "chat", frames_per_second=1000, frame_burst=1000) as chat,
        served(chat) as url,
        opened(url, await desk_ticket(chat, "s-1")) as ann,
    ):
        for _ in range(MOST_VIEWS):
            await ann.say("view", ticket_id=new_id())
        await ann.say("view", ticket_id=(last := new_id()))
        nack = await ann.first("nack", client_msg_id=f"view:{last}")
        assert nack["problem"]["code"] == "too-many-views"


async def test_who_looks_crosses_processes(postgres: Cluster) -> None:
    """Also for whoever comes later, and for typing that ends by itself."""
    family: list[TwinTransport] = []
    async with (
        postgres.database("chat") as urls,
        running_service(postgres, "chat", transport=TwinTransport(family), urls=urls) as one,
        running_service(postgres, "chat", transport=TwinTransport(family), urls=urls) as two,
        served(one) as url_one,
        served(two) as url_two,
    ):
        ticket_id = new_id()
        async with opened(url_one, await desk_ticket(one, "s-1")) as ann:
            await ann.say("view", ticket_id=ticket_id)
            await _sees(ann, ticket_id, ("s-1", False))
            async with opened(url_two, await desk_ticket(two, "s-2")) as bob:
                await bob.say("view", ticket_id=ticket_id)
                for client in (ann, bob):
                    await _sees(client, ticket_id, ("s-1", False), ("s-2", False))
                await bob.say("typing", ticket_id=ticket_id)
                await _sees(ann, ticket_id, ("s-1", False), ("s-2", True))
                await _sees(ann, ticket_id, ("s-1", False), ("s-2", False))
            await _sees(ann, ticket_id, ("s-1", False))
