"""Which of the answers a player has not read go out by e-mail, and when: each one at most once, and in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.chat.domain.values import LONGEST_FILE_NAME, Message

# An event carries 256 KiB at most, and a character of these words takes up to six bytes there.
MOST_REPLIES: Final = 50
MOST_CHARACTERS: Final = 30_000
# Whoever answered by e-mail looks there: several answers still become one e-mail.
_BY_MAIL: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a player got in a conversation.

    `read_seq` is what he has read or spoken after, `mailed_seq` what was told by e-mail before, `address` where he is
    written to. `writes_mails`: his newest words came by e-mail.
    """

    read_seq: int = 0
    mailed_seq: int = 0
    address: str | None = None
    writes_mails: bool = False


@dataclass(frozen=True, slots=True)
class Outlook:
    """What becomes of a conversation's answers now.

    `batch` goes out; else nothing does before `look_at`, None: before something is said or an address becomes known.
    `undelivered`: answers wait for an address.
    """

    batch: tuple[Message, ...] = ()
    look_at: datetime | None = None
    undelivered: bool = False


def patience(mail_after: timedelta, *, writes_mails: bool) -> timedelta:
    """Return how long an answer may stay unread before it is told by e-mail."""
    return min(mail_after, _BY_MAIL) if writes_mails else mail_after


def outlook(replies: Sequence[Message], reached: Reached, mail_after: timedelta | None, now: datetime) -> Outlook:
    """Return what to do with these answers of staff and bot, which are in order.

    None for `mail_after`: the brand tells nothing by e-mail. The time counts from the oldest answer that is unread, and
    whatever is unread by then goes with it, as far as one e-mail has room; the rest follows at once.
    """
    behind = max(reached.read_seq, reached.mailed_seq)
    unread = [reply for reply in replies if reply.seq > behind]
    if not unread or mail_after is None:
        return Outlook()
    due_at = unread[0].sent_at + patience(mail_after, writes_mails=reached.writes_mails)
    if due_at > now:
        return Outlook(look_at=due_at)
    if reached.address is None:
        return Outlook(undelivered=True)
    batch = _fitting(unread)
    return Outlook(batch=batch, look_at=now if len(batch) < len(unread) else None)


def _fitting(unread: Sequence[Message]) -> tuple[Message, ...]:
    """Return the first of these that one e-mail has room for, at least one."""
    fitting: list[Message] = []
    room = MOST_CHARACTERS
    for reply in unread[:MOST_REPLIES]:
        room -= len(reply.text) + LONGEST_FILE_NAME * len(reply.attachments)
        if fitting and room < 0:
            break
        fitting.append(reply)
    return tuple(fitting)
