"""What holds for every story, however its events and timers interleave."""

from datetime import timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from services.sla.domain.clocks import elapsed
from services.sla.domain.owed import RESPONSES
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind, ClockState
from shared.contracts.tickets import ReasonClass, TicketStatus
from tests.support.sla import AGENT, PLAYER, Story, at, fire_all, tell

_DEEDS = (
    "player_writes", "staff_replies", "bot_replies", "note", "pending", "open", "resolved", "closed", "agent", "senior",
    "nobody", "escalated", "simple", "complex", "other",
)  # fmt: skip
_STEPS = st.lists(st.tuples(st.sampled_from(_DEEDS), st.floats(0, 2000)), max_size=12)
_CHANNELS = st.sampled_from(list(Channel))
_CLASSES = st.sampled_from([None, *ReasonClass])


def _story(
    channel: Channel, reason_class: ReasonClass | None, steps: list[tuple[str, float]]
) -> tuple[Story, list[float]]:
    story, now, moments = Story(channel, reason_class).opened(), 0.0, [0.0]
    for deed, gap in steps:
        now += gap
        if deed in {"pending", "open", "resolved", "closed"}:
            if story.status.value == deed:
                continue
            story.becomes(now, TicketStatus(deed))
        elif deed in {"agent", "senior"}:
            story.assigned(now, "s-1", deed)
        elif deed == "nobody":
            story.assigned(now, None)
        elif deed in {"simple", "complex", "other"}:
            classes = {"simple": ReasonClass.SIMPLE, "complex": ReasonClass.COMPLEX, "other": None}
            story.classified(now, classes[deed])
        else:
            getattr(story, deed)(now)
        moments.append(now)
    return story, moments


@given(_CHANNELS, _CLASSES, _STEPS)
def test_times_of_every_clock_make_sense(
    channel: Channel, reason_class: ReasonClass | None, steps: list[tuple[str, float]]
) -> None:
    story, moments = _story(channel, reason_class, steps)
    told = tell(story)
    for clock in told.clocks.values():
        assert clock.due_at > clock.started_at
        assert clock.warn_at is None or clock.started_at < clock.warn_at < clock.due_at
        assert clock.met_at is None or clock.met_at >= clock.started_at
        assert elapsed(clock, at(moments[-1])) >= timedelta(0)
        assert clock.paused_for >= timedelta(0)
        assert (clock.state is ClockState.BREACHED) == (clock.breached_at is not None)
        assert (clock.state is ClockState.PAUSED) == (clock.paused_at is not None)
        if clock.state is ClockState.MET:
            assert clock.met_at is not None
            assert clock.met_at <= clock.due_at


@given(_CHANNELS, _CLASSES, _STEPS)
def test_at_most_one_clock_of_a_kind_is_open_and_first_response_begins_once(
    channel: Channel, reason_class: ReasonClass | None, steps: list[tuple[str, float]]
) -> None:
    told = tell(_story(channel, reason_class, steps)[0])
    for kind in ClockKind:
        assert sum(clock.open for clock in told.all(kind)) <= 1
    assert len(told.all(ClockKind.FIRST_RESPONSE)) == 1
    if told.ticket.done:
        assert not any(clock.open for clock in told.clocks.values())


@given(_CHANNELS, _CLASSES, _STEPS, st.lists(st.floats(0, 5000), min_size=13, max_size=13))
def test_late_news_changes_no_verdict(
    channel: Channel, reason_class: ReasonClass | None, steps: list[tuple[str, float]], delays: list[float]
) -> None:
    """Timers that fire before an overdue event is heard lead to the same verdicts as timers that never fire."""
    story, moments = _story(channel, reason_class, steps)
    heard, late = [], 0.0
    for moment, delay in zip(moments, delays, strict=False):
        late = max(late, moment + delay)
        heard.append(at(late))
    calm, late_told = tell(story), tell(story, timers_until=heard)
    fire_all(calm, at(1e6))
    fire_all(late_told, at(1e6))
    assert calm.clocks.keys() == late_told.clocks.keys()
    for clock_id, clock in calm.clocks.items():
        other = late_told.clocks[clock_id]
        assert (clock.state, clock.met_at, clock.breached_at, clock.due_at, clock.ended_at) == (
            other.state, other.met_at, other.breached_at, other.due_at, other.ended_at,
        )  # fmt: skip


_MERGING = st.lists(st.tuples(st.integers(0, 9), st.floats(1, 2000)), max_size=14)


def _merging(steps: list[tuple[int, float]], *, by_staff: bool) -> Story:
    """Return a story of merges, undos and words; each step is one of those that are possible there."""
    story, now, holds = Story().opened(actor=AGENT if by_staff else PLAYER), 0.0, False
    for choice, gap in steps:
        now += gap
        merging = ("released", "stranger_writes") if holds else ("absorbed",)
        possible = ("player_writes", "staff_replies", "merged", "moves", *merging)
        # Words of a merged ticket are told again there right before the undo.
        told_again = ("player_writes", "staff_replies", "unmerged")
        one_of = told_again if story.merged_into else possible
        deed = one_of[choice % len(one_of)]
        holds = deed == "absorbed" or (holds and deed != "released")
        if deed == "absorbed":
            story.absorbed(now, waiting_since=now - gap / 2)
        elif deed == "moves":
            story.becomes(now, TicketStatus.OPEN if story.status is TicketStatus.RESOLVED else TicketStatus.RESOLVED)
        else:
            getattr(story, deed)(now)
    return story


@given(steps=_MERGING, by_staff=st.booleans())
@example(steps=[(4, 1), (1, 1), (5, 1), (4, 1)], by_staff=False)
def test_an_answer_is_owed_exactly_where_somebody_waits(steps: list[tuple[int, float]], by_staff: bool) -> None:
    """Merges and undos, with words before, between and after them, lose no wait and leave none behind.

    What another person said in the survivor is owed nothing there once his ticket has left.
    """
    story = _merging(steps, by_staff=by_staff)
    told = tell(story)
    owed = [clock for clock in told.clocks.values() if clock.open and clock.kind in RESPONSES]
    if told.ticket.done or story.waits is None:
        assert owed == []
    else:
        (clock,) = owed
        assert clock.started_at >= at(story.waits)
    first = [clock for clock in told.all(ClockKind.FIRST_RESPONSE) if clock.state is not ClockState.CANCELLED]
    assert len(first) <= 1


@given(st.floats(0, 299.9), _CHANNELS.filter(lambda channel: channel is not Channel.EMAIL))
def test_an_answer_in_time_never_breaches(seconds: float, channel: Channel) -> None:
    told = tell(Story(channel).opened().staff_replies(seconds), timers_until=[at(0), at(seconds), at(1e6)])
    assert told.one(ClockKind.FIRST_RESPONSE).state is ClockState.MET
    assert "Breached" not in told.facts(ClockKind.FIRST_RESPONSE)


@given(_CHANNELS, _CLASSES, _STEPS, st.lists(st.floats(0, 5000), min_size=13, max_size=13))
def test_each_warning_and_breach_is_told_once(
    channel: Channel, reason_class: ReasonClass | None, steps: list[tuple[str, float]], delays: list[float]
) -> None:
    story, moments = _story(channel, reason_class, steps)
    told = tell(story, timers_until=[at(moment + delay) for moment, delay in zip(moments, delays, strict=False)])
    fire_all(told, at(1e6))
    for clock in told.clocks.values():
        facts = [change.fact.__name__ for change in told.changes if change.clock.id == clock.id]
        assert facts.count("ClockMet") <= 1
        assert facts[0] == "ClockStarted"
        if not clock.corrected:
            assert facts.count("ClockBreached") <= 1
            assert facts.count("ClockWarned") <= 1
