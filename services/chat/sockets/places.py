"""Where players wait, on their sockets: tickets tells the queues of the brands whose players are here.

Any telling may be lost: this process asks again every so often and is told everything. A player learns his own place
and nothing else.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

from services.chat.schemas.frames import queue_frame
from services.chat.sockets.connection import LiveSocket
from shared.contracts.base import AuthorKind
from shared.contracts.tickets import QUEUES_WANTED_SECONDS

PLACES_JOB: Final = "chat-places"
ASK_EVERY: Final = QUEUES_WANTED_SECONDS / 3
PLAYERS: Final = frozenset({AuthorKind.PLAYER, AuthorKind.VISITOR})


class Place(NamedTuple):
    """How many are served before, oneself included, and for about how long; None: nobody is there for it."""

    position: int
    eta_seconds: int | None


class Send(Protocol):
    """Sends a frame to those of some kinds who hear a conversation here."""

    def __call__(self, brand: str, ticket_id: UUID, frame: str, *, only: frozenset[AuthorKind]) -> None:
        """Send it."""
        ...


class Places:
    """The places of the waiting tickets of those brands whose players have sockets here, as they were last told."""

    def __init__(self, ask: Callable[[str], object], send: Send) -> None:
        self._ask = ask
        self._send = send
        self._known: dict[str, dict[UUID, Place]] = {}

    def meet(self, socket: LiveSocket) -> None:
        """Tell a player or visitor who just came where he waits, as far as it is known."""
        person = socket.person
        if person.kind not in PLAYERS:
            return
        if person.brand not in self._known:
            self._known[person.brand] = {}
            self._ask(person.brand)
        known = self._known[person.brand]
        for ticket_id in socket.subscriptions:
            if ticket_id in known:
                socket.push(queue_frame(ticket_id, *known[ticket_id]))

    def hear(self, payload: Mapping[str, Any]) -> None:
        """Tell those whose place is another one now, and those who no longer wait."""
        brand = payload["brand"]
        before = self._known.get(brand)
        if before is None:
            return
        now = {
            UUID(one["ticket_id"]): Place(one["position"], one["eta_seconds"])
            for queue in payload["queues"]
            for one in queue["places"]
        }
        if any(queue["waiting"] > len(queue["places"]) for queue in payload["queues"]):
            # Who is missing may stand too far behind to be told.
            now = before | now
        self._known[brand] = now
        for ticket_id, place in now.items():
            if before.get(ticket_id) != place:
                self._send(brand, ticket_id, queue_frame(ticket_id, *place), only=PLAYERS)
        for ticket_id in before.keys() - now.keys():
            self._send(brand, ticket_id, queue_frame(ticket_id, None, None), only=PLAYERS)

    def taken(self, brand: str, ticket_id: UUID) -> None:
        """Forget the place of a ticket that somebody has now: whoever waited is told so by another frame."""
        self._known.get(brand, {}).pop(ticket_id, None)

    def renew(self, brands: Collection[str]) -> None:
        """Ask again for the brands whose players are here, and forget the others."""
        self._known = {brand: self._known.get(brand, {}) for brand in brands}
        for brand in self._known:
            self._ask(brand)
