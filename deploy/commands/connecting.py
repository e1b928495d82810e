"""How commands reach the databases of services."""

import asyncio
import importlib
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from deploy.home import Home
from deploy.plan import Plan, Process
from deploy.supplies import Supplies
from shared.db.engine import Database
from shared.directory import SERVICES
from shared.settings import ServiceSettings


@asynccontextmanager
async def connected(name: str) -> AsyncIterator[tuple[ServiceSettings, Database]]:
    """Yield a service's settings, as the environment says, and its open database."""
    settings: ServiceSettings = importlib.import_module(f"services.{name}.settings").Settings()
    database = Database(settings, service=name)
    await database.start()
    try:
        yield settings, database
    finally:
        await database.stop()


@contextmanager
def configured() -> Iterator[None]:
    """Use the environment as it is, or that of the local installation if it says nothing about databases."""
    if any(f"{entry.name.upper()}_DATABASE_URL" in os.environ for entry in SERVICES):
        yield
        return
    home = Home.find()
    plan = Plan.load(home)
    if plan is None:
        print("nothing runs here, and no {SERVICE}_DATABASE_URL is set", file=sys.stderr)
        sys.exit(1)
    supplies = Supplies(home, plan)
    with _environment(_local(home, plan, supplies)):
        yield


def demand_fitting_keys(home: Home, plan: Plan, supplies: Supplies) -> None:
    """Refuse, in one sentence, to start on a database that was made with other keys than those of this installation."""
    if "gateway" in plan.services:
        with _environment(_local(home, plan, supplies)):
            asyncio.run(_try_seal())


async def _try_seal() -> None:
    unsealing: Any = importlib.import_module("services.gateway.use_cases.unsealing")
    async with connected("gateway") as (settings, database):
        own: Any = settings
        await unsealing.check_seal(database, own.seal())


def _local(home: Home, plan: Plan, supplies: Supplies) -> dict[str, str]:
    return plan.environment(home, Process("command", plan.services), supplies.urls(), supplies.amqp_url())


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
