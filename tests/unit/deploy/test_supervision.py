"""The supervisor's patience, and PID files that are not believed blindly."""

import itertools
import os
from pathlib import Path

import pytest

from deploy.home import Busy, Home
from deploy.supervisor import Charge


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("PITBOSS_HOME", str(tmp_path / "home"))
    return Home.find()


def _starts(charge: Charge, until: float) -> list[float]:
    moments = [round(tick * 0.1, 1) for tick in range(int(until * 10))]
    return [moment for moment in moments if charge.tend(moment)]


def test_what_keeps_dying_is_started_ever_less_often() -> None:
    charge = Charge("tickets", start=lambda: None, lives=lambda: False)
    moments = _starts(charge, 30)
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert gaps[0] < 1
    assert gaps == sorted(gaps)
    assert 4.9 < gaps[-1] < 5.2


def test_what_ran_well_for_long_comes_back_at_once() -> None:
    alive: set[str] = set()
    charge = Charge("tickets", start=lambda: alive.add("tickets"), lives=lambda: bool(alive))
    assert charge.tend(0.1)
    assert not charge.tend(60)
    alive.clear()
    assert charge.tend(60.1)
    assert charge.pause < 0.5


def test_a_start_that_fails_does_not_end_the_supervisor(capsys: pytest.CaptureFixture[str]) -> None:
    def start() -> None:
        raise OSError("no such program")

    charge = Charge("tickets", start=start, lives=lambda: False)
    assert charge.tend(0.1)
    assert "no such program" in capsys.readouterr().err


def test_a_pid_that_now_belongs_to_somebody_else_is_not_ours(home: Home) -> None:
    home.remember("tickets", os.getpid())
    assert home.pid_of("tickets") == os.getpid()
    (home.run / "tickets.birth").write_text("1")
    assert home.pid_of("tickets") is None


def test_two_commands_do_not_work_on_one_installation(home: Home) -> None:
    with home.locked(), pytest.raises(Busy), home.locked():
        pass
