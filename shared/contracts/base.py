"""The shape of every event: CloudEvents 1.0 attributes around a frozen payload declared once by its owner."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

_DECLARED: Final[dict[str, type["Event"]]] = {}


class Event(BaseModel):
    """A fact, named in the past tense; its payload only ever gains optional fields.

    `type` is `{owner}.{subject}.{fact}.v{major}` and the routing key. `aggregate` names the payload field that holds
    the
    id of the thing the fact is about. `stream` names the facts that share one sequence (default: `{owner}.{subject}`):
    within a stream the envelopes of one aggregate carry a gap-free `sequence` starting at 1.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str] = ""
    aggregate: ClassVar[str] = ""
    stream: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Refuse a type that is declared twice."""
        super().__init_subclass__()
        if not cls.type:
            return
        if cls.type in _DECLARED:
            message = f"{cls.type} is declared by {_DECLARED[cls.type].__name__} and {cls.__name__}"
            raise TypeError(message)
        _DECLARED[cls.type] = cls
        if "stream" not in cls.__dict__:
            cls.stream = ".".join(cls.type.split(".")[:2])

    @classmethod
    def owner(cls) -> str:
        """Return the only service that may publish this event."""
        return cls.type.split(".", 1)[0]

    @classmethod
    def sample(cls) -> Self:
        """Return an example for the documents and the compatibility tests."""
        raise NotImplementedError

    def aggregate_id(self) -> str:
        """Return the id of the thing this fact is about."""
        return str(getattr(self, self.aggregate))


def declared_events() -> Iterator[type[Event]]:
    """Yield every declared event class, ordered by type."""
    for name in sorted(_DECLARED):
        yield _DECLARED[name]


def event_class(type_: str) -> type[Event] | None:
    """Return the class that declares `type_`, if any."""
    return _DECLARED.get(type_)


class Envelope(BaseModel):
    """CloudEvents 1.0 attributes and our extensions; `data` is the payload as JSON-ready values."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: str = "1.0"
    id: UUID
    source: str
    type: str
    subject: str
    time: AwareDatetime
    brand: str
    sequence: int
    traceparent: str | None = None
    causation: str | None = None
    data: dict[str, object]


class Channel(StrEnum):
    """How the player reached us."""

    WEB = "web"
    EMAIL = "email"
    PHONE = "phone"
    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"
    VIBER = "viber"
    SOCIAL = "social"
    FORM = "form"


class AuthorKind(StrEnum):
    """Who speaks."""

    PLAYER = "player"
    VISITOR = "visitor"
    STAFF = "staff"
    BOT = "bot"
    SYSTEM = "system"
    SERVER = "server"


class Author(BaseModel):
    """Who said something: `id` is a player, visitor or staff id; `name` is for display only."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: AuthorKind
    id: str
    name: str | None = None


class ContactRef(BaseModel):
    """Where an outside contact can be answered. Personal data: `address` and `name`.

    `thread` holds e-mail Message-IDs (RFC 5322, section 3.6.4), newest last, at most ten.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    channel: Channel
    address: str
    name: str | None = None
    reply_from: str | None = None
    thread: tuple[str, ...] = ()


class QuickReply(BaseModel):
    """An answer to choose from under a message: what the button says, and the words that pressing it says."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    label: Annotated[str, Field(min_length=1, max_length=40)]
    value: Annotated[str, Field(min_length=1, max_length=200)]


SAMPLE_ID: Final = UUID("019ab000-0000-7000-8000-000000000001")
SAMPLE_TIME: Final = datetime.fromisoformat("2026-11-22T09:00:00+00:00")
