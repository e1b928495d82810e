"""Keeps the processes of a local installation alive: restarts what ended, with a growing pause, until told to stop."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.home import Home
from deploy.local.processes import StartError, alive, send, start_detached, wait_until
from deploy.plan import Plan, Process
from deploy.supplies import Supplies

_TICK_SECONDS: Final = 0.1
_LEAST_PAUSE: Final = 0.2
_MOST_PAUSE: Final = 5.0
_STEADY_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 31.0
_NAME: Final = "supervisor"


@dataclass(slots=True)
class Charge:
    """One supervised thing: how to start it, whether it lives, and when it may be tried again."""

    name: str
    start: Callable[[], object]
    lives: Callable[[], bool]
    pause: float = _LEAST_PAUSE
    started: float = 0.0
    not_before: float = 0.0
    restarts: int = field(default=-1)

    def tend(self, now: float) -> bool:
        """Start what does not live, unless it is too early; return whether it was started. `now` is monotonic."""
        if self.lives() or now < self.not_before:
            return False
        steady = self.started and now - self.started > _STEADY_SECONDS
        self.pause = _LEAST_PAUSE if steady else min(self.pause * 2, _MOST_PAUSE)
        self.started, self.not_before = now, now + self.pause
        self.restarts += 1
        try:
            self.start()
        except (StartError, OSError) as error:
            print(f"{self.name} did not start: {error}", file=sys.stderr, flush=True)
        return True


class Supervisor:
    """Runs the processes of a plan and watches the database and the broker that belong to this installation.

    A file `run/<name>.hold` keeps it from starting that name again: tests and repairs stop things on purpose.
    """

    def __init__(self, home: Home, plan: Plan, supplies: Supplies) -> None:
        self._home = home
        self._stop = threading.Event()
        self._processes = plan.processes()
        databases = supplies.urls()
        amqp_url = supplies.amqp_url()
        environments = {p.name: plan.environment(home, p, databases, amqp_url) for p in self._processes}
        self._charges = [
            *(Charge(name, start, lives) for name, start, lives in supplies.watched()),
            *(self._charge(process, environments[process.name]) for process in self._processes),
        ]

    def run(self) -> None:
        """Tend until SIGTERM or SIGINT, then stop the services; database and broker are left to the caller."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        while not self._stop.is_set():
            for charge in self._charges:
                if not (self._home.run / f"{charge.name}.hold").exists() and charge.tend(time.monotonic()):
                    (self._home.run / f"{charge.name}.restarts").write_text(str(charge.restarts))
            self._stop.wait(_TICK_SECONDS)
        self._stop_services()

    def _charge(self, process: Process, environment: Mapping[str, str]) -> Charge:
        def start() -> None:
            (self._home.run / f"{process.name}.ready").unlink(missing_ok=True)
            pid = start_detached(
                [sys.executable, "-m", "deploy.serving", *process.services],
                log=self._home.log / f"{process.name}.log",
                cwd=Path(__file__).parent.parent,
                env=environment,
            )
            self._home.remember(process.name, pid)

        return Charge(process.name, start, lambda: self._home.pid_of(process.name) is not None)

    def _stop_services(self) -> None:
        pids = {process.name: self._home.pid_of(process.name) for process in self._processes}
        living = [pid for pid in pids.values() if pid is not None]
        for pid in living:
            send(pid, signal.SIGCONT)
            send(pid, signal.SIGTERM)
        wait_until(lambda: not any(alive(pid) for pid in living), within=_STOP_SECONDS)
        for pid in living:
            if alive(pid):
                send(pid, signal.SIGKILL)
        for name in pids:
            self._home.forget(name)


def main() -> int:
    """Supervise the plan that was saved in the home folder."""
    home = Home.find()
    plan = Plan.load(home)
    if plan is None:
        return 1
    home.remember(_NAME, os.getpid())
    Supervisor(home, plan, Supplies(home, plan)).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
