"""The legal clocks of complaints: how long each jurisdiction gives, and when that time is over.

Hours are real time. Days and weeks are calendar days of the jurisdiction's time zone and end at the same time of day;
where the day of receipt counts as the first one, they end with the last day. Business days are Monday to Friday, whole
ones: what arrives at a weekend begins with Monday. Public holidays are not left out, so that no answer is due too late.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.sla.domain.marks import BREACH, Mark, ahead, part_of
from shared.contracts.sla import ClockKind
from shared.contracts.tickets import ComplaintExtension, ComplaintPause, ComplaintState, ComplaintStep

DEFAULT: Final = "default"
PERCENTS: Final = (50, 80, 95, BREACH)
_LENGTH: Final = re.compile(r"PT(?P<hours>\d+)H|P(?P<weeks>\d+)W|P(?P<days>\d+)D|(?P<business>\d+)bd")
_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)
_ENDED: Final = frozenset({ComplaintStep.CLOSED, ComplaintStep.CLOSED_ACCEPTED})


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time as laws give it: hours, calendar days, or business days."""

    hours: int = 0
    days: int = 0
    business: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """What a jurisdiction says about clocks; `extension` is the longest one, None if there is none."""

    zone: ZoneInfo
    receipt_is_day_one: bool
    acknowledge: Length
    final: Length
    safer_gambling_final: Length
    may_pause: bool
    extension: Length | None


@dataclass(frozen=True, slots=True)
class Clock:
    """One legal clock of a complaint as it follows from the complaint; `due_at` is unset while it stands still."""

    kind: ClockKind
    started_at: datetime
    due_at: datetime
    stands: bool
    met_at: datetime | None
    ended: bool

    def timers(self, now: datetime) -> tuple[Mark, ...]:
        """Return at which percent something is still told and when; none once it is over or stands still."""
        if self.stands or self.ended or self.met_at is not None:
            return ()
        whole = self.due_at - self.started_at
        return ahead((Mark(percent, self.started_at + part_of(whole, percent)) for percent in PERCENTS), now)

    def broken_at(self, known: datetime | None) -> datetime | None:
        """Return when it broke, if it did; later news may show that `known`, the breach that was told, was none."""
        if self.met_at is not None:
            return self.due_at if self.met_at > self.due_at else None
        return known if known is not None and self.due_at <= known else None


def read_length(text: str) -> Length:
    """Return the length that `text` names: PT24H, P10D, P8W or 5bd."""
    match = _LENGTH.fullmatch(text)
    if match is None:
        message = f"{text!r} is no length of time"
        raise ValueError(message)
    found = {name: int(value) for name, value in match.groupdict().items() if value is not None}
    return Length(found.get("hours", 0), found.get("days", 0) + 7 * found.get("weeks", 0), found.get("business", 0))


def read_rules(document: Mapping[str, object]) -> dict[str, Rules]:
    """Return the rules of every jurisdiction of a parsed file, and of `default`."""
    defaults, named = document["defaults"], document["jurisdictions"]
    if not isinstance(defaults, Mapping) or not isinstance(named, Mapping):
        message = "the file has `defaults` and `jurisdictions`"
        raise TypeError(message)
    return {DEFAULT: _rules({}, defaults)} | {code: _rules(own, defaults) for code, own in named.items()}


def deadline(start: datetime, length: Length, rules: Rules) -> datetime:
    """Return when a length that begins at `start` is over, in UTC."""
    local = start.astimezone(rules.zone)
    if length.business:
        return _after_business_days(local, length.business).astimezone(UTC)
    if length.days and rules.receipt_is_day_one:
        return datetime.combine(local.date() + length.days * _DAY, time(), rules.zone).astimezone(UTC)
    ended = local.replace(tzinfo=None) + length.days * _DAY
    return ended.replace(tzinfo=rules.zone, fold=local.fold).astimezone(UTC) + timedelta(hours=length.hours)


def clocks(complaint: ComplaintState, rules: Rules, *, scale: float = 1.0) -> tuple[Clock, Clock]:
    """Return the two clocks of a complaint; the same complaint always gives the same ones.

    `scale` shortens the law's times for a rehearsal; pauses count as long as they are.
    """
    return _acknowledgement(complaint, rules, scale), _final(complaint, rules, scale)


def _acknowledgement(complaint: ComplaintState, rules: Rules, scale: float) -> Clock:
    start = complaint.received_at
    due = _scaled(start, deadline(start, rules.acknowledge, rules), scale)
    ended = complaint.step in _ENDED or complaint.final_response_at is not None
    return Clock(ClockKind.COMPLAINT_ACKNOWLEDGED, start, due, False, complaint.acknowledged_at, ended)  # noqa: FBT003


def _final(complaint: ComplaintState, rules: Rules, scale: float) -> Clock:
    start = complaint.received_at
    length = rules.safer_gambling_final if complaint.rg_related else rules.final
    due = _with_pauses(complaint.pauses, _scaled(start, deadline(start, length, rules), scale), rules, length)
    if complaint.extension is not None and rules.extension is not None:
        due = _extended(due, complaint.extension, rules, scale)
    stands = rules.may_pause and any(pause.ended_at is None for pause in complaint.pauses)
    ended = complaint.step in _ENDED
    return Clock(ClockKind.COMPLAINT_FINAL, start, due, stands, complaint.final_response_at, ended)


def _extended(due: datetime, extension: ComplaintExtension, rules: Rules, scale: float) -> datetime:
    """Return the later end; an extension of which the player was told too late is none."""
    longest = rules.extension
    if longest is None or extension.told_at > due:
        return due
    days = min(extension.days or longest.days, longest.days)
    return due + (deadline(due, Length(days=days), rules) - due) * scale


def _with_pauses(pauses: tuple[ComplaintPause, ...], due: datetime, rules: Rules, length: Length) -> datetime:
    if not rules.may_pause:
        return due
    for pause in pauses:
        if pause.ended_at is None or pause.started_at >= due:
            continue
        if length.business:
            left = _business_time(pause.started_at, due, rules.zone)
            due = _after_business_time(pause.ended_at, left, rules.zone)
        else:
            due += pause.ended_at - pause.started_at
    return due


def _scaled(start: datetime, due: datetime, scale: float) -> datetime:
    return due if scale == 1.0 else start + (due - start) * scale


def _after_business_days(local: datetime, days: int) -> datetime:
    while local.weekday() >= _SATURDAY:
        local = datetime.combine(local.date() + _DAY, time(), local.tzinfo)
    while days:
        local += _DAY
        if local.weekday() < _SATURDAY:
            days -= 1
    return local


def _business_time(start: datetime, end: datetime, zone: ZoneInfo) -> timedelta:
    """Return how much of the time between two moments lies on business days."""
    total, moment = timedelta(0), start.astimezone(UTC)
    while moment < end:
        local = moment.astimezone(zone)
        midnight = datetime.combine(local.date() + _DAY, time(), zone).astimezone(UTC)
        following = min(midnight, end)
        if local.weekday() < _SATURDAY:
            total += following - moment
        moment = following
    return total


def _after_business_time(start: datetime, left: timedelta, zone: ZoneInfo) -> datetime:
    moment = start.astimezone(UTC)
    while True:
        local = moment.astimezone(zone)
        midnight = datetime.combine(local.date() + _DAY, time(), zone).astimezone(UTC)
        if local.weekday() < _SATURDAY:
            if moment + left <= midnight:
                return moment + left
            left -= midnight - moment
        moment = midnight


def _rules(own: Mapping[str, object], defaults: Mapping[str, object]) -> Rules:
    def length(name: str) -> Length:
        return read_length(str(own.get(name) or defaults[name]))

    extension = own.get("extension")
    longest = (extension.get("length") or extension.get("at_most")) if isinstance(extension, Mapping) else None
    return Rules(
        zone=ZoneInfo(str(own.get("time_zone") or defaults["time_zone"])),
        receipt_is_day_one=own.get("day_one") == "day of receipt",
        acknowledge=length("acknowledge_within"),
        final=length("final_response_within"),
        safer_gambling_final=length("safer_gambling_complaint_final_within"),
        may_pause=bool(own.get("clock_may_pause")),
        extension=read_length(str(longest)) if longest else None,
    )
