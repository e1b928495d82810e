"""Which replica of a service is asked next: each in its turn, and last those that do not answer now."""

from collections.abc import Sequence
from itertools import count
from typing import Final

_RESTING_SECONDS: Final = 1.0
_SILENT_AFTER: Final = 2.0
_SILENT_RESTS: Final = 10.0


class Replicas:
    """The addresses of one service; times are seconds of a monotonic clock.

    A replica rests for a moment after it refused a connection. A frozen one refuses nothing: it counts as silent while
    a question has waited for two seconds and nothing was answered since that was asked, and for ten seconds after such
    a question was given up. Nobody is left out for good: if all rest, they are asked in turn as ever.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = tuple(urls)
        self._turn = 0
        self._resting: dict[str, float] = {}
        self._asked: dict[str, dict[int, float]] = {url: {} for url in self._urls}
        self._answered: dict[str, float] = {}
        self._questions = count()

    def order(self, now: float) -> list[str]:
        """Return all, beginning with the next one's turn, those that rest or are silent at the end."""
        self._turn = (self._turn + 1) % len(self._urls)
        turned = [*self._urls[self._turn :], *self._urls[: self._turn]]
        return sorted(turned, key=lambda url: self._resting.get(url, now) > now or self._is_silent(url, now))

    def refused(self, url: str, now: float) -> None:
        """Take note that a replica could not be reached."""
        self._resting[url] = now + _RESTING_SECONDS

    def asked(self, url: str, now: float) -> int:
        """Take note of a question and return its number."""
        number = next(self._questions)
        self._asked[url][number] = now
        return number

    def answered(self, url: str, number: int, now: float) -> None:
        """Take note of an answer, or of a connection that broke: either way somebody is there, or it is known."""
        self._asked[url].pop(number, None)
        self._answered[url] = now

    def given_up(self, url: str, number: int, now: float) -> bool:
        """Take note that nobody waits for this answer any more; True if the replica was found silent by it."""
        is_silent = self._is_silent(url, now)
        is_news = is_silent and self._resting.get(url, now) <= now
        if is_silent:
            self._resting[url] = now + _SILENT_RESTS
        self._asked[url].pop(number, None)
        return is_news

    def _is_silent(self, url: str, now: float) -> bool:
        oldest = next(iter(self._asked[url].values()), now)
        return now - oldest >= _SILENT_AFTER and self._answered.get(url, oldest) <= oldest
