"""Who takes what: order, limits, fairness, nobody idle."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain.matching import can_take, has_room, plan
from services.tickets.domain.people import Person
from services.tickets.domain.queueing import Place, Rank, order_key
from shared.contracts.base import Channel
from shared.contracts.gateway import StaffRole, StaffStatus
from shared.ids import new_id

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LANGUAGES = st.sampled_from(["en", "de", "ru-RU"])


@st.composite
def people(draw: st.DrawFn) -> list[Person]:
    """Some people, able and there to different degrees."""
    return [
        Person(
            id=f"s-{n}",
            role=StaffRole.AGENT,
            status=draw(st.sampled_from(list(StaffStatus))),
            active=draw(st.booleans()),
            connected=draw(st.sampled_from([True, False, None])),
            status_since=NOW,
            connected_since=NOW,
            languages=draw(st.frozensets(LANGUAGES)),
            skills=draw(st.frozensets(st.sampled_from(["vip", "safer_gambling", "WDR"]))),
            capacity={"web": draw(st.integers(0, 3)), "email": draw(st.integers(0, 2))},
        )
        for n in range(draw(st.integers(0, 5)))
    ]


@st.composite
def places(draw: st.DrawFn) -> list[Place]:
    """Some waiting tickets."""
    return [
        Place(
            ticket_id=new_id(),
            channel=draw(st.sampled_from([Channel.WEB, Channel.EMAIL])),
            language=draw(st.none() | LANGUAGES),
            rank=draw(st.sampled_from(list(Rank))),
            skill=draw(st.sampled_from([None, "vip", "safer_gambling"])),
            reason_group=draw(st.sampled_from([None, "WDR", "DEP"])),
            team_id=None,
            player_id=None,
            enqueued_at=NOW - timedelta(seconds=draw(st.integers(0, 999))),
            due_at=draw(st.none() | st.integers(-99, 9999).map(lambda s: NOW + timedelta(seconds=s))),
        )
        for _ in range(draw(st.integers(0, 12)))
    ]


@given(people(), places())
def test_no_plan_breaks_a_law(staff: list[Person], waiting: list[Place]) -> None:
    """Nobody over his limit, nothing given twice, nobody idle who could take what still waits, order kept."""
    decided = plan(waiting, staff, {}, NOW)
    by_place, by_person = {one.ticket_id: one for one in waiting}, {one.id: one for one in staff}
    held: dict[str, Counter[str]] = {one.id: Counter() for one in staff}
    for ticket_id, staff_id in decided.choices:
        assert by_person[staff_id].takes(by_place[ticket_id].channel, NOW)
        held[staff_id][by_place[ticket_id].channel.value] += 1
    assert all(
        count <= by_person[who].limit(Channel(what)) for who, load in held.items() for what, count in load.items()
    )
    given_ids = [choice.ticket_id for choice in decided.choices]
    assert len(set(given_ids)) == len(given_ids)
    keys = [order_key(by_place[one], NOW) for one in given_ids]
    assert keys == sorted(keys)
    trained = frozenset(skill for one in staff for skill in one.skills & {"vip", "safer_gambling"})
    for place in waiting:
        if place.ticket_id not in given_ids:
            able = [one for one in staff if can_take(one, place, trained) and one.takes(place.channel, NOW)]
            assert not any(has_room(one, place, held[one.id]) for one in able)


@given(people(), places(), st.integers(0, 5))
def test_a_short_look_gives_the_first_of_a_long_one(staff: list[Person], waiting: list[Place], most: int) -> None:
    """Who is stalled does not depend on it."""
    long, short = plan(waiting, staff, {}, NOW), plan(waiting, staff, {}, NOW, most=most)
    assert short.choices == long.choices[:most]
    assert short.stalled == long.stalled


@given(st.permutations(range(8)))
def test_the_same_queue_gives_the_same_plan(order: list[int]) -> None:
    """Whatever order the rows came in; equals get equally many."""
    staff = [
        Person(f"s-{n}", StaffRole.AGENT, StaffStatus.ONLINE, True, None, NOW, None)  # noqa: FBT003
        for n in range(4)
    ]
    waiting = [
        Place(new_id(), Channel.EMAIL, None, Rank.STANDARD, None, None, None, None, NOW + timedelta(seconds=n))
        for n in range(8)
    ]
    decided = plan([waiting[n] for n in order], staff, {}, NOW)
    assert decided == plan(waiting, staff, {}, NOW)
    assert set(Counter(choice.staff_id for choice in decided.choices).values()) == {2}
