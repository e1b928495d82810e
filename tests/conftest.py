"""Fixtures and profiles of the whole suite."""

import gc
import os
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from tests.support.database import Cluster, private_cluster

settings.register_profile(
    "pitboss", deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow], derandomize=False
)
settings.load_profile("pitboss")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A private PostgreSQL with templates of migrated service databases."""
    with private_cluster() as cluster:
        yield cluster


RINGS: Final = ("house", "unit", "contract", "service", "e2e", "resilience")
_BROKER: Final = "broker"
_TURNS: Final = (
    "e2e",
    "resilience",
    _BROKER,
    "others",
    "service",
    "test_nothing_is_lost_in_the_cluster",
    "contract",
    "test_nothing_is_lost_in_one_process",
    "unit",
    "house",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run ring after ring, in random order within each.

    Several workers share the rings: two drive a running product each from the beginning, the others take the rest.
    """
    order = _turn if "PYTEST_XDIST_WORKER" in os.environ else _ring
    items.sort(key=lambda item: order(item.nodeid))


def pytest_collection_finish() -> None:
    """Set aside what stays until the end: the collector would walk through all that code again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Hand out tests one by one, except for those that share something."""
    return _Grouped(config, log)


class _Grouped(LoadScopeScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid) or nodeid


def _place(nodeid: str) -> tuple[str, ...]:
    return PurePosixPath(nodeid.partition("::")[0]).parts[1:]


def _ring(nodeid: str) -> int:
    return RINGS.index(_place(nodeid)[0])


def _turn(nodeid: str) -> int:
    """Return when a test is handed out to workers: what takes long comes before what fills the gaps at the end.

    A worker holds up to three tests, so something short stands between the ledgers, which are minutes each.
    """
    group, ring = _group(nodeid), _place(nodeid)[0]
    if group:
        return _TURNS.index(group if group in _TURNS else "others")
    return _TURNS.index(nodeid.rpartition("::")[2] if ring == "resilience" else ring)


def _group(nodeid: str) -> str | None:
    """Return what a test shares with others so that one worker has to run them, None for most."""
    match _place(nodeid):
        case ("resilience", "test_ledger.py"):
            return None
        case ("e2e" | "resilience" as product, *_):
            return product
        case ("service", "messaging", *_):
            return _BROKER
        case ("service", "deploy", name):
            return name
        case _:
            return None
