"""What the benchmarks run on: a durable PostgreSQL, a RabbitMQ node, migrated databases, and services to start.

`PITBOSS_BENCH_KEEP` names a folder to keep the installation in, so that the next run finds its databases.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from joserfc.jwk import OKPKey

from deploy.commands.topology import apply_to
from deploy.home import CHECKOUT, Home
from deploy.keys import local_keys
from deploy.local.broker import find_broker
from deploy.local.databases import ServiceUrls, create_service_databases_async
from deploy.local.postgres import LocalPostgres
from deploy.local.processes import StartError, tail
from deploy.local.rabbitmq import LocalRabbitMQ, installed
from deploy.plan import Plan, Process
from deploy.seed import write_demo
from deploy.stack import healthy
from deploy.supplies import Supplies
from shared.db.migrate import migrate, migrate_async
from shared.directory import SERVICES
from shared.web.actor import Actor, sign_actor
from tests.bench.machine import Layout, on
from tests.support.product import WIDE_LIMITS, free_block

_READY_SECONDS: Final = 60
_STOP_SECONDS: Final = 40
_ROLE_SECONDS: Final = 400
_ENTRIES: Final = {entry.name: entry for entry in SERVICES}
_KEPT: Final = os.environ.get("PITBOSS_BENCH_KEEP")
_KNOBS: Final = {**WIDE_LIMITS, "PITBOSS_LOG_LEVEL": "error", "PITBOSS_UNREADY_SECONDS": "0.01"}


@dataclass(frozen=True, slots=True)
class Server:
    """A running process of services; `port` is that of its first one, `started` the seconds until it was ready."""

    pid: int
    port: int
    started: float


class Stand:
    """One private installation in a folder that is deleted at the end; parts start when they are first needed."""

    def __init__(self, home: Home, layout: Layout) -> None:
        self.home = home
        self.layout = layout
        self.plan = Plan("cluster", tuple(_ENTRIES), free_block())
        self.supplies = Supplies(home, self.plan)
        self.postgres = LocalPostgres(home.path / "postgres", follow_parent=True)

    @classmethod
    @contextmanager
    def set_up(cls, layout: Layout) -> Iterator["Stand"]:
        """Give a stand to the block, with a database of every service, and remove everything afterwards."""
        _forget_the_users_installation()
        with _folder() as folder:
            home = Home(Path(folder))
            for place in (home.run, home.log):
                place.mkdir(parents=True, exist_ok=True)
            stand = cls(home, layout)
            try:
                stand.postgres.start()
                for name, urls in stand.supplies.create_databases().items():
                    migrate(name, urls.owner)
                yield stand
            finally:
                stand.supplies.stop()
                if _KEPT is None:
                    stand.postgres.remove()

    @classmethod
    def known(cls, values: Mapping[str, Any]) -> "Stand":
        """Return the stand that `role` told a module about."""
        return cls(Home(Path(values["home"])), Layout(values["service_core"], values["rest_core"]))

    @cached_property
    def urls(self) -> dict[str, ServiceUrls]:
        """The addresses of the services' databases."""
        return self.supplies.urls()

    @cached_property
    def amqp_url(self) -> str:
        """The broker's address; it is started, and the topology declared, at the first use."""
        folder = self.home.path / "rabbitmq"
        broker = LocalRabbitMQ(folder, follow_parent=True) if installed() else find_broker(folder, print)
        broker.start()
        apply_to(broker.url, self.plan.services)
        return broker.url

    @cached_property
    def demo(self) -> dict[str, Any]:
        """The demo brand's name and keys; made at the first use."""
        write_demo(self.home, self.plan, self.supplies)
        return self.home.read_demo()

    def token(self, actor: Actor, audience: str) -> str:
        """Return an internal token as the gateway would sign it; good for a minute."""
        keys = local_keys(self.home)
        parts = {"x": keys["PITBOSS_GATEWAY_PUBLIC_KEY"], "d": keys["GATEWAY_SIGNING_KEY"]}
        key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", **parts})
        return sign_actor(actor, audience=audience, key=key, issued_at=int(time.time()))

    async def database(self, service: str, purpose: str) -> ServiceUrls:
        """Return a migrated database of a service beside its own one; made where it is missing."""
        secret = local_keys(self.home)["PITBOSS_PROVISIONING_SECRET"]
        urls = await create_service_databases_async(self.postgres.url(), service, prefix=f"{purpose}_", secret=secret)
        await migrate_async(service, urls.owner)
        return urls

    @contextmanager
    def serving(
        self,
        *names: str,
        replica: int = 0,
        amqp: bool = True,
        knobs: Mapping[str, str] | None = None,
        urls: Mapping[str, ServiceUrls] | None = None,
    ) -> Iterator[Server]:
        """Run services in one process on the core of the service under test until the block ends.

        Without `amqp` they use the in-process transport, as `make up` does; `urls` replace those of their databases.
        """
        process = Process(f"bench-{'-'.join(names)}-{replica}", names, replica)
        environment = self.plan.environment(
            self.home, process, {**self.urls, **(urls or {})}, self.amqp_url if amqp else None
        )
        environment |= {**_KNOBS, **(knobs or {}), "PITBOSS_TRANSPORT": "rabbitmq" if amqp else "inprocess"}
        port = self.plan.port(_ENTRIES[names[0]], replica)
        begun = time.perf_counter()
        with (self.home.log / f"{process.name}.log").open("ab") as log, on(self.layout.service):
            child = subprocess.Popen(
                [sys.executable, "-m", "deploy.serving", *names], cwd=CHECKOUT, env=environment, stdout=log, stderr=log
            )
        try:
            self._await(child, names, replica, Path(log.name))
            yield Server(child.pid, port, time.perf_counter() - begun)
        finally:
            _end(child)

    async def role(self, module: str, **values: object) -> dict[str, Any]:
        """Run a module of this folder with these values in a process of its own and return what it found.

        It finds the installation and the cores in its values and pins itself.
        """
        values |= {"home": str(self.home.path), "service_core": self.layout.service, "rest_core": self.layout.rest}
        command = (sys.executable, "-m", f"tests.bench.{module}", json.dumps(values))
        child = await asyncio.create_subprocess_exec(*command, cwd=CHECKOUT, stdout=asyncio.subprocess.PIPE)
        try:
            said, _ = await asyncio.wait_for(child.communicate(), _ROLE_SECONDS)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode:
            message = f"tests.bench.{module} failed"
            raise StartError(message)
        found: dict[str, Any] = json.loads(said.splitlines()[-1])
        return found

    def _await(self, child: "subprocess.Popen[bytes]", names: tuple[str, ...], replica: int, log: Path) -> None:
        addresses = [f"http://127.0.0.1:{self.plan.port(_ENTRIES[name], replica)}" for name in names]
        until = time.monotonic() + _READY_SECONDS
        while not all(healthy(address) for address in addresses):
            if child.poll() is not None or time.monotonic() > until:
                message = f"{' and '.join(names)} did not start:\n{tail(log)}"
                raise StartError(message)
            time.sleep(0.005)


def _folder() -> AbstractContextManager[str]:
    if _KEPT is not None:
        return nullcontext(_KEPT)
    return TemporaryDirectory(prefix="pitboss-bench-", ignore_cleanup_errors=True)


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _forget_the_users_installation() -> None:
    """Let no variable lead to a database or broker that is not the benchmark's own."""
    prefixes = tuple(f"{name.upper()}_" for name in ("pitboss", *_ENTRIES))
    for name in [name for name in os.environ if name.startswith(prefixes)]:
        del os.environ[name]
