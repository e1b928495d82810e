"""Answers that staff let a live player choose from."""

from collections.abc import Sequence
from typing import Final

from services.tickets.domain.errors import QuickRepliesRefused
from services.tickets.domain.tickets import Ticket
from shared.contracts.base import QuickReply
from shared.contracts.tickets import MessageKind

MOST_QUICK_REPLIES: Final = 5


def check_quick_replies(chosen: Sequence[QuickReply], kind: MessageKind, ticket: Ticket) -> None:
    """Refuse buttons that nobody could press: in a note, or where no conversation is live."""
    if not chosen:
        return
    if kind is not MessageKind.REPLY or not (ticket.live or ticket.also_for):
        raise QuickRepliesRefused(field="quick_replies")
    if len({one.label for one in chosen}) < len(chosen):
        raise QuickRepliesRefused("two of them say the same", field="quick_replies")
