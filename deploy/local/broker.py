"""Where RabbitMQ comes from: an address, the installed server, a package, or a container."""

import hashlib
import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from deploy.local.processes import StartError, free_port, wait_until
from deploy.local.rabbitmq import LocalRabbitMQ, installed

_IMAGE: Final = "rabbitmq:4"
_CONTAINER_SECONDS: Final = 180
_CHOICES: Final = """RabbitMQ is needed for this and was not found. Choose one:
  - set PITBOSS_AMQP_URL to a running broker, e.g. amqp://user:password@127.0.0.1:5672/pitboss
  - install the server: apt-get install rabbitmq-server (or your system's way)
  - install Docker, or let this user talk to it
  - use `make up`, which needs no broker at all"""


class Broker(Protocol):
    """A broker that this installation runs."""

    @property
    def url(self) -> str:
        """The AMQP address."""
        ...

    @property
    def running(self) -> bool:
        """True if it is there, perhaps still starting."""
        ...

    def start(self) -> object:
        """Start it and return when it answers."""
        ...

    def spawn(self) -> None:
        """Start it without waiting."""
        ...

    def stop(self) -> None:
        """End it; return when nothing is left."""
        ...


class DockerRabbitMQ:
    """The broker in a container; its data lives in a volume of the same name."""

    def __init__(self, folder: Path) -> None:
        key = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:12]
        self._name = f"pitboss-rabbitmq-{key}"
        self._port_file = folder / "docker-port"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self._port_file.exists():
            self._port_file.write_text(str(free_port()))

    @property
    def url(self) -> str:
        """The AMQP address; the port is bound to loopback only."""
        return f"amqp://pitboss:pitboss@127.0.0.1:{self._port_file.read_text()}/pitboss"

    @property
    def running(self) -> bool:
        """True if the container runs."""
        found = _docker("ps", "--quiet", "--filter", f"name=^{self._name}$")
        return bool(found.stdout.strip())

    def start(self) -> "DockerRabbitMQ":
        """Start the container and return when the broker answers."""
        self.spawn()
        if not wait_until(self._answers, within=_CONTAINER_SECONDS):
            message = f"the container {self._name} did not answer; see `docker logs {self._name}`"
            raise StartError(message)
        return self

    def spawn(self) -> None:
        """Start the container without waiting."""
        if self.running:
            return
        port = f"127.0.0.1:{self._port_file.read_text()}:5672"
        names = {
            "RABBITMQ_DEFAULT_USER": "pitboss",
            "RABBITMQ_DEFAULT_PASS": "pitboss",
            "RABBITMQ_DEFAULT_VHOST": "pitboss",
        }
        environment = [part for name, value in names.items() for part in ("--env", f"{name}={value}")]
        done = _docker(
            *("run", "--detach", "--rm", "--name", self._name, "--hostname", "pitboss", "--publish", port),
            *("--volume", f"{self._name}:/var/lib/rabbitmq", *environment, _IMAGE),
        )
        if done.returncode:
            message = f"docker could not start RabbitMQ:\n{done.stderr}"
            raise StartError(message)

    def stop(self) -> None:
        """End the container; the volume stays."""
        _docker("stop", "--time", "30", self._name)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", int(self._port_file.read_text())), timeout=2) as peer:
                peer.sendall(b"AMQP\x00\x00\x09\x01")
                return peer.recv(1) == b"\x01"
        except OSError:
            return False


def find_broker(folder: Path, say: Callable[[str], None]) -> Broker:
    """Return a broker that can be started here, installing one if that needs no questions.

    Raises `StartError` that names the choices when there is none.
    """
    if installed():
        return LocalRabbitMQ(folder)
    if _may_install():
        say("RabbitMQ is not installed: asking apt for it (about a minute)")
        if _install():
            return LocalRabbitMQ(folder)
    if _docker("info").returncode == 0:
        say(f"RabbitMQ is not installed: using Docker ({_IMAGE})")
        return DockerRabbitMQ(folder)
    raise StartError(_CHOICES)


def known_broker(folder: Path) -> Broker:
    """Return the broker that `find_broker` chose earlier, without installing anything."""
    return LocalRabbitMQ(folder) if installed() else DockerRabbitMQ(folder)


def _may_install() -> bool:
    if shutil.which("apt-get") is None:
        return False
    return os.geteuid() == 0 or (
        shutil.which("sudo") is not None
        and subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode == 0
    )


def _install() -> bool:
    """Install the server without letting the package start a node of its own."""
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", "rabbitmq-server"]):
        done = subprocess.run([*prefix, *environment, *command], check=False, stdin=subprocess.DEVNULL)
        if done.returncode:
            return False
    return installed()


def _docker(*arguments: str) -> "subprocess.CompletedProcess[str]":
    if shutil.which("docker") is None:
        return subprocess.CompletedProcess(arguments, 127, "", "docker is not installed")
    return subprocess.run(["docker", *arguments], check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
