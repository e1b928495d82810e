"""Passwords are hashed beside the event loop, two at a time: argon2id takes memory and tens of milliseconds each."""

import asyncio
from collections.abc import Callable
from typing import ClassVar, Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.gateway.settings import Settings
from shared.errors import DomainError, Kind

_LANES: Final = 1
_SLOTS: Final = 2
_WAITING: Final = 32
T = TypeVar("T")


class SignInBusy(DomainError):
    """Too many people are signing in; try again in a moment."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class Passwords:
    """argon2id with the rounds and the memory that the settings say, in one lane.

    At most 32 callers wait for the two slots; more are refused, because such a queue would outlive their deadline.
    """

    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.password_rounds, memory_cost=settings.password_memory_kib, parallelism=_LANES
        )
        self._slots = asyncio.Semaphore(_SLOTS)
        self._waiting = 0
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Return the hash to store."""
        return await self._beside(self._hasher.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """True if the password is the one hashed; an absent hash takes the same time and matches nothing."""
        matched = await self._beside(self._check, stored or self._nobody, password)
        return matched and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """True if the hash was made with other parameters and should be renewed at the next sign-in."""
        return self._hasher.check_needs_rehash(stored)

    def _check(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _beside(self, work: Callable[..., T], *values: str) -> T:
        if self._waiting >= _WAITING:
            raise SignInBusy(retry_after=1)
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(work, *values)
        finally:
            self._waiting -= 1
