"""What a caller may present in `Authorization`, told apart by form alone and never logged."""

import hashlib
import re
import secrets
from enum import StrEnum
from typing import ClassVar, Final, NamedTuple

from shared.errors import DomainError, Kind

SCOPES: Final = (
    "tickets:read", "tickets:write", "webhooks:read", "webhooks:write",
    "sla:read", "sla:write", "staff:read", "chat:read", "audit:read", "complaints:read", "documents:read",
)  # fmt: skip
STAFF_PREFIX: Final = "pbs_"
REFRESH_PREFIX: Final = "pbr_"
VISITOR_PREFIX: Final = "pbv_"
_LONGEST: Final = 4096
_SECRET_BYTES: Final = 32
_ID_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_ID_LENGTH: Final = 12
_API_KEY: Final = re.compile(r"pb_([a-z]{2,8})_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")
_OPAQUE: Final = re.compile(r"pb[sv]_[A-Za-z0-9_-]{43}")
_JWT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class CredentialMissing(DomainError):
    """The request carries no credential."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


class CredentialRejected(DomainError):
    """The credential is unknown, malformed, expired or revoked."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


class ApiKeyNotFound(DomainError):
    """There is no such API key."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class ExpiryPast(DomainError):
    """A key cannot expire before it is made."""

    kind: ClassVar[Kind] = Kind.INVALID


class ApiKeyNameTaken(DomainError):
    """A live API key of the brand already has this name."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class CredentialForm(StrEnum):
    """What a credential looks like; whether it is good is another question."""

    STAFF_SESSION = "staff-session"
    API_KEY = "api-key"
    PLAYER_TOKEN = "player-token"  # noqa: S105 - the name of a form
    VISITOR_SESSION = "visitor-session"


class Credential(NamedTuple):
    """A presented credential; `digest` stands for it wherever it is remembered."""

    form: CredentialForm
    value: str
    digest: bytes


class ApiKey(NamedTuple):
    """The parts of `pb_<env>_<keyid>_<secret>`."""

    environment: str
    key_id: str
    secret: str

    def text(self) -> str:
        """Return the key as its owner sees it, once."""
        return f"pb_{self.environment}_{self.key_id}_{self.secret}"

    def digest(self) -> bytes:
        """Return what is stored: the secret has 256 random bits, so a fast hash is enough."""
        return digest(self.secret)


_FORMS: Final = (
    (STAFF_PREFIX, _OPAQUE, CredentialForm.STAFF_SESSION),
    (VISITOR_PREFIX, _OPAQUE, CredentialForm.VISITOR_SESSION),
    ("pb_", _API_KEY, CredentialForm.API_KEY),
    ("", _JWT, CredentialForm.PLAYER_TOKEN),
)


def digest(value: str) -> bytes:
    """Return the SHA-256 of a credential."""
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).digest()


def parse_authorization(header: str | None) -> Credential | None:
    """Return the credential in an `Authorization` header, None if there is no header; refuse any other scheme."""
    if header is None:
        return None
    scheme, _, value = header.strip().partition(" ")
    value = value.strip()
    if scheme.lower() != "bearer" or not value or len(value) > _LONGEST:
        raise CredentialRejected("use the Bearer scheme (RFC 6750)")
    return Credential(_form(value), value, digest(value))


def _form(value: str) -> CredentialForm:
    """A JSON Web Token begins with base64 of `{`, so none of the prefixes can begin one."""
    for prefix, pattern, form in _FORMS:
        if value.startswith(prefix) and pattern.fullmatch(value):
            return form
    raise CredentialRejected


def parse_api_key(value: str) -> ApiKey:
    """Return the parts of an API key; refuse anything else."""
    match = _API_KEY.fullmatch(value)
    if match is None:
        raise CredentialRejected
    return ApiKey(*match.groups())


def new_opaque(prefix: str) -> str:
    """Return a random token of 256 bits."""
    return prefix + secrets.token_urlsafe(_SECRET_BYTES)


def new_api_key(environment: str) -> ApiKey:
    """Return a fresh API key; only its digest is kept."""
    return ApiKey(environment, new_short_id(), secrets.token_urlsafe(_SECRET_BYTES))


def new_short_id() -> str:
    """Return twelve characters (60 bits) that are hard to misread: the public name of a key."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))
