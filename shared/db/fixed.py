"""Statements whose SQL never changes, said to the driver itself: the busiest writes and reads of the product.

SQLAlchemy compiles such a statement once; executing it through SQLAlchemy would cost several times what the driver
needs, in every one of them. They run in the same transaction as everything else of their session.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

import asyncpg
from sqlalchemy import ClauseElement, text
from sqlalchemy.dialects.postgresql import asyncpg as dialect
from sqlalchemy.ext.asyncio import AsyncConnection

_DIALECT: Final = dialect.dialect()  # type: ignore[no-untyped-call]

Values = Mapping[str, object]


def driver_of(session: AsyncConnection) -> "asyncpg.Connection":
    """Return the driver's connection of an open session."""
    connection = session.sync_connection
    if connection is None:
        message = "the session is closed"
        raise RuntimeError(message)
    return cast("asyncpg.Connection", connection.connection.driver_connection)


class Fixed:
    """One statement, compiled at import; SQL names its parameters `:so`, and values come under their names.

    `columns` restricts an INSERT or the SET of an UPDATE to those that are given values. Values and
    results are what they would be through SQLAlchemy, save that a row is the driver's.
    """

    def __init__(self, statement: ClauseElement | str, *, columns: Sequence[str] | None = None) -> None:
        clause = text(statement) if isinstance(statement, str) else statement
        compiled = clause.compile(dialect=_DIALECT, column_keys=None if columns is None else list(columns))
        self.sql = str(compiled)
        names: list[str] = compiled.positiontup or []  # type: ignore[attr-defined]
        constants = compiled.params
        processors = ((name, compiled.binds[name]) for name in names)  # type: ignore[attr-defined]
        self._binds = [(name, _processor(bind.type), constants[name]) for name, bind in processors]

    async def rows(self, session: AsyncConnection, values: Values) -> "list[asyncpg.Record]":
        """Execute and return all rows."""
        return await driver_of(session).fetch(self.sql, *self._arguments(values))

    async def row(self, session: AsyncConnection, values: Values) -> "asyncpg.Record | None":
        """Execute and return the first row, if there is one."""
        return await driver_of(session).fetchrow(self.sql, *self._arguments(values))

    async def value(self, session: AsyncConnection, values: Values) -> Any:  # noqa: ANN401 - as the driver gives it
        """Execute and return the first column of the first row, None without one."""
        return await driver_of(session).fetchval(self.sql, *self._arguments(values))

    async def many(self, session: AsyncConnection, rows: Sequence[Values]) -> None:
        """Execute once for each row of values, in one round trip."""
        await driver_of(session).executemany(self.sql, [self._arguments(values) for values in rows])

    def _arguments(self, values: Values) -> list[object]:
        return [
            process(values.get(name, constant)) if process else values.get(name, constant)
            for name, process, constant in self._binds
        ]


def _processor(type_: Any) -> Callable[[object], object] | None:  # noqa: ANN401 - any of SQLAlchemy's types
    processor: Callable[[object], object] | None = type_.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    return processor
