"""Handling complaints: register, read, move, answer, extend, withdraw, and what sla tells about their clocks."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from services.tickets.domain import complaints as rules
from services.tickets.domain import letters
from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.complaints import Complaint, Move, PauseNote, Withdrawal
from services.tickets.domain.merging import same_person
from services.tickets.domain.tickets import Story, Words
from services.tickets.queries import complaints as queries
from services.tickets.queries import lifecycles, tickets
from services.tickets.queries.complaints import Filters
from services.tickets.settings import complaint_rules, complaint_texts, licences
from services.tickets.use_cases.auditing import record_deed, record_register
from services.tickets.use_cases.queueing import follow_due
from services.tickets.use_cases.reaching import heard_by_its_player, landing_of_player, restored
from services.tickets.use_cases.registering import REGISTER, detect_complaint, tell_change
from services.tickets.use_cases.telling import locked, tell
from shared.contracts.base import Author, AuthorKind
from shared.contracts.sla import ClockKind, ComplaintBreached, ComplaintScheduled, ComplaintWarned
from shared.contracts.tickets import ComplaintExtension, ComplaintStep, MessageKind
from shared.db.engine import Session
from shared.ids import new_id
from shared.redaction import redact

_CLOSABLE = frozenset({ComplaintStep.ADR_DECIDED, ComplaintStep.ADR_OFFERED})


async def register_complaint(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    caller: Author,
    witness: Witness | None,
    type_: str | None,
    details: str | None,
    now: datetime,
) -> Complaint:
    """Register a ticket's complaint by hand; a ticket whose complaint is open keeps that one."""
    if type_ is not None:
        rules.check_type(complaint_rules(), type_)
    ticket = await locked(session, brand, ticket_id)
    await record_deed(session, witness, AuditAction.REGISTER_COMPLAINT, ticket.state)
    if ticket.state.complaint_id is not None:
        known = await queries.complaint_of(session, brand, ticket.state.complaint_id)
        if known is not None and not rules.is_over(known.state.step):
            rules.check_interest(known, caller.id, ())
            return known
    story = Story(ticket, actor=caller, now=now)
    complaint = await detect_complaint(session, story, type_=type_, details=redact(details) if details else None)
    await tell(session, story)
    return complaint


async def is_kept_from(
    session: Session, *, brand: str, complaint_id: UUID, reader: Author, witness: Witness | None
) -> bool:
    """True if an open complaint is about whoever wants to read it; that he tried is recorded."""
    complaint = await queries.complaint_of(session, brand, complaint_id)
    if complaint is None or not rules.is_about(complaint, reader):
        return False
    await record_register(session, witness, AuditAction.REFUSE_COMPLAINT, complaint)
    return True


async def find_complaint(
    session: Session, *, brand: str, complaint_id: UUID, witness: Witness | None
) -> tuple[Complaint, list[Move]]:
    """Return a complaint with its history."""
    complaint = await found_complaint(session, brand, complaint_id, lock=False)
    await record_register(session, witness, AuditAction.READ_COMPLAINT, complaint)
    return complaint, await queries.moves_of(session, brand, complaint_id)


async def list_complaints(
    session: Session,
    *,
    brand: str,
    filters: Filters,
    reader: Author,
    after: tuple[str, ...] | None,
    limit: int,
    witness: Witness | None,
) -> list[Complaint]:
    """Return up to `limit + 1` complaints, newest first, without the open ones about the reader."""
    but = reader.id if reader.kind is AuthorKind.STAFF else None
    found = await queries.complaints_page(session, brand, filters, but=but, after=after, limit=limit)
    await record_register(session, witness, AuditAction.LIST_COMPLAINTS, None, filters)
    return found


async def export_complaints(
    session: Session, *, brand: str, filters: Filters, reader: Author, witness: Witness | None
) -> list[Complaint]:
    """Return all complaints that a regulator is told of; with one about himself among them another one exports them.

    Left out it would make the return wrong.
    """
    found = await queries.complaints_page(session, brand, filters, but=None, after=None, limit=None)
    if any(rules.is_about(one, reader) for one in found):
        raise rules.ConflictOfInterest("a complaint about you is among them: another lead exports these")
    await record_register(session, witness, AuditAction.LIST_COMPLAINTS, None, filters)
    return found


async def move_complaint(
    session: Session,
    *,
    brand: str,
    complaint_id: UUID,
    mover: Author,
    witness: Witness | None,
    after: ComplaintStep,
    start: ComplaintStep | None = None,
    reason: str | None = None,
    content: Mapping[str, object] | None = None,
    now: datetime,
) -> Complaint:
    """Move a complaint and record what comes with the move; whoever is complained about moves nothing."""
    complaint = await found_complaint(session, brand, complaint_id)
    if start is not None and complaint.state.step is not start:
        raise rules.ComplaintMoveRefused(before=complaint.state.step, after=after)
    if after is ComplaintStep.CLOSED and complaint.state.step not in _CLOSABLE:
        raise rules.ComplaintMoveRefused("a complaint is withdrawn with approval only", before=complaint.state.step)
    await check_handler(session, complaint, mover.id)
    given = {
        k: redact(v) if isinstance(v, str) and k != "evidence_request_id" else v for k, v in (content or {}).items()
    }
    move = Move(complaint.state.step, after, mover.id, now, redact(reason) if reason else None)
    moved = _moved(complaint, move, given)
    await record_register(session, witness, AuditAction.MOVE_COMPLAINT, complaint)
    if after is ComplaintStep.FINAL_RESPONSE_SENT:
        await _say(session, moved, letters.letter(moved, complaint_texts(), licences()), mover, now)
    return await tell_change(session, complaint, moved, actor=mover, now=now)


async def acknowledge(
    session: Session, *, brand: str, complaint_id: UUID, caller: Author, witness: Witness | None, now: datetime
) -> Complaint:
    """Tell the player by hand that the complaint is registered."""
    complaint = await found_complaint(session, brand, complaint_id)
    await check_handler(session, complaint, caller.id)
    await record_register(session, witness, AuditAction.MOVE_COMPLAINT, complaint)
    return await _acknowledged(session, complaint, caller, now)


async def extend(
    session: Session,
    *,
    brand: str,
    complaint_id: UUID,
    caller: Author,
    witness: Witness | None,
    reason: str,
    days: int | None,
    now: datetime,
) -> Complaint:
    """Tell the player that the answer takes longer, once and before the time is over; the notice is the extension."""
    complaint = await found_complaint(session, brand, complaint_id)
    await check_handler(session, complaint, caller.id)
    longest = _jurisdiction(complaint).extension_days
    due = complaint.legal_due_at
    if longest is None or complaint.state.extension is not None or due is None or now > due:
        raise rules.ComplaintExtensionForbidden
    if days is not None and days > longest:
        raise rules.ComplaintExtensionForbidden(f"at most {longest} days", field="days")
    extension = ComplaintExtension(told_at=now, days=days)
    extended = rules.changed(complaint, {"extension": extension})
    notice = letters.extension(
        complaint, complaint_texts(), reason=redact(reason), due_at=due + timedelta(days=days or longest)
    )
    await record_register(session, witness, AuditAction.MOVE_COMPLAINT, complaint)
    await _say(session, extended, notice, caller, now)
    return await tell_change(session, complaint, extended, actor=caller, now=now)


async def ask_withdrawal(
    session: Session,
    *,
    brand: str,
    complaint_id: UUID,
    caller: Author,
    witness: Witness | None,
    reason_code: str,
    reason: str,
    now: datetime,
) -> Complaint:
    """Say that this is no complaint; nothing changes until another person approves it."""
    complaint = await found_complaint(session, brand, complaint_id)
    if rules.is_over(complaint.state.step):
        raise rules.ComplaintMoveRefused
    await check_handler(session, complaint, caller.id)
    asked = Withdrawal(reason_code=reason_code, reason=redact(reason), requested_by=caller.id, requested_at=now)
    await record_register(session, witness, AuditAction.MOVE_COMPLAINT, complaint)
    noted = rules.recorded(rules.changed(complaint, {}), withdrawal=asked)
    return await tell_change(session, complaint, noted, actor=caller, now=now)


async def approve_withdrawal(
    session: Session, *, brand: str, complaint_id: UUID, caller: Author, witness: Witness | None, now: datetime
) -> Complaint:
    """Withdraw a complaint, as somebody other than who asked for it; every time that was recorded stays."""
    complaint = await found_complaint(session, brand, complaint_id)
    asked = complaint.record.withdrawal
    if asked is None or asked.approved_by is not None:
        raise rules.WithdrawalNotRequested
    if asked.requested_by == caller.id:
        raise rules.ApprovalNeedsAnother
    await check_handler(session, complaint, caller.id)
    move = Move(complaint.state.step, ComplaintStep.CLOSED, caller.id, now, f"{asked.reason_code}: {asked.reason}")
    approved = asked.model_copy(update={"approved_by": caller.id, "approved_at": now})
    closed = rules.recorded(rules.moved(complaint, complaint_rules(), move), withdrawal=approved, outcome="withdrawn")
    await record_register(session, witness, AuditAction.MOVE_COMPLAINT, complaint)
    return await tell_change(session, complaint, closed, actor=caller, now=now)


async def letter_of(
    session: Session, *, brand: str, complaint_id: UUID, witness: Witness | None, language: str | None
) -> tuple[Complaint, str]:
    """Return a draft of the letter that ends the procedure; one that was drafted at the deadline stays as it is."""
    complaint = await found_complaint(session, brand, complaint_id, lock=False)
    await record_register(session, witness, AuditAction.READ_COMPLAINT, complaint)
    kept = complaint.record.letter if language is None else None
    return complaint, kept or letters.letter(complaint, complaint_texts(), licences(), language=language)


async def take_schedule(session: Session, *, brand: str, told: ComplaintScheduled, now: datetime) -> None:
    """Keep when a complaint is due; once its answer's time is known the player is told that it is registered.

    A brand may leave that to its staff; when it must have been said sla knows by itself.
    """
    complaint = await found_complaint(session, brand, told.complaint_id)
    final = told.kind is ClockKind.COMPLAINT_FINAL
    known = complaint.with_due(told.due_at, final=final)
    await queries.save_complaint(session, known)
    await follow_due(session, brand=brand, ticket_id=known.state.ticket_id, now=now)
    if not final or known.state.step is not ComplaintStep.REGISTERED:
        return
    if (await lifecycles.policy_of(session, brand)).acknowledge_complaints:
        await _acknowledged(session, known, REGISTER, now)


async def note_warning(session: Session, *, brand: str, told: ComplaintWarned, now: datetime) -> None:
    """Tell those who work on the ticket how much of the legal time is gone."""
    await _note(
        session,
        brand,
        told.ticket_id,
        f"{told.percent} % of {told.kind.value}: due {told.due_at:%d.%m.%Y %H:%M} UTC",
        now,
    )


async def take_breach(session: Session, *, brand: str, told: ComplaintBreached, now: datetime) -> None:
    """Answer the end of the legal time: the letter is drafted, the owner is told, and nothing is closed."""
    complaint = await found_complaint(session, brand, told.complaint_id)
    await _note(session, brand, told.ticket_id, f"{told.kind.value} was due {told.due_at:%d.%m.%Y %H:%M} UTC", now)
    step, late = complaint.state.step, ComplaintStep.OVERDUE_FINAL
    answered = complaint.state.final_response_at is not None
    if told.kind is not ClockKind.COMPLAINT_FINAL or answered or late not in complaint_rules().moves[step]:
        return
    overdue = rules.moved(complaint, complaint_rules(), Move(step, late, REGISTER.id, now, "deadline"))
    drafted = rules.recorded(
        overdue, letter=letters.letter(overdue, complaint_texts(), licences()), unresolved_at_first_stage=True
    )
    await tell_change(session, complaint, drafted, actor=REGISTER, now=now)


async def _acknowledged(session: Session, complaint: Complaint, by: Author, now: datetime) -> Complaint:
    text = letters.acknowledgement(complaint, complaint_texts(), licences())
    move = Move(complaint.state.step, ComplaintStep.ACKNOWLEDGED, by.id, now)
    done = rules.moved(complaint, complaint_rules(), move, acknowledged_at=now)
    await _say(session, done, text, by, now)
    return await tell_change(session, complaint, done, actor=by, now=now)


async def _say(session: Session, complaint: Complaint, text: str, by: Author, now: datetime) -> None:
    """Say it to the person who complains, wherever he writes: also in what was merged in, or has left again."""
    ticket = await locked(session, complaint.brand, complaint.state.ticket_id)
    landed = await landing_of_player(session, ticket, complaint.state.player_id)
    origin = None if same_person(landed.said_to, landed.ticket) else landed.origin_id
    story = Story(await heard_by_its_player(session, landed, MessageKind.REPLY), actor=by, now=now)
    story.says(Words(new_id(), MessageKind.REPLY, by, text, story.moment, origin_id=origin))
    await tell(session, restored(story, landed.ticket))


async def _note(session: Session, brand: str, ticket_id: UUID, text: str, now: datetime) -> None:
    ticket = await tickets.lock_ticket(session, brand, ticket_id)
    if ticket is not None:
        story = Story(ticket, actor=REGISTER, now=now)
        story.says(Words(new_id(), MessageKind.NOTE, REGISTER, f"Complaint: {text}", story.moment))
        await tell(session, story)


async def found_complaint(session: Session, brand: str, complaint_id: UUID, *, lock: bool = True) -> Complaint:
    """Return a complaint; its ticket is locked first, as everything that happens to both does."""
    complaint = await queries.complaint_of(session, brand, complaint_id)
    if complaint is None:
        raise rules.ComplaintNotFound
    if not lock:
        return complaint
    await tickets.lock_ticket(session, brand, complaint.state.ticket_id)
    return await queries.complaint_of(session, brand, complaint_id, lock=True) or complaint


def _jurisdiction(complaint: Complaint) -> rules.Jurisdiction:
    return licences()[complaint.state.jurisdiction]


async def check_handler(session: Session, complaint: Complaint, staff_id: str) -> None:
    """Refuse whoever the complaint is, or may be, about."""
    repliers = await queries.repliers_of(session, complaint)
    rules.check_interest(complaint, staff_id, repliers)


def _moved(  # noqa: PLR0911 - one case for each kind of move
    complaint: Complaint, move: Move, given: Mapping[str, object]
) -> Complaint:
    """Return the complaint after a move, with what the move brings."""
    allowed, content = complaint_rules(), dict(given)
    match move.after:
        case ComplaintStep.INVESTIGATING if move.before is ComplaintStep.PAUSED:
            return rules.moved(complaint, allowed, move, pauses=rules.resumed(complaint, move.at))
        case ComplaintStep.INVESTIGATING:
            owner = complaint.state.owner_id or move.by
            return rules.moved(complaint, allowed, move, owner_id=owner)
        case ComplaintStep.PAUSED:
            return _paused(complaint, move, content)
        case ComplaintStep.FINAL_RESPONSE_SENT:
            rules.check_final(
                allowed,
                _jurisdiction(complaint),
                {**complaint.record.model_dump(), **content, "language": content.get("final_language")},
            )
            return rules.recorded(rules.moved(complaint, allowed, move, final_response_at=move.at), **content)
        case ComplaintStep.DEADLOCK:
            return rules.recorded(rules.moved(complaint, allowed, move), unresolved_at_first_stage=True)
        case ComplaintStep.ADR_OPEN:
            return rules.recorded(rules.moved(complaint, allowed, move), adr_referred_at=move.at, **content)
        case _:
            return rules.recorded(rules.moved(complaint, allowed, move), **content)


def _paused(complaint: Complaint, move: Move, content: dict[str, object]) -> Complaint:
    if not _jurisdiction(complaint).may_pause:
        raise rules.ComplaintPauseForbidden
    note = PauseNote.model_validate({**content, "paused_by": move.by})
    stop = Move(move.before, move.after, move.by, move.at, note.reason_code, note.evidence_request_id)
    pauses = rules.paused(complaint, move.at)
    return rules.recorded(
        rules.moved(complaint, complaint_rules(), stop, pauses=pauses),
        pause_notes=(*complaint.record.pause_notes, note),
    )
