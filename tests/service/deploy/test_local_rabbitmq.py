"""The private RabbitMQ: crash, freeze, return, and an end that leaves nothing behind."""

from collections.abc import Iterator

import aio_pika
import pytest

from deploy.local.processes import alive, port_is_free, wait_until
from deploy.local.rabbitmq import LocalRabbitMQ, installed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not installed(), reason="rabbitmq-server is not installed"),
]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRabbitMQ]:
    broker = LocalRabbitMQ(tmp_path_factory.mktemp("broker") / "rabbitmq", follow_parent=True)
    yield broker.start()
    broker.remove()


async def test_a_confirmed_persistent_message_survives_a_crash(node: LocalRabbitMQ) -> None:
    connection = await aio_pika.connect(node.url)
    async with connection:
        channel = await connection.channel()
        await channel.declare_queue("kept", durable=True)
        message = aio_pika.Message(b"7", delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, "kept")
    node.kill()
    assert not node.running
    node.start()
    connection = await aio_pika.connect(node.url)
    async with connection:
        queue = await (await connection.channel()).declare_queue("kept", passive=True)
        received = await queue.get(no_ack=True)
    assert received is not None
    assert received.body == b"7"


async def test_a_frozen_node_is_there_but_does_not_answer(node: LocalRabbitMQ) -> None:
    node.freeze()
    assert node.running
    assert not node.ready()
    node.thaw()
    assert wait_until(node.ready, within=30)


async def test_the_node_can_be_administered(node: LocalRabbitMQ) -> None:
    assert node.virtual_host in node.control("list_vhosts")


async def test_a_stop_leaves_no_process_and_no_port(node: LocalRabbitMQ) -> None:
    pid, port = node.pid, node.port
    names = int((node.folder / "epmd.pid").read_text())
    assert pid is not None
    node.stop()
    assert not alive(pid)
    assert not alive(names)
    assert port_is_free(port)
    node.start()
