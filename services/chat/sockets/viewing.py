"""Who of the staff looks at which ticket, of any channel, told to the others who look at it and never to players.

Every change and, every so often, the whole of a process's own viewers goes to the other processes. Any of it may be
lost: the next telling makes good for it.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

from services.chat.domain.viewing import Sight, Viewer
from services.chat.schemas.frames import encode
from services.chat.sockets.connection import LiveSocket

VIEWERS_TOPIC: Final = "chat.viewers"
VIEWERS_JOB: Final = "chat-viewers"
MOST_VIEWS: Final = 50
TELL_EVERY: Final = 20.0
_SHORTEST: Final = 0.05

Key: TypeAlias = tuple[str, UUID]


class Viewing:
    """The views of this process: there is a sight of a ticket as long as a socket here looks at it.

    `tell` carries what the other processes should know, `wake` lets `turn` come before its time.
    """

    def __init__(self, process: str, tell: Callable[[dict[str, object]], object], wake: Callable[[], None]) -> None:
        self._process = process
        self._broadcast = tell
        self._wake = wake
        self._sights: dict[Key, Sight] = {}
        self._sockets: dict[Key, set[LiveSocket]] = {}
        self._shown: dict[Key, tuple[Viewer, ...]] = {}
        self._told: dict[Key, tuple[Viewer, ...]] = {}
        self._told_at = 0.0

    def view(self, socket: LiveSocket, ticket_id: UUID) -> bool:
        """Let a member of staff look at a ticket of the brand; False if this socket looks at too many."""
        key = (socket.person.brand, ticket_id)
        views = socket.views = socket.views or set()
        if ticket_id not in views and len(views) >= MOST_VIEWS:
            return False
        is_first, before = key not in self._sights, self._shown.get(key)
        views.add(ticket_id)
        self._sockets.setdefault(key, set()).add(socket)
        self._sights.setdefault(key, Sight()).comes(socket.id, Viewer(socket.person.id, socket.person.name))
        self._tell([key], asks=is_first)
        self._show(key)
        if self._shown[key] == before:
            socket.push(_frame(ticket_id, before))
        return True

    def unview(self, socket: LiveSocket, ticket_id: UUID) -> None:
        """Let a member of staff look at a ticket no more."""
        if socket.views is None or ticket_id not in socket.views:
            return
        key = (socket.person.brand, ticket_id)
        socket.views.discard(ticket_id)
        self._sockets[key].discard(socket)
        self._sights[key].goes(socket.id)
        self._tell([key])
        self._show(key)
        if not self._sockets[key]:
            del self._sockets[key], self._sights[key], self._shown[key], self._told[key]

    def forget(self, socket: LiveSocket) -> None:
        """Let go of a socket that is gone."""
        for ticket_id in list(socket.views or ()):
            self.unview(socket, ticket_id)

    def types(self, socket: LiveSocket, ticket_id: UUID) -> None:
        """Tell that somebody who looks at a ticket types there."""
        if socket.views is None or ticket_id not in socket.views:
            return
        key = (socket.person.brand, ticket_id)
        self._sights[key].types(socket.person.id, _now())
        self._tell_news([key])
        self._show(key)
        self._wake()

    def hear(self, payload: Mapping[str, Any]) -> None:
        """Take in what another process told of tickets that are looked at here; one that asks is told."""
        if payload["process"] == self._process:
            return
        keys = [(told["brand"], UUID(told["ticket_id"])) for told in payload["views"]]
        for key, told in zip(keys, payload["views"], strict=True):
            if key in self._sights:
                viewers = [Viewer(one["id"], one["name"], one["typing"]) for one in told["viewers"]]
                self._sights[key].hears(payload["process"], viewers, _now())
                self._show(key)
        if payload["asks"]:
            self._tell([key for key in keys if key in self._sights])

    def turn(self) -> timedelta:
        """Forget what has run out, tell the others what is so, and say when to look again."""
        now = _now()
        for key, sight in self._sights.items():
            sight.forgets(now)
            self._show(key)
        if now - self._told_at >= TELL_EVERY:
            self._told_at = now
            self._tell(list(self._sights))
        else:
            self._tell_news(list(self._sights))
        silences = [at for sight in self._sights.values() if (at := sight.next_silence()) is not None]
        return timedelta(seconds=max(_SHORTEST, min([TELL_EVERY, *(at - now for at in silences)])))

    def _show(self, key: Key) -> None:
        """Send who looks at a ticket to those of this process who do, if that is news."""
        viewers = self._sights[key].everybody(_now())
        if self._shown.get(key) == viewers:
            return
        self._shown[key] = viewers
        frame = _frame(key[1], viewers)
        for socket in self._sockets[key]:
            socket.push(frame)

    def _tell_news(self, keys: Iterable[Key]) -> None:
        now = _now()
        self._tell([key for key in keys if self._told[key] != self._sights[key].own(now)])

    def _tell(self, keys: Iterable[Key], *, asks: bool = False) -> None:
        now = _now()
        own = {key: self._sights[key].own(now) for key in keys}
        self._told |= own
        views = [
            {"brand": brand, "ticket_id": str(ticket_id), "viewers": [_member(one) for one in viewers]}
            for (brand, ticket_id), viewers in own.items()
        ]
        if views:
            self._broadcast({"process": self._process, "asks": asks, "views": views})


def _frame(ticket_id: UUID, viewers: Iterable[Viewer]) -> str:
    return encode("viewers", ticket_id=ticket_id, viewers=[_member(one) for one in viewers])


def _member(viewer: Viewer) -> dict[str, object]:
    return {"id": viewer.id, "name": viewer.name, "typing": viewer.typing}


def _now() -> float:
    return asyncio.get_running_loop().time()
