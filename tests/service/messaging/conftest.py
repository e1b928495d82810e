"""The conformance suite runs over both transports; what only a broker can do has files of its own."""

from collections.abc import AsyncIterator, Iterator

import pytest

from shared.messaging.inprocess import InprocessTransport
from shared.messaging.rabbitmq import RabbitMQTransport
from shared.messaging.transport import Transport
from tests.support.broker import Broker, private_broker
from tests.support.database import Cluster
from tests.support.stations import Yard


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    with private_broker() as running:
        yield running


@pytest.fixture(scope="session")
def yard(postgres: Cluster) -> Yard:
    return Yard(postgres)


class Carrier:
    """Makes the transport of a service under test and stops it afterwards."""

    def __init__(self, broker: Broker | None) -> None:
        self.broker = broker
        self.made: list[Transport] = []

    def __call__(self, service: str) -> Transport:
        """Return the transport for a process of `service`."""
        if self.broker is not None:
            self.made.append(RabbitMQTransport(self.broker.url, name=service, jitter=0, heartbeat=1))
        elif not self.made:
            self.made.append(InprocessTransport(("tickets",)))
        return self.made[-1]


@pytest.fixture(params=["inprocess", "rabbitmq"])
async def carrier(request: pytest.FixtureRequest) -> AsyncIterator[Carrier]:
    running: Broker | None = None
    if request.param == "rabbitmq":
        running = request.getfixturevalue("broker")
        await running.fresh()
    made = Carrier(running)
    yield made
    for transport in made.made:
        await transport.stop()
