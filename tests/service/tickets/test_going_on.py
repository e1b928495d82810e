"""Whoever goes on in a timeline misses nothing, however late it is recorded and whoever speaks at once."""

import asyncio
from typing import Any

from shared.ids import new_id
from tests.service.tickets.desk import Desk, posted, session_started
from tests.support.service import RunningService


class Follower:
    """Reads a ticket page by page and goes on from where it stopped; what it is shown again it knows by its id."""

    def __init__(self, desk: Desk, ticket_id: object, what: str = "messages", limit: int = 3) -> None:
        self.desk = desk
        self.path = f"/{ticket_id}/{what}"
        self.limit = limit
        self.cursor: dict[str, Any] = {}
        self.seen: dict[str, dict[str, Any]] = {}
        self.again = 0

    async def read(self) -> None:
        """Read to the end."""
        while True:
            page = await self.desk.get(self.path, limit=self.limit, **self.cursor)
            for item in page["items"]:
                self.again += item["id"] in self.seen
                self.seen[item["id"]] = item
            if page["next_cursor"] is None:
                return
            self.cursor = {"cursor": page["next_cursor"]}

    def texts(self) -> list[str]:
        """Return what was said as it stands in the timeline."""
        return [item["text"] for item in sorted(self.seen.values(), key=lambda item: (item["created_at"], item["id"]))]


async def _talk(tickets: RunningService, words: int) -> Any:
    ticket_id = new_id()
    await tickets.publish(session_started(ticket_id))
    for number in range(1, words + 1):
        await tickets.publish(posted(ticket_id, 10 * number, f"word {number}"))
    return ticket_id


async def test_late_words_reach_who_goes_on_from_behind_them(tickets: RunningService, desk: Desk) -> None:
    """Seven late words in pages of three, each shown once, then what follows."""
    ticket_id = await _talk(tickets, 4)
    follower = Follower(desk, ticket_id)
    await follower.read()
    assert follower.texts() == ["word 1", "word 2", "word 3", "word 4"]
    for number in range(7):
        await tickets.publish(posted(ticket_id, 11 + number, f"late {number}"))
    await tickets.publish(posted(ticket_id, 50, "word 5"))
    follower.again = 0
    await follower.read()
    late = [f"late {number}" for number in range(7)]
    assert follower.texts() == ["word 1", *late, "word 2", "word 3", "word 4", "word 5"]
    assert follower.again == 1, "the last page is read again, and only that"


async def test_what_a_merge_brings_reaches_who_goes_on(tickets: RunningService, desk: Desk) -> None:
    """The words of the other ticket are older than the place of the cursor."""
    gone, standing = await _talk(tickets, 5), await _talk(tickets, 6)
    follower = Follower(desk, standing, limit=4)
    await follower.read()
    merged = await desk.post(f"/{gone}/merge", {"into": str(standing)}, desk.agent(role="senior"))
    assert merged.status_code == 200, merged.text
    await follower.read()
    assert sorted(follower.texts()) == sorted([f"word {n}" for n in range(1, 6)] + [f"word {n}" for n in range(1, 7)])


async def test_who_goes_on_while_many_speak_misses_nothing(tickets: RunningService, desk: Desk) -> None:
    """Staff, a player and late live words at once: every version once or more, in the order of one lock."""
    ticket_id = await _talk(tickets, 1)
    followers = [Follower(desk, ticket_id, "timeline", limit) for limit in (1, 3, 100)]
    spoken = asyncio.Event()

    async def speak(number: int) -> None:
        for turn in range(5):
            if number % 3 == 2:
                await tickets.publish(posted(ticket_id, 1000 + 10 * turn + number, f"live {number} {turn}"))
            else:
                answer = await desk.post(f"/{ticket_id}/messages", {"text": f"{number} {turn}", "kind": "reply"})
                assert answer.status_code == 201, answer.text

    async def follow(follower: Follower) -> None:
        while not spoken.is_set():
            await follower.read()
        await follower.read()

    following = asyncio.gather(*(follow(one) for one in followers))
    await asyncio.gather(*(speak(number) for number in range(6)))
    spoken.set()
    await following
    version = (await desk.get(f"/{ticket_id}"))["version"]
    for one in followers:
        assert {entry["version"] for entry in one.seen.values()} == set(range(1, version + 1))


async def test_answers_of_one_moment_stand_in_the_order_of_their_versions(desk: Desk) -> None:
    """In which chat tells them, too: whoever read his clock first may come second."""
    ticket = await desk.open()
    path = f"/{ticket['id']}/messages"
    for _ in range(3):
        answers = await asyncio.gather(*(desk.post(path, {"text": f"{n}", "kind": "reply"}) for n in range(12)))
        assert {answer.status_code for answer in answers} == {201}
    words = (await desk.get(path, limit=100))["items"]
    assert [word["version"] for word in words] == sorted(word["version"] for word in words)
    assert len({word["created_at"] for word in words}) == 37
