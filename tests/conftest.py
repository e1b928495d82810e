"""Fixtures and profiles of the whole suite."""

from collections.abc import Iterator

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
