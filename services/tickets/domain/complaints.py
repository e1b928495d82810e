"""Complaints: how they move, what each move needs, and who may handle one. Clocks are kept by sla.

`received_at` is the time of the player's own words; nothing here changes it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Author, AuthorKind
from shared.contracts.tickets import ComplaintPause, ComplaintState, ComplaintStep
from shared.errors import DomainError, Kind

DEFAULT: Final = "default"
RG_TYPES: Final = frozenset({"self_exclusion", "safer_gambling_tools", "customer_interaction"})
_ANY: Final = "any"
_ENDS: Final = frozenset({ComplaintStep.CLOSED, ComplaintStep.CLOSED_ACCEPTED})
# What is learnt from a complaint is often written down once it is over.
_AFTERWARDS: Final = frozenset({"root_cause", "learning_action"})
_BY_GROUP: Final = {
    "RG": "safer_gambling_tools", "DEP": "withdrawal_or_payment", "WDR": "withdrawal_or_payment",
    "BON": "bonus_promotion", "KYC": "account_verification", "ACC": "account_closure_or_restriction",
    "GAM": "game_fault", "BET": "gambling_transaction",
}  # fmt: skip
_BY_REASON: Final = {"CMP.STAFF": "staff_conduct", "CMP.FAIRNESS": "game_fault"}


class ComplaintNotFound(DomainError):
    """There is no such complaint for this caller."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class ComplaintMoveRefused(DomainError):
    """A complaint cannot go from where it stands to there."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class ComplaintOpen(DomainError):
    """A ticket cannot be closed while its player's complaint is open."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class ComplaintDowngradeRefused(DomainError):
    """What was noticed about a player's safety is not taken back by one person."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class ComplaintPauseForbidden(DomainError):
    """The player's licence does not let the clock stand still."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class ComplaintExtensionForbidden(DomainError):
    """The player's licence gives no more time, or the time to say so is over."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class ConflictOfInterest(DomainError):
    """Nobody handles a complaint about himself."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class FinalResponseIncomplete(DomainError):
    """The final response lacks something that it must have."""

    kind: ClassVar[Kind] = Kind.INVALID


class ComplaintTypeUnknown(DomainError):
    """There is no such type of complaint."""

    kind: ClassVar[Kind] = Kind.INVALID


class LicenceRefused(DomainError):
    """A licence is named by the operator's server, and is one of those known."""

    kind: ClassVar[Kind] = Kind.INVALID


class ApprovalNeedsAnother(DomainError):
    """A withdrawal is approved by somebody other than who asked for it."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class WithdrawalNotRequested(DomainError):
    """Nobody asked to withdraw this complaint."""

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Rules:
    """The moves of the register and what its answers need, as the data file says."""

    moves: Mapping[ComplaintStep, frozenset[ComplaintStep]]
    final_fields: tuple[str, ...]
    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """What a licence says about handling complaints; clocks aside. `extension_days` is None where there is none."""

    code: str
    may_pause: bool
    has_adr: bool
    next_step: str | None
    extension_days: int | None


class Withdrawal(BaseModel):
    """Somebody says that this was no complaint; it counts once another one approved it."""

    model_config = ConfigDict(frozen=True)

    reason_code: str
    reason: str
    requested_by: str
    requested_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None


class PauseNote(BaseModel):
    """Why a clock stood still, beside the pause itself."""

    model_config = ConfigDict(frozen=True)

    reason_code: str
    paused_by: str
    evidence_request_id: str


class Amount(BaseModel):
    """Money in dispute."""

    model_config = ConfigDict(frozen=True)

    value: float
    currency: str


class Record(BaseModel):
    """What the register keeps beside the state that facts carry."""

    model_config = ConfigDict(frozen=True)

    details: str
    vulnerable: bool = False
    disputed_amount: Amount | None = None
    root_cause: str | None = None
    learning_action: str | None = None
    attachments: tuple[str, ...] = ()
    decision: str | None = None
    reasons: str | None = None
    remedy: str | None = None
    end_of_process_statement: str | None = None
    adr_entity_ref: str | None = None
    final_language: str | None = None
    outcome: str | None = None
    unresolved_at_first_stage: bool = False
    adr_referred_at: datetime | None = None
    adr_outcome: str | None = None
    letter: str | None = None
    pause_notes: tuple[PauseNote, ...] = ()
    withdrawal: Withdrawal | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint as stored; the due times are those that sla told last."""

    brand: str
    state: ComplaintState
    record: Record
    accused_staff_id: str | None = None
    acknowledge_due_at: datetime | None = None
    legal_due_at: datetime | None = None
    moves: list["Move"] = field(default_factory=list)

    def with_due(self, due_at: datetime, *, final: bool) -> "Complaint":
        """Return the complaint with a due time that sla told."""
        return replace(self, legal_due_at=due_at) if final else replace(self, acknowledge_due_at=due_at)

    def with_accused(self, staff_id: object) -> "Complaint":
        """Return the complaint as one about this person, or about nobody."""
        return replace(self, accused_staff_id=None if staff_id is None else str(staff_id))


@dataclass(frozen=True, slots=True)
class Move:
    """One line of a complaint's history."""

    before: ComplaintStep
    after: ComplaintStep
    by: str
    at: datetime
    reason: str | None = None
    evidence_request_id: str | None = None


def read_rules(document: Mapping[str, object]) -> Rules:
    """Return the rules in a parsed data file; `any` stands for every step that is not the end."""
    moves: dict[ComplaintStep, set[ComplaintStep]] = {step: set() for step in ComplaintStep}
    entries, types, fields = document["moves"], document["types"], document["final_response_required_fields"]
    if not (isinstance(entries, list) and isinstance(types, list) and isinstance(fields, list)):
        message = "the register's rules are lists"
        raise TypeError(message)
    for entry in entries:
        after = ComplaintStep(entry["to"])
        starts = (
            [s for s in ComplaintStep if s not in _ENDS] if entry["from"] == _ANY else [ComplaintStep(entry["from"])]
        )
        for start in starts:
            if start is not after:
                moves[start].add(after)
    frozen = {start: frozenset(ends) for start, ends in moves.items()}
    return Rules(frozen, tuple(map(str, fields)), frozenset(str(one["code"]) for one in types))


def read_jurisdictions(document: Mapping[str, object]) -> dict[str, Jurisdiction]:
    """Return the jurisdictions of a parsed file, and `default`."""
    named = document["jurisdictions"]
    if not isinstance(named, Mapping):
        message = "the file lists `jurisdictions`"
        raise TypeError(message)
    known = {code: _jurisdiction(code, own) for code, own in named.items()}
    return {DEFAULT: Jurisdiction(DEFAULT, False, False, None, None), **known}  # noqa: FBT003


def is_over(step: ComplaintStep) -> bool:
    """True once nothing can happen to a complaint any more."""
    return step in _ENDS


def check_move(rules: Rules, before: ComplaintStep, after: ComplaintStep) -> None:
    """Refuse a move that the data file does not have."""
    if after not in rules.moves[before]:
        allowed = sorted(step.value for step in rules.moves[before])
        raise ComplaintMoveRefused(f"{before} → {after} is not a move", before=before, after=after, allowed=allowed)


def check_licence(licence: str | None, known: Mapping[str, Jurisdiction], *, server: bool) -> None:
    """Refuse a licence that is not known, or that anybody but the operator's server names."""
    if licence is not None and not server:
        raise LicenceRefused(field="licence")
    check_licence_known(licence, known, field="licence")


def check_licence_known(licence: str | None, known: Mapping[str, Jurisdiction], *, field: str) -> None:
    """Refuse a licence that is not known; the refusal names those that are."""
    if licence is not None and licence not in known:
        named = [code for code in known if code != DEFAULT]
        raise LicenceRefused(f"there is no licence {licence!r}; known: {', '.join(named)}", field=field, known=named)


def check_type(rules: Rules, type_: str) -> None:
    """Refuse a type that the regulators' list does not have."""
    if type_ not in rules.types:
        known = sorted(rules.types)
        detail = f"{type_!r} is not a type of complaint; known: {', '.join(known)}"
        raise ComplaintTypeUnknown(detail, field="type", known=known)


def check_downgrade(complaint: Complaint, *, rg_related: object) -> None:
    """Refuse to let a complaint about safer gambling be one no more: it would have weeks instead of days.

    The way is to withdraw it, which takes a reason and another person, and to register it anew.
    """
    if complaint.state.rg_related and rg_related is False:
        detail = "withdraw it with a reason and an approval, and register it anew"
        raise ComplaintDowngradeRefused(detail, field="rg_related")


def check_revision(complaint: Complaint, fields: Collection[str]) -> None:
    """Refuse to rewrite a complaint that is over: of that only what was learnt from it is still added."""
    late = sorted(set(fields) - _AFTERWARDS)
    if late and is_over(complaint.state.step):
        raise ComplaintMoveRefused("what is over stays as it was", field=late[0], before=complaint.state.step)


def check_interest(complaint: Complaint, staff_id: str, repliers: Sequence[str]) -> None:
    """Refuse somebody who is complained about; in complaints about staff nobody who answered the player handles it."""
    accused = complaint.accused_staff_id == staff_id
    if accused or (complaint.state.type == "staff_conduct" and staff_id in repliers):
        raise ConflictOfInterest("the investigator is never the person complained about", field="owner_id")


def is_about(complaint: Complaint, reader: Author) -> bool:
    """True if this is an open complaint about whoever wants to read it."""
    accused = reader.kind is AuthorKind.STAFF and reader.id == complaint.accused_staff_id
    return accused and not is_over(complaint.state.step)


def check_final(rules: Rules, jurisdiction: Jurisdiction, given: Mapping[str, object]) -> None:
    """Refuse a final response that lacks a field; the ADR entity is needed where the licence has one."""
    needed = [name for name in rules.final_fields if name != "adr_entity_ref" or jurisdiction.has_adr]
    missing = [name for name in needed if not given.get(name)]
    if missing:
        code = FinalResponseIncomplete.code()
        errors = [{"pointer": f"/{name}", "detail": "the final response needs it", "code": code} for name in missing]
        raise FinalResponseIncomplete(f"the final response lacks: {', '.join(missing)}", missing=missing, errors=errors)


def moved(complaint: Complaint, rules: Rules, move: Move, **changes: object) -> Complaint:
    """Return the complaint after a move and the changes of state that come with it."""
    check_move(rules, move.before, move.after)
    if is_over(move.after):
        changes = {"closed_at": move.at, **changes}
    return replace(changed(complaint, {"step": move.after, **changes}), moves=[*complaint.moves, move])


def changed(complaint: Complaint, changes: Mapping[str, object]) -> Complaint:
    """Return the complaint with some of its state changed, one version on; when it was received stays what it is."""
    kept = {name: value for name, value in changes.items() if name != "received_at"}
    state = complaint.state.model_copy(update={**kept, "version": complaint.state.version + 1})
    return replace(complaint, state=state)


def recorded(complaint: Complaint, **changes: object) -> Complaint:
    """Return the complaint with some of its record changed."""
    return replace(complaint, record=complaint.record.model_copy(update=changes))


def paused(complaint: Complaint, now: datetime) -> tuple[ComplaintPause, ...]:
    """Return the pauses with one that begins now."""
    return (*complaint.state.pauses, ComplaintPause(started_at=now))


def resumed(complaint: Complaint, now: datetime) -> tuple[ComplaintPause, ...]:
    """Return the pauses with the running one ended."""
    return tuple(p if p.ended_at else p.model_copy(update={"ended_at": now}) for p in complaint.state.pauses)


def paused_seconds(complaint: Complaint) -> float:
    """Return for how long the clock stood still in all ended pauses."""
    return sum((p.ended_at - p.started_at).total_seconds() for p in complaint.state.pauses if p.ended_at)


def type_of_reason(code: str | None) -> str:
    """Return the type of complaint that a contact reason suggests; staff correct it."""
    if code is None:
        return "other"
    return _BY_REASON.get(code) or _BY_GROUP.get(code.partition(".")[0], "other")


def is_about_safety(type_: str, reason: str | None) -> bool:
    """True if a complaint of this type in a ticket with this reason has the clock of safer gambling."""
    return type_ in RG_TYPES or type_of_reason(reason) in RG_TYPES


def upgraded(complaint: Complaint, reason: str | None) -> Complaint | None:
    """Return an open complaint as one about safer gambling if its ticket's reason says so now; None: it stays.

    A type that somebody has chosen stays; `other` says nothing and gives way.
    """
    suggested, state = type_of_reason(reason), complaint.state
    if is_over(state.step) or state.rg_related or suggested not in RG_TYPES:
        return None
    return changed(complaint, {"rg_related": True, "type": suggested if state.type == "other" else state.type})


def number_of(ticket_number: str, earlier: int) -> str:
    """Return the number of a complaint: its ticket's, counted on when that one had complaints before."""
    return f"C-{ticket_number}" if not earlier else f"C-{ticket_number}-{earlier + 1}"


def _jurisdiction(code: str, own: Mapping[str, object]) -> Jurisdiction:
    adr, second, extension = own.get("adr"), own.get("second_stage"), own.get("extension")
    who = adr.get("who") if isinstance(adr, Mapping) else second.get("who") if isinstance(second, Mapping) else None
    longest = (extension.get("length") or extension.get("at_most")) if isinstance(extension, Mapping) else None
    return Jurisdiction(
        code=code,
        may_pause=bool(own.get("clock_may_pause")),
        has_adr=isinstance(adr, Mapping),
        next_step=str(who) if who else None,
        extension_days=int(str(longest)[1:-1]) if longest else None,
    )
