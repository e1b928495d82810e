"""One running tickets service per test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.service.tickets.desk import Desk
from tests.support.database import Cluster
from tests.support.service import RunningService, running_service


@pytest_asyncio.fixture
async def tickets(postgres: Cluster) -> AsyncIterator[RunningService]:
    """The service on a fresh database."""
    async with running_service(postgres, "tickets") as service:
        yield service


@pytest_asyncio.fixture
async def desk(tickets: RunningService) -> Desk:
    """The desk of the running service."""
    return Desk(tickets)
