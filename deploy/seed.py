"""The demo brand: each service that offers `bootstrap(settings)` sets up its share, in a process of its own."""

import asyncio
import importlib
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final

import asyncpg

from deploy.home import CHECKOUT, Home
from deploy.local.databases import ServiceUrls
from deploy.local.processes import StartError
from deploy.plan import Plan, Process
from deploy.supplies import Supplies

_SECONDS: Final = 60
_IDENTITY: Final = """
    SELECT oid || '@' || (SELECT system_identifier FROM pg_control_system())
    FROM pg_database WHERE datname = current_database()
"""


def write_demo(home: Home, plan: Plan, supplies: Supplies, *, again: bool = False) -> None:
    """Make sure that the demo brand exists and that `demo.json` tells about it, with the addresses of this plan.

    Keys can be told only once, by the database's first visitor: a file about this very database is kept.
    """
    urls = supplies.urls()
    identity = _identity(urls["gateway"].owner) if "gateway" in urls else ""
    kept = home.read_demo()
    is_known = kept.get("database") == identity
    facts = kept if is_known else {}
    if again or not is_known:
        facts |= _bootstrap_apart(home, plan, urls, supplies.amqp_url())
    facts |= {
        "gateway_url": plan.gateway_url,
        "smtp_port": plan.smtp_port,
        "services": {entry.name: plan.urls(entry)[0] for entry in plan.entries()},
        "database": identity,
    }
    home.write_private("demo.json", json.dumps(facts, indent=2, sort_keys=True) + "\n")


def _bootstrap_apart(
    home: Home, plan: Plan, databases: Mapping[str, ServiceUrls], amqp_url: str | None
) -> dict[str, object]:
    environment = plan.environment(home, Process("seed", plan.services), databases, amqp_url)
    done = subprocess.run(
        [sys.executable, "-m", "deploy.seed", *plan.services],
        check=False,
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env=environment,
        timeout=_SECONDS,
    )
    if done.returncode:
        message = f"the demo brand could not be set up:\n{done.stderr}"
        raise StartError(message)
    facts: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return facts


def _identity(gateway_url: str) -> str:
    """Return a mark of this very database: the number it was given and when its server's data was made."""

    async def ask() -> str:
        connection = await asyncpg.connect(gateway_url, timeout=10)
        try:
            return str(await connection.fetchval(_IDENTITY))
        finally:
            await connection.close()

    return asyncio.run(ask())


async def bootstrap(names: list[str]) -> dict[str, object]:
    """Call `services.<name>.main:bootstrap(settings)` where it exists and merge what the services tell."""
    facts: dict[str, object] = {}
    for name in names:
        main = importlib.import_module(f"services.{name}.main")
        prepare: Any = getattr(main, "bootstrap", None)
        if prepare is not None:
            settings = importlib.import_module(f"services.{name}.settings").Settings()
            facts |= await prepare(settings) or {}
    return facts


if __name__ == "__main__":
    print(json.dumps(asyncio.run(bootstrap(sys.argv[1:]))))
