"""HTTP shapes of the gateway's own routes."""

import base64
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from services.gateway.domain.accounts import PASSWORD_LENGTH
from services.gateway.domain.brands import LANGUAGE, LICENCE, SLUG
from services.gateway.domain.credentials import SCOPES
from services.gateway.domain.player_tokens import Algorithm
from services.gateway.domain.words import is_line, is_text
from services.gateway.queries import rows
from services.gateway.use_cases.sign_in import SignedIn, Visitor
from shared.contracts.gateway import StaffRole, StaffStatus


def _line(text: str) -> str:
    if not is_line(text):
        raise PydanticCustomError("control_character", "contains a control character or half a character")
    return text


def _encodable(value: object) -> object:
    """Refuse before a `SecretStr` is made of it, which takes anything."""
    if isinstance(value, str) and not is_text(value):
        raise PydanticCustomError("string_unicode", "contains half a character")
    return value


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise PydanticCustomError("out_of_range", "lies outside the years 1 to 9999 in UTC") from error


_EMAIL = r"^[^@\s]{1,64}@[^@\s]{1,189}$"
Slug = Annotated[str, Field(pattern=SLUG, description="id of a brand", examples=["lucky"])]
Email = Annotated[str, Field(pattern=_EMAIL, max_length=254, examples=["ann@lucky.example"]), AfterValidator(_line)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), AfterValidator(_line)]
Origin = Annotated[str, StringConstraints(max_length=300), AfterValidator(_line)]
Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
Password = Annotated[
    SecretStr, Field(min_length=PASSWORD_LENGTH[0], max_length=PASSWORD_LENGTH[1]), BeforeValidator(_encodable)
]
PresentedPassword = Annotated[SecretStr, Field(max_length=PASSWORD_LENGTH[1]), BeforeValidator(_encodable)]
Language = Annotated[str, Field(pattern=LANGUAGE, examples=["en"])]
Licence = Annotated[str, Field(pattern=LICENCE, description="jurisdiction of the licence", examples=["GB", "CA-ON"])]
Scope = Literal[*SCOPES]  # type: ignore[valid-type]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignIn(_Body):
    """Credentials of a member of staff; `brand` is needed by those who work for several."""

    email: Annotated[str, Field(max_length=254), AfterValidator(_line)]
    password: PresentedPassword
    brand: Slug | None = None


class Refresh(_Body):
    """A refresh token; it is good once."""

    refresh_token: Annotated[str, Field(max_length=200)]


class VisitorWanted(_Body):
    """The brand an anonymous visitor wants to talk to."""

    brand: Slug


class Person(BaseModel):
    """The person who signed in."""

    id: UUID
    name: str
    role: StaffRole
    email: str | None


class Token(BaseModel):
    """A staff session; both tokens are shown this once. `expires_in` is in seconds."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    refresh_token: str
    brand: str
    staff: Person

    @classmethod
    def of(cls, signed_in: SignedIn) -> Self:
        """Return the shape of a session."""
        person = Person(
            id=signed_in.staff_id, name=signed_in.name, role=StaffRole(signed_in.role), email=signed_in.email
        )
        return cls(
            access_token=signed_in.access_token,
            token_type="Bearer",  # noqa: S106 - the name of a scheme
            expires_in=int(signed_in.expires_in.total_seconds()),
            refresh_token=signed_in.refresh_token,
            brand=signed_in.brand,
            staff=person,
        )


class VisitorToken(BaseModel):
    """An anonymous session, shown this once."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    brand: str
    visitor_id: UUID

    @classmethod
    def of(cls, visitor: Visitor) -> Self:
        """Return the shape of a visitor."""
        return cls(
            access_token=visitor.token,
            token_type="Bearer",  # noqa: S106 - the name of a scheme
            expires_in=int(visitor.expires_in.total_seconds()),
            brand=visitor.brand,
            visitor_id=visitor.visitor_id,
        )


class StaffMember(BaseModel):
    """A person's place in one brand; `version` is the ETag."""

    id: UUID
    membership_id: UUID
    email: str
    name: str
    role: StaffRole
    status: StaffStatus
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: rows.Member) -> Self:
        """Return the shape of a member."""
        values = row._asdict()
        return cls(**values | {"id": row.staff_id, "membership_id": row.id})


class NewStaffMember(_Body):
    """A person to join the brand; `password` counts only for somebody new to Pitboss."""

    email: Email
    name: Name
    role: StaffRole
    password: Password


class StaffChanges(_Body):
    """What to change; absent fields stay."""

    name: Name | None = None
    role: StaffRole | None = None
    active: bool | None = None


class StatusWanted(_Body):
    """Whether one takes work now."""

    status: StaffStatus


class PasswordChange(_Body):
    """One's own password, old and new."""

    current_password: PresentedPassword
    new_password: Password


class ApiKey(BaseModel):
    """An API key without its secret."""

    id: str
    name: str
    environment: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: rows.StoredApiKey) -> Self:
        """Return the shape of a stored key."""
        return cls.model_validate(row._asdict() | {"id": row.key_id})


class NewApiKey(_Body):
    """An API key to make; the name is unique among live keys, so that a repeated request makes no second key."""

    name: Name
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    expires_at: Moment | None = None


class MadeApiKey(ApiKey):
    """A new API key with the text that is shown this once."""

    key: str


class PlayerKey(BaseModel):
    """A key that verifies players' tokens; `kid` goes into the header of every token."""

    kid: str
    algorithm: Algorithm
    created_at: datetime

    @classmethod
    def of(cls, row: rows.StoredPlayerKey) -> Self:
        """Return the shape of a stored key."""
        return cls.model_validate(row._asdict())


class NewPlayerKey(_Body):
    """A player key to add: the public half as PEM (SubjectPublicKeyInfo); for HS256 the secret is made here."""

    algorithm: Algorithm
    public_key: Annotated[str | None, Field(max_length=2000)] = None


class MadePlayerKey(PlayerKey):
    """A new player key; `secret` (base64url, HS256 only) is shown this once."""

    secret: str | None

    @classmethod
    def with_secret(cls, row: rows.StoredPlayerKey, secret: bytes | None) -> Self:
        """Return the shape of a new key."""
        text = None if secret is None else base64.urlsafe_b64encode(secret).decode().rstrip("=")
        return cls.model_validate(row._asdict() | {"secret": text})


class Brand(BaseModel):
    """A brand; `version` is the ETag."""

    id: str
    name: str
    languages: list[str]
    default_language: str
    support_email: str | None
    licence: str | None
    allowed_origins: list[str]
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: rows.Brand) -> Self:
        """Return the shape of a brand."""
        return cls.model_validate(row._asdict() | {"id": row.brand})


class NewBrand(_Body):
    """A brand to create."""

    id: Slug
    name: Name
    languages: Annotated[list[Language], Field(min_length=1, max_length=40)]
    default_language: Language
    support_email: Email | None = None
    licence: Licence | None = None
    allowed_origins: Annotated[list[Origin], Field(max_length=100)] = []

    def values(self) -> dict[str, object]:
        """Return the columns."""
        return {("brand" if name == "id" else name): value for name, value in self.model_dump().items()}


_EMPTIABLE: Final = frozenset({"support_email", "licence"})


class BrandChanges(_Body):
    """What to change; absent fields stay."""

    name: Name | None = None
    languages: Annotated[list[Language] | None, Field(min_length=1, max_length=40)] = None
    default_language: Language | None = None
    support_email: Email | None = None
    licence: Licence | None = None
    allowed_origins: Annotated[list[Origin] | None, Field(max_length=100)] = None
    active: bool | None = None

    def changes(self) -> dict[str, object]:
        """Return the columns that were given; `support_email` and `licence` can be emptied."""
        given = self.model_dump(exclude_unset=True)
        return {name: value for name, value in given.items() if value is not None or name in _EMPTIABLE}
