"""How much one socket may do and hold."""

from collections import deque


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
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


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
