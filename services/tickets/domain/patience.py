"""How patient a brand's queue is: what it decides itself, and what counts until it does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """The bounds of one brand's queue; version 0 has the defaults.

    `silence`: a live chat is taken back from a holder who says nothing for so long. `sleeper`: a ticket that its player
    woke stays reserved for its former holder. `manager`: a new ticket waits for the player's personal manager before
    anybody else has it. `push`: places are told no more often than that. `capacity`, by channel: what people hold who
    have no limit of their own.
    """

    version: int = 0
    silence: timedelta = timedelta(seconds=180)
    sleeper: timedelta = timedelta(minutes=10)
    manager: timedelta = timedelta(minutes=5)
    push: timedelta = timedelta(seconds=1)
    capacity: Mapping[str, int] = field(default_factory=dict)
