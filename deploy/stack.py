"""`pitboss up` and `pitboss cluster`: from whatever is there to a running product, and back to nothing."""

import importlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from deploy.commands.connecting import demand_fitting_keys
from deploy.home import CHECKOUT, Home
from deploy.local.processes import (
    StartError,
    interruption_waits,
    port_is_free,
    start_detached,
    tail,
    wait_until,
)
from deploy.plan import Plan
from deploy.seed import write_demo
from deploy.supplies import Supplies
from shared.db.migrate import migrate

_READY_SECONDS: Final = 60
_SUPERVISOR_SECONDS: Final = 1.0
_ATTEMPTS_BEFORE_GIVING_UP: Final = 3
_SUPERVISOR: Final = "supervisor"
_ROTATE_BYTES: Final = 10 * 1024 * 1024
_HEALTHY: Final = 200


class Stack:
    """One installation on this machine; `say` receives what happens, a sentence at a time."""

    def __init__(self, home: Home, say: Callable[[str], None]) -> None:
        self._home = home
        self._say = say

    def start(self, plan: Plan) -> dict[str, object]:
        """Bring everything up and return addresses and logins of the demo brand.

        What already runs as planned is left alone; another plan is stopped first. A failure or an interruption stops
        everything again, the data stays.
        """
        if self._runs(plan):
            self._say("already running")
            return self._home.read_demo()
        if self._home.names():
            self._say("stopping what runs")
            self.stop()
        try:
            return self._start(plan)
        except BaseException:
            self._say("stopping again")
            self.stop()
            raise

    def stop(self) -> None:
        """End every process of the installation, also those whose supervisor was killed; keep the data."""
        plan = Plan.load(self._home)
        self._home.end(_SUPERVISOR, patience=40)
        for name in self._home.names():
            self._home.end(name, patience=30)
        Supplies(self._home, plan or Plan("cluster", ())).stop()
        for mark in self._home.run.iterdir():
            mark.unlink(missing_ok=True)

    def _start(self, plan: Plan) -> dict[str, object]:
        _demand_ports(plan)
        supplies = Supplies(self._home, plan)
        with self._step("database"):
            self._say(f"  {supplies.start_database()}")
            urls = supplies.create_databases()
        with self._step("migrations"):
            for name in plan.services:
                self._say(f"  {name} is at {migrate(name, urls[name].owner)}")
        with self._step("keys"):
            demand_fitting_keys(self._home, plan, supplies)
        if plan.mode == "cluster":
            with self._step("broker"):
                self._say(f"  {supplies.start_broker(self._say)}")
                self._apply_topology(plan, supplies)
        plan.save(self._home)
        with self._step("demo brand"):
            if not write_demo(self._home, plan, supplies) and "gateway" in plan.services:
                self._say("  it exists, but its logins were told only once; `make clean` starts from nothing")
        with self._step(_counted(plan)):
            self._start_supervisor()
            self._await_services(plan)
        return self._home.read_demo()

    def _runs(self, plan: Plan) -> bool:
        return (
            Plan.load(self._home) == plan
            and self._home.pid_of(_SUPERVISOR) is not None
            and wait_until(lambda: all(healthy(url) for entry in plan.entries() for url in plan.urls(entry)), within=10)
        )

    def _apply_topology(self, plan: Plan, supplies: Supplies) -> None:
        topology = importlib.import_module("deploy.commands.topology")  # only a cluster pays for the broker's library
        topology.apply_to(supplies.amqp_url() or "", plan.services)

    def _start_supervisor(self) -> None:
        for log in self._home.log.glob("*.log"):
            if log.stat().st_size > _ROTATE_BYTES:
                log.replace(log.with_suffix(".log.1"))
        with interruption_waits():
            pid = start_detached(
                [sys.executable, "-m", "deploy.supervisor"], log=self._home.log / "supervisor.log", cwd=CHECKOUT
            )
            self._home.remember(_SUPERVISOR, pid)

    def _await_services(self, plan: Plan) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        for process in plan.processes():
            ready = self._home.run / f"{process.name}.ready"
            while not ready.exists():
                self._give_up_if_hopeless(process.name, deadline)
                time.sleep(0.02)
        for entry in plan.entries():
            for url in plan.urls(entry):
                if not wait_until(lambda url=url: healthy(url), within=max(1, deadline - time.monotonic())):  # type: ignore[misc]
                    message = f"{entry.name} runs at {url} but is not ready"
                    raise StartError(message)

    def _give_up_if_hopeless(self, name: str, deadline: float) -> None:
        restarts = self._home.run / f"{name}.restarts"
        failed = restarts.exists() and int(restarts.read_text() or 0) >= _ATTEMPTS_BEFORE_GIVING_UP
        abandoned = not wait_until(lambda: self._home.pid_of(_SUPERVISOR) is not None, within=_SUPERVISOR_SECONDS)
        if failed or abandoned or time.monotonic() > deadline:
            logs = [self._home.log / f"{file}.log" for file in (name, _SUPERVISOR)]
            ends = "\n".join(f"the end of {log}:\n{tail(log, 25)}" for log in logs)
            what = "the supervisor has ended" if abandoned else f"{name} does not start"
            message = f"{what}; {ends}"
            raise StartError(message)

    @contextmanager
    def _step(self, title: str) -> Iterator[None]:
        began = time.monotonic()
        self._say(title)
        yield
        self._say(f"  done in {time.monotonic() - began:.1f} s")


def healthy(url: str) -> bool:
    """True if the service at `url` says that it is ready for traffic."""
    where = urlsplit(url)
    connection = HTTPConnection(str(where.hostname), where.port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == _HEALTHY
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def follow(logs: list[Path], show: Callable[[str], None]) -> None:
    """Show what is appended to these files, for ever."""
    places = {log: max(0, log.stat().st_size - 4000) for log in logs}
    while True:
        for log in logs:
            if log.exists() and log.stat().st_size > places[log]:
                with log.open(errors="replace") as file:
                    file.seek(places[log])
                    for line in file:
                        show(f"{log.stem:14} {line.rstrip()}")
                    places[log] = file.tell()
        time.sleep(0.2)


def _counted(plan: Plan) -> str:
    """Say how many services run in how many processes."""
    services, processes = len(plan.services), len(plan.processes())
    return f"{services} services in {'one process' if processes == 1 else f'{processes} processes'}"


def _demand_ports(plan: Plan) -> None:
    """Say at once that a port is taken, before a database is made for nothing."""
    wanted = {plan.smtp_port} if "intake" in plan.services else set[int]()
    wanted |= {plan.port(entry, replica) for entry in plan.entries() for replica in range(plan.replicas)}
    taken = sorted(port for port in wanted if not port_is_free(port))
    if taken:
        numbers = ", ".join(map(str, taken))
        message = f"port {numbers} is taken on 127.0.0.1; PITBOSS_PORT_BASE=18080 moves them all"
        raise StartError(message)
