"""Jobs end when they are asked to, whatever happens to the asking on its way."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from shared.messaging.runtime import Ground, Job, start_jobs
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import running_service


async def test_a_job_ends_although_a_library_lost_its_cancellation(postgres: Cluster) -> None:
    """Asked once, in the middle of a round that goes on as if nothing had been."""
    begun = asyncio.Event()

    async def loses(_ground: Ground) -> timedelta:
        begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return timedelta(hours=1)

    async with running_service(postgres, "chat") as service:
        [job] = start_jobs([Job("loses", loses)], service.ground)
        await begun.wait()
        job.cancel()
        await eventually(job.done)
