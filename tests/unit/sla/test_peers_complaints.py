"""What users of other desks complain about in their promised times: each fails on the behaviour complained about."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.sla.domain.calendars import Calendar, Hours, Window
from services.sla.domain.clocks import elapsed, timers
from services.sla.domain.fold import recompute
from services.sla.domain.policies import Conditions, Policy, Source, Target
from services.sla.queries.defaults import default_policies
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind, ClockState
from shared.contracts.tickets import Priority, ReasonClass, TicketStatus
from tests.support.sla import TICKET, Story, at, fire_all, tell

FIRST, NEXT, RESOLUTION = ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE, ClockKind.RESOLUTION
NIGHT_SHIFT = ((Window(22 * 60, 30 * 60),),) * 7
SPLIT_DAY = ((Window(540, 720), Window(780, 1080)),) * 5 + ((),) * 2


def policy(promised: dict[ClockKind, float], **more: object) -> Policy:
    kept = {metric: Target(None, timedelta(seconds=seconds)) for metric, seconds in promised.items()}
    fields: dict[str, object] = {"id": TICKET, "version": 1, "name": "Own", "position": 1, "source": Source.BRAND}
    return Policy(**(fields | {"targets": kept} | more))  # type: ignore[arg-type]


def calendar(zone: str, week: tuple[tuple[Window, ...], ...]) -> Calendar:
    return Calendar(UUID(int=7), 1, "Desk", Hours(zone, week))


def local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_7_business_hours_are_counted() -> None:
    """Business hours were kept but ignored until 2026 (chatwoot#13392)."""
    own = policy({FIRST: 3600}, calendar=calendar("Europe/Berlin", SPLIT_DAY))
    story = Story(Channel.EMAIL, zero=local("2026-11-27T17:30", "Europe/Berlin")).opened()
    assert tell(story, policies=[own]).one(FIRST).due_at == local("2026-11-30T09:30", "Europe/Berlin")


def test_7_next_response_ends_with_the_ticket() -> None:
    """Next response keeps counting after resolve (chatwoot)."""
    story = Story().opened().staff_replies(5).player_writes(10).becomes(20, TicketStatus.RESOLVED)
    told = tell(story)
    fire_all(told, at(99_999))
    assert told.one(NEXT).state is ClockState.CANCELLED
    assert "Breached" not in told.facts(NEXT)


def test_7_the_promise_follows_what_the_ticket_becomes() -> None:
    """The policy of a conversation cannot be changed or removed once it is applied (chatwoot#10178)."""
    own = policy({FIRST: 60}, conditions=Conditions(tier="*"))
    told = tell(Story().opened().updated(10, tier="gold"), policies=[own, *default_policies()])
    assert (told.one(FIRST).due_at, told.one(FIRST).policy_id) == (at(60), TICKET)
    back = tell(Story().opened().updated(10, tier="gold").updated(20, tier=None), policies=[own, *default_policies()])
    assert back.one(FIRST).due_at == at(300)


def test_8_an_update_promise_does_not_override_a_longer_first_response() -> None:
    """The update time overrides a longer first response time (zammad#5177)."""
    own = policy({FIRST: 7200, ClockKind.PERIODIC_UPDATE: 600, NEXT: 600})
    told = tell(Story().opened().player_writes(0).player_writes(30), policies=[own])
    assert [clock.kind for clock in told.clocks.values()] == [FIRST]
    fire_all(told, at(7199))
    assert told.one(FIRST).state is ClockState.RUNNING


def test_8_no_stale_clock_survives_a_move() -> None:
    """A stale update clock survived the move to another group until it was fixed (zammad#5624)."""
    own = policy({ClockKind.PERIODIC_UPDATE: 600}, conditions=Conditions(language="de"))
    told = tell(Story(language="de").opened().staff_replies(10).updated(20, language="en"), policies=[own])
    fire_all(told, at(99_999))
    assert told.one(ClockKind.PERIODIC_UPDATE).state is ClockState.CANCELLED


def test_8_a_promise_that_is_switched_off_no_longer_counts() -> None:
    """Tickets stay escalated after the SLA is switched off (zammad#4353)."""
    own = policy({RESOLUTION: 600})
    told = tell(Story().opened(), policies=[own])
    outcome = recompute(told.ticket, list(told.clocks.values()), [policy({RESOLUTION: 600}, active=False)], at=at(10))
    assert outcome.open_clocks == ()
    assert [timers(clock) for clock in outcome.changed] == [()]


@pytest.mark.parametrize("status", [TicketStatus.PENDING, TicketStatus.SNOOZED, TicketStatus.WAITING])
def test_8_an_answer_and_a_reminder_in_one_step_leave_a_first_response(status: TicketStatus) -> None:
    """Answering and setting a reminder in one step leaves the first response empty (zammad#3551)."""
    for story in (
        Story().opened().staff_replies(60).becomes(60, status),
        Story().opened().becomes(60, status).staff_replies(60),
    ):
        clock = tell(story).one(FIRST)
        assert (clock.state, clock.met_at) == (ClockState.MET, at(60))


def test_9_lunch_breaks_and_night_shifts_are_no_working_time() -> None:
    """One window a day, which must close after it opens: no lunch gap, no night shift (chatwoot#14009)."""
    lunch = policy({FIRST: 3600}, calendar=calendar("Europe/Berlin", SPLIT_DAY))
    night = policy({FIRST: 3600}, calendar=calendar("Europe/Berlin", NIGHT_SHIFT))
    noon = Story(zero=local("2026-11-25T11:30", "Europe/Berlin")).opened()
    assert tell(noon, policies=[lunch]).one(FIRST).due_at == local("2026-11-25T13:30", "Europe/Berlin")
    late = Story(zero=local("2026-11-25T23:30", "Europe/Berlin")).opened()
    assert tell(late, policies=[night]).one(FIRST).due_at == local("2026-11-26T00:30", "Europe/Berlin")


def test_9_the_desks_zone_counts_and_not_the_agents() -> None:
    """Agents in another time zone see other promises (chatwoot#2882)."""
    zones = ("Europe/Malta", "America/Curacao", "Asia/Manila")
    due = {
        zone: tell(
            Story(zero=local("2026-11-25T08:00", zone)).opened(),
            policies=[policy({FIRST: 3600}, calendar=calendar(zone, SPLIT_DAY))],
        )
        .one(FIRST)
        .due_at
        for zone in zones
    }
    assert due == {zone: local("2026-11-25T10:00", zone) for zone in zones}


def test_9_hold_time_is_kept_when_a_paused_ticket_is_resolved() -> None:
    """Hold time is lost when a ticket goes from paused to resolved (frappe/helpdesk#3776)."""
    story = Story(reason_class=ReasonClass.SIMPLE).opened().becomes(60, TicketStatus.PENDING)
    clock = tell(story.becomes(9000, TicketStatus.RESOLVED)).one(RESOLUTION)
    assert (clock.state, clock.paused_for) == (ClockState.MET, timedelta(seconds=8940))
    assert elapsed(clock, at(99_999)) == timedelta(seconds=60)


def test_10_promises_are_kept_in_seconds_and_warned_about() -> None:
    """Compliance is run on a desk that has only e-mail workflows for it (freescout#5135)."""
    own = policy({}, targets={FIRST: Target(timedelta(seconds=12), timedelta(seconds=15))})
    told = tell(Story().opened(), policies=[own])
    fire_all(told, at(15))
    assert [(change.fact.__name__, change.at) for change in told.changes[1:]] == [
        ("ClockWarned", at(12)), ("ClockBreached", at(15)),
    ]  # fmt: skip


def test_11_something_happens_at_the_deadline_itself() -> None:
    """Nothing happens when X minutes pass without an answer (chatwoot#6861, #6889)."""
    told = tell(Story().opened())
    fire_all(told, at(299.999))
    assert "Breached" not in told.facts(FIRST)
    fire_all(told, at(300))
    assert told.facts(FIRST)[-1] == "Breached"
    assert told.one(FIRST).breached_at == at(300)


def test_11_rules_of_the_deadline_reach_more_than_status_and_inbox() -> None:
    """Delayed rules have conditions on status and inbox only (fazer-ai/chatwoot#694)."""
    own = policy({FIRST: 30}, conditions=Conditions(priority=Priority.URGENT, tier="gold", language="de", licence="MT"))
    fits = Story(priority=Priority.URGENT, tier="gold", language="de", licence="MT").opened()
    other = Story(priority=Priority.URGENT, tier="gold", language="de", licence="GB").opened()
    assert [tell(s, policies=[own, *default_policies()]).one(FIRST).due_at for s in (fits, other)] == [at(30), at(300)]
