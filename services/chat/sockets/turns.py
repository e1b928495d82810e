"""Whose turn it is to be pinged, who does not answer, who does not read: a look costs only what it finds."""

from collections import OrderedDict, deque
from collections.abc import Iterator

from services.chat.settings import Settings
from services.chat.sockets.connection import LiveSocket


class Turns:
    """The sockets of this process in the order in which something is due; times are those of the loop's clock.

    Everybody waits equally long, so who came last is due last, and nothing has to be sorted or searched: going through
    ten thousand sockets once a second would hold up everybody's words for as long.
    """

    def __init__(self, settings: Settings) -> None:
        self._ping_every = settings.ping_every.total_seconds()
        self._pong_within = settings.pong_within.total_seconds()
        self._write_within = settings.write_within.total_seconds()
        self._waiting: OrderedDict[LiveSocket, float] = OrderedDict()
        self._asked: deque[tuple[float, LiveSocket]] = deque()
        self.writing: dict[LiveSocket, float] = {}

    def join(self, socket: LiveSocket, now: float) -> None:
        """Let a socket wait for its first ping."""
        self._waiting[socket] = now + self._ping_every

    def leave(self, socket: LiveSocket) -> None:
        """Expect nothing more of a socket."""
        self._waiting.pop(socket, None)
        socket.pong_due = None

    def due(self, now: float) -> list[LiveSocket]:
        """Return who has to be pinged, in their order; they stay due until they are `pinged`."""
        due = []
        for socket, turn in self._waiting.items():
            if turn > now:
                break
            if socket.closing is None:
                due.append(socket)
        return due

    def pinged(self, socket: LiveSocket, now: float) -> None:
        """Take note of a ping: the next one is due after `ping_every`, and a pong within `pong_within`."""
        if socket not in self._waiting:
            return
        self._waiting[socket] = now + self._ping_every
        self._waiting.move_to_end(socket)
        if socket.pong_due is None:
            socket.pong_due = now + self._pong_within
            self._asked.append((socket.pong_due, socket))

    def deaf(self, now: float) -> Iterator[LiveSocket]:
        """Yield who did not answer in time, each once."""
        while self._asked and self._asked[0][0] < now:
            asked, socket = self._asked.popleft()
            if socket.pong_due == asked and socket.closing is None:
                yield socket

    def stuck(self, now: float) -> list[LiveSocket]:
        """Return whose frame has been on its way for too long: the peer reads nothing."""
        stuck = []
        for socket, since in self.writing.items():
            if now - since < self._write_within:
                break
            stuck.append(socket)
        return stuck
