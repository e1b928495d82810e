"""Which e-mail addresses may be written to: those a mail server of today takes, and nothing that smuggles headers."""

import re
from collections.abc import Mapping
from typing import Final

from services.chat.domain.errors import AddressUnusable

LONGEST_ADDRESS: Final = 254
_LONGEST_LOCAL: Final = 64
# The dot-atom of RFC 5322, section 3.4.1; quoted local parts and address literals belong to nobody who asks for help.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?:[A-Za-z]{{2,63}}|xn--[A-Za-z0-9-]{{1,59}})")


def usable_address(text: str) -> str:
    """Return an address as it is written to, its domain in ASCII and lower case; raise `AddressUnusable`."""
    local, at, domain = text.strip().rpartition("@")
    plain = _in_ascii(domain)
    if not at or len(local) > _LONGEST_LOCAL or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(plain):
        raise AddressUnusable(field="email")
    address = f"{local}@{plain}"
    if len(address) > LONGEST_ADDRESS:
        raise AddressUnusable(field="email")
    return address


def vouched_address(claims: Mapping[str, str]) -> str | None:
    """Return the address that the operator signed for a player, if it can be written to."""
    try:
        return usable_address(claims.get("email", ""))
    except AddressUnusable:
        return None


def _in_ascii(domain: str) -> str:
    """Return a domain as name servers know it (RFC 3490); what is none stays as it is and is refused."""
    if domain.isascii():
        return domain.lower()
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return domain
