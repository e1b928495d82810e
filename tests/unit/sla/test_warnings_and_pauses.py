"""Several warnings of one promise, pauses as the policy says, and late news of a promise that was over."""

from datetime import timedelta

import pytest

from services.sla.domain.fold import recompute
from services.sla.domain.marks import Mark, ahead
from services.sla.domain.pauses import Pause
from services.sla.domain.policies import Conditions, Draft, Policy, Source, Target, TargetInvalid, check
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind, ClockState
from shared.contracts.tickets import BackOffice, ReasonClass, TicketStatus
from tests.support.sla import AGENT, OTHER, TICKET, Story, Told, at, fire_all, tell

FIRST, NEXT, RESOLUTION = ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE, ClockKind.RESOLUTION
OFFICE, UPDATE, SENIOR = ClockKind.BACK_OFFICE, ClockKind.PERIODIC_UPDATE, ClockKind.SENIOR_ACCEPTS
THRICE = (50, 80, 95)


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def policy(
    breach: float,
    *,
    warnings: tuple[int, ...] = THRICE,
    pauses: set[Pause] | None = None,
    tier: str | None = None,
    metrics: tuple[ClockKind, ...] = (FIRST, NEXT, RESOLUTION, UPDATE),
    version: int = 1,
) -> Policy:
    target = Target(None, seconds(breach), warnings, None if pauses is None else frozenset(pauses))
    return Policy(
        id=TICKET if tier is None else OTHER,
        version=version,
        name="Own",
        position=1,
        source=Source.BRAND,
        conditions=Conditions(tier=tier),
        targets=dict.fromkeys(metrics, target),
    )


def warned(told: Told, kind: ClockKind) -> list[tuple[str, int | None, float]]:
    return [
        (change.fact.__name__.removeprefix("Clock"), change.clock.warned_percent, (change.at - at(0)).total_seconds())
        for change in told.changes
        if change.clock.kind is kind and change.fact.__name__ in {"ClockWarned", "ClockBreached"}
    ]


def test_every_warning_is_told_at_its_percent_and_once() -> None:
    told = tell(Story().opened(), policies=[policy(1000)])
    for moment in (499, 500, 500, 799, 800, 949, 951, 999, 1000, 2000):
        fire_all(told, at(moment))
    assert warned(told, FIRST) == [
        ("Warned", 50, 500), ("Warned", 80, 800), ("Warned", 95, 950), ("Breached", 95, 1000),
    ]  # fmt: skip


def test_after_an_outage_all_warnings_are_told_in_the_order_of_their_times() -> None:
    told = tell(Story().opened(), policies=[policy(1000)])
    fire_all(told, at(5000))
    assert [moment for *_, moment in warned(told, FIRST)] == [500, 800, 950, 1000]


def test_the_next_warning_is_what_a_clock_shows() -> None:
    told = tell(Story().opened(), policies=[policy(1000)])
    assert told.one(FIRST).warn_at == at(500)
    fire_all(told, at(600))
    assert (told.one(FIRST).state, told.one(FIRST).warn_at) == (ClockState.WARNED, at(800))
    fire_all(told, at(960))
    assert told.one(FIRST).warn_at == at(950)


def test_an_answer_ends_the_warnings_that_were_to_come() -> None:
    told = tell(Story().opened().staff_replies(600), policies=[policy(1000)], timers_until=[at(0), at(600)])
    fire_all(told, at(5000))
    assert warned(told, FIRST) == [("Warned", 50, 500)]


def test_a_pause_moves_the_warnings_that_were_to_come_and_repeats_none() -> None:
    story = Story().opened().becomes(600, TicketStatus.PENDING).becomes(1600, TicketStatus.OPEN)
    told = tell(story, policies=[policy(1000)], timers_until=[at(0), at(600), at(1600)])
    fire_all(told, at(9000))
    assert warned(told, RESOLUTION) == [
        ("Warned", 50, 500), ("Warned", 80, 1800), ("Warned", 95, 1950), ("Breached", 95, 2000),
    ]  # fmt: skip


def test_a_shorter_promise_tells_only_the_highest_warning_that_has_passed() -> None:
    policies = [policy(1000, tier="gold"), policy(10_000, warnings=(90,))]
    told = tell(Story().opened().updated(850, tier="gold"), policies=policies)
    assert told.one(FIRST).warnings == (Mark(80, at(850)), Mark(95, at(950)))
    fire_all(told, at(5000))
    assert warned(told, FIRST) == [("Warned", 80, 850), ("Warned", 95, 950), ("Breached", 95, 1000)]


def test_a_warning_that_was_told_is_not_told_again_for_the_new_promise_while_it_has_passed() -> None:
    policies = [policy(900, tier="gold"), policy(1000)]
    told = tell(Story().opened().updated(600, tier="gold"), policies=policies, timers_until=[at(0), at(600)])
    assert told.one(FIRST).state is ClockState.WARNED
    fire_all(told, at(5000))
    assert warned(told, FIRST) == [
        ("Warned", 50, 500), ("Warned", 80, 720), ("Warned", 95, 855), ("Breached", 95, 900),
    ]  # fmt: skip


def test_a_longer_promise_warns_anew() -> None:
    policies = [policy(10_000, tier="gold"), policy(1000)]
    told = tell(Story().opened().updated(960, tier="gold"), policies=policies, timers_until=[at(0), at(960)])
    fire_all(told, at(5000))
    assert warned(told, FIRST)[3:] == [("Warned", 50, 5000)]


def test_what_is_owed_since_long_ago_begins_with_one_warning_only() -> None:
    story = Story().opened().staff_replies(1).becomes(2, TicketStatus.CLOSED).player_writes(100)
    told = tell(story.becomes(1070, TicketStatus.OPEN), policies=[policy(1000)])
    assert told.one(NEXT).warnings == (Mark(95, at(1050)),)


def test_marks_ahead_are_those_to_come_and_the_highest_passed() -> None:
    marks = [Mark(percent, at(percent)) for percent in (95, 50, 80)]
    assert [mark.percent for mark in ahead(marks, at(10))] == [50, 80, 95]
    assert [mark.percent for mark in ahead(marks, at(80))] == [80, 95]
    assert [mark.percent for mark in ahead(marks, at(99))] == [95]


@pytest.mark.parametrize(
    ("pauses", "status", "office", "stands"),
    [
        ({Pause.PENDING}, TicketStatus.PENDING, None, True),
        ({Pause.PENDING}, TicketStatus.SNOOZED, None, False),
        ({Pause.SNOOZED}, TicketStatus.SNOOZED, None, True),
        ({Pause.WAITING}, TicketStatus.WAITING, BackOffice.KYC, True),
        ({Pause.WAITING_KYC}, TicketStatus.WAITING, BackOffice.KYC, True),
        ({Pause.WAITING_KYC}, TicketStatus.WAITING, BackOffice.RISK, False),
        ({Pause.BOT}, TicketStatus.BOT, None, True),
        (set(), TicketStatus.PENDING, None, False),
        (set(), TicketStatus.BOT, None, False),
        (None, TicketStatus.BOT, None, True),
        (None, TicketStatus.WAITING, BackOffice.RISK, True),
    ],
)
def test_a_solution_stands_still_when_its_policy_says_so(
    pauses: set[Pause] | None, status: TicketStatus, office: BackOffice | None, *, stands: bool
) -> None:
    story = Story().opened().becomes(100, status, office).becomes(400, TicketStatus.OPEN)
    clock = tell(story, policies=[policy(1000, pauses=pauses)]).one(RESOLUTION)
    assert clock.due_at == at(1300 if stands else 1000)


def test_an_answer_stands_still_too_if_its_policy_says_so() -> None:
    story = Story().opened().becomes(100, TicketStatus.SNOOZED).becomes(400, TicketStatus.OPEN).staff_replies(1200)
    clock = tell(story, policies=[policy(1000, pauses={Pause.SNOOZED})]).one(FIRST)
    assert (clock.state, clock.due_at) == (ClockState.MET, at(1300))
    assert tell(story, policies=[policy(1000)]).one(FIRST).state is ClockState.BREACHED


def test_another_back_office_lets_the_promise_go_on() -> None:
    story = Story().opened().becomes(100, TicketStatus.WAITING, BackOffice.KYC)
    story.updated(300, waiting_on=BackOffice.RISK).updated(500, waiting_on=BackOffice.KYC)
    told = tell(story.becomes(600, TicketStatus.OPEN), policies=[policy(1000, pauses={Pause.WAITING_KYC})])
    assert told.one(RESOLUTION).due_at == at(1300)


def test_a_changed_promise_brings_its_own_pauses() -> None:
    policies = [policy(2000, tier="gold", pauses=set()), policy(1000)]
    story = Story().opened().becomes(100, TicketStatus.PENDING).updated(400, tier="gold")
    told = tell(story, policies=policies)
    clock = told.one(RESOLUTION)
    assert (clock.state, clock.due_at, clock.paused_for) == (ClockState.RUNNING, at(2300), seconds(300))
    assert told.facts(RESOLUTION) == ["Started", "Paused", "Started"]


def test_applying_other_pauses_holds_what_is_open_at_once() -> None:
    told = tell(Story().opened().becomes(100, TicketStatus.SNOOZED), policies=[policy(1000, pauses=set())])
    edited = policy(1000, pauses={Pause.SNOOZED}, version=2)
    outcome = recompute(told.ticket, tuple(told.clocks.values()), [edited], at=at(200), policy_id=TICKET)
    states = {clock.kind: (clock.state, clock.paused_at) for clock in outcome.clocks}
    assert states[RESOLUTION] == (ClockState.PAUSED, at(200))
    again = recompute(told.ticket, outcome.clocks, [edited], at=at(300), policy_id=TICKET)
    assert again.changed == ()


def test_a_back_office_cannot_stand_still_while_it_is_waited_for() -> None:
    target = Target(None, seconds(10), pauses=frozenset({Pause.WAITING_KYC}))
    with pytest.raises(TargetInvalid) as refusal:
        check(Draft("x", None, active=True, conditions=Conditions(), targets={OFFICE: target}))
    assert refusal.value.field == "#/targets/back_office/pauses"


def test_the_time_of_the_bot_is_no_time_of_a_solution() -> None:
    story = Story(reason_class=ReasonClass.SIMPLE, status=TicketStatus.BOT).opened().becomes(5000, TicketStatus.OPEN)
    clock = tell(story).one(RESOLUTION)
    assert (clock.state, clock.due_at) == (ClockState.RUNNING, at(5900))


def test_a_reopened_ticket_is_promised_to_be_heard_of_again() -> None:
    story = Story().opened().staff_replies(10).becomes(20, TicketStatus.RESOLVED).becomes(5000, TicketStatus.OPEN)
    first, second = tell(story, policies=[policy(1000)]).all(UPDATE)
    assert first.state is ClockState.CANCELLED
    assert (second.started_at, second.due_at, second.state) == (at(5000), at(6000), ClockState.RUNNING)


def test_late_news_of_an_answer_in_time_take_the_breach_of_an_ended_promise_back() -> None:
    story = Story().opened().player_writes(0).staff_replies(400)
    told = tell(story.staff_replies(250), timers_until=[at(0), at(0), at(400), at(500)])
    clock = told.one(FIRST)
    assert (clock.state, clock.met_at, clock.breached_at, clock.corrected) == (ClockState.MET, at(250), None, True)
    assert told.facts(FIRST) == ["Started", "Warned", "Breached", "Met", "Withdrawn", "Met"]


def test_a_breach_of_a_finished_ticket_is_taken_back_too() -> None:
    story = Story().opened().becomes(400, TicketStatus.RESOLVED).staff_replies(299)
    told = tell(story)
    assert told.facts(FIRST) == ["Started", "Breached", "Withdrawn", "Met"]
    assert tell(Story().opened().becomes(400, TicketStatus.RESOLVED).staff_replies(301)).facts(FIRST) == [
        "Started",
        "Breached",
    ]


def test_late_news_leave_what_is_owed_since_then() -> None:
    story = Story().opened().staff_replies(400).player_writes(500).staff_replies(200)
    told = tell(story, policies=[policy(300)])
    assert told.one(FIRST).state is ClockState.MET
    assert (told.one(NEXT).state, told.one(NEXT).started_at) == (ClockState.RUNNING, at(500))
    assert [clock.started_at for clock in told.all(UPDATE) if clock.open] == [at(400)]


def test_a_senior_who_had_accepted_in_time_is_not_late() -> None:
    story = Story().opened().escalated(0, "s-2").becomes(4000, TicketStatus.RESOLVED).accepted(3000, "s-2")
    assert tell(story).one(SENIOR).state is ClockState.MET


def test_a_second_late_answer_changes_nothing_more() -> None:
    story = Story().opened(actor=AGENT).player_writes(0).staff_replies(400).staff_replies(250).staff_replies(260)
    told = tell(story)
    assert told.one(FIRST).met_at == at(250)
    assert told.facts(FIRST).count("Withdrawn") == 1


def test_channels_share_the_rules() -> None:
    for channel in Channel:
        assert tell(Story(channel).opened(), policies=[policy(1000)]).one(FIRST).warn_at == at(500)
