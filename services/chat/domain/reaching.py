"""Where a player is written to, and what he was told there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.contracts.base import Author


@dataclass(frozen=True, slots=True)
class Introduction:
    """What somebody says of himself: believed by nobody, and no proof of who he is."""

    name: str | None = None
    address: str | None = None
    reason: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def says_something(self) -> bool:
        """True if there is anything to keep."""
        return bool(self.name or self.address or self.reason or self.answers)


SILENT: Final = Introduction()


@dataclass(frozen=True, slots=True)
class Reachable:
    """Whose a conversation is, in which language it began, how its player is reached, and when and why it ended.

    `vouched` is the address that the operator signed for him; else the one he gave counts.
    """

    player: Author
    subject: str | None
    language: str | None
    vouched: str | None
    introduction: Introduction
    given_at: datetime | None
    ended_at: datetime | None
    ended_reason: str | None

    @property
    def address(self) -> str | None:
        """Where he is written to."""
        return self.vouched or self.introduction.address

    @property
    def name(self) -> str | None:
        """What he is called."""
        return self.player.name or self.introduction.name


@dataclass(frozen=True, slots=True)
class Telling:
    """What was told by e-mail of a conversation; `thread` are the Message-IDs of the player's newest e-mail."""

    number: str
    subject: str
    due_at: datetime | None
    undelivered: bool
    mailed_seq: int
    batches: int
    first_batch_id: UUID | None
    batch_state: str | None
    mailed_at: datetime | None
    wrote_mail_at: datetime | None
    thread: tuple[str, ...]
