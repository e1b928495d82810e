"""A running intake service and somebody who hands it mail."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.service.intake.postman import KNOBS, Postman
from tests.support.database import Cluster
from tests.support.service import running_service


@pytest_asyncio.fixture
async def postman(postgres: Cluster) -> AsyncIterator[Postman]:
    """The mail server in front of the service; two brands have their mailboxes."""
    async with running_service(postgres, "intake", **KNOBS) as service:
        yield await Postman(service).introduced()
