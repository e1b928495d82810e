"""Jobs end when they are asked to, whatever happens to the asking on its way."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Final

from shared.messaging.runtime import Ground, Job, start_jobs
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.journal import written
from tests.support.service import running_service

_RUNTIME: Final = "shared.messaging.runtime"


async def test_a_job_ends_although_a_library_lost_its_cancellation(postgres: Cluster) -> None:
    """Asked once, in the middle of a round that goes on as if nothing had been."""
    begun = asyncio.Event()

    async def loses(_ground: Ground) -> timedelta:
        begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return timedelta(hours=1)

    async with running_service(postgres, "chat") as service:
        with written() as lines:
            [job] = start_jobs([Job("loses", loses)], service.ground)
            await begun.wait()
            job.cancel()
            await eventually(job.done)
    assert [line for line in lines if line.get("job") == "loses"] == [
        {"event": "cancellation_lost", "log_level": "warning", "job": "loses", "service": "chat", "module": _RUNTIME}
    ]


async def test_a_job_that_hears_its_cancellation_ends_without_a_word(postgres: Cluster) -> None:
    begun = asyncio.Event()

    async def rests(_ground: Ground) -> timedelta:
        begun.set()
        return timedelta(hours=1)

    async with running_service(postgres, "chat") as service:
        with written() as lines:
            [job] = start_jobs([Job("rests", rests)], service.ground)
            await begun.wait()
            job.cancel()
            await eventually(job.done)
    assert job.cancelled()
    assert [line for line in lines if line.get("job") == "rests"] == []
