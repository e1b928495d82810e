"""Where a local installation keeps its files: `.local/`, or the folder in `PITBOSS_HOME`."""

import fcntl
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from deploy.local.processes import end, remember, remembered

CHECKOUT: Final = Path(__file__).resolve().parent.parent


class Busy(RuntimeError):
    """Another command is working on the same folder."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folders of one installation; a second one in another folder shares nothing with it."""

    path: Path

    @classmethod
    def find(cls) -> Self:
        """Return the installation that this command is about, its folders made."""
        home = cls(Path(os.environ.get("PITBOSS_HOME") or CHECKOUT / ".local").absolute())
        for folder in (home.path, home.run, home.log):
            folder.mkdir(parents=True, exist_ok=True)
        return home

    @property
    def run(self) -> Path:
        """PID files and marks of the running processes."""
        return self.path / "run"

    @property
    def log(self) -> Path:
        """One log file per process."""
        return self.path / "log"

    @property
    def demo(self) -> Path:
        """Addresses and logins of the demo brand."""
        return self.path / "demo.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold this installation for one command; raise `Busy` if another one has it."""
        with (self.path / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                message = f"another pitboss command is working in {self.path}"
                raise Busy(message) from error
            yield

    def remember(self, name: str, pid: int) -> None:
        """Write the PID file of a process."""
        remember(self.run, name, pid)

    def pid_of(self, name: str) -> int | None:
        """Return the PID of a process that was started under this name and still lives."""
        return remembered(self.run, name)

    def names(self) -> list[str]:
        """Return the names of all remembered processes."""
        return sorted(path.stem for path in self.run.glob("*.pid"))

    def forget(self, name: str) -> None:
        """Delete everything in `run/` about a process."""
        for path in self.run.glob(f"{name}.*"):
            path.unlink(missing_ok=True)

    def end(self, name: str, *, patience: float) -> None:
        """Ask the named process to end, kill it after `patience` seconds, and forget it."""
        pid = self.pid_of(name)
        if pid is not None:
            end(pid, ask=signal.SIGTERM, patience=patience)
        self.forget(name)

    def write_private(self, name: str, content: str) -> Path:
        """Replace a file that only we may read."""
        path = self.path / name
        unfinished = path.with_name(f"{name}.new")
        unfinished.touch(mode=0o600)
        unfinished.write_text(content)
        unfinished.replace(path)
        return path

    def read_demo(self) -> dict[str, object]:
        """Return what the last start wrote about the demo brand; empty before the first."""
        try:
            found: dict[str, object] = json.loads(self.demo.read_text())
        except (OSError, ValueError):
            return {}
        return found
