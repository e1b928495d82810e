"""A cluster with two processes of each service, shared by the tests that leave it as they found it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from deploy.demo.clients import Door
from tests.support.product import Product, running_product


@pytest.fixture(scope="package")
def twins() -> Iterator[Product]:
    """Every service twice, over RabbitMQ."""
    with running_product("cluster", replicas=2) as product:
        yield product


@pytest.fixture(scope="package")
async def door(twins: Product) -> AsyncIterator[Door]:
    """The way into that cluster."""
    async with Door.open(twins.url) as opened:
        yield opened
