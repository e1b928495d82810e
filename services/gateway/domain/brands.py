"""Rules of brands: what may name one and from where its pages may call."""

import re
from typing import ClassVar, Final
from urllib.parse import urlsplit

from shared.errors import DomainError, Kind

SLUG: Final = r"^[a-z0-9][a-z0-9-]{1,30}$"
LANGUAGE: Final = r"^[a-z]{2,3}(-[A-Z]{2})?$"
LICENCE: Final = r"^[A-Z]{2}(-[A-Z]{2,3})?$"
_SLUG: Final = re.compile(SLUG)


class BrandNotFound(DomainError):
    """There is no such brand."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class BrandTaken(DomainError):
    """The brand name is taken."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class MailboxTaken(DomainError):
    """Another brand receives its mail at this address."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class LanguagesInconsistent(DomainError):
    """The default language must be one of the brand's languages."""

    kind: ClassVar[Kind] = Kind.INVALID


class OriginInvalid(DomainError):
    """An origin is scheme and host, e.g. `https://play.example`, with nothing after."""

    kind: ClassVar[Kind] = Kind.INVALID


def is_slug(value: str) -> bool:
    """True if `value` could be a brand's id."""
    return _SLUG.fullmatch(value) is not None


def normal_mailbox(address: str) -> str:
    """Return what mailboxes are compared by: lower case, and nothing after a plus, for that reaches the same one."""
    local, _, domain = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def check_languages(languages: tuple[str, ...], default: str) -> None:
    """Raise unless the default is among the languages."""
    if default not in languages:
        raise LanguagesInconsistent(field="default_language")


def check_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    """Return the origins in the form browsers send (RFC 6454, section 6.2)."""
    return tuple(_origin(text) for text in origins)


def _origin(text: str) -> str:
    try:
        parts = urlsplit(text.strip().lower())
        port = parts.port
    except ValueError as error:
        raise OriginInvalid(f"{text} is not an origin", field="allowed_origins") from error
    extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    if parts.scheme not in {"http", "https"} or not parts.hostname or extra:
        raise OriginInvalid(f"{text} is not an origin", field="allowed_origins")
    standard = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port is not None and port != standard else "")
