"""A running notifications service and what its portal can be asked."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.service.notifications.portal import KNOBS, Portal, Start
from tests.support.database import Cluster
from tests.support.service import RunningService, running_service


@pytest.fixture
def start(postgres: Cluster, tmp_path: Path) -> Start:
    """Start a service with other knobs than usual."""

    def begin(**knobs: Any) -> AbstractAsyncContextManager[RunningService]:
        return running_service(postgres, "notifications", **{**KNOBS, "run_dir": tmp_path, **knobs})

    return begin


@pytest_asyncio.fixture
async def service(start: Start) -> AsyncIterator[RunningService]:
    """The service with the schedule shortened a hundred thousand times."""
    async with start() as running:
        yield running


@pytest_asyncio.fixture
async def portal(service: RunningService) -> Portal:
    """The portal as a lead of the brand sees it."""
    return Portal(service)
