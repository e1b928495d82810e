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
from deploy.local.processes import StartError
from deploy.plan import Plan, Process
from deploy.supplies import Supplies

_SECONDS: Final = 60
_IDENTITY: Final = """
    SELECT oid || '@' || (SELECT system_identifier FROM pg_control_system())
    FROM pg_database WHERE datname = current_database()
"""


def write_demo(home: Home, plan: Plan, supplies: Supplies, *, again: bool = False) -> bool:
    """Make sure that the demo brand exists and that `demo.json` tells about it, with the addresses of this plan.

    Return whether its logins are known: they can be told only once, so that a file about this very database is kept.
    """
    urls = supplies.urls()
    identity = _identity(urls["gateway"].owner) if "gateway" in urls else ""
    if again or home.read_demo().get("database") != identity:
        environment = plan.environment(home, Process("seed", plan.services), urls, supplies.amqp_url())
        _bootstrap_apart(environment | {"PITBOSS_HOME": str(home.path)}, [identity, *plan.services])
    facts = home.read_demo() | {
        "gateway_url": plan.gateway_url,
        "smtp_port": plan.smtp_port,
        "services": {entry.name: plan.urls(entry)[0] for entry in plan.entries()},
    }
    _write(home, facts)
    return "api_key" in facts


def _bootstrap_apart(environment: Mapping[str, str], arguments: list[str]) -> None:
    """Run this module; an interruption waits for it, because what it made once it must also write down."""
    command = [sys.executable, "-m", "deploy.seed", *arguments]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=CHECKOUT,
        env=environment,
        start_new_session=True,
    ) as child:
        try:
            said, _ = child.communicate(timeout=_SECONDS)
        except KeyboardInterrupt:
            child.wait(_SECONDS)
            raise
    if child.returncode:
        message = f"the demo brand could not be set up:\n{said}"
        raise StartError(message)


def _write(home: Home, facts: Mapping[str, object]) -> None:
    home.write_private("demo.json", json.dumps(facts, indent=2, sort_keys=True) + "\n")


def _identity(gateway_url: str) -> str:
    """Return a mark of this very database: the number it was given and when its server's data was made."""

    async def ask() -> str:
        connection = await asyncpg.connect(gateway_url, timeout=10)
        try:
            return str(await connection.fetchval(_IDENTITY))
        finally:
            await connection.close()

    return asyncio.run(ask())


async def _bootstrap(names: list[str]) -> dict[str, object]:
    """Call `services.<name>.main:bootstrap(settings)` where it exists and merge what the services tell."""
    facts: dict[str, object] = {}
    for name in names:
        main = importlib.import_module(f"services.{name}.main")
        prepare: Any = getattr(main, "bootstrap", None)
        if prepare is not None:
            settings = importlib.import_module(f"services.{name}.settings").Settings()
            facts |= await prepare(settings) or {}
    return facts


def main(identity: str, names: list[str]) -> None:
    """Set up the demo brand in the database known as `identity` and write down what was made."""
    home = Home.find()
    kept = home.read_demo()
    known = kept if kept.get("database") == identity else {}
    _write(home, known | asyncio.run(_bootstrap(names)) | {"database": identity})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
