"""Measures of a ticket: the worked examples of the definitions, and what holds for every ticket."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.sla.domain.calendars import Hours, Window
from services.sla.domain.faces import Fact, fact_of
from services.sla.domain.measures import OPERATOR, Measure, MeasureKind, measures_of
from shared.contracts.base import Author, AuthorKind, Channel
from shared.contracts.sla import ClockKind
from shared.contracts.tickets import MessageAdded, TicketStatus
from tests.support.sla import AGENT, OTHER, Story, at, tell

_VECTORS: Final = {
    vector["id"]: vector
    for vector in yaml.safe_load((Path(__file__).parent / "data" / "kpi-vectors.yaml").read_text("utf-8"))["vectors"]
}
_DEEDS = (
    "player_writes", "staff_replies", "bot_replies", "system_replies", "note", "bot", "open", "pending", "waiting",
    "snoozed", "resolved", "closed", "ann", "bea", "nobody",
)  # fmt: skip
_STEPS = st.lists(st.tuples(st.sampled_from(_DEEDS), st.floats(0, 5000)), max_size=15)


def facts_of(story: Story) -> list[Fact]:
    return [fact_of(event, kind=event.type, sequence=number) for number, event in enumerate(story.events, start=1)]


def rows(story: Story, kind: MeasureKind | None = None) -> list[Measure]:
    return [row for row in measures_of(facts_of(story)) if kind is None or row.kind is kind]


def seconds(story: Story, kind: MeasureKind) -> list[float]:
    return [row.lasted.total_seconds() for row in rows(story, kind)]


def test_an_automatic_acknowledgement_is_no_response() -> None:
    story = Story().opened().player_writes(0).staff_replies(1, automatic=True).staff_replies(150)
    assert seconds(story, MeasureKind.FIRST_RESPONSE) == [_VECTORS["K1"]["expected"]["FRT_human"]]


def test_the_bot_answers_nobody_and_its_time_is_apart() -> None:
    expected = _VECTORS["K2"]["expected"]
    story = Story(status=TicketStatus.BOT).opened().player_writes(0).bot_replies(2)
    story.becomes(180, TicketStatus.OPEN).assigned(450, "s-1").staff_replies(450)
    assert seconds(story, MeasureKind.FIRST_RESPONSE) == [expected["FRT_human"]]
    assert seconds(story, MeasureKind.WAIT_BOT) == [180]
    assert seconds(story, MeasureKind.WAIT_QUEUE) == [expected["human_wait"]]


def test_notes_and_transfers_neither_stop_nor_reset() -> None:
    story = Story().opened().player_writes(0).assigned(30, "s-1").note(60).assigned(120, None).assigned(370, "s-2")
    story.staff_replies(370)
    assert seconds(story, MeasureKind.FIRST_RESPONSE) == [_VECTORS["K3"]["expected"]["FRT_human"]]
    assert seconds(story, MeasureKind.WAIT_QUEUE) == [30, 250]
    assert seconds(story, MeasureKind.WAIT_AGENT) == [90]


def test_a_weekend_night_counts_by_the_clock() -> None:
    story = Story(channel=Channel.EMAIL).opened().player_writes(0).staff_replies(6000)
    (first,) = rows(story, MeasureKind.FIRST_RESPONSE)
    assert (first.lasted.total_seconds(), first.channel) == (_VECTORS["K4"]["expected"]["FRT_human"], "email")


def test_waiting_for_the_player_is_not_operator_time() -> None:
    expected = _VECTORS["K7"]["expected"]
    story = Story().opened().assigned(0, "s-1").becomes(180, TicketStatus.PENDING)
    story.becomes(1200, TicketStatus.OPEN).becomes(1440, TicketStatus.RESOLVED)
    assert seconds(story, MeasureKind.RESOLUTION) == [60 * expected["wall_minutes"]]
    operator = sum(row.lasted.total_seconds() for row in rows(story) if row.kind in OPERATOR)
    assert operator == 60 * expected["operator_minutes"]


def test_a_case_that_comes_back_keeps_its_first_times() -> None:
    expected = _VECTORS["K15"]["expected"]
    story = Story().opened().player_writes(0).staff_replies(60).becomes(100, TicketStatus.RESOLVED)
    once = rows(story)
    story.player_writes(500).becomes(500, TicketStatus.OPEN).staff_replies(560).becomes(600, TicketStatus.RESOLVED)
    assert rows(story)[: len(once)] == once
    assert seconds(story, MeasureKind.RESOLUTION) == [100, 600]
    assert len(rows(story, MeasureKind.REOPEN)) == expected["reopened"]
    assert len(rows(story, MeasureKind.FIRST_RESPONSE)) == 1
    assert seconds(story, MeasureKind.REPLY) == [60]


def test_a_case_reopened_three_times_is_one_case_with_three_events() -> None:
    story = Story().opened()
    for number in range(3):
        story.becomes(100 * number + 10, TicketStatus.RESOLVED).becomes(100 * number + 50, TicketStatus.OPEN)
    reopened = rows(story, MeasureKind.REOPEN)
    vector: dict[str, Any] = _VECTORS["K12"]
    others = vector["reopened_cases"] - vector["of_these_reopened_3_times"]
    assert others + len(reopened) == vector["expected"]["reopen_events"]
    assert [row.ordinal for row in reopened] == [1, 2, 3]


def test_handling_is_who_had_it_and_how_long() -> None:
    story = Story().opened().assigned(10, "s-1").assigned(40, "s-2").becomes(100, TicketStatus.RESOLVED)
    handled = [(row.agent_id, row.lasted.total_seconds()) for row in rows(story, MeasureKind.HANDLING)]
    assert handled == [("s-1", 30), ("s-2", 60)]


def test_business_time_counts_open_hours_only() -> None:
    (first,) = rows(Story().opened().player_writes(0).staff_replies(7200), MeasureKind.FIRST_RESPONSE)
    hours = Hours("UTC", ((Window(9 * 60, 10 * 60),),) * 7)
    assert first.business_seconds(hours) == 3600
    assert first.business_seconds(None) is None


@given(_STEPS, st.data())
def test_any_order_and_duplicates_give_the_same_rows(steps: list[tuple[str, float]], data: st.DataObject) -> None:
    facts = facts_of(_story(steps))
    shuffled = data.draw(st.permutations(facts + data.draw(st.lists(st.sampled_from(facts), max_size=5))))
    assert measures_of(shuffled) == measures_of(facts)


@given(_STEPS)
def test_waits_never_overlap_and_ordinals_have_no_gap(steps: list[tuple[str, float]]) -> None:
    story = _story(steps)
    waits = [row for row in rows(story) if row.kind.value.startswith("wait_")]
    for before, after in pairwise(waits):
        assert before.ended_at <= after.started_at
    for kind in MeasureKind:
        found = rows(story, kind)
        assert [row.ordinal for row in found] == list(range(1, len(found) + 1))
        assert all(row.lasted >= timedelta(0) for row in found)


@given(_STEPS)
def test_only_persons_answer(steps: list[tuple[str, float]]) -> None:
    story = _story([step for step in steps if step[0] != "staff_replies"])
    assert not rows(story, MeasureKind.FIRST_RESPONSE)
    assert not rows(story, MeasureKind.REPLY)


def _story(steps: list[tuple[str, float]]) -> Story:
    story, now = Story().opened(), 0.0
    people = {"ann": "s-1", "bea": "s-2", "nobody": None}
    for deed, gap in steps:
        now += gap
        if deed in people:
            story.assigned(now, people[deed])
        elif deed in {status.value for status in TicketStatus}:
            story.becomes(now, TicketStatus(deed))
        else:
            getattr(story, deed)(now)
    return story


@pytest.mark.parametrize("first", ["player_writes", "note"])
def test_a_wait_begins_with_the_players_own_words(first: str) -> None:
    story = Story().opened()
    getattr(story, first)(5)
    story.staff_replies(65)
    (row,) = rows(story, MeasureKind.FIRST_RESPONSE)
    assert row.started_at == at(0)


def test_a_merge_is_no_answer_and_no_solution() -> None:
    story = Story().opened().player_writes(0).assigned(10, "s-1").merged(100)
    assert [(row.kind, row.lasted.total_seconds()) for row in rows(story)] == [
        (MeasureKind.WAIT_QUEUE, 10),
        (MeasureKind.WAIT_AGENT, 90),
        (MeasureKind.HANDLING, 90),
    ]


def test_time_after_a_merge_is_nobodys() -> None:
    story = Story().opened().player_writes(0).merged(100).unmerged(5000).assigned(5010, "s-1").becomes(
        5030, TicketStatus.RESOLVED
    )  # fmt: skip
    assert seconds(story, MeasureKind.WAIT_QUEUE) == [100, 10]
    assert seconds(story, MeasureKind.WAIT_AGENT) == [20]
    assert seconds(story, MeasureKind.RESOLUTION) == [5030]
    assert rows(story, MeasureKind.REOPEN) == []


def test_words_of_a_merged_ticket_wait_in_the_survivor_from_their_own_time() -> None:
    survivor = Story().opened().player_writes(0).staff_replies(60).absorbed(100, waiting_since=20).staff_replies(130)
    assert seconds(survivor, MeasureKind.FIRST_RESPONSE) == [60]
    assert seconds(survivor, MeasureKind.REPLY) == [110]


def test_words_that_wait_in_both_tickets_are_answered_once_from_the_earlier_ones() -> None:
    survivor = Story().opened().player_writes(50).absorbed(100, waiting_since=20).staff_replies(130)
    assert seconds(survivor, MeasureKind.FIRST_RESPONSE) == [130]
    nothing_owed = Story().opened().player_writes(0).staff_replies(60).absorbed(100).staff_replies(130)
    assert seconds(nothing_owed, MeasureKind.REPLY) == []


def test_after_an_undo_each_ticket_answers_its_own_words() -> None:
    opened = Story().opened().player_writes(0).staff_replies(60)
    undone = opened.absorbed(100, waiting_since=20).player_writes(110).released(120).staff_replies(130)
    assert seconds(undone, MeasureKind.REPLY) == [20]
    nothing = Story().opened().player_writes(0).staff_replies(60).absorbed(100, waiting_since=20).released(120)
    assert seconds(nothing.staff_replies(130), MeasureKind.REPLY) == []
    twin = Story().opened().player_writes(0).staff_replies(60).player_writes(70).merged(100).unmerged(200)
    assert seconds(twin.staff_replies(230), MeasureKind.REPLY) == [160]


def test_words_that_a_split_copies_ask_and_answer_as_the_clocks_of_their_ticket_count_them() -> None:
    """Whoever splits a ticket opens the new one and tells the words again, but speaks for nobody."""
    splitter = Author(kind=AuthorKind.STAFF, id="s-9")
    story = Story().opened(actor=splitter).player_writes(0).staff_replies(10).player_writes(20)
    story.events = [
        event.model_copy(update={"copied_from": OTHER, "actor": splitter}) if isinstance(event, MessageAdded) else event
        for event in story.events
    ]
    (first,) = rows(story, MeasureKind.FIRST_RESPONSE)
    assert (first.started_at, first.ended_at, first.agent_id) == (at(0), at(10), AGENT.id)
    story.staff_replies(50)
    assert seconds(story, MeasureKind.REPLY) == [30]
    told = tell(story)
    answered = [told.one(ClockKind.FIRST_RESPONSE), told.one(ClockKind.NEXT_RESPONSE)]
    assert [(clock.started_at, clock.met_at) for clock in answered] == [(at(0), at(10)), (at(20), at(50))]
