"""Events of tickets in, clocks out."""

from datetime import datetime, timedelta

import pytest

from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind, ClockState
from shared.contracts.tickets import STREAM, MessageCorrected, ReasonClass, TicketStatus
from shared.web.actor import ActorKind
from tests.service.sla.desk import Desk, clock_event, story_now


def moment(value: object) -> datetime:
    return datetime.fromisoformat(str(value))


async def test_a_ticket_has_a_running_first_response_clock(desk: Desk) -> None:
    story = story_now(channel=Channel.EMAIL).opened().player_writes(0)
    await desk.tell(story)
    (clock,) = await desk.clocks(story)
    assert (clock["kind"], clock["state"]) == ("first_response", "running")
    assert moment(clock["due_at"]) - moment(clock["started_at"]) == timedelta(hours=2)
    assert moment(clock["warn_at"]) - moment(clock["started_at"]) == timedelta(hours=1)
    assert isinstance(clock["elapsed_seconds"], float)
    assert 0 <= clock["elapsed_seconds"] < 60


async def test_answers_count_from_the_times_of_the_words(desk: Desk) -> None:
    story = story_now().opened().player_writes(0).note(1).bot_replies(2).staff_replies(42).player_writes(50)
    await desk.tell(story)
    first, following = await desk.clocks(story)
    assert (first["state"], first["elapsed_seconds"]) == ("met", 42.0)
    assert (following["kind"], following["state"]) == ("next_response", "running")
    told = await desk.told(story)
    assert [envelope.type.split(".")[2] for envelope in told] == ["started", "met", "started"]
    assert [envelope.sequence for envelope in told] == [1, 2, 3]
    met = clock_event(told[1])
    assert (met.kind, met.state, met.elapsed_seconds) == (ClockKind.FIRST_RESPONSE, ClockState.MET, 42)


async def test_no_correction_moves_a_clock(desk: Desk) -> None:
    """An answer that was withdrawn was given all the same; what comes after it is measured as ever."""
    story = story_now().opened().player_writes(0).staff_replies(42)
    await desk.tell(story)
    answer = story.events[-1]
    gone = MessageCorrected.sample().model_copy(
        update={"ticket_id": story.ticket_id, "ticket": answer.ticket, "occurred_at": answer.occurred_at, "text": None}
    )
    await desk.service.publish(gone, sequence=4)
    (first,) = await desk.clocks(story)
    assert (first["state"], first["elapsed_seconds"]) == ("met", 42.0)
    story.player_writes(50)
    await desk.service.publish(story.events[-1], sequence=5)
    _, following = await desk.clocks(story)
    assert (following["kind"], following["state"]) == ("next_response", "running")


async def test_a_whole_case_is_measured(desk: Desk) -> None:
    story = (
        story_now(reason_class=ReasonClass.SIMPLE)
        .opened()
        .player_writes(0)
        .staff_replies(10)
        .becomes(10, TicketStatus.PENDING)
        .player_writes(100)
        .becomes(100, TicketStatus.OPEN)
        .staff_replies(130)
        .classified(140, ReasonClass.COMPLEX)
        .assigned(150, "s-2", "senior")
        .becomes(200, TicketStatus.RESOLVED)
        .becomes(300, TicketStatus.OPEN)
    )
    await desk.tell(story)
    clocks = {clock["kind"]: clock for clock in await desk.clocks(story)}
    assert clocks["first_response"]["elapsed_seconds"] == 10
    assert clocks["next_response"]["elapsed_seconds"] == 30
    assert (clocks["resolution"]["state"], clocks["resolution"]["paused_seconds"]) == ("cancelled", 90)
    assert (clocks["senior_accepts"]["state"], clocks["senior_accepts"]["elapsed_seconds"]) == ("met", 10)
    assert [envelope.sequence for envelope in await desk.told(story)] == list(range(1, 11))


async def test_an_event_that_comes_twice_counts_once(desk: Desk) -> None:
    story = story_now().opened().staff_replies(5)
    for envelope in await desk.tell(story):
        await desk.again(envelope, STREAM)
    assert await desk.facts(story) == ["started", "met"]
    assert len(await desk.clocks(story)) == 1


async def test_a_ticket_of_another_brand_or_of_nobody_is_not_there(desk: Desk) -> None:
    story = story_now().opened()
    await desk.tell(story)
    for path, brand in ((story.ticket_id, "royal"), ("019ab000-0000-7000-8000-00000000ffff", "lucky")):
        answer = await desk.service.http.get(f"/v1/tickets/{path}/sla", headers=desk.service.actor(brand=brand))
        assert (answer.status_code, answer.json()["code"]) == (404, "ticket-not-found")


@pytest.mark.parametrize(
    ("kind", "scopes", "status"),
    [
        (ActorKind.PLAYER, set(), 403),
        (ActorKind.VISITOR, set(), 403),
        (ActorKind.SERVER, {"tickets:read"}, 403),
        (ActorKind.SERVER, {"sla:read"}, 200),
        (ActorKind.STAFF, set(), 200),
    ],
)
async def test_only_staff_and_permitted_keys_see_clocks(
    desk: Desk, kind: ActorKind, scopes: set[str], status: int
) -> None:
    story = story_now().opened()
    await desk.tell(story)
    headers = desk.service.actor(kind, scopes=scopes)
    answer = await desk.service.http.get(f"/v1/tickets/{story.ticket_id}/sla", headers=headers)
    assert answer.status_code == status


async def test_without_the_gateways_word_nobody_is_known(desk: Desk) -> None:
    answer = await desk.service.http.get("/v1/sla/policies")
    assert answer.status_code == 401
