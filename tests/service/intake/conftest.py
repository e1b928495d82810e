"""A running intake service and somebody who hands it mail."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.service.intake.postman import KNOBS, Postman
from tests.support.database import Cluster
from tests.support.service import running_service


@pytest_asyncio.fixture
async def postman(postgres: Cluster, tmp_path: Path) -> AsyncIterator[Postman]:
    """The mail server in front of the service; two brands have their mailboxes."""
    async with running_service(postgres, "intake", **{**KNOBS, "files_dir": tmp_path}) as service:
        yield await Postman(service).introduced()
