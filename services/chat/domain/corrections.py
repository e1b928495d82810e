"""Words that were said are corrected or withdrawn: by whom, for how long, and what has to be left.

A transcript only grows: a correction is an entry of its own, with the next `seq`, so that cursors, gaps and order mean
what they always meant. What was said before stays beneath it, for the staff.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.chat.domain.errors import (
    CorrectionsSwitchedOff,
    CorrectionTooLate,
    SessionHasEnded,
    TooManyCorrections,
    WordsOfAnother,
    WordsWithdrawn,
)
from services.chat.domain.values import Conversation, Message
from shared.contracts.base import Author, AuthorKind

MOST_CORRECTIONS: Final = 20
_PLAYERS: Final = frozenset({AuthorKind.PLAYER, AuthorKind.VISITOR})
_NO_TIME: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Correction:
    """A wish to put other words in the place of a message's; `text` None withdraws them, with the files they carry.

    Either `client_msg_id` (a player's wish) or `entry_id` (one that entered through tickets, which has judged it)
    recognises a repetition. `said_at` is the time of one that entered through tickets.
    """

    ticket_id: UUID
    message_id: UUID
    author: Author
    text: str | None
    client_msg_id: str | None = None
    entry_id: UUID | None = None
    said_at: datetime | None = None

    @property
    def is_judged(self) -> bool:
        """True for what entered through tickets: it is taken over, also after the conversation ended."""
        return self.entry_id is not None

    def is_in(self, message: Message) -> bool:
        """True if the message, or the entry, already says what is wished for."""
        return message.is_withdrawn if self.text is None else not message.is_withdrawn and message.text == self.text

    def was(self, entry: Message) -> bool:
        """True if an earlier entry is this very correction."""
        return entry.corrects == self.message_id and self.is_in(entry)


@dataclass(frozen=True, slots=True)
class Version:
    """What a message said from `since` on, None: nothing, it was withdrawn; `seq` is the entry that made it so."""

    seq: int
    author: Author
    text: str | None
    since: datetime


def check_own(message: Message) -> None:
    """Refuse a player who means words of the other side; of his side nobody else speaks in his conversation."""
    if message.author.kind not in _PLAYERS:
        raise WordsOfAnother


def check_correction(
    wish: Correction, message: Message, conversation: Conversation, *, made: int, within: timedelta, now: datetime
) -> None:
    """Refuse a player's correction that comes too late or too often; `made` counts those of this message so far."""
    if conversation.ended_at is not None:
        raise SessionHasEnded
    if within <= _NO_TIME:
        raise CorrectionsSwitchedOff
    if message.is_withdrawn:
        raise WordsWithdrawn
    until = message.sent_at + within
    if now > until:
        raise CorrectionTooLate(until=until.isoformat())
    if wish.text is not None and made >= MOST_CORRECTIONS:
        raise TooManyCorrections


def version_of(entry: Message) -> Version:
    """Return what an entry of a message's history said."""
    return Version(entry.seq, entry.author, None if entry.is_withdrawn else entry.text, entry.sent_at)
