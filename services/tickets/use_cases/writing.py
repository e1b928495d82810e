"""Adding words to a ticket through the API."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.tickets.domain import access
from services.tickets.domain.audit import Witness
from services.tickets.domain.errors import FilesUndeliverable, TicketNotFound
from services.tickets.domain.mentions import mentioned
from services.tickets.domain.quick_replies import check_quick_replies
from services.tickets.domain.tickets import Words, moment_after
from services.tickets.domain.timeline import Entry, entry_of
from services.tickets.queries import collaboration
from services.tickets.use_cases.auditing import record_words
from services.tickets.use_cases.collaborating import check_staff, check_view
from services.tickets.use_cases.following import take_words
from services.tickets.use_cases.reaching import heard_by_its_player, landing
from shared.contracts.base import Author, QuickReply
from shared.contracts.tickets import MessageAdded, MessageKind
from shared.db.engine import Session
from shared.ids import new_id
from shared.redaction import redact


async def add_message(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    speaker: Author,
    witness: Witness | None,
    text: str,
    kind: MessageKind | None,
    player_id: str | None,
    now: datetime,
    mentions: Sequence[str] = (),
    attachments: tuple[UUID, ...] = (),
    quick_replies: tuple[QuickReply, ...] = (),
    after_version: int | None = None,
    clear_draft: bool = True,
) -> tuple[UUID, Entry]:
    """Add a player's message, an answer or a note; return the ticket it joined and its entry in the timeline.

    The player's words bring a waiting, resolved or closed ticket back to work; the first answer takes a new one in.
    Once the time for reopening is over, they open a new ticket linked to the old one. What is said to a merged ticket
    is said in the one that has its words. A note calls those it mentions. With `after_version` words are refused if
    others spoke since; with `clear_draft` the speaker's draft of that kind is forgotten.
    """
    landed = await landing(session, brand, ticket_id)
    if landed is None or not access.may_see(speaker, landed.said_to):
        raise TicketNotFound
    author, chosen = access.speaks_as(speaker, landed.said_to, kind, player_id)
    if attachments and chosen is MessageKind.REPLY and landed.ticket.contact is not None:
        raise FilesUndeliverable(field="attachments")
    called = mentioned(chosen, text, mentions)
    await check_view(session, landed.ticket, speaker, after_version)
    await check_staff(session, brand, called, field="mentions")
    ticket = await heard_by_its_player(session, landed, chosen)
    check_quick_replies(quick_replies, chosen, ticket)
    words = Words(
        new_id(), chosen, author, redact(text), moment_after(landed.ticket.state, now),
        mentions=called, origin_id=landed.origin_id, attachments=attachments, quick_replies=quick_replies,
    )  # fmt: skip
    story = await take_words(session, ticket, words, actor=speaker, now=now, stored=landed.ticket)
    said = next(event for event in story.events if isinstance(event, MessageAdded))
    entry = entry_of(said, ticket_id)
    if called:
        await collaboration.add_mentions(session, brand, story.state.id, entry.id, called, now)
    await record_words(session, witness, chosen, story.state, clear_draft=clear_draft)
    return story.state.id, entry
