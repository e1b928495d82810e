"""How players are reached, as HTTP callers see it."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.chat.domain.forms import Form
from services.chat.domain.offers import Absence, Offer
from services.chat.schemas.http import Address
from services.chat.schemas.rules import FormRules, RatingDocument
from services.chat.use_cases.contacting import Reach


class SendTranscript(BaseModel):
    """A wish to have a conversation by e-mail; `email` is for those whose address is not known."""

    model_config = ConfigDict(extra="forbid")

    email: Address | None = None


class SentTranscript(BaseModel):
    """A conversation on its way; `email` is where it goes, shortened."""

    transcript_id: UUID
    email: str


class LeaveAddress(BaseModel):
    """Where somebody wants to be answered when he is not here."""

    model_config = ConfigDict(extra="forbid")

    email: Address


class ReachDocument(BaseModel):
    """What is known of the person of a conversation, and whether what he was answered got to him.

    `name`, `email`, `reason` and `answers` are what he said of himself and prove nothing; `vouched_email` is what the
    operator signed for him. `unread` counts answers he has not read here, up to 50, the oldest since `unread_since`;
    they go out at `mail_at`. `delivery`: `none` nothing is unread; `waiting` for him to read; `undelivered` no address
    is known; `told` handed to the mail service; `sent` his mail server took it; `failed` it did not. `ended_reason` is
    `player`, `staff`, `inactive`, `closed` with its ticket, or `banned`; `ratings` are what he said of it, each time.
    """

    ticket_id: UUID
    name: str | None
    email: str | None
    vouched_email: str | None
    reason: str | None
    answers: dict[str, str]
    language: str | None
    given_at: AwareDatetime | None
    read_seq: int
    unread: int
    unread_since: AwareDatetime | None
    mail_at: AwareDatetime | None
    mailed_at: AwareDatetime | None
    delivery: Annotated[
        Literal["none", "waiting", "undelivered", "told", "sent", "failed"], Field(description="see above")
    ]
    ended_at: AwareDatetime | None
    ended_reason: str | None
    ratings: list[RatingDocument]

    @classmethod
    def of(cls, ticket_id: UUID, reach: Reach) -> Self:
        """Return the shape of how somebody is reached."""
        said, told = reach.to.introduction, reach.told
        return cls(
            ticket_id=ticket_id,
            name=said.name,
            email=said.address,
            vouched_email=reach.to.vouched,
            reason=said.reason,
            answers=dict(said.answers),
            language=reach.to.language,
            given_at=reach.to.given_at,
            read_seq=reach.read_seq,
            unread=reach.unread,
            unread_since=reach.unread_since,
            mail_at=told.due_at if told and reach.unread else None,
            mailed_at=told.mailed_at if told else None,
            delivery=reach.delivery,
            ended_at=reach.to.ended_at,
            ended_reason=reach.to.ended_reason,
            ratings=[RatingDocument.of(rating) for rating in reach.ratings],
        )


def shortened(address: str) -> str:
    """Return an address as its owner knows it again and nobody else learns it."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


class ChatOffer(BaseModel):
    """What a player can expect who writes now.

    `absence` says why nobody answers soon: `closed` until `opens_at`, `nobody` is there, `busy` for about
    `wait_seconds`; null: somebody is there. `email_known`: he is reached by e-mail without giving an address. `form` is
    what a visitor is asked first; null: nothing, because players are known.
    """

    absence: Absence | None
    opens_at: AwareDatetime | None
    wait_seconds: int | None
    email_known: bool
    form: FormRules | None

    @classmethod
    def of(cls, offer: Offer, *, form: Form | None, email_known: bool) -> Self:
        """Return the shape of an offer."""
        return cls(
            absence=offer.absence, opens_at=offer.opens_at, wait_seconds=offer.wait_seconds, email_known=email_known,
            form=None if form is None else FormRules.of(form),
        )  # fmt: skip
