"""The lifecycle as a machine: whoever does whatever in whichever order, a ticket stays a ticket."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.tickets.domain.errors import DetailMisplaced, DetailMissing, SnoozeRefused, StatusMoveRefused
from services.tickets.domain.lifecycle import (
    LONGEST_SNOOZE,
    Lifecycle,
    details_of,
    due_of,
    moves_by_itself,
    reschedules,
    takes_words,
)
from services.tickets.domain.statuses import FINISHED, MOVES, mover_of
from services.tickets.domain.tickets import Fact, Story, Ticket, Words, unopened
from services.tickets.domain.timeline import entry_of
from shared.contracts.base import Author, AuthorKind, Channel
from shared.contracts.tickets import BackOffice, MessageKind, TicketStatus, TicketStatusChanged
from shared.ids import new_id

MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
POLICIES = [Lifecycle(), Lifecycle(0, 0), Lifecycle(None, None), Lifecycle(30, 3)]
ACTORS = {
    kind: Author(kind=kind, id=kind.value)
    for kind in (AuthorKind.PLAYER, AuthorKind.STAFF, AuthorKind.SERVER, AuthorKind.BOT, AuthorKind.SYSTEM)
}


class TicketLife(RuleBasedStateMachine):
    """Players, the bot, staff and time act on one ticket; its alarm is kept as the service keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = MORNING
        self.policy = POLICIES[0]
        state = unopened(ticket_id=new_id(), subject="Payout", channel=Channel.FORM, created_at=MORNING)
        self.ticket = Ticket("lucky", state.model_copy(update={"version": 2}))
        self.alarm: datetime | None = None
        self.facts: list[Fact] = []

    def _tell(self, story: Story) -> None:
        self.ticket = story.ticket
        self.facts += story.events
        if reschedules(story.events):
            self.alarm = due_of(self.ticket, self.policy)

    def _story(self, kind: AuthorKind) -> Story:
        return Story(self.ticket, actor=ACTORS[kind], now=self.now)

    @rule(hours=st.integers(1, 24 * 40))
    def time_passes(self, hours: int) -> None:
        """Whatever falls due on the way happens, once."""
        self.now += timedelta(hours=hours)
        while self.alarm is not None and self.alarm <= self.now:
            before = self.ticket.state
            story = self._story(AuthorKind.SYSTEM)
            moves_by_itself(story)
            self._tell(story)
            assert (before.status, self.ticket.state.status) in {
                (TicketStatus.SNOOZED, TicketStatus.OPEN),
                (TicketStatus.RESOLVED, TicketStatus.CLOSED),
            }
            assert self.ticket.state.version == before.version + 1

    @rule(policy=st.sampled_from(POLICIES))
    def the_brand_decides(self, policy: Lifecycle) -> None:
        """From now on; tickets that are resolved already keep their day."""
        self.policy = policy

    @rule(
        kind=st.sampled_from(
            [AuthorKind.STAFF, AuthorKind.SERVER, AuthorKind.BOT, AuthorKind.SYSTEM, AuthorKind.PLAYER]
        ),
        after=st.sampled_from(list(TicketStatus)),
        office=st.none() | st.sampled_from(list(BackOffice)),
        hours=st.none() | st.sampled_from([-1, 0, 1, 30, 24 * 366, 24 * 366 + 1]),
    )
    def somebody_moves_it(
        self, kind: AuthorKind, after: TicketStatus, office: BackOffice | None, hours: int | None
    ) -> None:
        """It moves if the table and the details allow it, and nothing happens otherwise."""
        before, told = self.ticket, len(self.facts)
        wanted: dict[str, object] = {}
        if office is not None:
            wanted["waiting_on"] = office
        if hours is not None:
            wanted["snoozed_until"] = self.now + timedelta(hours=hours)
        story = self._story(kind)
        try:
            story.moves(after, details_of(after, self.ticket.state, wanted, self.now))
        except (StatusMoveRefused, DetailMissing, DetailMisplaced, SnoozeRefused):
            assert story.events == []
        self._tell(story)
        if len(self.facts) == told:
            assert self.ticket.state == before.state
        elif before.state.status is not after:
            assert after in MOVES[mover_of(kind)][before.state.status]
            assert self.ticket.state.status is after

    @rule(hours=st.sampled_from([-1, 0, 1, 30, 24 * 366, 24 * 366 + 1]))
    def staff_put_it_off(self, hours: int) -> None:
        """Until a time to come that is not too far, and never when its work has ended."""
        before, until = self.ticket.state, self.now + timedelta(hours=hours)
        story = self._story(AuthorKind.STAFF)
        try:
            wanted: dict[str, object] = {"snoozed_until": until}
            story.moves(TicketStatus.SNOOZED, details_of(TicketStatus.SNOOZED, before, wanted, self.now))
        except (StatusMoveRefused, SnoozeRefused):
            assert before.status in FINISHED or hours not in {1, 30, 24 * 366}
            return
        self._tell(story)
        assert self.alarm == until
        assert hours in {1, 30, 24 * 366} or before.snoozed_until == until

    @rule(
        kind=st.sampled_from([AuthorKind.PLAYER, AuthorKind.STAFF, AuthorKind.BOT]),
        note=st.booleans(),
        automatic=st.booleans(),
    )
    def somebody_speaks(self, kind: AuthorKind, *, note: bool, automatic: bool) -> None:
        """Words move it back to work, into work or nowhere; late ones of the player do not join it at all."""
        said = MessageKind.MESSAGE if kind is AuthorKind.PLAYER else MessageKind.NOTE if note else MessageKind.REPLY
        before = self.ticket.state.status
        if said is MessageKind.MESSAGE and not automatic and not takes_words(self.ticket, self.policy, self.now):
            assert before in FINISHED
            assert self.policy.reopen_days is not None
            return
        story = self._story(kind)
        story.says(Words(new_id(), said, ACTORS[kind], "Hello", self.now, automatic=automatic))
        self._tell(story)
        after = self.ticket.state.status
        if automatic or said is MessageKind.NOTE:
            assert after is before
        elif said is MessageKind.MESSAGE:
            assert after in {TicketStatus.NEW, TicketStatus.BOT, TicketStatus.OPEN}
        elif kind is AuthorKind.STAFF:
            assert after not in {TicketStatus.NEW, TicketStatus.BOT}

    @invariant()
    def it_says_what_it_waits_for_and_nothing_else(self) -> None:
        """A back office while waiting, a time while snoozed, an end while finished."""
        state = self.ticket.state
        assert (state.waiting_on is not None) == (state.status is TicketStatus.WAITING)
        assert (state.snoozed_until is not None) == (state.status is TicketStatus.SNOOZED)
        assert (self.ticket.resolved_at is not None) == (state.status in FINISHED)

    @invariant()
    def its_alarm_rings_only_for_what_moves_by_itself(self) -> None:
        """A snoozed ticket always wakes, within the longest snooze; only a resolved one closes."""
        status = self.ticket.state.status
        if status is TicketStatus.SNOOZED:
            assert self.alarm is not None
            assert self.alarm == self.ticket.state.snoozed_until
            assert self.alarm - self.now <= LONGEST_SNOOZE
        elif status is not TicketStatus.RESOLVED:
            assert self.alarm is None

    @invariant()
    def its_facts_tell_its_life(self) -> None:
        """Versions without gaps, moves that begin where the one before ended, each a line with actor, before, after."""
        versions = [fact.ticket.version for fact in self.facts]
        assert versions == list(range(3, 3 + len(versions)))
        moves = [fact for fact in self.facts if isinstance(fact, TicketStatusChanged)]
        places = [TicketStatus.NEW, *(fact.after for fact in moves)]
        assert [fact.before for fact in moves] == places[:-1]
        assert places[-1] is self.ticket.state.status
        for fact in moves:
            entry = entry_of(fact, new_id())
            assert entry.author == fact.actor
            assert entry.change is not None
            assert (entry.change["before"], entry.change["after"]) == (fact.before, fact.after)


TestTicketLife = TicketLife.TestCase
