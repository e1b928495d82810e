"""The order of one conversation on one socket.

Live messages are hints that may come late, twice, out of order or never; the transcript in the database is the truth.
A feed lets through exactly the next sequence number. A hole makes it catch up: from then on it only notes how far the
conversation got, and pages of the transcript are let through until nothing is missing.
"""

from collections.abc import Iterable


class Feed:
    """What one socket has been sent of one conversation.

    A new feed catches up: it was registered before the transcript was read, so nothing can fall between the two.
    `head` is the highest sequence number heard of. An `ack` takes the place of the frame of the socket's own message.
    """

    __slots__ = ("_acks", "catching_up", "head", "next_seq")

    def __init__(self, after_seq: int) -> None:
        self.next_seq = after_seq + 1
        self.head = after_seq
        self.catching_up = True
        self._acks: dict[int, str] | None = None

    @property
    def missing(self) -> int:
        """How many messages are known to be missing."""
        return max(0, self.head - self.next_seq + 1)

    def offer(self, seq: int, frame: str, ack: str | None = None) -> str | None:
        """Take a live message; return what to send now, None if it is old or has to wait for those before it."""
        if seq < self.next_seq:
            return ack
        self.head = max(self.head, seq)
        if seq == self.next_seq and not self.catching_up:
            self.next_seq += 1
            return ack or frame
        self.catching_up = True
        if ack is not None:
            self._acks = {**(self._acks or {}), seq: ack}
        return None

    def hear_of(self, head: int) -> bool:
        """Note how far the conversation got; True if that shows a hole nobody is filling yet."""
        self.head = max(self.head, head)
        if self.catching_up or self.head < self.next_seq:
            return False
        self.catching_up = True
        return True

    def fill(self, page: Iterable[tuple[int, str]]) -> list[str]:
        """Take a page of the transcript read after `next_seq - 1`; return what to send, in order."""
        frames = []
        acks = self._acks or {}
        for seq, frame in page:
            if seq == self.next_seq:
                frames.append(acks.pop(seq, frame))
                self.next_seq += 1
        return frames

    def settle(self) -> bool:
        """Go live if nothing is missing; False if another page has to be read."""
        if self.missing:
            return False
        self.catching_up = False
        self._acks = None
        return True

    def trim(self) -> None:
        """Forget what was heard of but is not in the transcript, as after a database was restored."""
        self.head = self.next_seq - 1

    def skip(self, head: int) -> list[str]:
        """Give up on what is missing up to `head`; return the acknowledgements that waited, in order."""
        acks = self._acks or {}
        due = [acks.pop(seq) for seq in sorted(acks) if seq <= head]
        self.next_seq = max(self.next_seq, head + 1)
        self.head = max(self.head, head)
        return due
