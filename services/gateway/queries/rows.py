"""The rows of the gateway as frozen values with known types."""

from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Result, Row

RowT = TypeVar("RowT", bound=NamedTuple)


class Account(NamedTuple):
    """A person."""

    id: UUID
    email: str
    password_hash: str


class Membership(NamedTuple):
    """A person's place in one brand."""

    id: UUID
    brand: str
    staff_id: UUID
    name: str
    role: str
    status: str
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime


class Member(NamedTuple):
    """A membership with the person's address."""

    id: UUID
    brand: str
    staff_id: UUID
    name: str
    role: str
    status: str
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime
    email: str


class StaffSession(NamedTuple):
    """A session with the person behind it; `active` covers membership and brand."""

    id: UUID
    brand: str
    membership_id: UUID
    access_expires_at: datetime
    refresh_digest: bytes
    rotated_at: datetime
    last_seen_at: datetime
    created_at: datetime
    revoked_at: datetime | None
    staff_id: UUID
    name: str
    role: str
    email: str
    active: bool


class VisitorSession(NamedTuple):
    """An anonymous session."""

    id: UUID
    brand: str
    expires_at: datetime


class StoredApiKey(NamedTuple):
    """An API key without its secret."""

    key_id: str
    brand: str
    environment: str
    name: str
    digest: bytes
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class StoredPlayerKey(NamedTuple):
    """A player key; `material` is sealed."""

    kid: str
    brand: str
    algorithm: str
    material: bytes
    created_at: datetime
    revoked_at: datetime | None


class Brand(NamedTuple):
    """A brand."""

    brand: str
    name: str
    languages: list[str]
    default_language: str
    support_email: str | None
    licence: str | None
    allowed_origins: list[str]
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime


def one(kind: type[RowT], result: Result[Any]) -> RowT:
    """Return the only row of a result."""
    return _made(kind, result.one())


def first(kind: type[RowT], result: Result[Any]) -> RowT | None:
    """Return the first row of a result, if there is one."""
    row = result.first()
    return None if row is None else _made(kind, row)


def every(kind: type[RowT], result: Result[Any]) -> list[RowT]:
    """Return all rows of a result."""
    return [_made(kind, row) for row in result.all()]


def _made(kind: type[RowT], row: Row[Any]) -> RowT:
    values = row._mapping  # noqa: SLF001 - the documented way to read a row by name
    return kind._make(values[name] for name in kind._fields)
