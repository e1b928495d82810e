"""up, cluster, down and what one does while they run."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from deploy.home import CHECKOUT, Busy, Home
from deploy.local.processes import StartError
from deploy.plan import Mode, Plan, Process
from deploy.seed import write_demo
from deploy.stack import Stack, follow, healthy
from deploy.supplies import Supplies


def up() -> None:
    """Start everything in one process over the in-process transport."""
    _start("up", replicas=1)


def cluster(replicas: int) -> None:
    """Start every service `replicas` times as processes of their own over RabbitMQ."""
    _start("cluster", replicas=replicas)


def down() -> None:
    """Stop everything; say so even if nothing ran."""
    home = Home.find()
    with _plainly(), home.locked():
        Stack(home, _say).stop()
        _say("everything is stopped; the data stays in place")


def status() -> None:
    """Print one line per process and address; exit 1 if something that should run is not ready."""
    home = Home.find()
    plan = Plan.load(home)
    if plan is None:
        _say("nothing runs; `make up` starts it")
        return
    for name in home.names():
        pid = home.pid_of(name)
        _say(f"{name:16} {'pid ' + str(pid) if pid else 'ended'}")
    ready = {url: healthy(url) for entry in plan.entries() for url in plan.urls(entry)}
    for url, is_ready in ready.items():
        _say(f"{url:32} {'ready' if is_ready else 'not ready'}")
    sys.exit(0 if all(ready.values()) else 1)


def logs(names: list[str]) -> None:
    """Follow the named logs, or all of them, until interrupted."""
    home = Home.find()
    files = sorted(home.log.glob("*.log"))
    chosen = [file for file in files if not names or file.stem in names]
    if not chosen:
        _say(f"no such log; there are {', '.join(file.stem for file in files) or 'none'}")
        sys.exit(1)
    try:
        follow(chosen, _say)
    except KeyboardInterrupt:
        return


def hold(name: str) -> None:
    """Mark a name so that the supervisor lets it rest."""
    (Home.find().run / f"{name}.hold").touch()


def release(name: str) -> None:
    """Remove the mark of `hold`."""
    (Home.find().run / f"{name}.hold").unlink(missing_ok=True)


def run(name: str) -> None:
    """Become one service of the running installation, or of one that shares its databases."""
    home = Home.find()
    plan = Plan.load(home) or Plan.from_environment("cluster")
    with _plainly():
        supplies = Supplies(home, plan)
        supplies.start_database()
        environment = plan.environment(home, Process(name, (name,)), supplies.urls(), supplies.amqp_url())
        os.chdir(CHECKOUT)
        os.execve(sys.executable, [sys.executable, "-m", "deploy.serving", name], environment)  # noqa: S606 - ourselves


def seed() -> None:
    """Set up the demo brand again; what exists is kept."""
    home = Home.find()
    plan = Plan.load(home) or Plan.from_environment("up")
    with _plainly(), home.locked():
        supplies = Supplies(home, plan)
        with supplies.borrowed_database():
            supplies.create_databases()
            write_demo(home, plan, supplies, again=True)
        _say(f"written to {home.demo}")


def _start(mode: Mode, *, replicas: int) -> None:
    home = Home.find()
    with _plainly(), home.locked():
        facts = Stack(home, _say).start(Plan.from_environment(mode, replicas=replicas))
    _introduce(home, facts)


def _introduce(home: Home, facts: dict[str, object]) -> None:
    gateway = facts.get("gateway_url")
    _say("")
    _say(f"  Pitboss      {gateway}          reference: {gateway}/docs")
    _say(f"  desk         {gateway}/desk     (sign in as one of those below)")
    _say(f"  demo casino  {gateway}/demo     (talk to yourself there)")
    _say(f"  e-mail in    smtp://127.0.0.1:{facts.get('smtp_port')}")
    staff = facts.get("staff")
    for person in staff if isinstance(staff, list) else []:
        _say(f"  {person['role']:12} {person['email']}  {person['password']}")
    if "api_key" in facts:
        _say(f"  API key      {facts['api_key']}")
    _say(f"  all of it    {home.demo}")
    _say("  `make logs` follows the logs, `make demo` plays a day, `make down` stops everything")


@contextmanager
def _plainly() -> Iterator[None]:
    """End with one sentence instead of a traceback; SIGTERM and SIGHUP interrupt like Ctrl-C."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        yield
    except (StartError, Busy, ValueError, json.JSONDecodeError) as error:
        print(f"pitboss: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("pitboss: interrupted", file=sys.stderr)
        sys.exit(130)


def _say(sentence: str) -> None:
    print(sentence, flush=True)
