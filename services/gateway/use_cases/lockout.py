"""Guessing passwords: whoever fails too often, by account or by network address, has to wait.

A failure is counted in a transaction of its own, which commits although the attempt is refused.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from services.gateway.domain.accounts import LockPolicy, SignInLocked, after_failure
from services.gateway.queries import identity
from services.gateway.settings import Settings
from shared.db.engine import Database, Session


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to prove a password; account and address stand here as keyed digests that nobody can read back."""

    account: bytes
    address: bytes
    policies: tuple[LockPolicy, LockPolicy]

    @classmethod
    def of(cls, settings: Settings, *, email: str, address: str) -> Self:
        """Return an attempt on the account with this address, in its normal form, from a network address."""
        key = settings.subject_key()
        return cls(
            hmac.digest(key, b"email:" + email.encode(), "sha256"),
            hmac.digest(key, address.encode(), "sha256"),
            (settings.account_lock(), settings.address_lock()),
        )

    async def admit(self, session: Session, now: datetime) -> None:
        """Raise `SignInLocked` while the account or the address is locked."""
        known = await identity.failures_of(session, (self.account, self.address))
        wait = max((failures.seconds_locked(now) for failures in known.values()), default=0.0)
        if wait > 0:
            raise SignInLocked(retry_after=wait)

    async def fail(self, database: Database, now: datetime) -> None:
        """Count a wrong password."""
        policies = dict(zip((self.account, self.address), self.policies, strict=True))
        async with database.begin_worker() as session:
            await identity.begin_failures(session, policies, now)
            known = await identity.failures_of(session, policies, lock=True)
            for subject, policy in policies.items():
                await identity.write_failures(session, subject, after_failure(known.get(subject), policy, now))

    async def succeed(self, session: Session) -> None:
        """Start the account from zero; the address keeps its count, or one good account would clear it."""
        await identity.forget_failures(session, self.account)
