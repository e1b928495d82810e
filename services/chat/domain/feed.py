"""The order of one conversation on one socket.

Live messages are hints that may come late, twice, out of order or never; the transcript in the database is the truth.
A feed lets through exactly the next sequence number. A hole makes it catch up: from then on it only notes how far the
conversation got, and pages of the transcript are let through until nothing is missing.
"""


class Feed:
    """What one socket has been sent of one conversation.

    A new feed catches up: it was registered before the transcript was read, so nothing can fall between the two.
    `next_seq` is what comes next, `head` the highest sequence number heard of.
    """

    __slots__ = ("catching_up", "head", "next_seq")

    def __init__(self, after_seq: int) -> None:
        self.next_seq = after_seq + 1
        self.head = after_seq
        self.catching_up = True

    @property
    def missing(self) -> int:
        """How many messages are known to be missing."""
        return max(0, self.head - self.next_seq + 1)

    def offer(self, seq: int) -> bool:
        """True if this live message is to be sent now; False if it is old or has to wait for those before it."""
        if seq < self.next_seq:
            return False
        self.head = max(self.head, seq)
        if seq == self.next_seq and not self.catching_up:
            self.next_seq += 1
            return True
        self.catching_up = True
        return False

    def take(self, seq: int) -> bool:
        """True if this message of the transcript is to be sent now."""
        if seq != self.next_seq:
            return False
        self.next_seq += 1
        return True

    def hear_of(self, head: int) -> bool:
        """Note how far the conversation got; True if that shows a hole nobody is filling yet."""
        self.head = max(self.head, head)
        if self.catching_up or self.head < self.next_seq:
            return False
        self.catching_up = True
        return True

    def settle(self) -> bool:
        """Go live if nothing is missing; False if another page has to be read."""
        if self.missing:
            return False
        self.catching_up = False
        return True

    def trim(self) -> None:
        """Forget what was heard of but is not in the transcript, as after a database was restored."""
        self.head = self.next_seq - 1

    def skip(self) -> None:
        """Give up on everything that is missing: the client reloads it over HTTP."""
        self.next_seq = self.head + 1
