"""What the HTTP API says again and again: texts, names, moments. Bad ones are refused with the reason."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import unquote

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints
from pydantic_core import PydanticCustomError

from services.tickets.domain.words import SUBJECT_LIMIT, TEXT_LIMIT, unstorable_character
from shared.redaction import redact
from shared.words import is_blank

REASON_LIMIT: Final = 200
_LAST_VERSION: Final = 2**63 - 1


def left_out() -> Any:  # noqa: ANN401 - stands for "not sent" in fields that null would be wrong for
    """Return the default of fields that may be left out but not be null."""
    return None


def _storable(text: str, *, multiline: bool) -> str:
    position = unstorable_character(text, multiline=multiline)
    if position is not None:
        raise PydanticCustomError(
            "control_character", "contains a control character at position {position}", {"position": position}
        )
    if is_blank(text):
        raise PydanticCustomError("blank", "says nothing")
    return text


def harmless(name: str) -> str:
    """Refuse a name that would be redacted: what is found again by its name is not changed on the way."""
    if redact(name) != name:
        raise PydanticCustomError("secret", "holds card, account or contact data")
    return name


def _text(text: str) -> str:
    return _storable(text, multiline=True)


def _line(text: str) -> str:
    return _storable(text, multiline=False)


def _brief(text: str) -> str:
    if len(text) > REASON_LIMIT:
        raise PydanticCustomError("too_long", "has more than {limit} characters", {"limit": REASON_LIMIT})
    return text


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise PydanticCustomError("out_of_range", "lies outside the years 1 to 9999 in UTC") from error


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LIMIT), AfterValidator(_text)]
Subject = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=SUBJECT_LIMIT), AfterValidator(_line)
]
ButtonLabel = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=40),
    AfterValidator(_line),
    AfterValidator(harmless),
]
ButtonValue = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_line),
    AfterValidator(harmless),
]
Explanation = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_text)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_line)]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
# Headers carry ASCII only (RFC 9110, section 5.5); other characters come percent-encoded as UTF-8 (RFC 3986).
Cause = Annotated[
    str,
    StringConstraints(pattern=r"^[\x20-\x7e]+$"),
    AfterValidator(unquote),
    AfterValidator(_brief),
    AfterValidator(_line),
]
SeenVersion = Annotated[
    int,
    Field(
        ge=0, le=_LAST_VERSION, strict=True,
        description="refuse if somebody else spoke after this version of the ticket",
    ),
]  # fmt: skip
ReasonCode = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(_line)]
Tier = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), AfterValidator(_line)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), AfterValidator(_line)]
FieldKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
OwnReasonCode = Annotated[str, StringConstraints(max_length=60, pattern=r"^[A-Z0-9]+([._-][A-Z0-9]+)*$")]
