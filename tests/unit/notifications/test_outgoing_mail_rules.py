"""Which answers leave as e-mail."""

import pytest

from services.notifications.domain.mail import leaves_by_mail
from shared.contracts.base import Channel, ContactRef
from shared.contracts.tickets import MessageAdded, MessageKind

CONTACT = ContactRef(channel=Channel.EMAIL, address="kim@example.org")
REPLY = MessageAdded.sample().model_copy(update={"contact": CONTACT, "live": False})


def test_a_reply_to_a_mailbox_leaves() -> None:
    """Staff's and the bot's answers alike."""
    assert leaves_by_mail(REPLY)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": MessageKind.NOTE},
        {"kind": MessageKind.MESSAGE},
        {"live": True},
        {"automatic": True},
        {"contact": None},
        {"contact": CONTACT.model_copy(update={"channel": Channel.TELEGRAM})},
    ],
)
def test_nothing_else_leaves(change: dict[str, object]) -> None:
    """Notes stay inside, chat is answered by chat, robots get no answer."""
    assert not leaves_by_mail(REPLY.model_copy(update=change))
