"""Live conversations as chat tells them; their first words open the ticket."""

from dataclasses import dataclass
from datetime import datetime

from shared.contracts.base import Author


@dataclass(frozen=True, slots=True)
class Conversation:
    """Who talks live, and what the ticket opens with.

    `reason` is the one he chose, if there is such a reason; `vip` is what the operator signed about his tier.
    """

    player: Author
    subject: str | None
    language: str | None
    started_at: datetime
    reason: str | None = None
    vip: str | None = None
