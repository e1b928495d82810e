"""Rules of staff accounts: addresses, passwords, lockout, the life of a session."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from shared.errors import DomainError, Kind

PASSWORD_LENGTH: Final = (12, 200)
_GENERATED_PASSWORD_BYTES: Final = 15


class BadCredentials(DomainError):
    """The e-mail address or the password is wrong."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


class SessionEnded(DomainError):
    """The session has ended; sign in again."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


class SignInLocked(DomainError):
    """Too many failed attempts; wait before the next one."""

    kind: ClassVar[Kind] = Kind.LIMITED


class BrandAmbiguous(DomainError):
    """The account belongs to several brands; name one."""

    kind: ClassVar[Kind] = Kind.INVALID


class StaffNotFound(DomainError):
    """There is no such member of staff."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class StaffExists(DomainError):
    """The brand already has a member of staff with this e-mail address."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class LastAdmin(DomainError):
    """A brand keeps at least one active administrator."""

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class LockPolicy:
    """How many failures within `window` lock a subject, and for how long."""

    failures: int
    window: timedelta
    lock: timedelta


@dataclass(frozen=True, slots=True)
class Failures:
    """What is remembered of a subject (an account or an address) that failed to sign in."""

    count: int
    since: datetime
    locked_until: datetime | None = None

    def seconds_locked(self, now: datetime) -> float:
        """Return how long the subject must still wait; 0 if it may try."""
        return 0.0 if self.locked_until is None else max(0.0, (self.locked_until - now).total_seconds())


def after_failure(known: Failures | None, policy: LockPolicy, now: datetime) -> Failures:
    """Count one more failure; the window starts anew when it has passed or a lock has run out."""
    lock_ran_out = known is not None and known.locked_until is not None and known.locked_until <= now
    if known is None or lock_ran_out or now - known.since > policy.window:
        known = Failures(count=0, since=now)
    count = known.count + 1
    return replace(
        known, count=count, locked_until=now + policy.lock if count >= policy.failures else known.locked_until
    )


def normal_email(address: str) -> str:
    """Return the form in which addresses are compared; the local part is not case-sensitive in practice."""
    return address.strip().casefold()


def new_password() -> str:
    """Return a random password of 120 bits, to be shown once."""
    return secrets.token_urlsafe(_GENERATED_PASSWORD_BYTES)


@dataclass(frozen=True, slots=True)
class SessionLife:
    """How long a staff session lives: idle since it was last used, and in all (ASVS 7.3)."""

    idle: timedelta
    absolute: timedelta

    def ends_at(self, *, created_at: datetime, last_seen_at: datetime) -> datetime:
        """Return the moment from which neither the access nor the refresh token is good."""
        return min(created_at + self.absolute, last_seen_at + self.idle)
