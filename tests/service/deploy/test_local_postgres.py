"""The private PostgreSQL: crash, return, and an end that leaves nothing behind."""

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.local.databases import ServiceUrls, create_service_databases_async, service_urls
from deploy.local.postgres import LocalPostgres
from deploy.local.processes import alive, port_is_free


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPostgres]:
    postgres = LocalPostgres(tmp_path_factory.mktemp("pg") / "postgres", follow_parent=True)
    yield postgres.start()
    postgres.remove()


@pytest.fixture(scope="module")
async def urls(server: LocalPostgres) -> ServiceUrls:
    return await create_service_databases_async(server.url(), "tickets")


async def _value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_data_written_before_a_crash_is_there_after_the_restart(server: LocalPostgres, urls: ServiceUrls) -> None:
    await _value(urls.owner, "CREATE TABLE kept AS SELECT 7 AS number")
    server.kill()
    assert not server.running
    server.start()
    assert await _value(urls.owner, "SELECT number FROM kept") == 7


async def test_a_stop_leaves_no_process_and_no_port(server: LocalPostgres) -> None:
    pid, port = server.pid, server.port
    assert pid is not None
    server.stop()
    assert not alive(pid)
    assert port_is_free(port)
    assert not (server.data / "postmaster.pid").exists()
    server.start()
    assert server.port == port


async def test_another_handle_on_the_same_folder_sees_and_stops_the_server(server: LocalPostgres) -> None:
    other = LocalPostgres(server.folder)
    assert other.pid == server.pid
    assert other.start().pid == server.pid
    other.stop()
    assert not server.running
    server.start()


@pytest.mark.parametrize(("kind", "limit"), [("app", "5s"), ("worker", "30s")])
async def test_service_roles_are_harmless_and_limited(urls: ServiceUrls, kind: str, limit: str) -> None:
    url = getattr(urls, kind)
    query = "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    assert await _value(url, query) is False
    assert await _value(url, "SHOW statement_timeout") == limit
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _value(url, "CREATE TABLE not_mine (id int)")


async def test_roles_of_one_service_cannot_enter_the_database_of_another(
    server: LocalPostgres, urls: ServiceUrls
) -> None:
    chat = await create_service_databases_async(server.url(), "chat")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _value(chat.with_database("pitboss_tickets").app, "SELECT 1")
    assert await _value(urls.app, "SELECT current_database()") == "pitboss_tickets"


async def test_repeating_the_provisioning_changes_nothing(server: LocalPostgres, urls: ServiceUrls) -> None:
    again = await create_service_databases_async(server.url(), "tickets")
    assert again == urls == service_urls(server.url(), "tickets")
    assert await _value(again.app, "SELECT current_user") == "tickets_app"


async def test_the_server_is_durable_unless_told_otherwise(server: LocalPostgres, tmp_path: Path) -> None:
    assert [await _value(server.url(), f"SHOW {name}") for name in ("fsync", "full_page_writes")] == ["on", "on"]
    forgetful = LocalPostgres(tmp_path / "postgres", durable=False, follow_parent=True).start()
    try:
        assert await _value(forgetful.url(), "SHOW fsync") == "off"
        assert await _value(forgetful.url(), "SHOW max_connections") == "300"
    finally:
        forgetful.remove()
    assert not forgetful.running
    assert not forgetful.folder.exists()
