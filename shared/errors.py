"""Domain errors know a kind, never a status; the edges translate the kind."""

from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """What sort of refusal this is; `shared.web.problems` and the consumer map it."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"
    GONE = "gone"
    STALE = "stale"
    PRECONDITION_REQUIRED = "precondition-required"
    UNPROCESSABLE = "unprocessable"
    TOO_LARGE = "too-large"
    LIMITED = "limited"
    UNAVAILABLE = "unavailable"
    TIMED_OUT = "timed-out"


class DomainError(Exception):
    """A refusal with a stable code.

    The code is the class name in kebab case, the title is the first docstring line, `detail` is safe for players' eyes
    and `extra` becomes extension members of the problem document (RFC 9457, section 3.2).
    """

    kind: ClassVar[Kind] = Kind.INVALID

    def __init__(
        self, detail: str = "", *, field: str | None = None, retry_after: float | None = None, **extra: object
    ) -> None:
        """Remember what happened; `field` names the offending input, `retry_after` is in seconds."""
        self.detail = detail or self.title()
        self.field = field
        self.retry_after = retry_after
        self.extra = extra
        super().__init__(self.detail)

    @classmethod
    def code(cls) -> str:
        """Return the stable machine-readable code, e.g. `ticket-closed`."""
        name = cls.__name__
        return "".join(f"-{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))

    @classmethod
    def title(cls) -> str:
        """Return the human-readable summary of this class of error."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0].rstrip(".")
