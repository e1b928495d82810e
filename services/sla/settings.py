"""What sla is configured with."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated, ClassVar

import yaml
from pydantic import Field

from services.sla.domain.jurisdictions import Rules, read_rules
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
            description="after a start or a standstill, timers that fell due while sla was down wait until it has told "
            "nothing new for so long: the answers given meanwhile are still on their way"
        ),
    ] = timedelta(seconds=2)
    catch_up_limit: Annotated[
        timedelta, Field(description="longest wait of timers that fell due while sla was down")
    ] = timedelta(seconds=10)
    standstill: Annotated[
        timedelta, Field(description="a timer job that looks so much later than it meant to was stopped meanwhile")
    ] = timedelta(seconds=2)
    measure_batch: Annotated[int, Field(ge=1, le=1000, description="tickets measured in one transaction")] = 200
    measure_pause: Annotated[
        timedelta, Field(description="sleep of the job that measures tickets once it is up to date")
    ] = timedelta(seconds=1)
    complaint_seconds_per_day: Annotated[
        float, Field(gt=0, le=86400, description="how long a day of a legal clock lasts; shorter only in rehearsals")
    ] = 86400.0


@cache
def jurisdictions() -> Mapping[str, Rules]:
    """Return the rules of every jurisdiction; read once, from the file that comes with the service."""
    text = files("services.sla").joinpath("data", "jurisdictions.yaml").read_text(encoding="utf-8")
    return read_rules(yaml.load(text, Loader=yaml.CSafeLoader))
