"""Which mail was not written by a person: auto-responders, lists, bounces and loops (RFC 3834, section 2)."""

import re
from collections.abc import Iterable
from typing import Final

from shared.channels.email.parsing import ParsedMail
from shared.channels.email.tokens import mailbox_of

_NULL_SENDERS: Final = frozenset({"", "<>"})
_BULK: Final = frozenset({"bulk", "junk", "list", "auto_reply"})
_TELLTALE_HEADERS: Final = (
    "list-id",
    "list-unsubscribe",
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-response-suppress",
)
_ROBOT_MAILBOX = re.compile(
    r"(?:mailer-daemon|postmaster|(?:do[-_.]?not|no)[-_.]?reply|bounces?|auto-?responder)(?:[-+_.=].*)?@", re.IGNORECASE
)


def is_automatic(parsed: ParsedMail, envelope_from: str, own_addresses: Iterable[str]) -> bool:
    """True if answering could start a loop: such mail is kept but never answered and proves nothing about the player.

    `envelope_from` is the SMTP sender, null as "" or "<>"; `own_addresses` are the brand's mailboxes. An envelope
    sender that is a robot's counts as well, because bounces often come under a person's From.
    """
    own = {mailbox_of(address) for address in own_addresses}
    return (
        envelope_from.strip() in _NULL_SENDERS
        or _says_so(parsed)
        or _is_robot_or_own(parsed.from_address, own)
        or _is_robot_or_own(envelope_from.strip().strip("<>"), own)
        or any(mailbox_of(value) in own for value in parsed.header("x-loop"))
    )


def _says_so(parsed: ParsedMail) -> bool:
    if parsed.content_type == "multipart/report" or any(parsed.header(name) for name in _TELLTALE_HEADERS):
        return True
    if any(_first_word(value) != "no" for value in parsed.header("auto-submitted")):
        return True
    return any(_first_word(value) in _BULK for name in ("precedence", "x-precedence") for value in parsed.header(name))


def _is_robot_or_own(address: str, own: set[str]) -> bool:
    return _ROBOT_MAILBOX.match(address) is not None or mailbox_of(address) in own


def _first_word(value: str) -> str:
    return value.partition(";")[0].partition("(")[0].strip().lower()
