"""Token buckets and bounded memory: what keeps one caller from taking everything. State lives in the process."""

import math
from collections import OrderedDict
from collections.abc import Hashable
from typing import ClassVar, Final, Generic, NamedTuple, TypeVar

from shared.errors import DomainError, Kind

_MINUTE: Final = 60
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class QuotaExceeded(DomainError):
    """The quota is used up."""

    kind: ClassVar[Kind] = Kind.LIMITED


class Policy(NamedTuple):
    """`per_minute` units flow in steadily; up to `burst` may be saved up."""

    name: str
    per_minute: int
    burst: int

    def header(self) -> str:
        """Return the `RateLimit-Policy` item (IETF draft-ietf-httpapi-ratelimit-headers)."""
        return f'"{self.name}";q={self.per_minute};w={_MINUTE}'


class Verdict(NamedTuple):
    """Whether one unit was granted, how many whole units are left, and when (in seconds) the next one flows in."""

    granted: bool
    policy: Policy
    remaining: int
    next_in: int

    def header(self) -> str:
        """Return the `RateLimit` item of the same draft."""
        return f'"{self.policy.name}";r={self.remaining};t={self.next_in}'


class Bucket(NamedTuple):
    """The level at the moment `at` (seconds of any steady clock)."""

    level: float
    at: float


def take(bucket: Bucket | None, policy: Policy, now: float) -> tuple[Bucket, Verdict]:
    """Take one unit if there is one; the level never exceeds the burst and never falls below zero."""
    rate = policy.per_minute / _MINUTE
    level = float(policy.burst)
    if bucket is not None:
        level = min(level, bucket.level + max(0.0, now - bucket.at) * rate)
    granted = level >= 1.0
    left = level - 1.0 if granted else level
    missing = math.floor(left) + 1 - left
    return Bucket(left, now), Verdict(granted, policy, int(left), max(1, math.ceil(missing / rate)))


class Bounded(Generic[Key, Value]):
    """A mapping that forgets what was touched longest ago, so that strangers cannot fill the memory."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._items: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """Return the value and count it as touched."""
        value = self._items.get(key)
        if value is not None:
            self._items.move_to_end(key)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Remember the value, at the cost of the oldest."""
        self._items[key] = value
        self._items.move_to_end(key)
        while len(self._items) > self._capacity:
            self._items.popitem(last=False)

    def drop(self, key: Key) -> None:
        """Forget the value."""
        self._items.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._items.clear()

    def __len__(self) -> int:
        return len(self._items)


class Limiter:
    """One bucket per policy and subject. A forgotten bucket starts full: it errs in the caller's favour."""

    def __init__(self, capacity: int = 100_000) -> None:
        self._buckets: Bounded[tuple[str, str], Bucket] = Bounded(capacity)

    def take(self, policy: Policy, subject: str, now: float) -> Verdict:
        """Take one unit of `subject`'s quota at `now` (seconds of a steady clock)."""
        key = (policy.name, subject)
        bucket, verdict = take(self._buckets.get(key), policy, now)
        self._buckets.put(key, bucket)
        return verdict


def tightest(verdicts: list[Verdict]) -> Verdict | None:
    """Return the verdict the caller should hear of: a refusal first, else the one with the least left."""
    return min(verdicts, key=lambda verdict: (verdict.granted, verdict.remaining), default=None)


class RetryBudget:
    """Repeats may be a tenth of the traffic: when everything fails, repeating only makes it worse (SRE, chapter 22)."""

    def __init__(self, share: float = 0.1, reserve: float = 10.0) -> None:
        self._share = share
        self._reserve = reserve
        self._saved = reserve

    def note_call(self) -> None:
        """Save a little for every call."""
        self._saved = min(self._reserve, self._saved + self._share)

    def may_repeat(self) -> bool:
        """True if one repeat can be paid for; it is paid at once."""
        if self._saved < 1.0:
            return False
        self._saved -= 1.0
        return True
