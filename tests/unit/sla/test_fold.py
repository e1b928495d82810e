"""Which promises begin, pause and end, told as stories of one ticket."""

from datetime import timedelta

import pytest

from services.sla.domain.clocks import elapsed
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind, ClockState
from shared.contracts.tickets import ReasonClass, TicketStatus
from tests.support.sla import AGENT, SYSTEM, Story, at, tell

FIRST, NEXT = ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE
RESOLUTION, SENIOR = ClockKind.RESOLUTION, ClockKind.SENIOR_ACCEPTS


@pytest.mark.parametrize(
    ("channel", "warn", "breach"),
    [
        (Channel.WEB, 180, 300),
        (Channel.EMAIL, 3600, 7200),
        (Channel.TELEGRAM, 2880, 3600),
        (Channel.PHONE, 2880, 3600),
        (Channel.FORM, 2880, 3600),
    ],
)
def test_first_response_is_promised_by_channel(channel: Channel, warn: int, breach: int) -> None:
    clock = tell(Story(channel).opened()).one(FIRST)
    assert (clock.started_at, clock.warn_at, clock.due_at) == (at(0), at(warn), at(breach))
    assert clock.state is ClockState.RUNNING


def test_staff_reply_meets_first_response_at_its_own_time() -> None:
    told = tell(Story().opened().player_writes(0).staff_replies(42))
    clock = told.one(FIRST)
    assert (clock.state, clock.met_at, clock.breached_at) == (ClockState.MET, at(42), None)
    assert elapsed(clock, at(9999)) == timedelta(seconds=42)
    assert told.facts(FIRST) == ["Started", "Met"]


def test_notes_robots_bot_and_system_answer_nobody() -> None:
    story = (
        Story().opened().note(10).bot_replies(20).staff_replies(30, automatic=True).system_replies(40).assigned(50, "s")
    )
    assert tell(story).one(FIRST).state is ClockState.RUNNING


def test_a_ticket_opened_by_staff_waits_for_the_players_words() -> None:
    assert tell(Story().opened(actor=AGENT)).all(FIRST) == []
    assert tell(Story().opened(actor=AGENT).player_writes(60)).one(FIRST).started_at == at(60)


def test_robots_of_players_begin_no_wait() -> None:
    assert tell(Story().opened().staff_replies(10).player_writes(20, automatic=True)).all(NEXT) == []


def test_next_response_counts_from_the_first_unanswered_message() -> None:
    story = (
        Story().opened().staff_replies(10).player_writes(100).player_writes(150).staff_replies(160).player_writes(500)
    )
    first, second = tell(story).all(NEXT)
    assert (first.started_at, first.met_at, first.state) == (at(100), at(160), ClockState.MET)
    assert (second.started_at, second.due_at, second.state) == (at(500), at(800), ClockState.RUNNING)


def test_messages_before_the_first_answer_begin_nothing_new() -> None:
    assert tell(Story().opened().player_writes(0).player_writes(50)).all(NEXT) == []


def test_a_reply_at_the_due_time_keeps_the_promise_and_one_after_it_does_not() -> None:
    assert tell(Story().opened().staff_replies(300)).one(FIRST).state is ClockState.MET
    late = tell(Story().opened().staff_replies(300.001))
    clock = late.one(FIRST)
    assert (clock.state, clock.breached_at, clock.met_at) == (ClockState.BREACHED, at(300), at(300.001))
    assert late.facts(FIRST) == ["Started", "Breached", "Met"]


def test_a_breach_stays_recorded_when_the_answer_comes() -> None:
    told = tell(Story().opened().staff_replies(400), timers_until=[at(0), at(390)])
    assert told.one(FIRST).state is ClockState.BREACHED
    assert told.one(FIRST).warned_at == at(180)
    assert told.facts(FIRST) == ["Started", "Warned", "Breached", "Met"]


def test_a_breach_told_only_because_the_news_came_late_is_taken_back() -> None:
    told = tell(Story().opened().staff_replies(250), timers_until=[at(0), at(390)])
    clock = told.one(FIRST)
    assert (clock.state, clock.met_at, clock.breached_at, clock.corrected) == (ClockState.MET, at(250), None, True)
    assert told.facts(FIRST) == ["Started", "Warned", "Breached", "Withdrawn", "Met"]


def test_the_end_of_an_unanswered_ticket_cancels_without_verdict() -> None:
    told = tell(Story().opened().becomes(60, TicketStatus.RESOLVED))
    assert told.one(FIRST).state is ClockState.CANCELLED
    assert told.facts(FIRST) == ["Started", "Cancelled"]


def test_the_end_of_a_ticket_whose_promise_broke_does_not_mend_it() -> None:
    told = tell(Story().opened().becomes(400, TicketStatus.CLOSED))
    clock = told.one(FIRST)
    assert (clock.state, clock.met_at, clock.ended_at) == (ClockState.BREACHED, None, at(400))
    assert told.facts(FIRST) == ["Started", "Breached"]


def test_a_reopened_ticket_has_no_second_first_response() -> None:
    story = Story().opened().becomes(60, TicketStatus.RESOLVED).player_writes(100).becomes(101, TicketStatus.OPEN)
    told = tell(story)
    assert told.one(FIRST).state is ClockState.CANCELLED
    assert (told.one(NEXT).started_at, told.one(NEXT).state) == (at(100), ClockState.RUNNING)


def test_thanks_after_the_end_promise_nothing_while_the_ticket_stays_shut() -> None:
    story = Story().opened().staff_replies(5).becomes(10, TicketStatus.RESOLVED).player_writes(20)
    assert tell(story).all(NEXT) == []


def test_simple_requests_are_resolved_within_fifteen_minutes_of_operator_time() -> None:
    """K7: waiting for the player is not operator time."""
    story = (
        Story(reason_class=ReasonClass.SIMPLE)
        .opened()
        .becomes(180, TicketStatus.PENDING)
        .becomes(1200, TicketStatus.OPEN)
        .becomes(1440, TicketStatus.RESOLVED)
    )
    told = tell(story)
    clock = told.one(RESOLUTION)
    assert (clock.state, clock.due_at, clock.paused_for) == (ClockState.MET, at(900 + 1020), timedelta(minutes=17))
    assert elapsed(clock, at(9999)) == timedelta(minutes=7)
    assert told.facts(RESOLUTION) == ["Started", "Paused", "Started", "Met"]


def test_a_paused_clock_sets_no_timer_and_shows_the_time_until_its_pause() -> None:
    story = Story(reason_class=ReasonClass.SIMPLE).opened().becomes(180, TicketStatus.PENDING)
    told = tell(story, timers_until=[at(0), at(0), at(99_999)])
    clock = told.one(RESOLUTION)
    assert clock.state is ClockState.PAUSED
    assert elapsed(clock, at(99_999)) == timedelta(seconds=180)


def test_a_ticket_resolved_while_pending_is_met() -> None:
    story = Story(reason_class=ReasonClass.SIMPLE).opened().becomes(60, TicketStatus.PENDING)
    clock = tell(story.becomes(5000, TicketStatus.CLOSED)).one(RESOLUTION)
    assert clock.state is ClockState.MET
    assert elapsed(clock, at(9999)) == timedelta(seconds=60)


def test_pending_after_the_due_time_does_not_pause_a_broken_promise() -> None:
    told = tell(Story(reason_class=ReasonClass.SIMPLE).opened().becomes(901, TicketStatus.PENDING))
    assert told.one(RESOLUTION).state is ClockState.BREACHED
    assert told.facts(RESOLUTION) == ["Started", "Breached"]


def test_a_reopened_ticket_gets_a_new_resolution_clock() -> None:
    story = Story(reason_class=ReasonClass.SIMPLE).opened().becomes(60, TicketStatus.RESOLVED)
    first, second = tell(story.becomes(4000, TicketStatus.OPEN)).all(RESOLUTION)
    assert (first.state, second.state, second.started_at) == (ClockState.MET, ClockState.RUNNING, at(4000))
    assert first.id != second.id


def test_resolution_is_promised_only_where_a_policy_says_so() -> None:
    assert tell(Story(reason_class=ReasonClass.COMPLEX).opened()).all(RESOLUTION) == []
    assert tell(Story().opened().classified(5, ReasonClass.SIMPLE)).one(RESOLUTION).started_at == at(5)


def test_a_request_that_turns_out_not_to_be_simple_drops_the_promise_of_simple_ones() -> None:
    story = Story(reason_class=ReasonClass.SIMPLE).opened().classified(60, ReasonClass.COMPLEX)
    told = tell(story)
    assert told.one(RESOLUTION).state is ClockState.CANCELLED
    assert told.one(SENIOR).started_at == at(60)


@pytest.mark.parametrize("role", ["senior", "lead", "admin"])
def test_a_senior_accepts_a_complex_ticket_when_it_is_theirs(role: str) -> None:
    story = Story(reason_class=ReasonClass.COMPLEX).opened().assigned(30, "s-1", "agent").assigned(600, "s-2", role)
    clock = tell(story).one(SENIOR)
    assert (clock.started_at, clock.due_at, clock.met_at) == (at(0), at(3600), at(600))


def test_queueing_at_a_senior_is_no_acceptance() -> None:
    """K8: accepted 65 minutes after it was known to be complex."""
    story = Story().opened().classified(300, ReasonClass.COMPLEX).assigned(310, None).assigned(4200, "s-2", "senior")
    clock = tell(story).one(SENIOR)
    assert clock.state is ClockState.BREACHED
    assert elapsed(clock, at(9999)) == timedelta(minutes=65)


@pytest.mark.parametrize("senior", [None, "s-2"])
def test_an_escalation_must_be_accepted_whether_a_senior_is_asked_or_not(senior: str | None) -> None:
    told = tell(Story().opened().escalated(300, senior).accepted(400, "s-2"))
    assert (told.one(SENIOR).started_at, told.one(SENIOR).met_at) == (at(300), at(400))


def test_asking_a_senior_is_no_acceptance() -> None:
    """Neither the hand-over that comes with the question counts, nor one that a rule makes."""
    story = (
        Story().opened().escalated(300, "s-2").assigned(300, "s-2", "senior").assigned(310, "s-3", "lead", by=SYSTEM)
    )
    assert tell(story).one(SENIOR).state is ClockState.RUNNING
    assert tell(story.assigned(320, None).assigned(330, "s-1", "senior")).one(SENIOR).met_at == at(330)


def test_a_senior_who_declines_lets_the_time_go_on_for_the_next_one() -> None:
    story = Story().opened().escalated(300, "s-2").declined(360, "s-2", "s-3").assigned(360, "s-3", "senior")
    assert tell(story).one(SENIOR).state is ClockState.RUNNING
    assert tell(story.accepted(400, "s-3").assigned(400, "s-3", "senior")).one(SENIOR).met_at == at(400)


def test_an_answer_of_the_senior_who_is_asked_accepts() -> None:
    assert tell(Story().opened().escalated(300, "s-1").staff_replies(500)).one(SENIOR).met_at == at(500)
    assert tell(Story().opened().escalated(300, "s-9").staff_replies(500)).one(SENIOR).state is ClockState.RUNNING


def test_clocks_have_the_same_ids_whenever_the_events_are_folded() -> None:
    story = Story(reason_class=ReasonClass.SIMPLE).opened().staff_replies(10).player_writes(20)
    assert tell(story).clocks == tell(story).clocks
    assert {clock_id.version for clock_id in tell(story).clocks} == {7}
