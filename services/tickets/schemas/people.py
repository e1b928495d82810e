"""Teams and profiles as the HTTP API shows them."""

from datetime import datetime, time
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from services.tickets.domain.people import CHAT_CAPACITY, MOST_CAPACITY
from services.tickets.schemas.fields import Id, Language, Subject
from shared.contracts.base import Channel
from shared.contracts.gateway import StaffRole, StaffStatus


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise PydanticCustomError("time_zone", "is no time zone of the IANA database")
    return name


def _midnight(sent: object) -> object:
    """Take the end of a day as calendars do."""
    return "00:00" if isinstance(sent, str) and sent in {"24:00", "24:00:00"} else sent


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
Skill = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]
Slots = Annotated[int, Field(ge=0, le=MOST_CAPACITY)]
Zone = Annotated[str, AfterValidator(_zone)]
Day = Annotated[int, Field(ge=0, le=6, description="0 is Monday")]


class ShiftHours(BaseModel):
    """Working hours on some days; a shift that ends before it begins ends the next day.

    Outside his shifts a person is given nothing new; what he has stays his, and he may still take tickets by hand.
    """

    model_config = ConfigDict(extra="forbid")

    days: Annotated[
        tuple[Day, ...],
        Field(min_length=1, max_length=7, description="on which it begins: 0 is Monday, 6 is Sunday"),
    ]
    begins: Annotated[time, Field(description="by the clocks of `time_zone`, without an offset", examples=["09:00"])]
    ends: Annotated[
        time,
        BeforeValidator(_midnight),
        Field(description="the first moment after it; `24:00` is midnight, as `00:00` is", examples=["17:30", "24:00"]),
    ]


class EditProfile(BaseModel):
    """What a person takes. No languages: whatever the brand speaks; no shifts: always on.

    `skills` are the trainings `vip`, `safer_gambling` and `complaints`, in small letters, and groups of contact reasons
    such as `WDR`, in capitals; who names groups takes no others. `teams`, `skills` and `languages` that there are not
    are refused. `capacity` is how many conversations that await staff the person holds at most, by channel.
    """

    model_config = ConfigDict(extra="forbid")

    teams: Annotated[tuple[Slug, ...], Field(max_length=50)] = ()
    languages: Annotated[tuple[Language, ...], Field(max_length=50)] = ()
    skills: Annotated[tuple[Skill, ...], Field(max_length=50)] = ()
    capacity: dict[Channel, Slots] = Field(
        default_factory=dict,
        description=f"web {CHAT_CAPACITY} and others {MOST_CAPACITY} unless said here or in the settings of the queue",
    )
    shifts: Annotated[tuple[ShiftHours, ...], Field(max_length=50)] = ()
    time_zone: Zone = "UTC"

    def stored(self) -> dict[str, Any]:
        """Return the values as they are stored."""
        values: dict[str, Any] = self.model_dump(mode="json")
        return values


class Profile(EditProfile):
    """A person's profile; `version` is its ETag. `name` is unknown until his account's facts have arrived."""

    model_config = ConfigDict(extra="ignore")

    staff_id: str
    name: str | None = None
    version: int


class Colleague(BaseModel):
    """A member of the brand's staff, with a profile or without.

    `changed_at` is when the account became what it is here: of this and an `account` frame of the socket, the later
    counts.
    """

    id: str
    name: str
    role: StaffRole
    status: StaffStatus
    changed_at: datetime


class EditTeam(BaseModel):
    """What a team is called."""

    model_config = ConfigDict(extra="forbid")

    name: Subject


class Team(BaseModel):
    """People who take the same tickets; `version` is its ETag."""

    id: str
    name: str
    version: int


class Player(BaseModel):
    """Whose personal manager somebody is."""

    staff_id: Id
    player_id: Id
