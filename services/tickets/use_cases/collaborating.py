"""Working on one ticket together: whom a note calls, who follows, what it is tagged with, what is not sent yet."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.errors import (
    DraftNotFound,
    MentionNotFound,
    StaffInactive,
    StaffNotFound,
    TicketChanged,
    TicketNotFound,
)
from services.tickets.domain.safety import check_lowering
from services.tickets.domain.tags import new_tag, tag_of, with_tags
from services.tickets.domain.tickets import Story, Ticket
from services.tickets.queries import collaboration, tickets, watching
from services.tickets.queries.collaboration import Draft, Mention
from services.tickets.queries.watching import Watched, Watcher
from services.tickets.use_cases.auditing import record_deed, record_look
from services.tickets.use_cases.telling import locked, tell
from shared.contracts.base import Author, AuthorKind
from shared.contracts.tickets import MessageKind, TicketState
from shared.db.engine import Session
from shared.redaction import redact

_MOST_TAGS_SHOWN = 200
_MOST_NAMED = 10


async def check_staff(session: Session, brand: str, ids: Sequence[str], *, field: str) -> None:
    """Refuse people who are not, or no longer, on the brand's staff."""
    if not ids:
        return
    known = await collaboration.staff_among(session, brand, ids)
    unknown = [id_ for id_ in ids if id_ not in known]
    if unknown:
        raise StaffNotFound(f"nobody here is {', '.join(unknown)}", field=field)
    gone = [id_ for id_ in ids if not known[id_]]
    if gone:
        raise StaffInactive(f"no longer here: {', '.join(gone)}", field=field)


async def check_view(session: Session, ticket: Ticket, speaker: Author, after_version: int | None) -> None:
    """Refuse words of somebody who has not seen what others said since, and say who they are."""
    state = ticket.state
    if after_version is None or after_version >= state.version:
        return
    but = (speaker.kind.value, speaker.id)
    inside = speaker.kind not in {AuthorKind.PLAYER, AuthorKind.VISITOR}
    found = await collaboration.spoke_since(
        session, ticket.brand, state.id, after_version, but=but, inside=inside, limit=_MOST_NAMED
    )
    if not found:
        return
    spoke = [
        {
            "kind": row.author_kind,
            "id": row.author_id,
            "name": row.author_name,
            "said": row.kind,
            "message_id": str(row.id),
            "version": row.version,
        }
        for row in found
    ]
    names = ", ".join(dict.fromkeys(row.author_name or row.author_id for row in found))
    raise TicketChanged(f"{names} spoke meanwhile", field="after_version", spoke=spoke, current_version=state.version)


async def list_mentions(
    session: Session,
    *,
    brand: str,
    staff_id: str,
    witness: Witness | None,
    unread: bool,
    after: tuple[str, ...] | None,
    limit: int,
) -> list[Mention]:
    """Return up to `limit + 1` notes that call a person, newest first."""
    await record_look(session, witness, AuditAction.READ_MENTIONS, unread=unread, after=after)
    return await collaboration.mentions_page(session, brand, staff_id, unread=unread, after=after, limit=limit)


async def read_mention(
    session: Session, *, brand: str, staff_id: str, entry_id: UUID, witness: Witness | None, now: datetime
) -> None:
    """Mark a mention as read; a second time changes nothing."""
    ticket_id = await collaboration.read_mention(session, brand, staff_id, entry_id, now)
    if ticket_id is None:
        raise MentionNotFound
    ticket = await _found(session, brand, ticket_id)
    await record_deed(session, witness, AuditAction.READ_MENTION, ticket.state)


async def watch(
    session: Session, *, brand: str, ticket_id: UUID, staff_id: str, known: bool, witness: Witness | None, now: datetime
) -> list[Watcher]:
    """Let a member of staff follow a ticket and return all who do; `known`: his token says who he is.

    Following is a matter between a person and the ticket, not a fact of the ticket: its version stays.
    """
    ticket = await _found(session, brand, ticket_id)
    if not known:
        await check_staff(session, brand, [staff_id], field="staff_id")
    await watching.add_watchers(session, brand, ticket_id, [staff_id], now)
    await record_deed(session, witness, AuditAction.EDIT_WATCHERS, ticket.state)
    return await watching.watchers_of(session, brand, ticket_id)


async def unwatch(session: Session, *, brand: str, ticket_id: UUID, staff_id: str, witness: Witness | None) -> None:
    """Let a member of staff follow a ticket no more; who did not is none the worse."""
    ticket = await _found(session, brand, ticket_id)
    await watching.drop_watcher(session, brand, ticket_id, staff_id)
    await record_deed(session, witness, AuditAction.EDIT_WATCHERS, ticket.state)


async def read_watchers(session: Session, *, brand: str, ticket_id: UUID, witness: Witness | None) -> list[Watcher]:
    """Return who follows a ticket."""
    ticket = await _found(session, brand, ticket_id)
    await record_deed(session, witness, AuditAction.READ_WATCHERS, ticket.state)
    return await watching.watchers_of(session, brand, ticket_id)


async def list_watched(
    session: Session, *, brand: str, staff_id: str, witness: Witness | None, after: tuple[str, ...] | None, limit: int
) -> list[Watched]:
    """Return up to `limit + 1` tickets that a person follows, the newest followed first."""
    await record_look(session, witness, AuditAction.LIST_WATCHED, after=after)
    return await watching.watched_page(session, brand, staff_id, after=after, limit=limit)


async def change_tag(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    editor: Author,
    role: str,
    tag: str,
    wanted: bool,
    witness: Witness | None,
    now: datetime,
) -> TicketState:
    """Put a tag on a ticket or take it off: a fact of the ticket like every edit, unless it is so already."""
    name = new_tag(tag) if wanted else tag_of(tag)
    ticket = await locked(session, brand, ticket_id)
    story = Story(ticket, actor=editor, now=now)
    added, removed = ((name,), ()) if wanted else ((), (name,))
    story.edits({"tags": with_tags(ticket.state.tags, added, removed)})
    check_lowering(ticket.state, story.state, by=editor, role=role)
    state = await tell(session, story)
    await record_deed(session, witness, AuditAction.EDIT_TICKET, state)
    return state


async def list_tags(session: Session, *, brand: str, witness: Witness | None) -> list[tuple[str, int]]:
    """Return the brand's tags in use with how many tickets have each, most used first."""
    await record_look(session, witness, AuditAction.LIST_TAGS)
    return await collaboration.tag_counts(session, brand, _MOST_TAGS_SHOWN)


async def save_draft(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    staff_id: str,
    kind: MessageKind,
    text: str,
    witness: Witness | None,
    now: datetime,
) -> Draft:
    """Keep what a person has written so far for a ticket, instead of what was kept before."""
    ticket = await _found(session, brand, ticket_id)
    kept = redact(text)
    await collaboration.save_draft(session, brand, ticket_id, staff_id, kind, kept, now)
    await record_deed(session, witness, AuditAction.WRITE_DRAFT, ticket.state)
    return Draft(staff_id, None, kind, kept, now)


async def drop_draft(session: Session, *, brand: str, ticket_id: UUID, staff_id: str, witness: Witness | None) -> None:
    """Forget a person's draft for a ticket; without one nothing happens."""
    ticket = await _found(session, brand, ticket_id)
    await collaboration.drop_draft(session, brand, ticket_id, staff_id)
    await record_deed(session, witness, AuditAction.WRITE_DRAFT, ticket.state)


async def own_draft(session: Session, *, brand: str, ticket_id: UUID, staff_id: str, witness: Witness | None) -> Draft:
    """Return a person's own draft for a ticket."""
    found = await read_drafts(
        session, brand=brand, ticket_id=ticket_id, reader_id=staff_id, lead=False, witness=witness
    )
    for draft in found:
        if draft.staff_id == staff_id:
            return draft
    raise DraftNotFound


async def read_drafts(
    session: Session, *, brand: str, ticket_id: UUID, reader_id: str, lead: bool, witness: Witness | None
) -> list[Draft]:
    """Return who is drafting for a ticket; the words only of the reader's own draft, all of them for a `lead`."""
    ticket = await _found(session, brand, ticket_id)
    await record_deed(session, witness, AuditAction.READ_DRAFTS, ticket.state)
    found = await collaboration.drafts_of(session, brand, ticket_id)
    return [draft if lead or draft.staff_id == reader_id else replace(draft, text=None) for draft in found]


async def _found(session: Session, brand: str, ticket_id: UUID) -> Ticket:
    ticket = await tickets.ticket_of(session, brand, ticket_id)
    if ticket is None:
        raise TicketNotFound
    return ticket
