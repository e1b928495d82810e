"""Ctrl-C while something is being started."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.processes import end, interruption_waits, remember, remembered, start_detached


def test_an_interruption_waits_until_the_process_is_known(tmp_path: Path) -> None:
    """What was started is remembered, so that whoever is interrupted can end it."""

    def start() -> None:
        with interruption_waits():
            pid = start_detached(["sleep", "60"], log=tmp_path / "log")
            os.kill(os.getpid(), signal.SIGINT)
            remember(tmp_path, "child", pid)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        start()
    assert signal.getsignal(signal.SIGINT) is before
    pid = remembered(tmp_path, "child")
    assert pid is not None
    end(pid, ask=signal.SIGKILL, patience=5)


def test_a_child_started_meanwhile_can_be_interrupted() -> None:
    with interruption_waits(), subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        child.send_signal(signal.SIGINT)
        assert child.wait(30) != 0
