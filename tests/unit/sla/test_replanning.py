"""What a ticket turns out to be counts from the beginning, but nobody is late because of the change."""

from datetime import timedelta

import pytest

from services.sla.domain.fold import recompute
from services.sla.domain.policies import Conditions, Policy, Source, Subject, Target
from services.sla.queries.defaults import default_policies
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind, ClockState
from shared.contracts.tickets import BackOffice, Priority, ReasonClass, TicketStatus
from tests.support.sla import TICKET, Story, at, fire_all, tell

FIRST, RESOLUTION = ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def vip(conditions: Conditions, warn: float = 30, breach: float = 60) -> list[Policy]:
    target = Target(seconds(warn), seconds(breach))
    own = Policy(
        id=TICKET, version=3, name="VIP", position=1, source=Source.BRAND, conditions=conditions,
        targets={FIRST: target, RESOLUTION: target},
    )  # fmt: skip
    return [own, *default_policies()]


@pytest.mark.parametrize(
    ("field", "value", "conditions"),
    [
        ("priority", Priority.URGENT, Conditions(priority=Priority.URGENT)),
        ("tier", "gold", Conditions(tier="*")),
        ("tier", "gold", Conditions(tier="gold")),
        ("language", "de", Conditions(language="de")),
        ("licence", "MT", Conditions(licence="MT")),
        ("reason_class", ReasonClass.SAFETY, Conditions(reason_class=ReasonClass.SAFETY)),
    ],
)
def test_a_change_puts_the_open_clock_under_the_promise_that_now_fits(
    field: str, value: str, conditions: Conditions
) -> None:
    told = tell(Story().opened().updated(10, **{field: value}), policies=vip(conditions))
    clock = told.one(FIRST)
    assert (clock.policy_id, clock.policy_version, clock.started_at) == (TICKET, 3, at(0))
    assert (clock.warn_at, clock.due_at) == (at(30), at(60))
    assert told.facts(FIRST) == ["Started", "Started"]
    (replaced,) = told.outcomes[-1].replaced[:1]
    assert (replaced.clock.due_at, replaced.at, replaced.cause) == (at(300), at(10), field)


def test_what_nobody_promised_before_begins_with_the_change() -> None:
    """A resolution that a tier brings counts from then; what was promised already counts from its own start."""
    told = tell(Story().opened().updated(10, tier="gold"), policies=vip(Conditions(tier="*")))
    assert [(told.one(kind).started_at, told.one(kind).due_at) for kind in (FIRST, RESOLUTION)] == [
        (at(0), at(60)), (at(10), at(70)),
    ]  # fmt: skip


def test_nobody_is_late_by_the_change_itself() -> None:
    told = tell(Story().opened().updated(200, tier="gold"), policies=vip(Conditions(tier="*")))
    clock = told.one(FIRST)
    assert (clock.state, clock.due_at, clock.warn_at) == (ClockState.RUNNING, at(200), None)
    assert tell(Story().opened().updated(50, tier="gold"), policies=vip(Conditions(tier="*"))).one(FIRST).warn_at == at(
        50
    )


def test_a_broken_promise_stays_broken() -> None:
    told = tell(Story().opened().updated(301, tier="gold"), policies=vip(Conditions(tier="*"), 500, 900))
    assert (told.one(FIRST).state, told.one(FIRST).due_at) == (ClockState.BREACHED, at(300))
    assert told.facts(FIRST) == ["Started", "Breached"]


def test_a_breach_told_before_the_news_of_a_longer_promise_is_withdrawn() -> None:
    story = Story().opened().updated(100, tier="gold")
    told = tell(story, policies=vip(Conditions(tier="*"), 500, 900), timers_until=[at(0), at(400)])
    assert told.facts(FIRST) == ["Started", "Warned", "Breached", "Withdrawn", "Started"]
    assert (told.one(FIRST).state, told.one(FIRST).due_at) == (ClockState.RUNNING, at(900))


def test_pauses_are_kept() -> None:
    story = Story(reason_class=ReasonClass.SIMPLE).opened().becomes(20, TicketStatus.PENDING)
    story.becomes(320, TicketStatus.OPEN).updated(330, tier="gold")
    clock = tell(story, policies=vip(Conditions(tier="*"))).one(RESOLUTION)
    assert (clock.due_at, clock.paused_for) == (at(360), seconds(300))


def test_a_paused_clock_goes_on_under_the_new_promise() -> None:
    story = Story(reason_class=ReasonClass.SIMPLE).opened().becomes(20, TicketStatus.PENDING).updated(100, tier="gold")
    told = tell(story.becomes(320, TicketStatus.OPEN), policies=vip(Conditions(tier="*")))
    assert told.one(RESOLUTION).due_at == at(360)
    assert told.facts(RESOLUTION) == ["Started", "Paused", "Started"]


def test_a_warning_comes_again_for_the_new_due_time() -> None:
    story = Story().opened().updated(190, tier="gold")
    told = tell(story, policies=vip(Conditions(tier="*"), 500, 900), timers_until=[at(0), at(185)])
    fire_all(told, at(600))
    assert told.facts(FIRST) == ["Started", "Warned", "Started", "Warned"]


def test_policies_that_changed_are_applied_to_what_is_open() -> None:
    told = tell(Story().opened())
    outcome = recompute(told.ticket, list(told.clocks.values()), vip(Conditions()), at=at(20), policy_id=TICKET)
    (clock,) = outcome.open_clocks[:1]
    assert (clock.due_at, outcome.replaced[0].cause) == (at(60), "policy")


def test_conditions_look_at_tier_language_licence_and_back_office() -> None:
    subject = Subject(Channel.WEB, None, Priority.NORMAL, "gold", "de", "MT", BackOffice.KYC)
    for fits in ("*", "gold", None):
        assert Conditions(tier=fits).fit(subject)
    assert not Conditions(tier="silver").fit(subject)
    assert not Conditions(tier="*").fit(Subject(Channel.WEB, None, Priority.NORMAL))
    assert Conditions(language="de", licence="MT", waiting_on=BackOffice.KYC).fit(subject)
    assert not Conditions(waiting_on=BackOffice.RISK).fit(subject)
