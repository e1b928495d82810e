"""One database and three roles per service, made from an administrator's address; repeating it changes nothing."""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

import asyncpg
from sqlalchemy import URL, make_url

_ROLE_LIMITS: Final = {
    "owner": {"lock_timeout": "2s", "statement_timeout": "0", "idle_in_transaction_session_timeout": "30s"},
    "app": {"lock_timeout": "2s", "statement_timeout": "5s", "idle_in_transaction_session_timeout": "30s"},
    "worker": {"lock_timeout": "5s", "statement_timeout": "30s", "idle_in_transaction_session_timeout": "30s"},
}
_PROVISIONING: Final = 0x70_69_74_62


@dataclass(frozen=True, slots=True)
class ServiceUrls:
    """The addresses of one service's database: for migrations, for requests, for relay and timers."""

    owner: str
    app: str
    worker: str

    def with_database(self, name: str) -> "ServiceUrls":
        """Return the same roles on another database, such as a copy made from a template."""
        return ServiceUrls(*(_render(make_url(url).set(database=name)) for url in (self.owner, self.app, self.worker)))


def database_name(service: str, *, prefix: str = "pitboss_", suffix: str = "") -> str:
    """Return the name of a service's database."""
    return f"{prefix}{service}{suffix}"


def service_urls(
    admin_url: str, service: str, *, prefix: str = "pitboss_", suffix: str = "", secret: str = ""
) -> ServiceUrls:
    """Return the addresses that `create_service_databases` makes usable.

    A role's password is derived from the administrator's (from `secret` where that is empty): nothing needs storing,
    and every machine that knows the administrator's address arrives at the same ones.
    """
    admin = make_url(admin_url)
    name = database_name(service, prefix=prefix, suffix=suffix)
    seed = (str(admin.password or "") or secret).encode()

    def address(kind: str) -> str:
        role = f"{service}_{kind}"
        password = hmac.new(seed, f"pitboss:{role}".encode(), hashlib.sha256).hexdigest()[:40]
        return _render(admin.set(drivername="postgresql", username=role, password=password, database=name))

    return ServiceUrls(owner=address("owner"), app=address("app"), worker=address("worker"))


def create_service_databases(
    admin_url: str, service: str, *, prefix: str = "pitboss_", suffix: str = "", secret: str = ""
) -> ServiceUrls:
    """Make the database and roles of `service` where they are missing and return their addresses."""
    return asyncio.run(create_service_databases_async(admin_url, service, prefix=prefix, suffix=suffix, secret=secret))


async def create_service_databases_async(
    admin_url: str, service: str, *, prefix: str = "pitboss_", suffix: str = "", secret: str = ""
) -> ServiceUrls:
    """Do what `create_service_databases` does inside a running event loop."""
    urls = service_urls(admin_url, service, prefix=prefix, suffix=suffix, secret=secret)
    name = database_name(service, prefix=prefix, suffix=suffix)
    admin = await asyncpg.connect(_plain(admin_url), timeout=10)
    try:
        await admin.execute("SELECT pg_advisory_lock($1)", _PROVISIONING)
        for kind in _ROLE_LIMITS:
            await _ensure_role(admin, make_url(getattr(urls, kind)), kind)
        await _ensure_database(admin, name, owner=f"{service}_owner")
    finally:
        await admin.close()
    inside = await asyncpg.connect(_plain(_render(make_url(admin_url).set(database=name))), timeout=10)
    try:
        await inside.execute(_rights(name, service))
    finally:
        await inside.close()
    return urls


async def _ensure_role(admin: "asyncpg.Connection", url: URL, kind: str) -> None:
    role = str(url.username)
    if not await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        await admin.execute(f'CREATE ROLE "{role}"')
    await admin.execute(
        f"ALTER ROLE \"{role}\" LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE INHERIT PASSWORD '{url.password}'"
    )
    for setting, value in _ROLE_LIMITS[kind].items():
        await admin.execute(f"ALTER ROLE \"{role}\" SET {setting} = '{value}'")


async def _ensure_database(admin: "asyncpg.Connection", name: str, *, owner: str) -> None:
    if await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        return
    await admin.execute(f'GRANT "{owner}" TO CURRENT_USER')
    await admin.execute(f'CREATE DATABASE "{name}" OWNER "{owner}" TEMPLATE template0 ENCODING \'UTF8\'')


def _rights(name: str, service: str) -> str:
    """Let the service's own roles in and nobody else; the owner alone makes tables."""
    roles = f'"{service}_owner", "{service}_app", "{service}_worker"'
    return f"""
        REVOKE ALL ON DATABASE "{name}" FROM PUBLIC;
        GRANT CONNECT ON DATABASE "{name}" TO {roles};
        ALTER SCHEMA public OWNER TO "{service}_owner";
        REVOKE ALL ON SCHEMA public FROM PUBLIC;
        GRANT USAGE ON SCHEMA public TO "{service}_app", "{service}_worker";
    """


def _plain(url: str) -> str:
    """Return the address as asyncpg reads it, without SQLAlchemy's driver name."""
    return _render(make_url(url).set(drivername="postgresql"))


def _render(url: URL) -> str:
    return url.render_as_string(hide_password=False)
