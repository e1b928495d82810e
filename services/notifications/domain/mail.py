"""Which answers leave as e-mail, and when a failed one is tried again."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from shared.contracts.base import Channel
from shared.contracts.tickets import MessageAdded, MessageKind

DELAYS: Final = (
    timedelta(0),
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=8),
    timedelta(hours=12),
    timedelta(hours=24),
)
_PERMANENT: Final = range(500, 600)


class MailState(StrEnum):
    """Where an outgoing message stands."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


def leaves_by_mail(event: MessageAdded) -> bool:
    """True if these words are an answer that the player reads in the mailbox; robots get none (RFC 3834, section 2)."""
    contact = event.contact
    return (
        event.kind is MessageKind.REPLY
        and contact is not None
        and contact.channel is Channel.EMAIL
        and not event.live
        and not event.automatic
    )


def is_permanent(code: int | None) -> bool:
    """True if the server will never take this mail (RFC 5321, section 4.2.1); a lost connection is not that."""
    return code is not None and code in _PERMANENT


def next_try(made: int, *, scale: float = 1.0) -> timedelta | None:
    """Return how long to wait after `made` failed tries, or None when they were the last: two days in all."""
    return DELAYS[made] * scale if made < len(DELAYS) else None
