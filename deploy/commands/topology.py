"""topology apply and check: the broker's exchanges and queues, from what the services subscribe to."""

import asyncio
import importlib
import os
import sys
from collections.abc import Collection, Iterable
from importlib.util import find_spec

from aio_pika.exceptions import AMQPException

from deploy.home import Home
from deploy.plan import Plan
from deploy.supplies import Supplies
from shared.directory import SERVICES
from shared.messaging import topology
from shared.messaging.subscriptions import Routes


def wanted(names: Iterable[str]) -> dict[str, Collection[str]]:
    """Return the bindings of every service that consumes events."""
    routes = {
        name: Routes(importlib.import_module(f"services.{name}.events").SUBSCRIPTIONS)
        for name in names
        if find_spec(f"services.{name}.events")
    }
    return {name: found.bindings for name, found in routes.items() if found.bindings}


def apply_to(url: str, names: Iterable[str]) -> None:
    """Declare what is missing for these services; returns 3 s later if a queue is new."""
    asyncio.run(topology.apply(url, wanted(names)))


def apply() -> None:
    """Declare what is missing for all services."""
    try:
        asyncio.run(topology.apply(_url(), wanted(_names())))
    except (topology.TopologyMismatch, AMQPException, OSError, TimeoutError) as error:
        sys.exit(f"pitboss: {error!r}")
    print("the broker has everything")


def check() -> None:
    """Print what is missing or does not answer; exit 1 if there is something."""
    try:
        findings = asyncio.run(topology.check(_url(), wanted(_names())))
    except (AMQPException, OSError, TimeoutError) as error:
        sys.exit(f"pitboss: {error!r}")
    for finding in findings:
        print(finding)
    if findings:
        sys.exit(1)
    print("the broker has everything, and every queue answers")


def _names() -> list[str]:
    """Return the services of the local installation, or all of them where none runs."""
    plan = Plan.load(Home.find())
    return list(plan.services) if plan else [entry.name for entry in SERVICES]


def _url() -> str:
    home = Home.find()
    plan = Plan.load(home)
    known = os.environ.get("PITBOSS_AMQP_URL") or (Supplies(home, plan).amqp_url() if plan else None)
    if not known:
        sys.exit("pitboss: PITBOSS_AMQP_URL is not set and no cluster runs here")
    return known
