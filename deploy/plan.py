"""What runs where: the processes of an installation, their ports and their environment."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self

from deploy.home import Home
from deploy.keys import local_keys
from deploy.local.databases import ServiceUrls
from shared.directory import SERVICES, ServiceEntry

REPLICA_STEP: Final = 100
_DEFAULT_BASE: Final = SERVICES[0].port
_SMTP_OFFSET: Final = 2525 - _DEFAULT_BASE
_CONNECTIONS: Final = 240  # four fifths of the server's 300
_POOLS_PER_SERVICE: Final = 2
_MOST_OVERFLOW: Final = 5
_MOST_POOL: Final = 10
_FILE: Final = "stack.json"
_NOT_FOR_SERVICES: Final = (
    "PITBOSS_DATABASE_URL",  # the administrator's address
    "PITBOSS_PORT",
    "PITBOSS_PROVISIONING_SECRET",
    "PYTHONDONTWRITEBYTECODE",  # would compile two thousand modules at every start
)

Mode = Literal["up", "cluster"]


@dataclass(frozen=True, slots=True)
class Process:
    """One operating-system process: its name, and the services in it; `replica` counts from 0."""

    name: str
    services: tuple[str, ...]
    replica: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """An installation on this machine.

    Ports follow `shared/directory.py`, moved together by `PITBOSS_PORT_BASE` (the gateway's, 8080). Second processes
    of a service listen 100 ports further; those of the gateway share one listener.
    """

    mode: Mode
    services: tuple[str, ...]
    port_base: int = _DEFAULT_BASE
    replicas: int = 1

    @classmethod
    def from_environment(cls, mode: Mode, *, replicas: int = 1) -> Self:
        """Return the plan that `PITBOSS_PORT_BASE` and `PITBOSS_SERVICES` (a comma-separated choice) ask for."""
        chosen = [name.strip() for name in os.environ.get("PITBOSS_SERVICES", "").split(",") if name.strip()]
        known = [entry.name for entry in SERVICES]
        unknown = sorted(set(chosen) - set(known))
        if unknown:
            message = f"PITBOSS_SERVICES names {', '.join(unknown)}; known are {', '.join(known)}"
            raise ValueError(message)
        base = int(os.environ.get("PITBOSS_PORT_BASE") or _DEFAULT_BASE)
        return cls(mode, tuple(name for name in known if name in chosen or not chosen), base, replicas)

    @classmethod
    def load(cls, home: Home) -> Self | None:
        """Return the plan that was started last in `home`, None if it was stopped."""
        try:
            kept = json.loads((home.run / _FILE).read_text())
        except (OSError, ValueError):
            return None
        return cls(kept["mode"], tuple(kept["services"]), kept["port_base"], kept["replicas"])

    def save(self, home: Home) -> None:
        """Keep the plan for the supervisor and for later commands."""
        kept = {"mode": self.mode, "services": self.services, "port_base": self.port_base, "replicas": self.replicas}
        (home.run / _FILE).write_text(json.dumps(kept))

    @staticmethod
    def discard(home: Home) -> None:
        """Forget the plan: nothing runs any more."""
        (home.run / _FILE).unlink(missing_ok=True)

    def entries(self) -> tuple[ServiceEntry, ...]:
        """Return the directory's entries of the chosen services."""
        return tuple(entry for entry in SERVICES if entry.name in self.services)

    def processes(self) -> tuple[Process, ...]:
        """Return the processes: one for all services, or `replicas` for each."""
        if self.mode == "up":
            return (Process("services", self.services),)
        return tuple(
            Process(name if replica == 0 else f"{name}-{replica + 1}", (name,), replica)
            for name in self.services
            for replica in range(self.replicas)
        )

    def port(self, entry: ServiceEntry, replica: int = 0) -> int:
        """Return where a process of a service listens."""
        moved = entry.port - _DEFAULT_BASE + self.port_base
        return moved if entry.name == "gateway" else moved + replica * REPLICA_STEP

    def urls(self, entry: ServiceEntry) -> tuple[str, ...]:
        """Return the addresses of all processes of a service."""
        ports = dict.fromkeys(self.port(entry, replica) for replica in range(self.replicas))
        return tuple(f"http://127.0.0.1:{port}" for port in ports)

    @property
    def gateway_url(self) -> str:
        """The only address that the outside world needs."""
        return self.urls(SERVICES[0])[0]

    @property
    def smtp_port(self) -> int:
        """Where intake takes e-mail."""
        return self.port_base + _SMTP_OFFSET

    def environment(
        self, home: Home, process: Process, databases: Mapping[str, ServiceUrls], amqp_url: str | None
    ) -> dict[str, str]:
        """Return the whole environment of a process; what the caller's environment says wins over the plan."""
        planned = local_keys(home) | self._common(home, amqp_url)
        for name in process.services:
            planned |= self._of_service(name, home, process.replica, databases[name])
        inherited = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_SERVICES}
        planned.pop("PITBOSS_PROVISIONING_SECRET", None)
        if "gateway" not in process.services:
            planned.pop("GATEWAY_SIGNING_KEY", None)
        if "tickets" not in process.services:
            planned.pop("TICKETS_AUDIT_SECRET", None)
        return planned | inherited | {"PITBOSS_READY_FILE": str(home.run / f"{process.name}.ready")}

    def _common(self, home: Home, amqp_url: str | None) -> dict[str, str]:
        common = {f"PITBOSS_{entry.name.upper()}_URL": ",".join(self.urls(entry)) for entry in self.entries()}
        share = _CONNECTIONS // (len(self.services) * _POOLS_PER_SERVICE * self.replicas)
        overflow = min(_MOST_OVERFLOW, share // 3)
        common |= {
            "PITBOSS_TRANSPORT": "inprocess" if self.mode == "up" else "rabbitmq",
            "PITBOSS_DEVELOPMENT": "true",
            "GATEWAY_DEMO": "true",
            "NOTIFICATIONS_ALLOW_LOOPBACK": "true",
            "PITBOSS_PUBLIC_BASE_URL": self.gateway_url,
            "PITBOSS_RUN_DIR": str(home.path),
            "PITBOSS_POOL_SIZE": str(min(_MOST_POOL, share - overflow)),
            "PITBOSS_POOL_OVERFLOW": str(overflow),
            "PITBOSS_UNREADY_SECONDS": "0",
            "PYTHONUNBUFFERED": "1",
            "MALLOC_ARENA_MAX": "2",
        }
        return common | ({"PITBOSS_AMQP_URL": amqp_url} if amqp_url else {})

    def _of_service(self, name: str, home: Home, replica: int, urls: ServiceUrls) -> dict[str, str]:
        entry = next(entry for entry in SERVICES if entry.name == name)
        prefix = name.upper()
        own = {
            f"{prefix}_DATABASE_URL": urls.app,
            f"{prefix}_WORKER_DATABASE_URL": urls.worker,
            f"{prefix}_PORT": str(self.port(entry, replica)),
        }
        if name == "gateway" and self.replicas > 1:
            own["GATEWAY_REUSE_PORT"] = "true"
        if name == "intake":
            own["INTAKE_SMTP_PORT"] = str(self.smtp_port + replica * REPLICA_STEP)
            own["INTAKE_FILES_DIR"] = str(home.path / "files")
        return own
