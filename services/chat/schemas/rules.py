"""Rules, bans and ratings as HTTP callers see them."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from services.chat.domain.forms import MOST_QUESTIONS, MOST_REASONS, Asked, Choice, Form, Question
from services.chat.domain.hours import Hours, Shift, as_minutes, as_text
from services.chat.domain.rules import Ban, ChatPolicy, Rating
from services.chat.schemas.http import AnswerKey, OneLine, ReasonCode, Words
from shared.contracts.base import AuthorKind

_MOST_SECONDS = 86_400
_MOST_MINUTES = 525_600
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        message = "no time zone is called so"
        raise ValueError(message) from error
    return name


Patience = Annotated[int, Field(ge=10, le=_MOST_SECONDS, strict=True)]
Seconds = Annotated[int, Field(ge=30, le=_MOST_SECONDS, strict=True)]
TimeZone = Annotated[str, Field(pattern=r"^[A-Za-z0-9_+/-]{1,64}$"), AfterValidator(_known_zone)]
LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
Reason = Annotated[Words, Field(max_length=500)]


Labels = Annotated[
    dict[LanguageCode, Annotated[OneLine, Field(max_length=120)]],
    Field(min_length=1, max_length=20, description="by language; the first is for all others"),
]


class FormChoice(BaseModel):
    """A contact reason to choose, as visitors read it."""

    model_config = ConfigDict(extra="forbid")

    code: ReasonCode
    labels: Labels


class FormQuestion(BaseModel):
    """A question of the brand's own; `labels` has it by language, `key` names its answer."""

    model_config = ConfigDict(extra="forbid")

    key: AnswerKey
    labels: Labels
    required: Annotated[bool, Field(strict=True)] = False


class FormRules(BaseModel):
    """What visitors are asked before their first word. `reasons` are those to choose from; none: any may be named."""

    model_config = ConfigDict(extra="forbid")

    name: Asked = Asked.OPTIONAL
    email: Asked = Asked.OPTIONAL
    reason: Asked = Asked.OPTIONAL
    reasons: Annotated[tuple[FormChoice, ...], Field(max_length=MOST_REASONS)] = ()
    questions: Annotated[tuple[FormQuestion, ...], Field(max_length=MOST_QUESTIONS)] = ()

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        keys = [one.key for one in self.questions]
        if len(set(keys)) < len(keys):
            message = "a question has its key for itself"
            raise ValueError(message)
        return self

    def form(self) -> Form:
        """Return what is asked."""
        asked = tuple(Question(one.key, tuple(one.labels.items()), one.required) for one in self.questions)
        choices = tuple(Choice(one.code, tuple(one.labels.items())) for one in self.reasons)
        return Form(self.name, self.email, self.reason, choices, asked)

    @classmethod
    def of(cls, form: Form) -> Self:
        """Return the shape of what is asked."""
        asked = tuple(
            FormQuestion(key=one.key, labels=dict(one.labels), required=one.required) for one in form.questions
        )
        choices = tuple(FormChoice(code=one.code, labels=dict(one.labels)) for one in form.reasons)
        return cls(name=form.name, email=form.email, reason=form.reason, reasons=choices, questions=asked)


class OpeningHours(BaseModel):
    """A stretch of a day, on the clock of the brand's `time_zone`; `until` 24:00 is the end of the day."""

    model_config = ConfigDict(extra="forbid")

    day: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    begins: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    until: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.begins >= self.until:
            message = "hours end after they begin; split those over midnight"
            raise ValueError(message)
        return self


class ReplaceChatPolicy(BaseModel):
    """A brand's rules; what may be left out stays as it is.

    `warn_after` null: a silent player's conversation is never ended.
    """

    model_config = ConfigDict(extra="forbid")

    warn_after: Annotated[Seconds | None, Field(description="seconds of a player's silence after an answer")]
    end_after: Annotated[Seconds, Field(description="seconds from the warning to the end")]
    asks_for_rating: Annotated[bool, Field(strict=True)]
    announces_people: Annotated[
        bool, Field(strict=True, description="players are told who of the staff joins and leaves")
    ] = True
    correct_within: Annotated[
        int,
        Field(
            ge=0, le=_MOST_SECONDS, strict=True,
            description="seconds in which players correct or withdraw their words; 0: never",
        ),
    ] = 120  # fmt: skip
    mail_after: Annotated[
        Patience | None,
        Field(description="seconds an answer may stay unread before it goes out by e-mail; null: it never does"),
    ] = 300
    time_zone: Annotated[TimeZone, Field(description="in which the brand tells times, such as Europe/Berlin")] = "UTC"
    transcripts_a_day: Annotated[
        int, Field(ge=0, le=20, strict=True, description="how often a conversation may be sent by e-mail; 0: never")
    ] = 3
    form: FormRules = FormRules()
    hours: Annotated[
        tuple[OpeningHours, ...] | None,
        Field(max_length=50, description="when somebody is there; null: day and night"),
    ] = None
    longest_wait: Annotated[
        Seconds | None, Field(description="seconds of waiting beyond which players are told to leave a message")
    ] = None

    def policy(self, known: ChatPolicy) -> ChatPolicy:
        """Return the rules in the place of those that are known; their version is given when they are stored."""
        said = {name: value for name, value in self._rules().items() if name in self.model_fields_set}
        return replace(known, version=0, **said)

    def _rules(self) -> dict[str, Any]:
        return {
            "warn_after": _span(self.warn_after),
            "end_after": timedelta(seconds=self.end_after),
            "asks_for_rating": self.asks_for_rating,
            "announces_people": self.announces_people,
            "correct_within": timedelta(seconds=self.correct_within),
            "mail_after": _span(self.mail_after),
            "time_zone": self.time_zone,
            "transcripts_a_day": self.transcripts_a_day,
            "form": self.form.form(),
            "hours": None if self.hours is None else Hours(tuple(_shift(one) for one in self.hours)),
            "longest_wait": _span(self.longest_wait),
        }


class ChatPolicyDocument(ReplaceChatPolicy):
    """The rules that count; `version` is the ETag, 0 the built-in ones."""

    version: int

    @classmethod
    def of(cls, policy: ChatPolicy) -> Self:
        """Return the shape of rules."""
        return cls(
            version=policy.version,
            warn_after=_seconds(policy.warn_after),
            end_after=int(policy.end_after.total_seconds()),
            asks_for_rating=policy.asks_for_rating,
            announces_people=policy.announces_people,
            correct_within=int(policy.correct_within.total_seconds()),
            mail_after=_seconds(policy.mail_after),
            time_zone=policy.time_zone,
            transcripts_a_day=policy.transcripts_a_day,
            form=FormRules.of(policy.form),
            hours=None if policy.hours is None else tuple(_hours(one) for one in policy.hours.shifts),
            longest_wait=_seconds(policy.longest_wait),
        )


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _shift(hours: OpeningHours) -> Shift:
    return Shift(_DAYS.index(hours.day), as_minutes(hours.begins), as_minutes(hours.until))


def _hours(shift: Shift) -> OpeningHours:
    return OpeningHours(day=_DAYS[shift.weekday], begins=as_text(shift.begins), until=as_text(shift.until))


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
