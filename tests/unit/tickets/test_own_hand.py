"""Who takes a ticket by his own hand keeps it through the absence in which he took it."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from services.tickets.domain.people import Person
from services.tickets.domain.queueing import Place, Rank, is_unattended, place_after
from services.tickets.domain.tickets import Fact
from shared.contracts.base import SAMPLE_ID, Author, AuthorKind, Channel
from shared.contracts.gateway import StaffRole, StaffStatus
from shared.contracts.tickets import TicketAssigned, TicketState, TicketStatus, TicketStatusChanged
from shared.contracts.tickets.state import SAMPLE_TICKET

NOW: Final = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
TAKEN: Final = -600
OPEN: Final = SAMPLE_TICKET.model_copy(update={"status": TicketStatus.OPEN, "merged_into": None})
STAFF, SERVER, SYSTEM = AuthorKind.STAFF, AuthorKind.SERVER, AuthorKind.SYSTEM


def _at(seconds: int | None) -> datetime | None:
    return None if seconds is None else NOW + timedelta(seconds=seconds)


def _person(status: str, since: int, cut: int | None, *, active: bool = True) -> Person:
    seen = _at(cut)
    return Person(
        "s-1", StaffRole.AGENT, StaffStatus(status), active, None if seen is None else False,
        NOW + timedelta(seconds=since), seen,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("channel", "status", "since", "cut", "taken", "left"),
    [
        ("web", "away", -900, None, None, True),
        ("web", "away", -900, None, TAKEN, False),
        ("web", "away", TAKEN, None, TAKEN, False),
        ("web", "away", -500, None, TAKEN, True),
        ("web", "away", -20, None, TAKEN, False),
        ("web", "offline", -900, None, TAKEN, False),
        ("web", "offline", -500, None, TAKEN, True),
        ("web", "busy", -500, None, TAKEN, False),
        ("web", "away", -900, -800, TAKEN, False),
        ("web", "away", -900, -500, TAKEN, True),
        ("web", "away", -900, -20, TAKEN, False),
        ("web", "online", -900, -800, None, True),
        ("web", "online", -900, -800, TAKEN, False),
        ("form", "away", -500, -500, TAKEN, False),
        ("form", "offline", -900, None, None, True),
        ("form", "offline", -900, None, TAKEN, False),
        ("form", "offline", -900, -500, TAKEN, True),
        ("form", "offline", -20, -500, None, False),
        ("form", "offline", -500, None, TAKEN, True),
    ],
)
def test_an_absence_counts_that_began_after_the_taking(
    channel: str, status: str, since: int, cut: int | None, taken: int | None, *, left: bool
) -> None:
    """Going and losing the socket later count as ever, within the grace they do not; seconds from now."""
    person = _person(status, since, cut)
    assert person.has_left(Channel(channel), NOW, _at(taken)) is left
    assert _person(status, since, cut, active=False).has_left(Channel(channel), NOW, _at(taken))


@pytest.mark.parametrize(
    ("silent", "answered", "unattended"),
    [(None, False, False), (1, False, False), (0, False, True), (-1, False, True), (-1, True, False)],
)
def test_silence_counts_for_whoever_took_it_himself(silent: int | None, *, answered: bool, unattended: bool) -> None:
    """A player waits for nobody longer than for somebody who is there."""
    place = Place(
        SAMPLE_ID, Channel.WEB, None, Rank.STANDARD, None, None, None, None, NOW, "s-1", answered,
        silent_at=_at(silent), taken_at=_at(TAKEN),
    )  # fmt: skip
    assert is_unattended(place, _person("away", -900, None), NOW) is unattended


def _after(before: Place | None, state: TicketState, *events: Fact, at: datetime = NOW) -> Place:
    place = place_after(before, state, events, reason=None, silence=timedelta(minutes=3), now=at)
    assert place is not None
    return place


def _held(staff_id: str | None) -> TicketState:
    return OPEN.model_copy(update={"assignee_id": staff_id})


def _assigned(to: str | None, kind: AuthorKind, by: str, *, over: bool = False) -> TicketAssigned:
    changes = {"assignee_id": to, "actor": Author(kind=kind, id=by), "taken_over": over}
    return TicketAssigned.sample().model_copy(update=changes)


@pytest.mark.parametrize(
    ("fact", "own"),
    [
        (_assigned("s-1", STAFF, "s-1"), True),
        (_assigned("s-1", STAFF, "s-1", over=True), True),
        (_assigned("s-1", STAFF, "s-2"), False),
        (_assigned("s-1", SERVER, "s-1"), False),
        (_assigned("s-1", SYSTEM, "queue"), False),
        (_assigned(None, STAFF, "s-1"), False),
    ],
)
def test_only_who_takes_it_to_himself_takes_it_by_his_own_hand(fact: TicketAssigned, *, own: bool) -> None:
    """What others give him, be it the queue or a colleague, is not his wish."""
    waiting = _after(None, _held(None))
    assert _after(waiting, _held(fact.assignee_id), fact).taken_at == (NOW if own else None)


@pytest.mark.parametrize(("by", "own"), [("s-1", True), ("s-2", False)])
def test_who_goes_on_with_what_he_put_aside_does_so_by_his_own_hand(by: str, *, own: bool) -> None:
    """If a colleague opens it again it is given to him."""
    opened = TicketStatusChanged.sample().model_copy(update={"actor": Author(kind=STAFF, id=by)})
    assert _after(None, _held("s-1"), opened).taken_at == (NOW if own else None)


def test_the_taking_is_remembered_as_long_as_it_is_his() -> None:
    """Whatever else happens to it; given back and given to him again it is not."""
    later = NOW + timedelta(minutes=1)
    mine = _after(_after(None, _held(None)), _held("s-1"), _assigned("s-1", STAFF, "s-1"))
    edited = TicketStatusChanged.sample().model_copy(update={"actor": Author(kind=STAFF, id="s-2")})
    assert _after(mine, _held("s-1"), edited, at=later).taken_at == NOW
    back = _after(mine, _held(None), _assigned(None, STAFF, "s-1"), at=later)
    assert back.taken_at is None
    assert _after(back, _held("s-1"), _assigned("s-1", SYSTEM, "queue"), at=later).taken_at is None
