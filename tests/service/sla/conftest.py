"""A running sla."""

from collections.abc import AsyncIterator

import pytest

from tests.service.sla.desk import Desk
from tests.support.database import Cluster
from tests.support.service import running_service


@pytest.fixture
async def desk(postgres: Cluster) -> AsyncIterator[Desk]:
    """A fresh sla."""
    async with running_service(postgres, "sla") as service:
        yield Desk(service)
