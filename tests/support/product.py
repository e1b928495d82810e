"""The whole product as `make up` and `make cluster` run it, on ports of its own, with faults to order."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg

from deploy.demo.clients import Brand
from deploy.home import CHECKOUT, Home
from deploy.local.databases import ServiceUrls
from deploy.local.processes import free_port, port_is_free
from deploy.local.rabbitmq import LocalRabbitMQ
from deploy.plan import REPLICA_STEP, Mode, Plan
from deploy.supplies import Supplies
from shared.directory import SERVICES
from tests.support.places import throw_away_folder

# A machine that stands still for a while fails no test.
_PATIENCE: Final = {"PITBOSS_REQUEST_DEADLINE": "PT60S", "PITBOSS_STATEMENT_TIMEOUT": "PT60S"}
WIDE_LIMITS: Final = {
    "GATEWAY_REQUESTS_PER_MINUTE": "1000000",
    "GATEWAY_REQUESTS_BURST": "100000",
    "GATEWAY_SENDS_PER_MINUTE": "1000000",
    "GATEWAY_SENDS_BURST": "100000",
    "GATEWAY_BRAND_PER_MINUTE": "1000000",
    "GATEWAY_BRAND_BURST": "100000",
    "GATEWAY_ANONYMOUS_PER_MINUTE": "1000000",
    "GATEWAY_ANONYMOUS_BURST": "100000",
    "GATEWAY_SIGN_INS_PER_MINUTE": "100000",
    "GATEWAY_SIGN_INS_BURST": "10000",
    "GATEWAY_SOCKETS_PER_MINUTE": "100000",
    "GATEWAY_SOCKETS_BURST": "10000",
    "NOTIFICATIONS_ALLOW_LOOPBACK": "true",
}


@dataclass
class Product:
    """A running installation; everything about it is read from the files a user has as well."""

    home: Home
    mode: Mode
    environment: Mapping[str, str]
    demo: dict[str, Any]

    @property
    def url(self) -> str:
        """The gateway's address."""
        return str(self.demo["gateway_url"])

    @property
    def brand(self) -> Brand:
        """The demo brand's keys."""
        return Brand(self.demo["brand"], self.demo["api_key"], self.demo["player_key"])

    def staff(self, role: str, index: int = 0) -> dict[str, str]:
        """Return a login with this role."""
        found = [person for person in self.demo["staff"] if person["role"] == role]
        return dict(found[index])

    def processes(self) -> list[str]:
        """Return the names of the product's own processes."""
        return [process.name for process in self._plan().processes()]

    def pid(self, name: str) -> int | None:
        """Return the pid of a process by its name, None while it does not live."""
        return self.home.pid_of(name)

    def signal(self, name: str, number: signal.Signals) -> int:
        """Send a signal to a process and return the pid that got it."""
        pid = self.pid(name)
        assert pid is not None, f"{name} does not run"
        os.kill(pid, number)
        return pid

    def kill(self, name: str) -> int:
        """`kill -9`: no farewell, no flush; the supervisor starts it again."""
        return self.signal(name, signal.SIGKILL)

    def broker(self) -> LocalRabbitMQ:
        """Return the private RabbitMQ node."""
        return LocalRabbitMQ(self.home.path / "rabbitmq")

    def databases(self) -> dict[str, ServiceUrls]:
        """Return the addresses of the services' databases."""
        return Supplies(self.home, self._plan()).urls()

    async def storm(self) -> int:
        """End every PostgreSQL backend of the product at once; return how many."""
        url = Supplies(self.home, self._plan())._admin_url()  # noqa: SLF001 - the storm needs the administrator
        connection = await asyncpg.connect(url)
        try:
            ended = await connection.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'pitboss-%'"
            )
        finally:
            await connection.close()
        return len(ended)

    def _plan(self) -> Plan:
        plan = Plan.load(self.home)
        assert plan is not None, "the product does not run"
        return plan


def pitboss(*arguments: str, environment: Mapping[str, str], within: float = 180) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does and return what it said."""
    return subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "deploy.cli", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )


@contextmanager
def running_product(mode: Mode, *, folder: Path | None = None, replicas: int = 1, **knobs: str) -> Iterator[Product]:
    """Start the product, give it to the block, stop it; `knobs` are environment variables."""
    with throw_away_folder("pitboss-product-") as temporary:
        path = folder or temporary
        environment = {
            **WIDE_LIMITS,
            **_PATIENCE,
            **knobs,
            "PITBOSS_HOME": str(path),
            "PITBOSS_PORT_BASE": str(free_block()),
        }
        several = ("--replicas", str(replicas)) if mode == "cluster" else ()
        started = pitboss(mode, *several, environment=environment)
        assert started.returncode == 0, f"{started.stdout}\n{started.stderr}"
        demo = json.loads((path / "demo.json").read_text())
        try:
            yield Product(Home(path), mode, environment, demo)
        finally:
            stopped = pitboss("down", environment=environment)
            assert stopped.returncode == 0, stopped.stderr


def free_block() -> int:
    """Return a port base at which a cluster finds every port free: far from the defaults, below the ephemeral range."""
    while True:
        plan = Plan("cluster", (), 12_000 + free_port() % 10_000)
        moved = [plan.smtp_port, *(plan.port(entry) for entry in SERVICES)]
        if all(port_is_free(port + step) for port in moved for step in (0, REPLICA_STEP)):
            return plan.port_base
