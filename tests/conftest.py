"""Fixtures and profiles of the whole suite."""

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


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run ring after ring, in random order within each: a running product needs the machine for itself."""
    items.sort(key=lambda item: RINGS.index(item.path.relative_to(item.config.rootpath / "tests").parts[0]))
