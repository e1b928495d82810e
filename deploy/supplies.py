"""What the services of an installation live on: databases and, for a cluster, a broker; ours or somebody else's."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

from deploy.home import Home
from deploy.keys import local_keys
from deploy.local.broker import Broker, find_broker, known_broker
from deploy.local.databases import ServiceUrls, create_service_databases, service_urls
from deploy.local.postgres import LocalPostgres
from deploy.plan import Plan

_DATABASE: Final = "PITBOSS_DATABASE_URL"
_BROKER: Final = "PITBOSS_AMQP_URL"
_PREFIX: Final = "PITBOSS_DATABASE_PREFIX"


class Supplies:
    """PostgreSQL from `PITBOSS_DATABASE_URL` (an administrator's address) or our own; RabbitMQ likewise."""

    def __init__(self, home: Home, plan: Plan) -> None:
        self._home = home
        self._plan = plan
        self._prefix = os.environ.get(_PREFIX) or "pitboss_"

    def start_database(self) -> str:
        """Make sure PostgreSQL answers and return the sentence to tell about it."""
        if os.environ.get(_DATABASE):
            return f"PostgreSQL at {make_url(os.environ[_DATABASE]).host} (from {_DATABASE})"
        postgres = self._postgres().start()
        return f"PostgreSQL on 127.0.0.1:{postgres.port}, data in {postgres.folder}"

    @contextmanager
    def borrowed_database(self) -> Iterator[None]:
        """Make sure that PostgreSQL answers during a block; a server that was started for it is stopped again."""
        was_running = bool(os.environ.get(_DATABASE)) or self._postgres().running
        self.start_database()
        try:
            yield
        finally:
            if not was_running:
                self._postgres().stop()

    def start_broker(self, say: Callable[[str], None]) -> str:
        """Make sure RabbitMQ answers and return the sentence to tell about it."""
        if os.environ.get(_BROKER):
            return f"RabbitMQ from {_BROKER}"
        broker = find_broker(self._folder(), say)
        broker.start()
        return f"RabbitMQ at {broker.url.rpartition('@')[2]}"

    def stop(self) -> None:
        """Stop the servers that are ours."""
        if self._folder().exists():
            self._broker().stop()
        if (self._home.path / "postgres").exists() or (self._home.path / "postgres.place").exists():
            self._postgres().stop()

    def create_databases(self) -> dict[str, ServiceUrls]:
        """Make databases and roles where missing; return the addresses."""
        return {
            name: create_service_databases(self._admin_url(), name, prefix=self._prefix, secret=self._secret())
            for name in self._plan.services
        }

    def urls(self) -> dict[str, ServiceUrls]:
        """Return the addresses of the services' databases."""
        admin = self._admin_url()
        return {
            name: service_urls(admin, name, prefix=self._prefix, secret=self._secret()) for name in self._plan.services
        }

    def amqp_url(self) -> str | None:
        """Return the broker's address; None where none is used."""
        given = os.environ.get(_BROKER)
        if given or self._plan.mode == "up":
            return given
        return self._broker().url

    def watched(self) -> Iterator[tuple[str, Callable[[], object], Callable[[], bool]]]:
        """Yield name, start and check of every server that the supervisor must keep alive."""
        if not os.environ.get(_DATABASE):
            postgres = self._postgres()
            yield "postgres", postgres.start, lambda: postgres.running
        if self._plan.mode == "cluster" and not os.environ.get(_BROKER):
            broker = self._broker()
            yield "rabbitmq", broker.spawn, lambda: broker.running

    def _admin_url(self) -> str:
        return os.environ.get(_DATABASE) or self._postgres().url()

    def _secret(self) -> str:
        return local_keys(self._home)["PITBOSS_PROVISIONING_SECRET"]

    def _postgres(self) -> LocalPostgres:
        return LocalPostgres(self._home.path / "postgres")

    def _folder(self) -> Path:
        return self._home.path / "rabbitmq"

    def _broker(self) -> Broker:
        return known_broker(self._folder())
