"""The board over the desk's sockets: chat and sla together."""

from shared.contracts.base import Channel
from shared.messaging.inprocess import InprocessTransport
from tests.service.sla.desk import Desk, story_now
from tests.support.chat import desk_ticket, opened, served, start
from tests.support.database import Cluster
from tests.support.service import running_service


async def test_staff_who_watch_the_board_see_it_change_and_nobody_else_does(postgres: Cluster) -> None:
    transport = InprocessTransport()
    async with (
        running_service(postgres, "sla", transport=transport) as sla,
        running_service(postgres, "chat", transport=transport) as chat,
        served(chat) as url,
        opened(url, await desk_ticket(chat, "s-1")) as ann,
        opened(url, await desk_ticket(chat, "s-2")) as bob,
        opened(url, await desk_ticket(chat, "s-3", "royal")) as eve,
    ):
        for one in (ann, eve):
            await one.say("board", subscribe=True)
            assert (await one.first("board"))["lines"] == []
        story = story_now(channel=Channel.EMAIL).opened().player_writes(0)
        await Desk(sla).tell(story)

        def waits(count: int) -> object:
            return lambda _frame: [line["waiting"] for line in ann.all("board")[-1]["lines"]] == [count]

        await ann.until(waits(1))  # type: ignore[arg-type]
        await Desk(sla).tell(story.staff_replies(5), first=3)
        await ann.until(waits(0))  # type: ignore[arg-type]
        line = ann.all("board")[-1]["lines"][0]
        assert (line["channel"], line["metrics"]["first_response"]["met_today"]) == ("email", 1)
        assert bob.all("board") == []
        assert all(frame["lines"] == [] for frame in eve.all("board"))


async def test_players_may_not_watch_the_board(postgres: Cluster) -> None:
    async with running_service(postgres, "chat") as chat, served(chat) as url:
        session = await start(chat)
        async with opened(url, session["socket_ticket"]) as player:
            await player.say("board", subscribe=True)
            assert await player.closed() == 4403
