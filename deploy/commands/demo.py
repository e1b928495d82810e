"""The scripted day as a command."""

import asyncio
import sys

from deploy.commands import stack
from deploy.demo.day import run
from deploy.home import Home
from deploy.plan import Plan


def demo() -> None:
    """Play the day against what runs; start everything in one process first if nothing does."""
    home = Home.find()
    if Plan.load(home) is None:
        stack.up()
    facts = home.read_demo()
    try:
        asyncio.run(run(facts, home.path / "outbox", lambda line: print(line, flush=True)))
    except KeyboardInterrupt:
        sys.exit(130)
