"""How a brand wants its live conversations kept: when silence ends them, and whether players are asked for a rating."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.chat.domain.forms import BUILT_IN_FORM, Form
from services.chat.domain.hours import Hours
from services.chat.domain.values import Person
from shared.contracts.base import AuthorKind
from shared.contracts.tickets import TicketStatus

# With any other status a person of the casino is due to act, so the player's silence counts for nothing.
_PLAYERS_TURN: Final = frozenset({TicketStatus.BOT, TicketStatus.PENDING, TicketStatus.RESOLVED})
_SETTLED: Final = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED})
_PLAYERS: Final = frozenset({AuthorKind.PLAYER, AuthorKind.VISITOR})


@dataclass(frozen=True, slots=True)
class ChatPolicy:
    """A brand's rules; `version` 0 is the built-in ones.

    A player who is to answer and says nothing for `warn_after` is warned, and `end_after` later the conversation ends;
    its ticket lives on. None: silence never ends a conversation. `announces_people`: players are told who of the
    staff joins and leaves, and who holds their conversation. Players correct or withdraw what they said for
    `correct_within`; zero: never. What he was answered and has not read after `mail_after` goes to him by e-mail; None:
    nothing does. Times are told in `time_zone`. Outside `hours` (None: there are none), or where one waits for longer
    than `longest_wait`, he is told to leave a message.
    """

    version: int = 0
    warn_after: timedelta | None = timedelta(minutes=10)
    end_after: timedelta = timedelta(minutes=5)
    asks_for_rating: bool = True
    announces_people: bool = True
    correct_within: timedelta = timedelta(minutes=2)
    mail_after: timedelta | None = timedelta(minutes=5)
    time_zone: str = "UTC"
    transcripts_a_day: int = 3
    form: Form = BUILT_IN_FORM
    hours: Hours | None = None
    longest_wait: timedelta | None = None


BUILT_IN: Final = ChatPolicy()


class Step(StrEnum):
    """What becomes of a conversation whose silence has lasted."""

    REST = "rest"
    WARN = "warn"
    END = "end"


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is: where the ticket stands (None: unknown) and who spoke last (None: nobody)."""

    status: TicketStatus | None
    last_spoke: AuthorKind | None

    @property
    def is_players(self) -> bool:
        """True if nothing but the player's answer is waited for."""
        return self.status in _PLAYERS_TURN and self.last_spoke is not None and self.last_spoke not in _PLAYERS


def next_step(turn: Turn, policy: ChatPolicy, *, warned: bool) -> Step:
    """Return what becomes of a silence whose time has come; never an end while a person is due to answer."""
    if not turn.is_players or policy.warn_after is None:
        return Step.REST
    return Step.END if warned else Step.WARN


def is_settled(status: TicketStatus | None) -> bool:
    """True if a ticket with this status (None: unknown) is nobody's work any more."""
    return status in _SETTLED


def shown_holder(name: str | None, status: TicketStatus | None, policy: ChatPolicy) -> str | None:
    """Return the name that a player is told of whoever holds his conversation: of nobody once the matter is settled."""
    return name if policy.announces_people and not is_settled(status) else None


@dataclass(frozen=True, slots=True)
class Ban:
    """A player or visitor who may not talk live until `until` (None: until it is lifted); other channels stay open."""

    id: UUID
    person: Person
    reason: str
    ticket_id: UUID | None
    banned_by: str
    banned_at: datetime
    until: datetime | None
    lifted_by: str | None = None
    lifted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rating:
    """The `round`-th time a player was asked about a conversation, and what he said; `score` is 1 (bad) to 5."""

    ticket_id: UUID
    round: int
    asked_at: datetime
    assignee_id: str | None
    score: int | None = None
    comment: str | None = None
    rated_at: datetime | None = None
