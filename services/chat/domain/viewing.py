"""Who looks at a ticket right now and who types there: passing knowledge, told between processes and soon forgotten."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

TYPING_SECONDS: Final = 6.0
SILENT_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Viewer:
    """A member of staff who looks at a ticket."""

    id: str
    name: str | None
    typing: bool = False


@dataclass(slots=True)
class Sight:
    """What a process knows of one ticket's viewers: its own by socket, others' as they last told; times in seconds.

    What another process told is forgotten when it falls silent, because a process that was killed takes no leave.
    """

    _own: dict[UUID, Viewer] = field(default_factory=dict)
    _typing_until: dict[str, float] = field(default_factory=dict)
    _others: dict[str, tuple[float, tuple[Viewer, ...]]] = field(default_factory=dict)

    def comes(self, socket_id: UUID, viewer: Viewer) -> None:
        """Somebody looks, at a socket of this process."""
        self._own[socket_id] = viewer

    def goes(self, socket_id: UUID) -> None:
        """Nobody looks at this socket any more."""
        gone = self._own.pop(socket_id, None)
        if gone is not None and all(one.id != gone.id for one in self._own.values()):
            self._typing_until.pop(gone.id, None)

    def types(self, staff_id: str, now: float) -> None:
        """Somebody who looks types; silence ends it."""
        self._typing_until[staff_id] = now + TYPING_SECONDS

    def hears(self, process: str, viewers: Sequence[Viewer], now: float) -> None:
        """Another process told who looks there; nobody: it is forgotten."""
        if viewers:
            self._others[process] = (now, tuple(viewers))
        else:
            self._others.pop(process, None)

    def forgets(self, now: float) -> None:
        """Let go of who stopped typing and of processes that fell silent."""
        self._typing_until = {id_: until for id_, until in self._typing_until.items() if until > now}
        self._others = {p: told for p, told in self._others.items() if now - told[0] < SILENT_SECONDS}

    def own(self, now: float) -> tuple[Viewer, ...]:
        """Return who looks at sockets of this process."""
        return _merged(
            Viewer(one.id, one.name, self._typing_until.get(one.id, now) > now) for one in self._own.values()
        )

    def everybody(self, now: float) -> tuple[Viewer, ...]:
        """Return who looks anywhere, each person once, sorted by id."""
        return _merged([*self.own(now), *(one for _, told in self._others.values() for one in told)])

    def next_silence(self) -> float | None:
        """Return when the next one here stops typing unless he goes on."""
        return min(self._typing_until.values(), default=None)


def _merged(viewers: Iterable[Viewer]) -> tuple[Viewer, ...]:
    found: dict[str, Viewer] = {}
    for one in viewers:
        known = found.get(one.id, one)
        found[one.id] = Viewer(one.id, known.name or one.name, known.typing or one.typing)
    return tuple(found[id_] for id_ in sorted(found))
