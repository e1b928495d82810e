"""The people who take tickets: what they can do, how much they can hold, and whether they are there."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from services.tickets.domain.errors import LanguageUnknown, SkillUnknown
from services.tickets.domain.languages import is_language
from shared.contracts.base import Channel
from shared.contracts.gateway import StaffRole, StaffStatus

CHAT_CAPACITY: Final = 6
MOST_CAPACITY: Final = 20
GRACE: Final = timedelta(seconds=30)
VIP: Final = "vip"
SAFER_GAMBLING: Final = "safer_gambling"
COMPLAINTS: Final = "complaints"
SPECIAL: Final = frozenset({VIP, SAFER_GAMBLING, COMPLAINTS})
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_WEEK: Final = 8


@dataclass(frozen=True, slots=True)
class Shift:
    """Working hours on some days of the week (0 is Monday); one that ends before it begins ends the next day."""

    days: frozenset[int]
    begins: time
    ends: time

    def covers(self, local: datetime) -> bool:
        """True if a moment of the person's own clock is inside."""
        clock, today = local.time(), local.weekday()
        if self.begins < self.ends:
            return today in self.days and self.begins <= clock < self.ends
        yesterday = (today - 1) % 7
        return (today in self.days and clock >= self.begins) or (yesterday in self.days and clock < self.ends)


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff, with what his profile says if he has one.

    `connected` is None while no socket of theirs was ever seen. `status_since` is when the status became what it is,
    `connected_since` the same of their sockets.
    """

    id: str
    role: StaffRole
    status: StaffStatus
    active: bool
    connected: bool | None
    status_since: datetime
    connected_since: datetime | None
    teams: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    capacity: Mapping[str, int] = None  # type: ignore[assignment]
    shifts: tuple[Shift, ...] = ()
    time_zone: str = "UTC"
    last_given_at: datetime | None = None

    def limit(self, channel: Channel) -> int:
        """Return how many conversations of a channel the person holds at most."""
        default = CHAT_CAPACITY if channel is Channel.WEB else MOST_CAPACITY
        return (self.capacity or {}).get(channel.value, default)

    def is_on_shift(self, now: datetime) -> bool:
        """True inside a shift; who has no shifts is always on."""
        if not self.shifts:
            return True
        local = now.astimezone(ZoneInfo(self.time_zone))
        return any(shift.covers(local) for shift in self.shifts)

    def takes(self, channel: Channel, now: datetime) -> bool:
        """True if the person is there for new work of a channel.

        Live chat goes to nobody whose socket is known to be gone; a desk that works by requests alone has no sockets.
        """
        there = self.active and self.status is StaffStatus.ONLINE and self.is_on_shift(now)
        return there and not (channel is Channel.WEB and self.connected is False)

    def has_left(self, channel: Channel, now: datetime, taken_at: datetime | None = None) -> bool:
        """True if what the person holds must go to somebody else.

        Offline or switched off: everything. Away or without a socket: live chat. A short absence is forgiven, and so is
        one that had begun when the person took the ticket by his own hand (`taken_at`): he meant to work on it.
        """
        if not self.active:
            return True
        gone = self._gone_since(channel, by_hand=taken_at is not None)
        return any(now - since >= GRACE and (taken_at is None or since > taken_at) for since in gone)

    def _gone_since(self, channel: Channel, *, by_hand: bool) -> Iterator[datetime]:
        """Yield when what counts as absence for a channel began.

        Who works although he is offline goes with his socket: his status says no more when he does.
        """
        live, offline = channel is Channel.WEB, self.status is StaffStatus.OFFLINE
        if offline or (live and self.status is StaffStatus.AWAY):
            yield self.status_since
        if self.connected is False and self.connected_since is not None and (live or (offline and by_hand)):
            yield self.connected_since

    def next_turn(self, now: datetime) -> datetime | None:
        """Return when the next shift may begin or end, None without shifts.

        An hour that comes twice counts twice, and the jump of the clocks itself may be such a moment.
        """
        if not self.shifts:
            return None
        zone = ZoneInfo(self.time_zone)
        today = now.astimezone(zone).date()
        moments = (
            datetime.combine(today + _DAY * ahead, clock.replace(fold=fold), zone).astimezone(UTC)
            for ahead in range(_WEEK)
            for shift in self.shifts
            for clock in (shift.begins, shift.ends)
            for fold in (0, 1)
        )
        jump = _jump_after(now, zone)
        return min((moment for moment in (*moments, jump) if moment is not None and moment > now), default=None)


def _jump_after(now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when the clocks of a zone jump within a day, None if they do not."""
    before, after = now, now + _DAY
    offset = before.astimezone(zone).utcoffset()
    if after.astimezone(zone).utcoffset() == offset:
        return None
    while after - before > _SECOND:
        middle = before + (after - before) / 2
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == offset else (before, middle)
    # Clocks jump at whole seconds, and this is less than one too late.
    return after.replace(microsecond=0)


def check_skills(skills: Iterable[str], groups: Collection[str]) -> None:
    """Refuse skills that no ticket can ask for; capitals matter."""
    unknown = [skill for skill in skills if skill not in SPECIAL and skill not in groups]
    if unknown:
        known = [*sorted(SPECIAL), *sorted(groups)]
        detail = f"{unknown[0]!r} is no skill; known: {', '.join(known)}"
        raise SkillUnknown(detail, field="skills", unknown=unknown, known=known)


def check_languages(languages: Iterable[str]) -> None:
    """Refuse languages that nobody speaks, such as `gr` for Greek."""
    unknown = [one for one in languages if not is_language(one)]
    if unknown:
        detail = f"{unknown[0]!r} is no language: such as de, el, pt-BR, with a code of ISO 639 first"
        raise LanguageUnknown(detail, field="languages", unknown=unknown)


def fullness(person: Person, load: Mapping[str, int]) -> Fraction:
    """Return how busy a person is over all channels, relative to what they can hold."""
    parts = (Fraction(count, max(person.limit(Channel(channel)), 1)) for channel, count in load.items())
    return sum(parts, Fraction(0))
