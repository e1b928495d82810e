"""Two roles on one database: the application, bound to a brand, and the worker, for relay and timers."""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import ClassVar, Final, TypeAlias

import asyncpg
from asyncpg.exceptions import (
    AdminShutdownError,
    CannotConnectNowError,
    CharacterNotInRepertoireError,
    ConnectionDoesNotExistError,
    CrashShutdownError,
    DeadlockDetectedError,
    InterfaceError,
    InternalClientError,
    InvalidCachedStatementError,
    LockNotAvailableError,
    OutdatedSchemaCacheError,
    PostgresConnectionError,
    QueryCanceledError,
    TooManyConnectionsError,
    UntranslatableCharacterError,
)
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.db.fixed import Fixed, driver_of
from shared.errors import DomainError, Kind
from shared.settings import ServiceSettings

Session: TypeAlias = AsyncConnection

_SCOPE: Final = Fixed("SELECT set_config('pitboss.brand', :brand, true)")
_BEGIN: Final = "BEGIN"
# Both in one round trip, of which every request has one less; only for brands in which nothing has to be quoted.
_OPENING: Final = "BEGIN; SET LOCAL pitboss.brand = '{}'"
_PLAIN_BRAND: Final = re.compile(r"[a-z0-9-]+")
_AWAY: Final = (
    PostgresConnectionError,
    CannotConnectNowError,
    AdminShutdownError,
    CrashShutdownError,
    TooManyConnectionsError,
    InterfaceError,
    InternalClientError,
    OSError,
)
# The driver calls a connection that was cut off while it was idle by any of these names.
_LOST: Final = (ConnectionDoesNotExistError, InterfaceError, InternalClientError, ConnectionError)
_MOST_DEAD: Final = 200
_LONGEST_STORY: Final = 8


class DatabaseUnavailable(DomainError):
    """The service's database does not answer now."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class Contended(DomainError):
    """Somebody else holds what this needs; it is free again in a moment."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class StatementTimedOut(DomainError):
    """The database took too long."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class TextUnstorable(DomainError):
    """A text contains a character that cannot be stored."""

    kind: ClassVar[Kind] = Kind.UNPROCESSABLE


_MEANINGS: Final[tuple[tuple[tuple[type[BaseException], ...], type[DomainError], str], ...]] = (
    ((QueryCanceledError,), StatementTimedOut, ""),
    ((LockNotAvailableError, DeadlockDetectedError), Contended, ""),
    ((InvalidCachedStatementError, OutdatedSchemaCacheError), DatabaseUnavailable, "the schema has just changed"),
    (
        (CharacterNotInRepertoireError, UntranslatableCharacterError),
        TextUnstorable,
        "PostgreSQL cannot store NUL in a text",
    ),
    ((*_AWAY, TimeoutError), DatabaseUnavailable, ""),
)


class TransactionFailed(RuntimeError):
    """Somebody hid an error of the database and went on as if the transaction could still be committed."""


class Database:
    """The only place that opens and commits transactions.

    `begin(brand)` hands out one transaction of the application role whose row-level security shows that brand alone;
    `begin_worker()` one of the worker role, which sees every brand in the tables that list it. A clean exit commits,
    anything else rolls back. Functions in `after_commit` run when a committed transaction had recorded events, those in
    `after_notes` with what it had noted, in order.
    """

    def __init__(self, settings: ServiceSettings, *, service: str) -> None:
        self.service = service
        self.after_commit: list[Callable[[], None]] = []
        self.after_notes: list[Callable[[Sequence[object]], None]] = []
        self._application = _engine(settings, settings.database_url.get_secret_value(), f"pitboss-{service}")
        self._worker = _engine(settings, settings.worker_database_url.get_secret_value(), f"pitboss-{service}-worker")

    async def start(self) -> None:
        """Open nothing yet: the pool fills on demand, so that start order does not matter."""

    async def stop(self) -> None:
        """Close every pooled connection."""
        await self._application.dispose()
        await self._worker.dispose()

    async def ping(self) -> None:
        """Return if the application role can be served; raise `DatabaseUnavailable` otherwise."""
        async with self._transaction(self._application) as session:
            await session.execute(text("SELECT 1"))

    @asynccontextmanager
    async def begin(self, brand: str) -> AsyncIterator[Session]:
        """Open a transaction of the application role that sees `brand` only."""
        is_plain = _PLAIN_BRAND.fullmatch(brand) is not None
        async with self._transaction(self._application, _OPENING.format(brand) if is_plain else _BEGIN) as session:
            if not is_plain:
                await self.scope(session, brand)
            yield session

    @asynccontextmanager
    async def begin_worker(self) -> AsyncIterator[Session]:
        """Open a transaction of the worker role."""
        async with self._transaction(self._worker) as session:
            yield session

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[Session]:
        """Give a connection of the worker role for a single statement: PostgreSQL makes it a transaction by itself."""
        async with self._connected(self._worker) as session:
            try:
                yield session
            except _AWAY:
                await session.invalidate()
                raise

    async def scope(self, session: Session, brand: str) -> None:
        """Bind the rest of the transaction to `brand`; consumers handle a batch of several brands in one."""
        await _SCOPE.value(session, {"brand": brand})

    @asynccontextmanager
    async def _connected(self, engine: AsyncEngine) -> AsyncIterator[Session]:
        try:
            async with engine.connect() as session:
                yield session
        except (TimeoutError, SQLAlchemyError, asyncpg.PostgresError, OSError, *_AWAY) as error:
            meant = _translated(error)
            if meant is error:
                raise
            raise meant from error

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine, opening: str = _BEGIN) -> AsyncIterator[Session]:
        async with self._connected(engine) as session:
            driver = await _begun(session, opening)
            session.info["service"] = self.service
            session.info.pop("recorded", None)
            session.info.pop("noted", None)
            try:
                yield session
            except BaseException:
                await _roll_back(session, driver)
                raise
            recorded = bool(session.info.pop("recorded", False))
            noted = session.info.pop("noted", ())
            await _commit(session, driver)
        if recorded:
            for wake in self.after_commit:
                wake()
        if noted:
            for hand_over in self.after_notes:
                hand_over(noted)


def note(session: Session, what: object) -> None:
    """Hand something to this process's `after_notes` if the transaction commits; a process that ends loses it."""
    session.info.setdefault("noted", []).append(what)


async def _begun(session: Session, opening: str) -> "asyncpg.Connection":
    """Begin with `opening` and return the driver's connection; connections that died in the pool are replaced first.

    SQLAlchemy is told that every statement commits by itself, so that it and the driver share this one transaction.
    """
    for _ in range(_MOST_DEAD):
        if session.invalidated:
            await session.get_raw_connection()
        driver = driver_of(session)
        try:
            await driver.execute(opening)
        except _LOST:
            await session.invalidate()
        except BaseException:
            await session.invalidate()
            raise
        else:
            return driver
    raise DatabaseUnavailable("every connection was dead", retry_after=1)


async def _commit(session: Session, driver: "asyncpg.Connection") -> None:
    """Commit; a transaction that the server has given up is an error and not a commit (PostgreSQL answers ROLLBACK)."""
    try:
        done = await driver.execute("COMMIT")
    except BaseException:
        await session.invalidate()
        raise
    if done != "COMMIT":
        message = f"the transaction had failed: {done}"
        raise TransactionFailed(message)


async def _roll_back(session: Session, driver: "asyncpg.Connection") -> None:
    """Undo; a connection that is already gone has nothing to undo and must not hide the first error."""
    try:
        await driver.execute("ROLLBACK")
    except (asyncpg.PostgresError, *_AWAY):
        await session.invalidate()
    except BaseException:
        await session.invalidate()
        raise


def is_passing(error: BaseException) -> bool:
    """True if the same would succeed once others are done or the database is back: no reason to give anything up."""
    meant = error if isinstance(error, DomainError) else _translated(error)
    return isinstance(meant, (DatabaseUnavailable, Contended))


def _translated(error: BaseException) -> BaseException:
    """Return a domain error for an absent, busy or slow database and for NUL in a text, else the error itself."""
    if isinstance(error, PoolTimeout):
        return DatabaseUnavailable("no database connection was free in time", retry_after=1)
    for one in _causes(error):
        for kinds, refusal, detail in _MEANINGS:
            if isinstance(one, kinds):
                return refusal(detail, retry_after=None if refusal is TextUnstorable else 1)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return DatabaseUnavailable(retry_after=1)
    return error


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield what the driver said: the error itself, then what it was raised from, without SQLAlchemy's wrapping."""
    one = error.orig if isinstance(error, DBAPIError) else error
    for _ in range(_LONGEST_STORY):  # whoever raises an error from itself makes a story without end
        if one is None:
            return
        yield one
        one = one.__cause__


def _engine(settings: ServiceSettings, url: str, application: str) -> AsyncEngine:
    return create_async_engine(
        _asyncpg_url(url),
        pool_size=settings.pool_size,
        max_overflow=settings.pool_overflow,
        pool_timeout=settings.pool_timeout.total_seconds(),
        pool_recycle=1800,
        pool_use_lifo=True,
        pool_pre_ping=False,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args={
            "timeout": 3,
            "command_timeout": 30,
            "server_settings": {
                "application_name": application,
                "statement_timeout": _milliseconds(settings.statement_timeout.total_seconds()),
                "lock_timeout": _milliseconds(settings.lock_timeout.total_seconds()),
                "idle_in_transaction_session_timeout": "30000",
                "jit": "off",
            },
        },
    )


def _asyncpg_url(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+asyncpg")


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))
