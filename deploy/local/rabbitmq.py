"""A private RabbitMQ node of the installed `rabbitmq-server`: own folder, own ports, loopback only."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from deploy.local.processes import (
    StartError,
    alive,
    end,
    free_port,
    interruption_waits,
    remember,
    remembered,
    send,
    start_detached,
    tail,
    wait_until,
)

_SETTINGS: Final = Path(__file__).parent.parent / "rabbitmq" / "rabbitmq.conf"
_PLACES: Final = ("/usr/lib/rabbitmq/bin", "/usr/local/sbin", "/opt/homebrew/sbin")
_START_SECONDS: Final = 90
_HELLO: Final = b"AMQP\x00\x00\x09\x01"
_METHOD_FRAME: Final = b"\x01"
_ERLANG: Final = (
    "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"  # one scheduler that sleeps when idle: a test is no server
    " -kernel inet_dist_use_interface {127,0,0,1}"
)


class LocalRabbitMQ:
    """One node with its data in `folder`.

    Ports and password are made at the first start and kept. It runs as whoever starts it. `freeze` is the silent
    black hole (SIGSTOP), `kill` the crash (SIGKILL). Wait 3 s after creating quorum queues before a `kill`: a younger
    one may stay without a leader for ever. Any process that names the same folder may stop what another started.
    """

    user: Final = "pitboss"
    virtual_host: Final = "pitboss"

    def __init__(self, folder: Path, *, port: int = 0, follow_parent: bool = False) -> None:
        self.folder = folder.absolute()
        self.log = self.folder / "rabbitmq.log"
        self._wanted_port = port
        self._follow_parent = follow_parent

    @property
    def url(self) -> str:
        """The AMQP address, password included."""
        facts = self._facts()
        return f"amqp://{self.user}:{facts['password']}@127.0.0.1:{facts['port']}/{self.virtual_host}"

    @property
    def port(self) -> int:
        """The loopback port of the AMQP listener."""
        return int(self._facts()["port"])

    @property
    def pid(self) -> int | None:
        """The process id of the Erlang machine, None if it does not run."""
        return remembered(self.folder, "rabbitmq")

    @property
    def running(self) -> bool:
        """True if the node's process is there; it may still be starting."""
        return self.pid is not None

    def ready(self) -> bool:
        """True if the node answers the opening of the AMQP handshake."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as peer:
                peer.sendall(_HELLO)
                return peer.recv(1) == _METHOD_FRAME
        except OSError:
            return False

    def start(self) -> Self:
        """Start the node and return when it answers (6 to 12 s); harmless if it runs."""
        if not self.running:
            self.spawn()
        if not wait_until(lambda: self.ready() or not self.running, within=_START_SECONDS) or not self.running:
            self.stop()
            message = f"RabbitMQ did not start; the end of {self.log}:\n{tail(self.log)}"
            raise StartError(message)
        return self

    def spawn(self) -> None:
        """Start the node without waiting."""
        self._prepare()
        if remembered(self.folder, "epmd") is None:
            self._launch("epmd", ["epmd", "-port", str(self._facts()["epmd_port"]), "-address", "127.0.0.1"])
        self._launch("rabbitmq", [str(program("rabbitmq-server"))])

    def stop(self) -> None:
        """End the node in order and its name server with it; return when nothing is left."""
        node, names = self.pid, remembered(self.folder, "epmd")
        if node is not None:
            send(node, signal.SIGCONT)
            end(node, ask=signal.SIGTERM, patience=30)
        if names is not None:
            end(names, ask=signal.SIGTERM, patience=1)

    def kill(self) -> None:
        """Crash the node: SIGKILL."""
        node = self.pid
        if node is not None:
            send(node, signal.SIGKILL)
            wait_until(lambda: not alive(node), within=5)

    def freeze(self) -> None:
        """Let the node keep every connection and answer nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Undo `freeze`."""
        self._signal(signal.SIGCONT)

    def control(self, *arguments: str) -> str:
        """Run `rabbitmqctl` on this node and return what it printed."""
        done = subprocess.run(
            [program("rabbitmqctl"), "--quiet", *arguments],
            check=True,
            capture_output=True,
            text=True,
            env=self._environment(),
            cwd=self.folder,
            timeout=60,
        )
        return done.stdout

    def remove(self) -> None:
        """Stop the node and delete its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        node = self.pid
        if node is not None:
            send(node, number)

    def _launch(self, name: str, command: list[str]) -> None:
        if self._follow_parent and shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "TERM", *command]
        with interruption_waits():
            pid = start_detached(command, log=self.log, cwd=self.folder, env=self._environment())
            remember(self.folder, name, pid)

    def _facts(self) -> dict[str, str | int]:
        """Return ports, password and node name, made at the first call."""
        path = self.folder / "node.json"
        with suppress(FileNotFoundError):
            facts: dict[str, str | int] = json.loads(path.read_text())
            return facts
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ports = [free_port(self._wanted_port), free_port(), free_port()]
        made: dict[str, str | int] = dict(zip(("port", "dist_port", "epmd_port"), ports, strict=True))
        made |= {"password": secrets.token_urlsafe(24), "node": f"pitboss-{secrets.token_hex(4)}@localhost"}
        path.touch(mode=0o600)
        path.write_text(json.dumps(made))
        return made

    def _prepare(self) -> None:
        facts = self._facts()
        local = (
            f"listeners.tcp.default = 127.0.0.1:{facts['port']}\n"
            f"default_vhost = {self.virtual_host}\ndefault_user = {self.user}\ndefault_pass = {facts['password']}\n"
            "disk_free_limit.absolute = 200MB\n"
        )
        kept = [line for line in _SETTINGS.read_text().splitlines() if not line.startswith("disk_free_limit")]
        settings = self.folder / "rabbitmq.conf"
        settings.touch(mode=0o600)
        settings.write_text("\n".join(kept) + "\n" + local)
        (self.folder / "enabled_plugins").write_text("[].\n")

    def _environment(self) -> dict[str, str]:
        facts = self._facts()
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        return kept | {
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(facts["epmd_port"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": str(facts["node"]),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_DIST_PORT": str(facts["dist_port"]),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "no-environment.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "no-advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_ALLOW_INPUT": "1",  # makes the script become Erlang instead of waiting for it, so the PID is ours
            "RABBITMQ_SERVER_START_ARGS": "-noinput",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG,
        }


def installed() -> bool:
    """True if this machine has the programs of RabbitMQ."""
    try:
        program("rabbitmq-server")
    except StartError:
        return False
    return shutil.which("epmd") is not None


def program(name: str) -> Path:
    """Return a program of RabbitMQ itself; Debian's wrappers of the same name insist on root."""
    for place in _PLACES:
        if (Path(place) / name).exists():
            return Path(place) / name
    found = shutil.which(name)
    if found is None:
        message = f"{name} is not installed"
        raise StartError(message)
    return Path(found)
