"""The built-in policies, read from `data/service-promises.yaml`."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

import yaml
from pydantic import BaseModel

from services.sla.domain.policies import LAST_POSITION, Conditions, Policy, Source, Target
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind
from shared.contracts.tickets import ReasonClass

_FILE: Final = Path(__file__).parents[1] / "data" / "service-promises.yaml"
_NAMESPACE: Final = UUID("5b0f6e52-3f0e-5d0b-9c55-5f1d8f0c7a10")
# The file names no earlier target for these promises; a warning at four fifths leaves time to act.
_WARN_SHARE: Final = 0.8
_CHANNELS: Final = {Channel.WEB: "web_or_app_chat", Channel.EMAIL: "email"}


class _Promise(BaseModel):
    target_seconds: int | None = None
    breach_seconds: int | None = None

    def target(self) -> Target:
        """Return the promise as a target; promises without a latest time are none."""
        if self.breach_seconds is None:
            message = f"{_FILE.name} names no breach_seconds for a promise that sla measures"
            raise ValueError(message)
        warn = self.target_seconds or self.breach_seconds * _WARN_SHARE
        return Target(warn=timedelta(seconds=warn), breach=timedelta(seconds=self.breach_seconds))


class _Promises(BaseModel):
    version: int
    promises: Mapping[str, _Promise]
    channels: Mapping[str, _Promise]


@cache
def default_policies() -> tuple[Policy, ...]:
    """Return the policies that hold for every brand below its own, in asking order."""
    document = _Promises.model_validate(yaml.load(_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
    chat, email = (document.channels[name].target() for name in _CHANNELS.values())
    standard, simple, complex_case = (
        document.promises[name].target()
        for name in ("any_query_standard_response", "simple_request_resolved", "complex_case_accepted_by_senior")
    )
    rows = (
        ("Live chat", Conditions(channel=Channel.WEB), _responses(chat)),
        ("E-mail", Conditions(channel=Channel.EMAIL), _responses(email)),
        ("Any query", Conditions(), _responses(standard)),
        ("Simple request", Conditions(reason_class=ReasonClass.SIMPLE), {ClockKind.RESOLUTION: simple}),
        ("Complex or escalated case", Conditions(), {ClockKind.SENIOR_ACCEPTS: complex_case}),
    )
    return tuple(
        Policy(
            id=uuid5(_NAMESPACE, name),
            version=document.version,
            name=name,
            position=LAST_POSITION + place,
            source=Source.DEFAULT,
            conditions=conditions,
            targets=targets,
        )
        for place, (name, conditions, targets) in enumerate(rows, start=1)
    )


def _responses(target: Target) -> dict[ClockKind, Target]:
    return {ClockKind.FIRST_RESPONSE: target, ClockKind.NEXT_RESPONSE: target}
