"""Who is connected to this process."""

from collections.abc import Callable, Mapping
from typing import Any

from services.chat.domain.values import CloseCode, Person
from services.chat.schemas.frames import encode
from services.chat.settings import Settings
from services.chat.sockets.connection import LiveSocket
from shared.contracts.base import AuthorKind


class People:
    """The sockets of this process by person; `presence_changes` hears of staff whose first socket came or last went."""

    def __init__(self, settings: Settings, presence_changes: Callable[[Person], None]) -> None:
        self.sockets: set[LiveSocket] = set()
        self._settings = settings
        self._presence_changes = presence_changes
        self._by_person: dict[tuple[str, str, str], list[LiveSocket]] = {}
        self._staff: dict[str, set[LiveSocket]] = {}

    def add(self, socket: LiveSocket) -> None:
        """Take in a socket; the oldest of a person with too many has to go."""
        person = socket.person
        own = self._by_person.setdefault(person.key, [])
        limit = self._settings.sockets_per_person if person.is_staff else self._settings.sockets_per_player
        living = [other for other in own if other.closing is None]
        for oldest in living[: max(0, len(living) - limit + 1)]:
            oldest.close(CloseCode.REPLACED)
        own.append(socket)
        self.sockets.add(socket)
        if person.is_staff:
            self._staff.setdefault(person.brand, set()).add(socket)
            if len(own) == 1:
                self._presence_changes(person)

    def remove(self, socket: LiveSocket) -> None:
        """Forget a socket that is gone."""
        person = socket.person
        self.sockets.discard(socket)
        if person.is_staff:
            self._staff.get(person.brand, set()).discard(socket)
        own = self._by_person.get(person.key, [])
        if socket in own:
            own.remove(socket)
        if own or self._by_person.pop(person.key, None) is None:
            return
        if person.is_staff:
            self._presence_changes(person)

    def sockets_of(self, brand: str, kind: AuthorKind, person_id: str) -> list[LiveSocket]:
        """Return the sockets of a person, oldest first."""
        return list(self._by_person.get((brand, kind.value, person_id), ()))

    def turn_out(self, banned: Mapping[str, Any]) -> None:
        """Tell a banned person until when, and close the sockets that he has here."""
        kind = AuthorKind(banned["kind"])
        for socket in self.sockets_of(banned["brand"], kind, banned["person_id"]):
            socket.push(encode("banned", until=banned["until"]))
            socket.close(CloseCode.FORBIDDEN)

    def is_at_desk(self, brand: str, staff_id: str) -> bool:
        """True if a member of staff has a socket here."""
        return (brand, AuthorKind.STAFF.value, staff_id) in self._by_person

    def at_desk(self) -> list[tuple[str, str]]:
        """Return (brand, staff id) of everyone at the desk with a socket here."""
        return [(brand, id_) for brand, kind, id_ in self._by_person if kind == AuthorKind.STAFF.value]

    def to_staff(self, brand: str, frame: str) -> None:
        """Send a passing frame to everyone at the desk of a brand."""
        for socket in self._staff.get(brand, ()):
            socket.push(frame)
