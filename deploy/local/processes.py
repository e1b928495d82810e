"""Processes that outlive the command which started them: known by a PID that was not reused."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from deploy.local.accounts import Account

_POLL_SECONDS: Final = 0.02
_STARTED_FIELD: Final = 19
_ZOMBIE: Final = "Z"


_children: Final[dict[int, "subprocess.Popen[bytes]"]] = {}


class StartError(RuntimeError):
    """Something did not become ready in time."""


@contextmanager
def interruption_waits() -> Iterator[None]:
    """Let Ctrl-C wait for the end of the block: between start and note of the PID it would leave an orphan.

    Children inherit nothing of this, unlike of a blocked signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: came.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came.is_set():
        raise KeyboardInterrupt


def start_detached(
    command: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
) -> int:
    """Start a program in a session of its own, its output appended to `log`, and return its PID."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            env=env,
            start_new_session=True,
            **(account or Account()).credentials(),
        )
    _children[child.pid] = child
    return child.pid


def alive(pid: int) -> bool:
    """True if `pid` is a process that still runs; a zombie does not."""
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        del _children[pid]
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _state(pid) != _ZOMBIE


def birth(pid: int) -> str:
    """Return a mark that differs between two processes with the same PID: the start time in clock ticks.

    Empty where the kernel offers no `/proc`, or the process is gone.
    """
    fields = _stat(pid)
    return fields[_STARTED_FIELD] if len(fields) > _STARTED_FIELD else ""


def remember(folder: Path, name: str, pid: int) -> None:
    """Write the PID file of a process, and beside it the mark that tells it from a later namesake."""
    (folder / f"{name}.birth").write_text(birth(pid))
    (folder / f"{name}.pid").write_text(f"{pid}\n")


def remembered(folder: Path, name: str) -> int | None:
    """Return the PID of the process that was remembered under this name, if it still lives."""
    try:
        pid = int((folder / f"{name}.pid").read_text())
        mark = (folder / f"{name}.birth").read_text()
    except (OSError, ValueError):
        return None
    return pid if alive(pid) and birth(pid) == mark else None


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may be gone already."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def end(pid: int, *, ask: signal.Signals, patience: float) -> None:
    """Ask a process to end; kill it after `patience` seconds; return when it is gone."""
    send(pid, ask)
    if not wait_until(lambda: not alive(pid), within=patience):
        send(pid, signal.SIGKILL)
        wait_until(lambda: not alive(pid), within=5)


def wait_until(check: Callable[[], bool], *, within: float) -> bool:
    """Return True as soon as `check` holds, False when it did not within so many seconds."""
    deadline = time.monotonic() + within
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def free_port(preferred: int = 0) -> int:
    """Return `preferred` if nothing listens there on loopback, else any free port."""
    if preferred and port_is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """True if a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log file, for an error message; nothing if there is none."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _state(pid: int) -> str:
    fields = _stat(pid)
    return fields[0] if fields else ""


def _stat(pid: int) -> list[str]:
    """Return the fields after the command name, which may itself hold spaces and brackets (proc(5))."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
