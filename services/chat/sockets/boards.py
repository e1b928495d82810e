"""The board of the desk on sockets: sla counts it for the brands that somebody here watches, and tells it to everybody.

Any telling may be lost: the next one, a second later, makes good for it.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from services.chat.schemas.frames import encode
from services.chat.sockets.connection import LiveSocket
from shared.contracts.sla import BOARD_WANTED_SECONDS

BOARDS_JOB: Final = "chat-boards"
ASK_EVERY: Final = BOARD_WANTED_SECONDS / 3
LEAST_GAP: Final = 1.0
_STALE: Final = 3.0


class Ask(Protocol):
    """Tells sla of a brand whose board is wanted here, and whether it should tell it at once."""

    def __call__(self, brand: str, *, at_once: bool) -> None:
        """Tell it."""
        ...


class Boards:
    """The sockets of this process that watch their brand's board; each brand is shown at most once a second."""

    def __init__(self, ask: Ask, clock: Callable[[], float] | None = None) -> None:
        self._ask = ask
        self._now = clock or asyncio.get_running_loop().time
        self._sockets: dict[str, set[LiveSocket]] = {}
        self._newest: dict[str, Mapping[str, Any]] = {}
        self._heard_at: dict[str, float] = {}
        self._shown_at: dict[str, float] = {}
        self._later: dict[str, asyncio.TimerHandle] = {}

    def subscribe(self, socket: LiveSocket) -> None:
        """Let a member of staff watch the board of the brand; what is known of it is shown at once."""
        brand = socket.person.brand
        if socket in self._sockets.get(brand, ()):
            return
        self._sockets.setdefault(brand, set()).add(socket)
        if brand in self._newest and self._now() - self._heard_at[brand] < _STALE:
            socket.push(_frame(self._newest[brand]))
        else:
            self._newest.pop(brand, None)
            self._ask(brand, at_once=True)

    def unsubscribe(self, socket: LiveSocket) -> None:
        """Let go of a socket that watches no more, or is gone."""
        brand = socket.person.brand
        watching = self._sockets.get(brand)
        if watching is None:
            return
        watching.discard(socket)
        if not watching:
            del self._sockets[brand]
            for known in (self._newest, self._heard_at, self._shown_at):
                known.pop(brand, None)
            if (later := self._later.pop(brand, None)) is not None:
                later.cancel()

    def hear(self, payload: Mapping[str, Any]) -> None:
        """Show a board that sla told, now or once a second has passed since the last one; what is no news is not."""
        brand = payload["brand"]
        board = payload["board"]
        if brand not in self._sockets:
            return
        self._heard_at[brand] = self._now()
        if _same(board, self._newest.get(brand)):
            return
        self._newest[brand] = board
        wait = self._shown_at.get(brand, -LEAST_GAP) + LEAST_GAP - self._now()
        if wait <= 0:
            self._show(brand)
        elif brand not in self._later:
            self._later[brand] = asyncio.get_running_loop().call_later(wait, self._show, brand)

    def renew(self) -> None:
        """Tell sla again which boards are wanted here."""
        for brand in self._sockets:
            self._ask(brand, at_once=False)

    def _show(self, brand: str) -> None:
        self._later.pop(brand, None)
        if brand not in self._newest:
            return
        self._shown_at[brand] = self._now()
        frame = _frame(self._newest[brand])
        for socket in self._sockets[brand]:
            socket.push(frame)


def _frame(board: Mapping[str, Any]) -> str:
    return encode("board", **board)


def _same(one: Mapping[str, Any], other: Mapping[str, Any] | None) -> bool:
    """True if two boards differ in nothing but the time at which they were counted."""
    return other is not None and {**one, "at": None} == {**other, "at": None}
