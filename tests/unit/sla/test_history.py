"""The clocks of a ticket are a function of the set of its events: order and repetitions change nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sla.domain.calendars import Calendar, Hours, Window
from services.sla.domain.fold import recompute
from services.sla.domain.history import HistoryIncomplete, clocks_of
from services.sla.domain.pauses import Pause
from services.sla.domain.policies import Conditions, Policy, Source, Target
from services.sla.domain.tracked import time_spent
from services.sla.queries.defaults import default_policies
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind, ClockState, ClockWarned
from shared.contracts.tickets import BackOffice, ReasonClass, TicketStatus
from tests.support.sla import OTHER, TICKET, Story, at, fire_all, tell

_DEEDS = (
    "player_writes", "staff_replies", "bot_replies", "note", "pending", "open", "resolved", "closed", "waiting",
    "snoozed", "agent", "senior", "asked", "accepted", "declined", "simple", "complex", "gold", "german", "merged",
    "unmerged", "absorbed", "released", "bot", "risk", "late_reply",
)  # fmt: skip
_STEPS = st.lists(st.tuples(st.sampled_from(_DEEDS), st.floats(0, 2000)), max_size=14)
_FIRST = st.sampled_from([TicketStatus.NEW, TicketStatus.BOT])
_DELAYS = st.lists(st.floats(0, 5000), min_size=15, max_size=15)


_OFFICE = Calendar(
    OTHER, 1, "Office", Hours("Europe/Malta", (((Window(540, 1020),) * 1,) * 5 + ((), ())), {})
)  # fmt: skip
_TARGETS = st.builds(
    Target,
    warn=st.none(),
    breach=st.sampled_from([timedelta(seconds=400), timedelta(seconds=1500)]),
    warnings=st.sampled_from([(), (80,), (50, 80, 95)]),
    pauses=st.none() | st.frozensets(st.sampled_from(list(Pause))),
)


@st.composite
def _promises(draw: st.DrawFn) -> list[Policy]:
    """Return policies with warnings, pauses and calendars of their own above the built-in ones."""
    metrics = (ClockKind.RESOLUTION, ClockKind.PERIODIC_UPDATE, ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE)
    calendar = draw(st.sampled_from([None, _OFFICE]))
    bare = Policy(id=TICKET, version=1, name="Gold", position=1, source=Source.BRAND, calendar=calendar)
    gold = replace(bare, conditions=Conditions(tier="*"), targets=dict.fromkeys(metrics, draw(_TARGETS)))
    office = Target(timedelta(seconds=100), timedelta(seconds=400))
    all_others = {metric: draw(_TARGETS) for metric in metrics[:3]} | {ClockKind.BACK_OFFICE: office}
    return [gold, replace(bare, id=OTHER, version=2, targets=all_others), *default_policies()]


def _story(first: TicketStatus, steps: list[tuple[str, float]]) -> tuple[Story, list[float]]:
    story, now, moments = Story(Channel.WEB, status=first).opened(), 0.0, [0.0]
    for deed, gap in steps:
        now += gap
        merged = _merged(story)
        if (deed == "unmerged") != merged:
            continue
        _tell(story, deed, now)
        moments.append(now)
    return story, moments


def _merged(story: Story) -> bool:
    kinds = [
        type(event).__name__ for event in story.events if type(event).__name__ in {"TicketMerged", "TicketUnmerged"}
    ]
    return bool(kinds) and kinds[-1] == "TicketMerged"


def _tell(story: Story, deed: str, now: float) -> None:
    if deed in {"pending", "open", "resolved", "closed", "waiting", "snoozed", "bot"}:
        status = TicketStatus(deed)
        if story.status is not status:
            story.becomes(now, status, BackOffice.KYC if deed == "waiting" else None)
        else:
            story.note(now)
        return
    deeds = {
        "agent": lambda: story.assigned(now, "s-1", "agent"),
        "senior": lambda: story.assigned(now, "s-2", "senior"),
        "asked": lambda: story.escalated(now, "s-1"),
        "accepted": lambda: story.accepted(now, "s-1"),
        "declined": lambda: story.declined(now, "s-1", None),
        "simple": lambda: story.classified(now, ReasonClass.SIMPLE),
        "complex": lambda: story.classified(now, ReasonClass.COMPLEX),
        "gold": lambda: story.updated(now, tier=None if story.tier else "gold"),
        "german": lambda: story.updated(now, language="de"),
        "risk": lambda: story.updated(now, waiting_on=BackOffice.RISK if story.waiting_on else None),
        "late_reply": lambda: story.staff_replies(max(now - 600, 0)),
        "absorbed": lambda: story.absorbed(now, waiting_since=max(now - 50, 0)),
    }
    (deeds.get(deed) or (lambda: getattr(story, deed)(now)))()


@given(_promises(), _FIRST, _STEPS, st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_give_the_same_clocks_and_facts(
    policies: list[Policy], first: TicketStatus, steps: list[tuple[str, float]], chance: object
) -> None:
    numbered = list(enumerate(_story(first, steps)[0].events, start=1))
    heard = numbered + [chance.choice(numbered) for _ in range(5)]  # type: ignore[attr-defined]
    chance.shuffle(heard)  # type: ignore[attr-defined]
    assert clocks_of(heard, policies=policies) == clocks_of(numbered, policies=policies)


@given(_promises(), _FIRST, _STEPS)
def test_one_event_at_a_time_gives_the_same_as_all_at_once(
    policies: list[Policy], first: TicketStatus, steps: list[tuple[str, float]]
) -> None:
    story, moments = _story(first, steps)
    told, whole = tell(story, policies=policies), clocks_of(enumerate(story.events, start=1), policies=policies)
    assert {clock.id: clock for clock in whole.clocks} == told.clocks
    assert list(whole.facts) == told.changes
    total = sum((spent for spent in time_spent(whole.ticket, at(moments[-1])).values()), timedelta(0))
    assert total <= timedelta(seconds=moments[-1] + 0.001)


@given(_promises(), _FIRST, _STEPS, _DELAYS)
def test_late_news_changes_no_verdict(
    policies: list[Policy], first: TicketStatus, steps: list[tuple[str, float]], delays: list[float]
) -> None:
    """Timers that fire before an overdue event is heard lead to the same verdicts as timers that never fire."""
    story, moments = _story(first, steps)
    heard, late = [], 0.0
    for moment, delay in zip(moments, delays, strict=False):
        late = max(late, moment + delay)
        heard.append(at(late))
    calm, other = tell(story, policies=policies), tell(story, policies=policies, timers_until=heard)
    fire_all(calm, at(1e7))
    fire_all(other, at(1e7))
    assert calm.clocks.keys() == other.clocks.keys()
    for clock_id, clock in calm.clocks.items():
        same = other.clocks[clock_id]
        assert (clock.state, clock.met_at, clock.breached_at, clock.due_at, clock.ended_at) == (
            same.state, same.met_at, same.breached_at, same.due_at, same.ended_at,
        )  # fmt: skip


@given(_promises(), _FIRST, _STEPS, _DELAYS)
def test_every_told_breach_stands_or_is_withdrawn(
    policies: list[Policy], first: TicketStatus, steps: list[tuple[str, float]], delays: list[float]
) -> None:
    story, moments = _story(first, steps)
    until = [at(moment + delay) for moment, delay in zip(moments, delays, strict=False)]
    told = tell(story, policies=policies, timers_until=until)
    fire_all(told, at(1e7))
    for clock in told.clocks.values():
        names = [change.fact.__name__ for change in told.changes if change.clock.id == clock.id]
        standing = names.count("ClockBreached") - names.count("ClockWithdrawn")
        assert standing == (1 if clock.state is ClockState.BREACHED else 0)


@given(_promises(), _FIRST, _STEPS)
def test_a_finished_ticket_has_no_open_clock_and_no_kind_has_two(
    policies: list[Policy], first: TicketStatus, steps: list[tuple[str, float]]
) -> None:
    whole = clocks_of(enumerate(_story(first, steps)[0].events, start=1), policies=policies)
    still_open = [clock.kind for clock in whole.clocks if clock.open]
    assert len(still_open) == len(set(still_open))
    assert not (whole.ticket.done and still_open)


@given(_promises(), _FIRST, _STEPS, st.randoms(use_true_random=False), st.floats(0, 5000))
def test_an_edit_of_a_calendar_moves_the_same_clocks_whatever_order_the_events_came_in(
    policies: list[Policy], first: TicketStatus, steps: list[tuple[str, float]], chance: object, gap: float
) -> None:
    """Applied once more it moves nothing, and every schedule that it replaced is kept."""
    story, moments = _story(first, steps)
    numbered = list(enumerate(story.events, start=1))
    shuffled = numbered + numbered[:3]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    edited = replace(_OFFICE, version=2, hours=replace(_OFFICE.hours, week=((Window(0, 1440),),) * 7))
    after = [replace(policy, calendar=edited) if policy.calendar else policy for policy in policies]
    outcomes = []
    for heard in (numbered, shuffled):
        known = clocks_of(heard, policies=policies)
        live = [clock for clock in known.clocks if clock.open or clock.correctable]
        outcomes.append(recompute(known.ticket, live, after, at=at(moments[-1] + gap), policy_id=OTHER))
    once = outcomes[0]
    assert once == outcomes[1]
    again = recompute(once.ticket, once.clocks, after, at=at(moments[-1] + gap + 10), policy_id=OTHER)
    assert again.changed == ()
    moved = {clock.id for clock in once.changed if clock.open and clock.state is not ClockState.BREACHED}
    assert moved == {replaced.clock.id for replaced in once.replaced}
    assert all(replaced.cause == "calendar" for replaced in once.replaced)


@given(_promises(), _FIRST, _STEPS, _DELAYS)
def test_no_warning_of_a_schedule_is_told_twice(
    policies: list[Policy], first: TicketStatus, steps: list[tuple[str, float]], delays: list[float]
) -> None:
    story, moments = _story(first, steps)
    until = [at(moment + delay) for moment, delay in zip(moments, delays, strict=False)]
    told = tell(story, policies=policies, timers_until=until)
    fire_all(told, at(1e7))
    replanned = {replaced.clock.id for outcome in told.outcomes for replaced in outcome.replaced}
    for clock in told.clocks.values():
        percents = [
            change.clock.warned_percent or 0
            for change in told.changes
            if change.clock.id == clock.id and change.fact is ClockWarned
        ]
        if clock.id not in replanned:
            assert percents == sorted(set(percents))


def test_a_history_without_its_beginning_is_refused() -> None:
    story = Story().opened().staff_replies(10)
    with pytest.raises(HistoryIncomplete):
        clocks_of([(2, story.events[1])], policies=default_policies())
