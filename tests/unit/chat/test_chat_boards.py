"""The board on the sockets of one process."""

import json
from types import SimpleNamespace
from typing import Any, cast

from services.chat.sockets.boards import Boards
from services.chat.sockets.connection import LiveSocket
from tests.support.eventually import eventually


class Asked:
    """Remembers which boards were asked for."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, bool]] = []

    def __call__(self, brand: str, *, at_once: bool) -> None:
        """Remember one."""
        self.calls.append((brand, at_once))


def socket(brand: str = "lucky") -> tuple[LiveSocket, list[dict[str, Any]]]:
    """Return a socket of a brand's staff and what is pushed to it."""
    frames: list[dict[str, Any]] = []
    fake = SimpleNamespace(person=SimpleNamespace(brand=brand), push=lambda frame: frames.append(json.loads(frame)))
    return cast("LiveSocket", HashableFake(fake)), frames


class HashableFake:
    """A stand-in with the two things a board needs of a socket."""

    def __init__(self, what: SimpleNamespace) -> None:
        self.person = what.person
        self.push = what.push


def told(waiting: int, at: str = "1", brand: str = "lucky") -> dict[str, Any]:
    return {"brand": brand, "board": {"at": at, "lines": [{"waiting": waiting}]}}


async def test_a_board_is_shown_at_most_once_a_second_and_the_newest_one_is() -> None:
    boards = Boards(Asked())
    one, frames = socket()
    boards.subscribe(one)
    for waiting in range(5):
        boards.hear(told(waiting))
    assert [frame["lines"][0]["waiting"] for frame in frames] == [0]

    async def two() -> bool:
        return len(frames) == 2

    await eventually(two)
    assert frames[-1]["lines"][0]["waiting"] == 4


async def test_what_is_no_news_is_not_shown() -> None:
    boards = Boards(Asked())
    one, frames = socket()
    boards.subscribe(one)
    boards.hear(told(1, at="1"))
    boards.hear(told(1, at="2"))
    boards.hear(told(1, brand="royal"))
    assert len(frames) == 1


async def test_whoever_comes_later_sees_what_is_known() -> None:
    asked = Asked()
    boards = Boards(asked)
    one, two = socket(), socket()
    boards.subscribe(one[0])
    boards.hear(told(3))
    boards.subscribe(two[0])
    assert two[1][0]["lines"] == [{"waiting": 3}]
    assert asked.calls == [("lucky", True)]
    boards.renew()
    assert asked.calls[1:] == [("lucky", False)]


async def test_nobody_is_shown_anything_after_leaving() -> None:
    asked = Asked()
    boards = Boards(asked)
    one, frames = socket()
    boards.subscribe(one)
    boards.hear(told(1))
    boards.hear(told(2))
    boards.unsubscribe(one)
    boards.unsubscribe(one)
    boards.hear(told(3))
    boards.renew()
    assert len(frames) == 1
    assert asked.calls == [("lucky", True)]


async def test_a_board_that_was_long_not_heard_of_is_asked_for_again() -> None:
    now = [100.0]
    asked = Asked()
    boards = Boards(asked, lambda: now[0])
    one, two = socket(), socket()
    boards.subscribe(one[0])
    boards.hear(told(1))
    now[0] += 60
    boards.subscribe(two[0])
    assert (two[1], asked.calls[-1]) == ([], ("lucky", True))
    boards.hear(told(1))
    assert two[1][0]["lines"] == [{"waiting": 1}]
