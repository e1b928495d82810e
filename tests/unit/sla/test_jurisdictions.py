"""Legal deadlines: every jurisdiction, across clock changes, leap days, month ends and pauses."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sla.domain.jurisdictions import Length, clocks, deadline, read_length
from services.sla.settings import jurisdictions
from shared.contracts.tickets import ComplaintExtension, ComplaintPause, ComplaintState, ComplaintStep
from shared.contracts.tickets.complaints import SAMPLE_COMPLAINT

EARLY = datetime(2020, 1, 1, tzinfo=UTC)
RULES = jurisdictions()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def complaint(jurisdiction: str, received: str, **fields: object) -> ComplaintState:
    return SAMPLE_COMPLAINT.model_copy(
        update={"id": UUID(int=1), "jurisdiction": jurisdiction, "received_at": at(received), **fields}
    )


def due(one: ComplaintState) -> tuple[str, str]:
    acknowledged, final = clocks(one, RULES[one.jurisdiction])
    return acknowledged.due_at.isoformat()[:16], final.due_at.isoformat()[:16]


@pytest.mark.parametrize(
    ("jurisdiction", "received", "acknowledge", "final"),
    [
        # a Sunday in winter; eight weeks from the day of receipt end within summer time
        ("GB", "2026-02-15T15:00+00:00", "2026-02-16T15:00", "2026-04-11T23:00"),
        ("GB", "2026-11-24T23:30+00:00", "2026-11-25T23:30", "2027-01-19T00:00"),
        # ten days over the change of 2026-03-29: the same time of day
        ("MT", "2026-03-25T10:00+00:00", "2026-03-26T10:00", "2026-04-04T09:00"),
        ("MT", "2028-02-25T10:00+00:00", "2028-02-26T10:00", "2028-03-06T10:00"),
        ("CW", "2026-01-31T12:00+00:00", "2026-02-07T12:00", "2026-02-28T12:00"),
        ("SE", "2026-10-20T10:00+00:00", "2026-10-21T10:00", "2026-11-17T11:00"),
        ("DE", "2028-02-01T10:00+00:00", "2028-02-02T10:00", "2028-02-29T10:00"),
        ("NL", "2026-03-28T22:00+00:00", "2026-03-29T22:00", "2026-04-25T21:00"),
        ("CA-ON", "2026-12-31T12:00+00:00", "2027-01-01T12:00", "2027-03-31T11:00"),
        ("default", "2026-02-01T00:00+00:00", "2026-02-02T00:00", "2026-03-01T00:00"),
    ],
)
def test_the_times_of_every_licence(jurisdiction: str, received: str, acknowledge: str, final: str) -> None:
    assert due(complaint(jurisdiction, received)) == (acknowledge, final)


@pytest.mark.parametrize(
    ("jurisdiction", "received", "final"),
    [
        ("CW", "2026-11-25T15:00+00:00", "2026-12-02T15:00"),
        ("CW", "2026-11-28T15:00+00:00", "2026-12-07T04:00"),  # a Saturday: begins with Monday in Curacao
        ("default", "2026-11-27T15:00+00:00", "2026-12-04T15:00"),
        ("DE", "2026-03-27T15:00+00:00", "2026-04-03T14:00"),
    ],
)
def test_safer_gambling_has_five_business_days(jurisdiction: str, received: str, final: str) -> None:
    assert due(complaint(jurisdiction, received, rg_related=True))[1] == final


def test_a_pause_counts_where_the_law_allows_it() -> None:
    pause = ComplaintPause(started_at=at("2026-02-20T00:00+00:00"), ended_at=at("2026-02-23T06:00+00:00"))
    assert due(complaint("GB", "2026-02-15T15:00+00:00", pauses=(pause,)))[1] == "2026-04-15T05:00"
    assert due(complaint("MT", "2026-02-15T15:00+00:00", pauses=(pause,)))[1] == "2026-02-25T15:00"
    # five business days from Wednesday: of the pause from Friday to Monday 06:00 only the open part counts
    assert due(complaint("GB", "2026-02-18T15:00+00:00", pauses=(pause,), rg_related=True))[1] == "2026-02-26T21:00"


def test_a_running_pause_stops_the_timers() -> None:
    running = complaint("GB", "2026-02-15T15:00+00:00", pauses=(ComplaintPause(started_at=at("2026-02-20T00:00Z")),))
    acknowledged, final = clocks(running, RULES["GB"])
    assert final.timers(EARLY) == ()
    assert len(acknowledged.timers(EARLY)) == 4
    assert len(clocks(running.model_copy(update={"jurisdiction": "MT"}), RULES["MT"])[1].timers(EARLY)) == 4


@pytest.mark.parametrize(
    ("jurisdiction", "told", "days", "final"),
    [
        ("MT", "2026-06-05T00:00+00:00", None, "2026-06-21T10:00"),
        ("MT", "2026-06-12T00:00+00:00", None, "2026-06-11T10:00"),  # told too late
        ("CW", "2026-06-20T00:00+00:00", 14, "2026-07-13T10:00"),
        ("CW", "2026-06-20T00:00+00:00", 90, "2026-07-27T10:00"),  # at most 28 days
        ("GB", "2026-06-20T00:00+00:00", 10, "2026-07-26T23:00"),  # none in the law
    ],
)
def test_more_time_only_as_the_licence_gives_it(jurisdiction: str, told: str, days: int | None, final: str) -> None:
    extension = ComplaintExtension(told_at=at(told), days=days)
    assert due(complaint(jurisdiction, "2026-06-01T10:00+00:00", extension=extension))[1] == final


def test_warnings_come_at_half_at_eighty_and_at_ninety_five_percent() -> None:
    _acknowledged, final = clocks(complaint("default", "2026-06-01T00:00+00:00"), RULES["default"])
    days = [(one.percent, (one.at - final.started_at) / timedelta(days=1)) for one in final.timers(EARLY)]
    assert days == [(50, 14), (80, 22.4), (95, 26.6), (100, 28)]


@pytest.mark.parametrize("step", [ComplaintStep.CLOSED, ComplaintStep.CLOSED_ACCEPTED])
def test_what_is_over_tells_nothing(step: ComplaintStep) -> None:
    assert all(
        not clock.timers(EARLY) for clock in clocks(complaint("GB", "2026-06-01T00:00Z", step=step), RULES["GB"])
    )


def test_a_rehearsal_is_the_same_in_little() -> None:
    _acknowledged, final = clocks(complaint("MT", "2026-06-01T00:00+00:00"), RULES["MT"], scale=1 / 86400)
    assert final.due_at - final.started_at == timedelta(seconds=10)


@pytest.mark.parametrize(
    ("text", "length"),
    [("PT24H", Length(hours=24)), ("P8W", Length(days=56)), ("P10D", Length(days=10)), ("5bd", Length(business=5))],
)
def test_lengths(text: str, length: Length) -> None:
    assert read_length(text) == length


@pytest.mark.parametrize("text", ["", "10", "P1M", "P1Y2D", "5 bd"])
def test_other_lengths_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no length"):
        read_length(text)


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), st.sampled_from(sorted(RULES)), st.integers(1, 90))  # noqa: DTZ001
def test_a_day_more_ends_later(moment: datetime, jurisdiction: str, days: int) -> None:
    rules, start = RULES[jurisdiction], moment.replace(tzinfo=RULES["default"].zone)
    assert start < deadline(start, Length(business=1), rules)
    assert deadline(start, Length(days=days), rules) < deadline(start, Length(days=days + 1), rules)
    assert deadline(start, Length(business=days), rules) < deadline(start, Length(business=days + 1), rules)


def test_both_services_ship_the_same_rules() -> None:
    copies = [Path("services", name, "data", "jurisdictions.yaml").read_text() for name in ("sla", "tickets")]
    assert copies[0] == copies[1]


def test_only_the_highest_warning_that_has_passed_is_still_told() -> None:
    final = clocks(complaint("GB", "2026-06-01T00:00Z"), RULES["GB"])[1]
    whole = final.due_at - final.started_at
    assert [one.percent for one in final.timers(final.started_at + whole * 0.9)] == [80, 95, 100]
    assert [one.percent for one in final.timers(final.due_at)] == [100]


def test_a_legal_clock_is_broken_by_what_is_known_of_the_answer() -> None:
    final = clocks(complaint("GB", "2026-06-01T00:00Z"), RULES["GB"])[1]
    late = replace(final, met_at=final.due_at + timedelta(seconds=1))
    assert late.broken_at(None) == final.due_at
    assert replace(final, met_at=final.due_at).broken_at(final.due_at) is None
    assert final.broken_at(final.due_at) == final.due_at
    assert replace(final, due_at=final.due_at + timedelta(days=9)).broken_at(final.due_at) is None
