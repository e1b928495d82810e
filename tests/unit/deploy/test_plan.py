"""What runs where: ports, processes and what a process may know."""

from pathlib import Path

import pytest

from deploy.home import Home
from deploy.keys import local_keys
from deploy.local.databases import ServiceUrls, service_urls
from deploy.plan import Plan, Process
from shared.directory import SERVICES

NAMES = tuple(entry.name for entry in SERVICES)
GATEWAY, TICKETS = SERVICES[0], next(entry for entry in SERVICES if entry.name == "tickets")
ADMIN = "postgresql://admin:pw@127.0.0.1:5432/postgres"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("PITBOSS_HOME", str(tmp_path / "home"))
    for name in ("PITBOSS_SERVICES", "PITBOSS_PORT_BASE", "TICKETS_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return Home.find()


def _environment(home: Home, plan: Plan, process: Process, amqp_url: str | None = None) -> dict[str, str]:
    databases: dict[str, ServiceUrls] = {name: service_urls(ADMIN, name) for name in plan.services}
    return plan.environment(home, process, databases, amqp_url)


def test_up_is_one_process_and_a_cluster_one_for_each_replica() -> None:
    assert Plan("up", NAMES).processes() == (Process("services", NAMES),)
    names = [process.name for process in Plan("cluster", ("gateway", "tickets"), replicas=2).processes()]
    assert names == ["gateway", "gateway-2", "tickets", "tickets-2"]


def test_ports_move_together_and_replicas_listen_a_hundred_further() -> None:
    plan = Plan("cluster", NAMES, port_base=9000, replicas=2)
    assert plan.urls(TICKETS) == ("http://127.0.0.1:9021", "http://127.0.0.1:9121")
    assert plan.smtp_port == 9000 + 2525 - 8080


def test_processes_of_the_gateway_share_one_listener(home: Home) -> None:
    plan = Plan("cluster", NAMES, replicas=2)
    assert plan.urls(GATEWAY) == ("http://127.0.0.1:8080",)
    environment = _environment(home, plan, Process("gateway-2", ("gateway",), 1))
    assert environment["GATEWAY_REUSE_PORT"] == "true"
    assert environment["PITBOSS_TICKETS_URL"] == "http://127.0.0.1:8101,http://127.0.0.1:8201"


def test_a_plan_survives_the_command_that_made_it(home: Home) -> None:
    plan = Plan("cluster", ("gateway", "chat"), 9000, 2)
    plan.save(home)
    assert Plan.load(home) == plan
    Plan.discard(home)
    assert Plan.load(home) is None


def test_unknown_services_are_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    del home
    monkeypatch.setenv("PITBOSS_SERVICES", "gateway,sales")
    with pytest.raises(ValueError, match="sales"):
        Plan.from_environment("up")


def test_a_service_learns_neither_the_administrators_address_nor_the_gateways_key(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PITBOSS_DATABASE_URL", ADMIN)
    environment = _environment(home, Plan("cluster", NAMES), Process("tickets", ("tickets",)))
    assert "PITBOSS_DATABASE_URL" not in environment
    assert "GATEWAY_SIGNING_KEY" not in environment
    assert "CHAT_DATABASE_URL" not in environment
    assert "tickets_app" in environment["TICKETS_DATABASE_URL"]


def test_the_audit_trails_secret_is_for_tickets_alone(home: Home) -> None:
    plan = Plan("cluster", NAMES)
    assert "TICKETS_AUDIT_SECRET" in _environment(home, plan, Process("tickets", ("tickets",)))
    assert "TICKETS_AUDIT_SECRET" not in _environment(home, plan, Process("chat", ("chat",)))


def test_what_the_callers_environment_says_wins(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKETS_DATABASE_URL", "postgresql://through-a-proxy/pitboss_tickets")
    environment = _environment(home, Plan("cluster", NAMES), Process("tickets", ("tickets",)), "amqp://planned")
    assert environment["TICKETS_DATABASE_URL"] == "postgresql://through-a-proxy/pitboss_tickets"
    assert environment["PITBOSS_AMQP_URL"] == "amqp://planned"


@pytest.mark.parametrize("replicas", [1, 2, 4])
def test_all_pools_together_fit_into_the_server(home: Home, replicas: int) -> None:
    plan = Plan("cluster", NAMES, replicas=replicas)
    environment = _environment(home, plan, Process("tickets", ("tickets",)))
    pool = int(environment["PITBOSS_POOL_SIZE"]) + int(environment["PITBOSS_POOL_OVERFLOW"])
    assert 2 * pool * len(NAMES) * replicas <= 240


def test_keys_are_made_once_and_private(home: Home) -> None:
    assert local_keys(home) == local_keys(home)
    assert (home.path / "keys.env").stat().st_mode & 0o777 == 0o600


def test_role_passwords_differ_and_follow_from_the_administrators() -> None:
    urls = service_urls(ADMIN, "tickets")
    assert len({urls.owner, urls.app, urls.worker}) == 3
    assert urls == service_urls(ADMIN, "tickets")
    assert urls != service_urls(ADMIN.replace(":pw@", ":other@"), "tickets")
