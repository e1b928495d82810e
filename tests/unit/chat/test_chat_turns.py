"""Who is pinged when, who does not answer, who does not read."""

import asyncio
import random
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from services.chat.domain.values import CloseCode, Person
from services.chat.settings import Settings
from services.chat.sockets.connection import LiveSocket
from services.chat.sockets.turns import Turns
from shared.contracts.base import AuthorKind

SETTINGS = Settings(
    database_url=SecretStr("postgresql://nobody@127.0.0.1/chat"),
    worker_database_url=SecretStr("postgresql://nobody@127.0.0.1/chat"),
    gateway_public_key="nobody's",
    cursor_secret=SecretStr("a secret of the tests, thirty-two bytes"),
    ping_every=timedelta(seconds=25),
    pong_within=timedelta(seconds=10),
    write_within=timedelta(seconds=5),
)


def _socket(turns: Turns, now: float = 0.0) -> LiveSocket:
    async def send(_message: MutableMapping[str, Any]) -> None:
        """Everything is read at once."""

    reader = asyncio.current_task()
    assert reader is not None
    person = Person("lucky", AuthorKind.PLAYER, "p-1")
    socket = LiveSocket(
        send=send, reader=reader, person=person, bound=None, settings=SETTINGS, writing=turns.writing, now=now
    )
    turns.join(socket, now)
    return socket


async def test_each_is_due_in_its_turn_and_stays_due_until_it_is_pinged() -> None:
    turns = Turns(SETTINGS)
    first, second, third = (_socket(turns, now) for now in (0, 1, 2))
    assert turns.due(24.9) == []
    assert turns.due(26) == [first, second]
    assert turns.due(26) == [first, second]
    turns.pinged(first, 26)
    assert turns.due(27) == [second, third]
    turns.pinged(third, 27)
    assert turns.due(100) == [second, first, third]


async def test_who_is_closed_or_gone_is_not_due() -> None:
    turns = Turns(SETTINGS)
    closed, gone, here = (_socket(turns) for _ in range(3))
    closed.close(CloseCode.SLOW)
    turns.leave(gone)
    assert turns.due(25) == [here]
    turns.pinged(gone, 25)
    turns.leave(closed)
    assert turns.due(1000) == [here]
    await closed.finished()


async def test_who_does_not_answer_is_told_once() -> None:
    turns = Turns(SETTINGS)
    deaf, healthy, gone = (_socket(turns) for _ in range(3))
    for socket in (deaf, healthy, gone):
        turns.pinged(socket, 25)
    healthy.pong_due = None
    turns.leave(gone)
    assert list(turns.deaf(35)) == []
    assert list(turns.deaf(35.1)) == [deaf]
    assert list(turns.deaf(1000)) == []


async def test_an_answer_to_an_earlier_ping_hides_nobody() -> None:
    """One that answered and was pinged again must not stand in the way of those behind it."""
    turns = Turns(SETTINGS)
    quick, deaf = _socket(turns), _socket(turns)
    turns.pinged(quick, 25)
    turns.pinged(deaf, 25)
    quick.pong_due = None
    turns.pinged(quick, 30)
    assert list(turns.deaf(36)) == [deaf]
    assert list(turns.deaf(40.1)) == [quick]


async def test_whoever_reads_nothing_is_stuck_after_a_while() -> None:
    turns = Turns(SETTINGS)
    first, second, third = (_socket(turns) for _ in range(3))
    turns.writing |= {first: 0.0, second: 3.0, third: 6.0}
    assert turns.stuck(4.9) == []
    assert turns.stuck(8) == [first, second]


async def test_nobody_is_forgotten_whatever_comes_and_goes() -> None:
    """In whatever order sockets come, are pinged and go, each that is here is pinged once in 25 s and a bit."""
    draw, turns, pinged, now = random.Random(7), Turns(SETTINGS), dict[LiveSocket, float](), 0.0  # noqa: S311 - luck
    for _ in range(2_000):
        now += draw.random()
        choice = draw.random()
        if choice < 0.3:
            pinged[_socket(turns, now)] = now
        elif choice < 0.45 and pinged:
            gone = draw.choice(list(pinged))
            del pinged[gone]
            turns.leave(gone)
        for socket in turns.due(now):
            assert now - pinged[socket] >= 25
            pinged[socket] = now
            turns.pinged(socket, now)
        assert all(now - at < 26 for at in pinged.values())
