"""Words are corrected or withdrawn where they were said, and in every copy that a split made of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.corrections import (
    Corrector,
    Revision,
    Version,
    check_correction,
    heard_in,
    says,
    stands_already,
    subject_after,
    versions_of,
)
from services.tickets.domain.errors import TicketNotFound
from services.tickets.domain.splitting import MessageNotFound
from services.tickets.domain.tickets import Story, Ticket
from services.tickets.domain.timeline import Entry
from services.tickets.domain.words import mended
from services.tickets.queries import corrections, lifecycles, merges, tickets, timeline
from services.tickets.use_cases.auditing import record_correction
from services.tickets.use_cases.telling import tell
from shared.contracts.base import Author, AuthorKind
from shared.contracts.chat import MessageCorrected as CorrectedLive
from shared.contracts.tickets import MessageCorrected, MessageKind
from shared.db.engine import Session
from shared.ids import new_id
from shared.redaction import redact

_PLAYERS = frozenset({AuthorKind.PLAYER, AuthorKind.VISITOR})


async def correct_message(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    message_id: UUID,
    corrector: Corrector,
    text: str | None,
    witness: Witness | None,
    now: datetime,
) -> Entry:
    """Put other words in the place of a reply or note, `text` None withdraws it; return it as it is now.

    What changes nothing is not told. The ticket is locked like for words: of two corrections the later one counts.
    """
    entry = await _entry_of(session, brand, ticket_id, message_id)
    held, chain = await _locked(session, brand, entry)
    entry, ticket = chain[0], _ticket_of(held, chain[0])
    text = None if text is None else redact(text)
    made = await corrections.count_revisions(session, brand, message_id)
    within = (await lifecycles.policy_of(session, brand)).correct_within
    if stands_already(entry, corrector, text):
        return entry
    check_correction(entry, ticket, corrector, text=text, made=made, within=within, now=now)
    reason = corrector.reason if text is None else None
    await _replace(session, held, chain, text, actor=corrector.author, at=now, now=now, reason=reason)
    action = AuditAction.WITHDRAW_MESSAGE if text is None else AuditAction.CORRECT_MESSAGE
    await record_correction(session, witness, action, ticket.state, message_id)
    return await _entry_of(session, brand, ticket_id, message_id)


async def take_live_correction(session: Session, *, brand: str, corrected: CorrectedLive, now: datetime) -> None:
    """Correct or withdraw what a player or visitor said live, as chat allowed it; wherever the words are recorded."""
    if corrected.author.kind not in _PLAYERS:
        return
    found = await timeline.words_by_id(session, brand, corrected.message_id)
    if found is None:
        return
    held, chain = await _locked(session, brand, found)
    text = None if corrected.text is None else redact(mended(corrected.text))
    if not says(chain[0], text):
        await _replace(session, held, chain, text, actor=corrected.author, at=corrected.corrected_at, now=now)


async def read_history(
    session: Session, *, brand: str, ticket_id: UUID, message_id: UUID, witness: Witness | None
) -> tuple[Entry, list[Version]]:
    """Return a message and everything it ever said, its first words first; on record."""
    entry = await _entry_of(session, brand, ticket_id, message_id)
    ticket = await tickets.ticket_of(session, brand, ticket_id)
    if ticket is None:
        raise TicketNotFound
    await record_correction(session, witness, AuditAction.READ_HISTORY, ticket.state, message_id)
    return entry, versions_of(entry, await corrections.revisions_of(session, brand, message_id))


async def _entry_of(session: Session, brand: str, ticket_id: UUID, message_id: UUID) -> Entry:
    """Return words in the timeline of a ticket, which shows those of what was merged into it as well."""
    if await tickets.ticket_of(session, brand, ticket_id) is None:
        raise TicketNotFound
    members = await merges.members_of(session, brand, ticket_id)
    group = [ticket_id, *(one.state.id for one in members)]
    found = await timeline.words_with(session, brand, group, [message_id])
    if not found:
        raise MessageNotFound
    return found[0]


async def _locked(session: Session, brand: str, entry: Entry) -> tuple[Mapping[UUID, Ticket], Sequence[Entry]]:
    """Lock the tickets that have the words or a copy of them; return them and the words, the original first.

    Tickets are locked in the order of their ids, as merges do. A copy made meanwhile is found under the lock.
    """
    chain = await _chain(session, brand, entry.id)
    while True:
        held = await merges.lock_tickets(session, brand, {one.ticket_id for one in chain})
        again = await _chain(session, brand, entry.id)
        if all(one.ticket_id in held for one in again):
            return held, again
        chain = again


async def _chain(session: Session, brand: str, message_id: UUID) -> list[Entry]:
    found = await timeline.words_by_id(session, brand, message_id)
    chain: list[Entry] = []
    while found is not None:
        chain.append(found)
        copy = None if found.moved_to is None else await timeline.copy_in(session, brand, found.moved_to, found.id)
        found = copy
    return chain


def _ticket_of(held: Mapping[UUID, Ticket], entry: Entry) -> Ticket:
    assert entry.ticket_id is not None  # noqa: S101 - what is stored is in a ticket
    return held[entry.ticket_id]


async def _replace(
    session: Session,
    held: Mapping[UUID, Ticket],
    chain: Sequence[Entry],
    text: str | None,
    *,
    actor: Author,
    at: datetime,
    now: datetime,
    reason: str | None = None,
) -> None:
    for entry in chain:
        ticket = _ticket_of(held, entry)
        last = await corrections.newest_revision(session, ticket.brand, entry.id)
        # Versions keep their order, however far the clocks of two services are apart.
        replaced_at = at if last is None else max(at, last)
        revision = Revision(new_id(), entry.text or "", actor, replaced_at, reason)
        await corrections.replace_words(session, ticket.brand, entry, text, revision)
        story = Story(ticket, actor=actor, now=now)
        story.tells(
            MessageCorrected,
            subject_after(entry, ticket, text),
            at=at,
            message_id=entry.id,
            correction_id=revision.id,
            kind=MessageKind(entry.kind),
            author=entry.author,
            text=text,
            said_at=entry.occurred_at,
            heard_in=heard_in(entry, ticket) if entry.copied_from is None else (),
            copied_from=entry.copied_from,
            reason=reason,
            attachments=entry.attachments if text is None else (),
        )
        await tell(session, story)
