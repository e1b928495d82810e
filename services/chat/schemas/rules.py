"""Rules, bans and ratings as HTTP callers see them."""

from datetime import timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.chat.domain.rules import Ban, ChatPolicy, Rating
from services.chat.schemas.http import Words
from shared.contracts.base import AuthorKind

_MOST_SECONDS = 86_400
_MOST_MINUTES = 525_600

Seconds = Annotated[int, Field(ge=30, le=_MOST_SECONDS, strict=True)]
Reason = Annotated[Words, Field(max_length=500)]


class ReplaceChatPolicy(BaseModel):
    """A brand's rules; what may be left out stays as it is.

    `warn_after` null: a silent player's conversation is never ended.
    """

    model_config = ConfigDict(extra="forbid")

    warn_after: Annotated[Seconds | None, Field(description="seconds of a player's silence after an answer")]
    end_after: Annotated[Seconds, Field(description="seconds from the warning to the end")]
    asks_for_rating: Annotated[bool, Field(strict=True)]
    announces_people: Annotated[
        bool | None, Field(strict=True, description="players are told who of the staff joins and leaves")
    ] = None
    correct_within: Annotated[
        int | None,
        Field(
            ge=0, le=_MOST_SECONDS, strict=True,
            description="seconds in which players correct or withdraw their words; 0: never",
        ),
    ] = None  # fmt: skip

    def policy(self, known: ChatPolicy) -> ChatPolicy:
        """Return the rules in the place of those that are known; their version is given when they are stored."""
        warn_after = None if self.warn_after is None else timedelta(seconds=self.warn_after)
        within = known.correct_within if self.correct_within is None else timedelta(seconds=self.correct_within)
        announces = known.announces_people if self.announces_people is None else self.announces_people
        end_after = timedelta(seconds=self.end_after)
        return ChatPolicy(0, warn_after, end_after, self.asks_for_rating, announces, within)


class ChatPolicyDocument(ReplaceChatPolicy):
    """The rules that count; `version` is the ETag, 0 the built-in ones."""

    version: int

    @classmethod
    def of(cls, policy: ChatPolicy) -> Self:
        """Return the shape of rules."""
        warn_after = None if policy.warn_after is None else int(policy.warn_after.total_seconds())
        return cls(
            version=policy.version, warn_after=warn_after, end_after=int(policy.end_after.total_seconds()),
            asks_for_rating=policy.asks_for_rating, announces_people=policy.announces_people,
            correct_within=int(policy.correct_within.total_seconds()),
        )  # fmt: skip


class NewBan(BaseModel):
    """A wish to keep the player of a conversation out of the chat; `minutes` null: until the ban is lifted."""

    model_config = ConfigDict(extra="forbid")

    ticket_id: UUID
    reason: Reason
    minutes: Annotated[int | None, Field(ge=1, le=_MOST_MINUTES, strict=True)] = None


class BanDocument(BaseModel):
    """A ban; it is in force until `until` or until it was lifted."""

    id: UUID
    person_kind: AuthorKind
    person_id: str
    reason: str
    ticket_id: UUID | None
    banned_by: str
    banned_at: AwareDatetime
    until: AwareDatetime | None
    lifted_by: str | None
    lifted_at: AwareDatetime | None

    @classmethod
    def of(cls, ban: Ban) -> Self:
        """Return the shape of a ban."""
        return cls(
            id=ban.id, person_kind=ban.person.kind, person_id=ban.person.id, reason=ban.reason,
            ticket_id=ban.ticket_id, banned_by=ban.banned_by, banned_at=ban.banned_at, until=ban.until,
            lifted_by=ban.lifted_by, lifted_at=ban.lifted_at,
        )  # fmt: skip


class RateSession(BaseModel):
    """What a player says of a conversation: 1 (bad) to 5 (good)."""

    model_config = ConfigDict(extra="forbid")

    score: Annotated[int, Field(ge=1, le=5, strict=True)]
    comment: Annotated[Words | None, Field(max_length=2_000)] = None


class RatingDocument(BaseModel):
    """The `round`-th rating of a conversation; `assignee_id` held its ticket when the player was asked."""

    ticket_id: UUID
    round: int
    assignee_id: str | None
    score: int
    comment: str | None
    asked_at: AwareDatetime
    rated_at: AwareDatetime

    @classmethod
    def of(cls, rating: Rating) -> Self:
        """Return the shape of a rating that was given."""
        assert rating.score is not None  # noqa: S101 - only ratings that were given are shown
        assert rating.rated_at is not None  # noqa: S101 - likewise
        return cls(
            ticket_id=rating.ticket_id, round=rating.round, assignee_id=rating.assignee_id, score=rating.score,
            comment=rating.comment, asked_at=rating.asked_at, rated_at=rating.rated_at,
        )  # fmt: skip
