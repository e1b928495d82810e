"""Whose words a person owes an answer to, and since when."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from services.sla.domain import clocks as rules
from services.sla.domain.running import Running
from shared.contracts.sla import ClockCancelled, ClockKind, ClockMet, ClockState
from shared.contracts.tickets import TicketStatus

RESPONSES: Final = (ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE)


class Owing(Running):
    """The part of an event's work that is about answers; lives for one event."""

    @property
    def _with_bot(self) -> bool:
        return self._ticket.status is TicketStatus.BOT

    def _greet(self, at: datetime | None = None) -> None:
        self._ticket = replace(self._ticket, greeted=True)
        self._begin(ClockKind.FIRST_RESPONSE, at)

    def _owe(self, at: datetime) -> None:
        if self._ticket.greeted:
            self._begin(ClockKind.NEXT_RESPONSE, at)
        else:
            self._greet(at)

    def _owe_only(self, since: datetime | None) -> None:
        """Owe an answer to words of `since`, if any, and to no older ones; a first one that is taken back is owed."""
        running = [clock for metric in RESPONSES if (clock := self._open.get(metric)) is not None]
        older = [clock for clock in running if since is None or clock.started_at < since]
        for clock in older:
            self._end(clock.kind, rules.cancel, ClockCancelled)
            if clock.kind is ClockKind.FIRST_RESPONSE:
                broken = self._changed[clock.id].state is ClockState.BREACHED
                self._ticket = replace(self._ticket, greeted=broken)
        if since is not None and len(older) == len(running):
            self._owe(since)

    def _wait(self) -> None:
        if self._ticket.done or self._with_bot:
            self._ticket = replace(self._ticket, waiting_since=self._ticket.waiting_since or self._at)
        elif ClockKind.FIRST_RESPONSE not in self._open:
            self._owe(self._at)

    def _answered(self, author_id: str | None) -> None:
        if self._with_bot and not self._ticket.greeted:
            self._greet()
        self._ticket = replace(self._ticket, waiting_since=None, borrowed_from=None)
        late = self._make_good(*RESPONSES)
        for metric in RESPONSES:
            if not (late and self._begun_since(metric)):
                self._end(metric, rules.meet, ClockMet)
        self._make_good(ClockKind.PERIODIC_UPDATE)
        if not self._begun_since(ClockKind.PERIODIC_UPDATE):
            self._end(ClockKind.PERIODIC_UPDATE, rules.meet, ClockMet)
        if author_id is not None and author_id == self._ticket.asked_id:
            self._accept()
        if not self._ticket.done:
            self._begin(ClockKind.PERIODIC_UPDATE)

    def _accept(self) -> None:
        self._ticket = replace(self._ticket, accepted=True, asked_id=None)
        self._end(ClockKind.SENIOR_ACCEPTS, rules.meet, ClockMet)

    def _take_over(self) -> None:
        """Owe an answer from the hand-over on: the first one, or the next if something was said to the bot."""
        if not self._ticket.greeted or self._ticket.waiting_since is not None:
            self._owe(self._at)
        self._ticket = replace(self._ticket, waiting_since=None)

    def _leave_to_bot(self) -> None:
        """Take the time back that ran until the bot took the ticket, unless its promise is broken already."""
        clock = self._open.get(ClockKind.FIRST_RESPONSE)
        if clock is None:
            return
        self._end(ClockKind.FIRST_RESPONSE, rules.cancel, ClockCancelled)
        self._ticket = replace(self._ticket, greeted=self._changed[clock.id].state is ClockState.BREACHED)
