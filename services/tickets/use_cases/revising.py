"""Changing what the register says of a complaint: its kind, its people, its findings."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.tickets.domain import complaints as rules
from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.complaints import Complaint
from services.tickets.domain.errors import StaffNotFound
from services.tickets.domain.interests import check_investigator
from services.tickets.queries import complaints as queries
from services.tickets.queries import copies
from services.tickets.settings import complaint_rules
from services.tickets.use_cases.auditing import record_register
from services.tickets.use_cases.barring import take_from_accused
from services.tickets.use_cases.complaining import check_handler, found_complaint
from services.tickets.use_cases.registering import tell_change
from shared.contracts.base import Author
from shared.db.engine import Session
from shared.redaction import redact
from shared.web.conditional import demand


async def edit_complaint(
    session: Session,
    *,
    brand: str,
    complaint_id: UUID,
    editor: Author,
    witness: Witness | None,
    expected_version: int,
    fields: Mapping[str, object],
    now: datetime,
) -> Complaint:
    """Change what kind of complaint it is, who investigates and what the register says, of the version seen."""
    complaint = await found_complaint(session, brand, complaint_id)
    demand(expected_version, complaint.state.version)
    rules.check_revision(complaint, fields)
    await _check_editor(session, complaint, editor.id, fields)
    await _check_people(session, complaint, editor.id, fields)
    edited = await _edited(session, complaint, fields)
    await record_register(session, witness, AuditAction.EDIT_COMPLAINT, complaint)
    told = await tell_change(session, complaint, edited, actor=editor, now=now)
    await take_from_accused(session, edited, editor, now)
    return told


async def _check_editor(session: Session, complaint: Complaint, staff_id: str, fields: Mapping[str, object]) -> None:
    """Refuse the person complained about; what makes it a complaint about staff is not for whoever it concerns either.

    Whoever answered the player may still hand it to somebody else.
    """
    if fields.keys() & {"type", "accused_staff_id"}:
        await check_handler(session, complaint, staff_id)
    else:
        rules.check_interest(complaint, staff_id, ())


async def _check_people(session: Session, complaint: Complaint, editor_id: str, fields: Mapping[str, object]) -> None:
    """Refuse whoever is not on the brand's staff, and an investigator who may not handle complaints.

    Who edits proves by his token that he is and may, even before the facts of his account have arrived here.
    """
    before = {"owner_id": complaint.state.owner_id, "accused_staff_id": complaint.accused_staff_id}
    for name in before.keys() & fields.keys():
        wanted = fields[name]
        if wanted in {None, before[name], editor_id}:
            continue
        known = await copies.colleague(session, complaint.brand, str(wanted))
        if known is None:
            raise StaffNotFound(field=name)
        if name == "owner_id":
            check_investigator(known)


async def _edited(session: Session, complaint: Complaint, fields: Mapping[str, object]) -> Complaint:
    wanted = {
        k: redact(v) if k in {"root_cause", "learning_action"} and isinstance(v, str) else v for k, v in fields.items()
    }
    state: dict[str, object] = {
        name: wanted.pop(name) for name in ("type", "owner_id", "rg_related", "language") if name in wanted
    }
    rules.check_downgrade(complaint, rg_related=state.get("rg_related"))
    accused = wanted.pop("accused_staff_id", complaint.accused_staff_id)
    if "type" in state:
        rules.check_type(complaint_rules(), str(state["type"]))
        state.setdefault("rg_related", complaint.state.rg_related or state["type"] in rules.RG_TYPES)
    edited = rules.recorded(rules.changed(complaint, state), **wanted).with_accused(accused)
    if edited.state.owner_id is not None:
        repliers = await queries.repliers_of(session, complaint)
        rules.check_interest(edited, edited.state.owner_id, repliers)
    return edited
