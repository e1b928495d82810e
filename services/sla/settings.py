"""What sla is configured with."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Knobs of sla; the environment names them `SLA_…` or `PITBOSS_…`."""

    service: ClassVar[str] = "sla"

    timer_batch: Annotated[
        int, Field(ge=1, le=1000, description="timers fired in one transaction; more make answers wait for locks")
    ] = 1000
    timer_lanes: Annotated[
        int, Field(ge=1, le=8, description="batches fired side by side while whole batches are overdue")
    ] = 2
    timer_least_pause: Annotated[
        timedelta, Field(description="shortest sleep of the timer job: what falls due together is fired together")
    ] = timedelta(milliseconds=10)
    timer_most_pause: Annotated[
        timedelta, Field(description="longest sleep of the timer job: bounds the lag of a timer it was not told of")
    ] = timedelta(milliseconds=250)
    catch_up_quiet: Annotated[
        timedelta,
        Field(
            description="after a start, timers that fell due while sla was down wait until it has told nothing new "
            "for so long: the answers given meanwhile are still on their way"
        ),
    ] = timedelta(seconds=2)
    catch_up_limit: Annotated[
        timedelta, Field(description="longest wait of timers that fell due while sla was down")
    ] = timedelta(seconds=10)
