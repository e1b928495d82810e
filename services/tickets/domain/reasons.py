"""Contact reasons: what class of work they are and how soon they are due."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from services.tickets.domain.errors import ReasonUnknown
from shared.contracts.tickets import Priority, ReasonClass, TicketState

REASONS_PER_BRAND: Final = 500
_MOST_NEAR: Final = 5
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
    """One line of the taxonomy; `severity` runs from 0, most urgent, to 5.

    `required` says what must be known before the ticket is solved: those that are keys of the brand's fields must be
    filled in. `version` 0 is the built-in line.
    """

    code: str
    reason_class: ReasonClass
    severity: int
    name: str = ""
    own_priority: Priority | None = None
    team_id: str | None = None
    required: tuple[str, ...] = ()
    active: bool = True
    version: int = 0

    @property
    def priority(self) -> Priority:
        """The priority a ticket starts with."""
        return self.own_priority or _BY_SEVERITY[self.severity]

    @property
    def group(self) -> str:
        """The first level of the taxonomy."""
        return self.code.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """What counts for a brand: the built-in reasons with the brand's own over them; `version` counts its edits."""

    version: int
    reasons: Mapping[str, Reason]


def taxonomy_with(built_in: Mapping[str, Reason], own: Iterable[Reason]) -> Taxonomy:
    """Return a brand's taxonomy."""
    mine = {reason.code: reason for reason in own}
    return Taxonomy(sum(reason.version for reason in mine.values()), {**built_in, **mine})


def effects_of(
    reason: Reason | None, state: TicketState, taxonomy: Mapping[str, Reason], *, by_hand: Collection[str]
) -> dict[str, object]:
    """Return what setting a reason changes besides.

    Always the class. The priority, unless it is set by hand: now, or before, so that it no longer is what the reason
    before had given. The team, if the ticket has none.
    """
    effects: dict[str, object] = {"reason_class": reason.reason_class if reason else None}
    if reason is None:
        return effects
    before = taxonomy.get(state.reason or "")
    given = before.priority if before else Priority.NORMAL
    if "priority" not in by_hand and state.priority is given:
        effects["priority"] = reason.priority
    if "team_id" not in by_hand and state.team_id is None and reason.team_id is not None:
        effects["team_id"] = reason.team_id
    return effects


def reason_of(code: str | None, taxonomy: Mapping[str, Reason], *, field: str = "reason") -> Reason | None:
    """Return the reason behind a code; refuse a code that the taxonomy does not know."""
    if code is None:
        return None
    if code not in taxonomy or not taxonomy[code].active:
        raise ReasonUnknown(f"{code!r} is not a contact reason", field=field)
    return taxonomy[code]


def check_codes(codes: Iterable[str], taxonomy: Mapping[str, Reason], *, field: str) -> None:
    """Refuse codes that the taxonomy does not know, with those most like the first of them; for staff's eyes."""
    unknown = [code for code in codes if code not in taxonomy]
    if unknown:
        near = get_close_matches(unknown[0].upper(), taxonomy, n=_MOST_NEAR)
        known = near or sorted({reason.group for reason in taxonomy.values()})
        said = "near it" if near else "the groups are"
        detail = f"{unknown[0]!r} is not a contact reason; {said}: {', '.join(known)}"
        raise ReasonUnknown(detail, field=field, unknown=unknown, known=known)


def read_taxonomy(document: Mapping[str, object]) -> dict[str, Reason]:
    """Return the reasons of a parsed taxonomy; the first class of a reason is its primary one."""
    entries = document["reasons"]
    if not isinstance(entries, list):
        message = "the taxonomy lists its reasons under `reasons`"
        raise TypeError(message)
    return {
        str(entry["code"]): Reason(
            code=str(entry["code"]),
            reason_class=ReasonClass(entry["class"][0]),
            severity=int(entry["severity"]),
            name=str(entry["reason"]),
            required=tuple(str(need) for need in entry["needs"]),
        )
        for entry in entries
    }
