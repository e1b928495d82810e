"""How much one person may say, and how much one socket may do and hold."""

from collections import deque
from collections.abc import Hashable


class TokenBucket:
    """Allows `rate` a second on average and `burst` at once; times are seconds of a monotonic clock."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, now: float) -> bool:
        """True if one more is allowed now."""
        self._tokens = self._at_most(now)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def next_in(self, now: float) -> float:
        """Return after how many seconds one more is allowed, 0 if it is now."""
        return max(0.0, (1 - self._at_most(now)) / self._rate)

    def is_whole(self, now: float) -> bool:
        """True if it is as good as a new one."""
        return self._at_most(now) >= self._burst

    def _at_most(self, now: float) -> float:
        return min(self._burst, self._tokens + (now - self._at) * self._rate)


class Allowances:
    """A bucket for each person, whatever he speaks over; one that is whole again is forgotten."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: dict[Hashable, TokenBucket] = {}

    def __len__(self) -> int:
        """Return for how many people something is remembered."""
        return len(self._buckets)

    def take(self, person: Hashable, now: float) -> float:
        """Return 0 if one more is allowed now, else after how many seconds it is."""
        bucket = self._buckets.pop(person, None) or TokenBucket(self._rate, self._burst, now)
        self._forget_rested(now)
        self._buckets[person] = bucket
        return 0.0 if bucket.take(now) else bucket.next_in(now)

    def _forget_rested(self, now: float) -> None:
        """Forget from those who have been silent for longest on: each is looked at once on the way out."""
        while self._buckets:
            silent = next(iter(self._buckets))
            if not self._buckets[silent].is_whole(now):
                return
            del self._buckets[silent]


class Outgoing:
    """Frames that wait for one socket; refuses what would pass `most_frames` or `most_bytes` of UTF-8."""

    __slots__ = ("_bytes", "_frames", "_most_bytes", "_most_frames")

    def __init__(self, most_frames: int, most_bytes: int) -> None:
        self._frames: deque[str] = deque()
        self._bytes = 0
        self._most_frames = most_frames
        self._most_bytes = most_bytes

    def __len__(self) -> int:
        """Return how many frames wait."""
        return len(self._frames)

    @property
    def bytes(self) -> int:
        """How many bytes wait."""
        return self._bytes

    @property
    def is_roomy(self) -> bool:
        """True if a page of history may be added without crowding out live frames."""
        return len(self._frames) * 4 <= self._most_frames and self._bytes * 4 <= self._most_bytes

    def put(self, frame: str) -> bool:
        """Add a frame; False if it does not fit."""
        size = _size(frame)
        if len(self._frames) >= self._most_frames or self._bytes + size > self._most_bytes:
            return False
        self._frames.append(frame)
        self._bytes += size
        return True

    def put_first(self, frame: str) -> None:
        """Add a frame that goes before all others, whatever waits."""
        self._frames.appendleft(frame)
        self._bytes += _size(frame)

    def take(self) -> str | None:
        """Remove and return the oldest frame, None when nothing waits."""
        if not self._frames:
            return None
        frame = self._frames.popleft()
        self._bytes -= _size(frame)
        return frame

    def clear(self) -> None:
        """Forget everything that waits."""
        self._frames.clear()
        self._bytes = 0


def _size(frame: str) -> int:
    return len(frame) if frame.isascii() else len(frame.encode())
