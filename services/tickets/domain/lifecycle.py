"""What time does to a ticket: it wakes, it closes, it may come back; and what a status needs to be said with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.tickets.domain.errors import DetailMisplaced, DetailMissing, SnoozeRefused
from services.tickets.domain.statuses import FINISHED
from services.tickets.domain.tickets import Fact, Story, Ticket
from shared.contracts.tickets import TicketState, TicketStatus, TicketStatusChanged, TicketUpdated

DEFAULT: Final = "default"
FOLLOW_UP: Final = "follow_up"
LONGEST_SNOOZE: Final = timedelta(days=366)
_TIMED: Final = frozenset({TicketStatus.SNOOZED, TicketStatus.RESOLVED})
_DETAILS: Final = {"waiting_on": TicketStatus.WAITING, "snoozed_until": TicketStatus.SNOOZED}


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What becomes of resolved tickets of a channel, in days since they were resolved.

    `auto_close_days`: None closes nothing by itself. `reopen_days`: for so long the player's words reopen the ticket,
    afterwards they open a new one; None reopens for ever.
    """

    auto_close_days: int | None = 7
    reopen_days: int | None = 14


BUILT_IN: Final = Lifecycle()


@dataclass(frozen=True, slots=True)
class LifecyclePolicy:
    """A brand's lifecycles by channel, and whether it tells players by itself that their complaint is registered.

    Staff correct or withdraw their own words for `correct_within`; zero: never. `version` 0 is the built-in policy.
    """

    version: int
    channels: Mapping[str, Lifecycle]
    acknowledge_complaints: bool = True
    correct_within: timedelta = timedelta(minutes=5)

    def of(self, channel: str) -> Lifecycle:
        """Return what counts for a channel: its own, else the brand's default, else the built-in one."""
        return self.channels.get(channel) or self.channels.get(DEFAULT) or BUILT_IN


def details_of(
    after: TicketStatus, state: TicketState, wanted: Mapping[str, object], now: datetime
) -> dict[str, object]:
    """Return for whom and until when a ticket waits once it is `after`; refuse what is missing or out of place."""
    details: dict[str, object] = {}
    for name, status in _DETAILS.items():
        if after is not status and wanted.get(name) is not None:
            raise DetailMisplaced(f"{name} goes with status {status}", field=name)
        details[name] = wanted.get(name, getattr(state, name)) if after is status else None
        if after is status and details[name] is None:
            raise DetailMissing(f"status {status} needs {name}", field=name)
    until = wanted.get("snoozed_until")
    if isinstance(until, datetime) and until != state.snoozed_until:
        _check_snooze(until, now)
    return details


def due_of(ticket: Ticket, lifecycle: Lifecycle) -> datetime | None:
    """Return when a ticket moves by itself: a snoozed one wakes, a resolved one closes; None: never."""
    state = ticket.state
    if state.status is TicketStatus.SNOOZED:
        return state.snoozed_until
    if state.status is not TicketStatus.RESOLVED or ticket.resolved_at is None or lifecycle.auto_close_days is None:
        return None
    return ticket.resolved_at + timedelta(days=lifecycle.auto_close_days)


def reschedules(events: Iterable[Fact]) -> bool:
    """True if what happened changes when the ticket moves by itself."""
    return any(
        bool(_TIMED & {event.before, event.after})
        if isinstance(event, TicketStatusChanged)
        else isinstance(event, TicketUpdated) and "snoozed_until" in event.changes
        for event in events
    )


def moves_by_itself(story: Story) -> None:
    """Wake or close a ticket whose time has come."""
    if story.state.status is TicketStatus.SNOOZED:
        story.moves(TicketStatus.OPEN)
    elif story.state.status is TicketStatus.RESOLVED:
        story.moves(TicketStatus.CLOSED)


def never_ends(ticket: Ticket) -> bool:
    """True if new words join this ticket whatever the brand's policy says.

    A live conversation keeps its ticket whatever its age: chat knows it by that id.
    """
    return ticket.state.status not in FINISHED or ticket.live or ticket.resolved_at is None


def takes_words(ticket: Ticket, lifecycle: Lifecycle, now: datetime) -> bool:
    """True if the player's words join this ticket; False if they must open a new one."""
    if never_ends(ticket) or ticket.resolved_at is None or lifecycle.reopen_days is None:
        return True
    return now - ticket.resolved_at <= timedelta(days=lifecycle.reopen_days)


def _check_snooze(until: datetime, now: datetime) -> None:
    if until <= now:
        raise SnoozeRefused("a ticket sleeps until a time to come; this one is over", field="snoozed_until")
    if until > now + LONGEST_SNOOZE:
        raise SnoozeRefused(f"a ticket sleeps at most {LONGEST_SNOOZE.days} days", field="snoozed_until")
