"""P10 and P11: a player's word until the agent's socket hears it, in one process and across two over RabbitMQ."""

from typing import Final

from tests.bench.chat_sockets import Chat, latencies
from tests.bench.machine import Watch
from tests.bench.report import Figure
from tests.bench.sizes import Sizes
from tests.bench.stand import Server, Stand
from tests.support.eventually import eventually
from tests.support.service import PUBLIC_KEY

_PAIRS: Final = 200
_RATE: Final = 1000
_KNOBS: Final = {"PITBOSS_GATEWAY_PUBLIC_KEY": PUBLIC_KEY}


async def one_process(stand: Stand, sizes: Sizes, watch: Watch) -> list[Figure]:
    """P10."""
    with stand.serving("chat", amqp=False, knobs=_KNOBS) as server:
        return await _figures("P10", "player to agent, one process, 1000 messages/s", 20, server, server, sizes, watch)


async def two_processes(stand: Stand, sizes: Sizes, watch: Watch) -> list[Figure]:
    """P11."""
    with stand.serving("chat", knobs=_KNOBS) as here, stand.serving("chat", replica=1, knobs=_KNOBS) as there:
        return await _figures("P11", "player to agent, two processes over RabbitMQ", 40, here, there, sizes, watch)


async def _figures(
    id_: str, what: str, bar: float, here: Server, there: Server, sizes: Sizes, watch: Watch
) -> list[Figure]:
    players_at, agents_at = Chat(here.port, here.pid), Chat(there.port, there.pid)
    await eventually(lambda: _heard(players_at, agents_at), within=60)
    found: list[dict[str, float]] = []
    for _ in range(sizes.repeats):
        watch.look()
        found.append(await latencies(players_at, agents_at, _PAIRS, _RATE, sizes.paced_seconds / 2))
    return [
        Figure(id_, f"{what}, p99", "ms", tuple(one["p99"] for one in found), bar=bar),
        Figure(id_, "  p50", "ms", tuple(one["p50"] for one in found)),
        Figure(id_, "  not there a second after the last was sent", "", tuple(_late(one) for one in found), bar=0),
        Figure(id_, "  CPU of the player's process per message", "us", tuple(_cpu(one) for one in found)),
    ]


async def _heard(players_at: Chat, agents_at: Chat) -> bool:
    """True once words reach the other side: right after the start the broker may still be on its way."""
    found = await latencies(players_at, agents_at, 10, 50, 1)
    return found["received"] == found["sent"]


def _cpu(found: dict[str, float]) -> float:
    return found["cpu_us_per_message"]


def _late(found: dict[str, float]) -> float:
    return found["sent"] - found["received"]
