"""Hundreds of accepted writes through kills of everything: nothing lost, doubled or reordered anywhere."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from deploy.demo.clients import new_key
from tests.resilience.sinks import come_to_rest, in_chat, in_tickets, in_webhooks, sla_faults, waiting
from tests.resilience.workload import Workload
from tests.support.eventually import eventually
from tests.support.ledger import Outcome, judge
from tests.support.product import Product, running_product
from tests.support.webhook_sink import WebhookSink, webhook_sink

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(600)]

WRITES: Final = int(os.environ.get("PITBOSS_LEDGER_WRITES", "800"))
CHATS, FORMS = 20, 40
# Three fifths are said by players in chats, one is answered there, one comes by the form.
WORDS, ANSWERS, FORM_WORDS = 3 * WRITES // 5 // CHATS, WRITES // 5 // CHATS, WRITES // 5 // FORMS - 1
ACCEPTED = CHATS * (WORDS + ANSWERS) + FORMS * (FORM_WORDS + 1)


async def _listen(load: Workload, sink: WebhookSink) -> None:
    body = {"url": sink.url, "events": ["*"], "ordered": True, "include_content": True}
    key = load.product.brand.api_key
    made = await load.until(
        lambda: load.door.call("POST", "/v1/webhook-endpoints", token=key, body=body, key=new_key())
    )
    sink.secrets.append(str(made["secret"]))


async def _work(load: Workload) -> None:
    await asyncio.gather(
        *(load.chat(f"player-{n}", words=WORDS, answers=ANSWERS) for n in range(CHATS)),
        *(load.form(f"former-{n}", words=FORM_WORDS) for n in range(FORMS)),
    )


async def _progress(load: Workload, working: "asyncio.Task[None]", goal: int) -> None:
    await eventually(lambda: working.done() or len(load.ledger.marks(Outcome.ACKED)) >= goal, within=240)


async def _with_faults(load: Workload, faults: list[Callable[[], Awaitable[object]]]) -> None:
    """Spread the faults over the work by progress, not by time, so that each one hits."""
    working = asyncio.create_task(_work(load))
    for position, fault in enumerate(faults, start=1):
        goal = ACCEPTED * position // (len(faults) + 1)
        await _progress(load, working, goal)
        await fault()
    await working


async def _judge_all(load: Workload, sink: WebhookSink) -> None:
    urls = {name: found.worker for name, found in load.product.databases().items()}

    async def check() -> bool:
        return await waiting(urls.values()) == 0

    await eventually(check, within=120, every=0.5)
    await eventually(lambda: judge(load.ledger, "webhooks", in_webhooks(sink)).lost == (), within=120, every=0.5)
    assert len(load.ledger.marks(Outcome.ACKED)) == ACCEPTED
    verdicts = [
        judge(load.ledger.only(load.chats), "chat", await in_chat(load)),
        judge(load.ledger, "tickets", await in_tickets(load)),
        judge(load.ledger, "webhooks", in_webhooks(sink)),
    ]
    for verdict in verdicts:
        print(verdict.line())  # noqa: T201 - the figures are the point of this test
    print(f"answers repeated after a fault: {load.refusals}, webhook repeats: {sink.repeats}")  # noqa: T201 - the same
    assert all(verdict.passed for verdict in verdicts), verdicts
    assert sink.forged == 0
    assert await sla_faults(load) == []
    await come_to_rest(urls, ("sla", "notifications"))


async def _killed(product: Product, name: str) -> None:
    old = product.kill(name)
    await eventually(lambda: product.pid(name) not in (None, old), within=30)


async def _broker_killed(product: Product) -> None:
    broker = product.broker()
    broker.kill()
    await eventually(lambda: broker.running, within=60, every=0.5)


async def test_nothing_is_lost_in_the_cluster() -> None:
    """RabbitMQ killed twice, each service once, every database connection ended once."""
    with running_product("cluster") as product:
        async with Workload.on(product) as load, webhook_sink() as sink:
            await _listen(load, sink)
            kills = [lambda name=name: _killed(product, name) for name in product.processes()]
            half = len(kills) // 2
            broker_kill = lambda: _broker_killed(product)  # noqa: E731 - one of a list of faults
            await _with_faults(load, [broker_kill, *kills[:half], product.storm, *kills[half:], broker_kill])
            await _judge_all(load, sink)


async def test_nothing_is_lost_in_one_process() -> None:
    """`make up` with `kill -9` of its one process, three times."""
    with running_product("up") as product:
        async with Workload.on(product) as load, webhook_sink() as sink:
            await _listen(load, sink)
            await _with_faults(load, [lambda: _killed(product, "services")] * 3)
            await _judge_all(load, sink)
