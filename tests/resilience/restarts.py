"""Processes of the running product that end and come back."""

import asyncio
import signal
from typing import Final

from tests.support.eventually import eventually
from tests.support.product import Product

EXIT_SECONDS: Final = 30.0


async def drained(product: Product, name: str) -> float:
    """Send SIGTERM, wait for the end, then for the successor; return how long the end took."""
    loop = asyncio.get_running_loop()
    old = product.signal(name, signal.SIGTERM)
    started = loop.time()
    await eventually(lambda: product.pid(name) != old, within=EXIT_SECONDS, every=0.05)
    took = loop.time() - started
    await _back(product, name, old)
    return took


async def killed(product: Product, name: str) -> None:
    """Kill a process and wait until its successor serves."""
    old = product.kill(name)
    (product.home.run / f"{name}.ready").unlink(missing_ok=True)
    await _back(product, name, old)


async def _back(product: Product, name: str, old: int) -> None:
    ready = product.home.run / f"{name}.ready"
    await eventually(lambda: product.pid(name) not in (None, old) and ready.exists(), within=90, every=0.1)
