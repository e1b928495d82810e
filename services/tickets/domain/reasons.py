"""Contact reasons: what class of work they are and how soon they are due."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.tickets.domain.errors import ReasonUnknown
from shared.contracts.tickets import Priority, ReasonClass

_BY_SEVERITY: Final = (
    Priority.URGENT,
    Priority.URGENT,
    Priority.HIGH,
    Priority.NORMAL,
    Priority.NORMAL,
    Priority.LOW,
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of the taxonomy; `severity` runs from 0, most urgent, to 5."""

    code: str
    reason_class: ReasonClass
    severity: int

    @property
    def priority(self) -> Priority:
        """The priority a ticket starts with."""
        return _BY_SEVERITY[self.severity]


def reason_of(code: str | None, taxonomy: Mapping[str, Reason]) -> Reason | None:
    """Return the reason behind a code; refuse a code that the taxonomy does not know."""
    if code is None:
        return None
    if code not in taxonomy:
        raise ReasonUnknown(f"{code!r} is not a contact reason", field="reason")
    return taxonomy[code]


def read_taxonomy(document: Mapping[str, object]) -> dict[str, Reason]:
    """Return the reasons of a parsed taxonomy; the first class of a reason is its primary one."""
    entries = document["reasons"]
    if not isinstance(entries, list):
        message = "the taxonomy lists its reasons under `reasons`"
        raise TypeError(message)
    return {
        str(entry["code"]): Reason(str(entry["code"]), ReasonClass(entry["class"][0]), int(entry["severity"]))
        for entry in entries
    }
