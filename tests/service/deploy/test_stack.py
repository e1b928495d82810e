"""`up` and `down` as a user meets them: ready, survives a crash, keeps its data, leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from deploy.home import CHECKOUT, Home
from deploy.local.postgres import LocalPostgres
from deploy.local.processes import port_is_free, wait_until
from deploy.plan import Plan
from deploy.stack import healthy
from tests.support.product import free_block

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    folder = tmp_path_factory.mktemp("installation")
    knobs = {
        "PITBOSS_HOME": str(folder),
        "PITBOSS_PORT_BASE": str(free_block()),
        "PITBOSS_SERVICES": "gateway,tickets",
    }
    yield os.environ | knobs
    subprocess.run([sys.executable, "-m", "deploy.cli", "down"], check=False, cwd=CHECKOUT, env=os.environ | knobs)
    LocalPostgres(folder / "postgres").remove()


@pytest.fixture
def home(environment: Mapping[str, str]) -> Home:
    return Home(Path(environment["PITBOSS_HOME"]))


def _pitboss(command: str, environment: Mapping[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "deploy.cli", command],
        check=False,
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def _processes_of(home: Home) -> list[str]:
    """Return the command lines of all processes that belong to an installation, PostgreSQL's included."""
    found = []
    for process in psutil.process_iter():
        try:
            belongs = process.environ().get("PITBOSS_HOME") == str(home.path) or str(home.path) in " ".join(
                process.cmdline()
            )
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if belongs:
            found.append(" ".join(process.cmdline()))
    return found


def _ready(home: Home) -> bool:
    plan = Plan.load(home)
    return plan is not None and all(healthy(url) for entry in plan.entries() for url in plan.urls(entry))


def test_a_killed_process_comes_back(environment: Mapping[str, str], home: Home) -> None:
    _pitboss("up", environment)
    assert _ready(home)
    killed = home.pid_of("services")
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    assert wait_until(lambda: home.pid_of("services") not in (None, killed) and _ready(home), within=60)


def test_what_was_told_once_is_kept_over_a_restart(environment: Mapping[str, str], home: Home) -> None:
    _pitboss("up", environment)
    first = json.loads(home.demo.read_text())
    assert home.demo.stat().st_mode & 0o077 == 0
    _pitboss("down", environment)
    said = _pitboss("up", environment)
    assert json.loads(home.demo.read_text()) == first
    assert first["api_key"] in said
    assert "already running" in _pitboss("up", environment)


def test_other_keys_beside_an_old_database_are_refused_in_one_sentence(
    environment: Mapping[str, str], home: Home
) -> None:
    """Instead of a product that starts well and answers its players with 500; with the old keys it goes on."""
    _pitboss("up", environment)
    _pitboss("down", environment)
    keys = home.path / "keys.env"
    kept = keys.read_text()
    keys.unlink()
    command = [sys.executable, "-m", "deploy.cli", "up"]
    refused = subprocess.run(command, check=False, cwd=CHECKOUT, env=environment, capture_output=True, text=True)  # noqa: S603
    assert refused.returncode == 1
    sentence = refused.stderr.strip().splitlines()[-1]
    assert sentence.startswith("pitboss: the database was made with another PITBOSS_SECRETS_KEY")
    assert "Traceback" not in refused.stderr
    assert _processes_of(home) == []
    keys.write_text(kept)
    _pitboss("up", environment)
    assert _ready(home)


def test_down_leaves_no_process_and_no_port(environment: Mapping[str, str], home: Home) -> None:
    _pitboss("up", environment)
    plan = Plan.load(home)
    assert plan is not None
    _pitboss("down", environment)
    assert _processes_of(home) == []
    assert list(home.run.iterdir()) == []
    assert all(port_is_free(plan.port(entry)) for entry in plan.entries())
    _pitboss("down", environment)


def test_down_also_ends_what_a_killed_supervisor_left(environment: Mapping[str, str], home: Home) -> None:
    _pitboss("up", environment)
    supervisor = home.pid_of("supervisor")
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    _pitboss("down", environment)
    assert _processes_of(home) == []


@pytest.mark.parametrize("after", ["database", "migrations", "2 services in one process"])
def test_an_interrupted_start_leaves_nothing_behind(environment: Mapping[str, str], home: Home, after: str) -> None:
    _pitboss("down", environment)
    command = [sys.executable, "-m", "deploy.cli", "up"]
    with subprocess.Popen(  # noqa: S603 - our own command line
        command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as starting:
        assert starting.stdout is not None
        for line in starting.stdout:
            if line.strip() == after:
                starting.send_signal(signal.SIGINT)
                break
        starting.stdout.read()
        assert starting.wait(60) == 130
    assert _processes_of(home) == []
    assert list(home.run.iterdir()) == []
