"""How commands reach the databases of services."""

import importlib
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

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
    local = plan.environment(home, Process("command", plan.services), supplies.urls(), supplies.amqp_url())
    with _environment(local):
        yield


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
