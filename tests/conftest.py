"""Fixtures and profiles of the whole suite."""

import os
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

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
_PRODUCTS: Final = "products"
_BROKER: Final = "broker"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run ring after ring, in random order within each: a running product needs the machine for itself.

    Several workers share the rings: one drives the running product, what is left over goes to whoever is free. A test
    that starts products of its own comes last, what shares a server stays together.
    """
    items.sort(key=lambda item: RINGS.index(_place(item)[0]))
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    groups = {item: _group(item) for item in items}
    turns = {_PRODUCTS: 0, _BROKER: 1, None: 3}
    items.sort(key=lambda item: 4 if _place(item)[-1] == "test_ledger.py" else turns.get(groups[item], 2))
    for item, group in groups.items():
        if group is not None:
            item.add_marker(pytest.mark.xdist_group(group))


def _place(item: pytest.Item) -> tuple[str, ...]:
    return item.path.relative_to(item.config.rootpath / "tests").parts


def _group(item: pytest.Item) -> str | None:
    """Return what a test shares with others so that one worker has to run them, None for most."""
    match _place(item):
        case ("resilience", "test_ledger.py"):
            return None
        case ("e2e" | "resilience", *_):
            return _PRODUCTS
        case ("service", "messaging", *_):
            return _BROKER
        case ("service", "deploy", name):
            return name
        case _:
            return None
