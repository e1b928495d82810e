"""The database ground on a real server: brands apart, commits before answers, absence translated."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from deploy.local.databases import ServiceUrls
from shared.db.engine import (
    Database,
    DatabaseUnavailable,
    Session,
    StatementTimedOut,
    TextUnstorable,
    TransactionFailed,
    is_passing,
    note,
)
from shared.db.fixed import Fixed
from shared.db.ground import inbox
from shared.db.migrate import drift, head, migrate_async
from shared.directory import SERVICES
from shared.ids import new_id
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.unit.shared.test_kernel import Settings

SERVICE = "tickets"
_REMEMBER = Fixed(insert(inbox), columns=("consumer", "event_id", "brand"))
GLOBAL_TABLES = {
    "alembic_version": "the migration's own memory",
    "leases": "who relays for the database, whatever the brand",
    "staff_accounts": "a person may work for several brands and signs in before one is chosen",
    "sign_in_failures": "guesses are counted per account and address, before a brand is known",
}


def settings_of(urls: ServiceUrls, **knobs: object) -> Settings:
    values: dict[str, object] = {
        "database_url": SecretStr(urls.app),
        "worker_database_url": SecretStr(urls.worker),
        "gateway_public_key": "x",
        "cursor_secret": SecretStr("x" * 32),
        **knobs,
    }
    return Settings(**values)  # type: ignore[arg-type]


@pytest.fixture
async def urls(postgres: Cluster) -> AsyncIterator[ServiceUrls]:
    """A fresh database of one service."""
    async with postgres.database(SERVICE) as fresh:
        yield fresh


@pytest.fixture
async def database(urls: ServiceUrls) -> AsyncIterator[Database]:
    """Both roles on it."""
    opened = Database(settings_of(urls), service=SERVICE)
    yield opened
    await opened.stop()


def _row(brand: str) -> dict[str, object]:
    return {"consumer": "tests", "event_id": new_id(), "brand": brand}


async def test_a_brand_sees_only_itself(database: Database) -> None:
    """Row-level security hides other brands from every query, with or without a filter."""
    for brand in ("lucky", "royal"):
        async with database.begin(brand) as session:
            await session.execute(insert(inbox).values(_row(brand)))
    async with database.begin("lucky") as session:
        assert (await session.execute(select(inbox.c.brand))).scalars().all() == ["lucky"]
    async with database.begin_worker() as session:
        assert sorted((await session.execute(select(inbox.c.brand))).scalars()) == ["lucky", "royal"]


async def test_a_brand_cannot_write_into_another(database: Database) -> None:
    """The policy checks inserts as well."""
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.begin("lucky") as session:
            await session.execute(insert(inbox).values(_row("royal")))


async def test_no_brand_means_no_rows(database: Database) -> None:
    """A connection that was bound before and is not now shows nothing: the setting is '' then, not NULL."""
    async with database.begin("lucky") as session:
        await session.execute(insert(inbox).values(_row("lucky")))
    async with database.begin("") as session:
        assert (await session.execute(select(inbox))).all() == []


@pytest.mark.parametrize("brand", ["lucky", "lucky-2", "o'brien", "'; RESET ROLE; --", "Lucky", "везёт"])
async def test_a_brand_is_bound_whatever_it_is_called(database: Database, brand: str) -> None:
    async with database.begin(brand) as session:
        await session.execute(insert(inbox).values(_row(brand)))
        assert (await session.execute(text("SELECT current_setting('pitboss.brand')"))).scalar() == brand
        assert (await session.execute(select(inbox.c.brand))).scalars().all() == [brand]
        assert (await session.execute(text("SELECT current_user"))).scalar() == f"{SERVICE}_app"


async def test_the_binding_ends_with_the_transaction(database: Database) -> None:
    """The brand is set locally; the pool hands out clean connections."""
    async with database.begin("lucky"):
        pass
    async with database._transaction(database._application) as session:  # noqa: SLF001 - to look without binding
        assert (await session.execute(text("SELECT current_setting('pitboss.brand', true)"))).scalar() == ""


async def _fail_after_writing(database: Database) -> None:
    async with database.begin("lucky") as session:
        await session.execute(insert(inbox).values(_row("lucky")))
        session.info["recorded"] = True
        raise LookupError


async def test_a_failure_undoes_everything(database: Database) -> None:
    """Anything but a clean exit rolls back and wakes nobody."""
    woken: list[str] = []
    database.after_commit.append(lambda: woken.append("relay"))
    with pytest.raises(LookupError):
        await _fail_after_writing(database)
    async with database.begin("lucky") as session:
        assert (await session.execute(select(inbox))).all() == []
        session.info["recorded"] = True
    assert woken == ["relay"]


async def test_the_application_role_owns_and_bypasses_nothing(urls: ServiceUrls, database: Database) -> None:
    """The role that serves requests is neither owner nor superuser and cannot bypass row security."""
    async with database.begin("lucky") as session:
        role = (await session.execute(text("SELECT * FROM pg_roles WHERE rolname = current_user"))).mappings().one()
    assert role["rolname"] == f"{SERVICE}_app"
    assert not any(role[name] for name in ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb"))
    del urls


async def test_an_absent_database_is_unavailable(urls: ServiceUrls) -> None:
    """Nothing listens there: 503, not 500."""
    nowhere = Database(settings_of(urls, database_url=SecretStr("postgresql://a:b@127.0.0.1:9/x")), service=SERVICE)
    with pytest.raises(DatabaseUnavailable):
        await nowhere.ping()
    await nowhere.stop()


async def test_a_connection_lost_in_the_middle_is_unavailable(database: Database) -> None:
    """The server ends the backend while a transaction runs."""
    with pytest.raises(DatabaseUnavailable):
        async with database.begin("lucky") as session:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    await database.ping()


async def test_a_connection_that_died_idle_costs_nothing(
    postgres: Cluster, database: Database, urls: ServiceUrls
) -> None:
    """The server may restart between two requests: a dead connection is replaced before it is used."""
    await database.ping()
    await postgres.end_connections(urls)
    async with database.begin("lucky") as session:
        await session.execute(insert(inbox).values(_row("lucky")))


async def test_a_swallowed_error_is_no_commit(database: Database) -> None:
    """PostgreSQL answers ROLLBACK to the COMMIT of a failed transaction: whoever hid the error hears of it."""
    with pytest.raises(TransactionFailed):
        await _hide_an_error(database)
    async with database.begin("lucky") as session:
        assert (await session.execute(text("SELECT 1"))).scalar() == 1


async def _hide_an_error(database: Database) -> None:
    async with database.begin("lucky") as session:
        with suppress(DBAPIError):
            await session.execute(text("SELECT 1 / 0"))


async def test_both_ways_of_speaking_share_the_transaction(database: Database) -> None:
    """What the driver was told directly and what went through SQLAlchemy is undone together, savepoints included."""
    count = text("SELECT count(*) FROM inbox")
    async with database.begin("lucky") as session:
        await _REMEMBER.many(session, [_row("lucky"), _row("lucky")])
        with pytest.raises(LookupError):
            await _fail_in_savepoint(session)
        assert (await session.execute(count)).scalar_one() == 2
    with pytest.raises(LookupError):
        await _fail_after_both(database)
    async with database.begin("lucky") as session:
        assert await Fixed(count).value(session, {}) == 2


async def _fail_in_savepoint(session: Session) -> None:
    async with session.begin_nested():
        await _REMEMBER.many(session, [_row("lucky")])
        raise LookupError


async def _fail_after_both(database: Database) -> None:
    async with database.begin("lucky") as session:
        await _REMEMBER.row(session, _row("lucky"))
        await session.execute(insert(inbox).values(_row("lucky")))
        raise LookupError


async def test_a_cached_plan_of_an_older_schema_is_unavailable_once(database: Database, urls: ServiceUrls) -> None:
    """A migration under a running service is a reason to try again, not an error of ours."""
    read = Fixed("SELECT * FROM inbox")
    async with database.begin("lucky") as session:
        await read.rows(session, {})
    owner = Database(settings_of(ServiceUrls(urls.owner, urls.owner, urls.owner)), service=SERVICE)
    async with owner.begin("lucky") as session:
        await session.execute(text("ALTER TABLE inbox ADD COLUMN added_since int"))
    await owner.stop()
    with pytest.raises(DatabaseUnavailable, match="schema"):
        async with database.begin("lucky") as session:
            await read.rows(session, {})
    async with database.begin("lucky") as session:
        assert await read.rows(session, {}) == []


async def test_what_a_transaction_noted_is_handed_over_once_it_is_committed(database: Database) -> None:
    """In order and after the commit; one that is undone hands over nothing and leaves nothing for the next."""
    told: list[object] = []
    database.after_notes.append(told.extend)
    with pytest.raises(LookupError):
        await _note_and_fail(database)
    async with database.begin("lucky") as session:
        note(session, "first")
        note(session, "second")
        assert told == []
    async with database.begin("lucky"):
        pass
    assert told == ["first", "second"]


async def _note_and_fail(database: Database) -> None:
    async with database.begin("lucky") as session:
        note(session, "undone")
        raise LookupError


async def test_a_glance_is_a_transaction_of_its_own(postgres: Cluster, database: Database, urls: ServiceUrls) -> None:
    """One statement of the worker role counts at once; a dead connection is reported and not kept."""
    async with database.glance() as session:
        await _REMEMBER.row(session, _row("lucky"))
    async with database.glance() as session:
        assert await Fixed("SELECT count(*) FROM inbox").value(session, {}) == 1
    await postgres.end_connections(urls)
    with pytest.raises(DatabaseUnavailable):
        async with database.glance() as session:
            await _REMEMBER.row(session, _row("lucky"))
    async with database.glance() as session:
        await _REMEMBER.row(session, _row("royal"))


async def test_a_server_that_shuts_down_is_unavailable(
    postgres: Cluster, database: Database, urls: ServiceUrls
) -> None:
    """The driver names the reason behind a lost connection; what counts is that it is lost."""
    sleep = Fixed("SELECT pg_sleep(10)")

    async def run() -> None:
        async with database.begin("lucky") as session:
            await sleep.row(session, {})

    running = asyncio.create_task(run())
    await eventually(lambda: _sleeps(database))
    await postgres.end_connections(urls)
    with pytest.raises(DatabaseUnavailable) as refused:
        await running
    assert is_passing(refused.value)
    assert is_passing(refused.value.__cause__ or refused.value)


def test_an_error_raised_from_itself_is_judged_all_the_same() -> None:
    """A story without end ends somewhere."""
    error = LookupError("nothing there")
    error.__cause__ = error
    assert not is_passing(error)


async def _sleeps(database: Database) -> bool:
    sleeping = Fixed("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
    async with database.begin("lucky") as session:
        return bool(await sleeping.value(session, {}))


async def test_a_slow_statement_is_cut(urls: ServiceUrls) -> None:
    """The role's time limit ends it, and the connection stays usable."""
    hasty = Database(settings_of(urls, statement_timeout="PT0.05S"), service=SERVICE)
    with pytest.raises(StatementTimedOut):
        async with hasty.begin("lucky") as session:
            await session.execute(text("SELECT pg_sleep(3)"))
    await hasty.ping()
    await hasty.stop()


async def test_a_full_pool_is_unavailable(urls: ServiceUrls) -> None:
    """Waiting for a connection has a limit."""
    small = Database(settings_of(urls, pool_size=1, pool_overflow=0, pool_timeout="PT0.1S"), service=SERVICE)
    async with small.begin("lucky"):
        with pytest.raises(DatabaseUnavailable, match="no database connection"):
            await small.ping()
    await small.stop()


async def test_cancelled_work_returns_its_connection(database: Database) -> None:
    """A caller that leaves in the middle leaks nothing."""
    for _ in range(20):
        task = asyncio.create_task(database.ping())
        await asyncio.wait({task}, timeout=0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await database.ping()
    assert database._application.pool.checkedout() == 0  # type: ignore[attr-defined]  # noqa: SLF001 - the leak is inside


@pytest.mark.parametrize("service", [entry.name for entry in SERVICES])
async def test_migrations_make_the_declared_tables(postgres: Cluster, service: str) -> None:
    """No drift between `tables.py` and the migrations; running them again changes nothing."""
    async with postgres.database(service) as urls:
        assert await drift(service, urls.owner) == []
        assert await migrate_async(service, urls.owner) == head(service)


@pytest.mark.parametrize("service", [entry.name for entry in SERVICES])
async def test_every_table_is_isolated_or_listed(postgres: Cluster, service: str) -> None:
    """A table without a brand and forced row security must have a reason."""
    async with postgres.database(service) as urls:
        database = Database(settings_of(urls), service=service)
        async with database.begin("lucky") as session:
            found = await session.execute(
                text(
                    "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced,"
                    " EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND attname = 'brand') AS branded"
                    " FROM pg_class c"
                    " WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
                )
            )
            naked = {row.relname for row in found if not (row.forced and row.branded)}
        await database.stop()
    assert naked - GLOBAL_TABLES.keys() == set()


async def test_a_text_that_cannot_be_stored_is_the_callers_fault(database: Database) -> None:
    """NUL in a text is a refusal, not a failure of ours."""
    with pytest.raises(TextUnstorable):
        async with database.begin("lucky") as session:
            await session.execute(insert(inbox).values(**_row("lucky") | {"consumer": "te\x00sts"}))
