"""Who sees a ticket, and as whom somebody speaks in it."""

from typing import Final

from services.tickets.domain.errors import MessageKindRefused, PlayerMismatch, PlayerMissing
from services.tickets.domain.tickets import Ticket
from services.tickets.domain.words import one_line
from shared.contracts.base import Author, AuthorKind, ContactRef
from shared.contracts.tickets import MessageKind

_OUTSIDE: Final = frozenset({AuthorKind.PLAYER, AuthorKind.VISITOR})


def is_outside(reader: Author) -> bool:
    """True for players and visitors, who see their own tickets and no inside entries."""
    return reader.kind in _OUTSIDE


def may_see(reader: Author, ticket: Ticket) -> bool:
    """True if the ticket is the reader's own or the reader works for the brand."""
    if reader.kind is AuthorKind.PLAYER:
        return ticket.state.player_id == reader.id
    if reader.kind is AuthorKind.VISITOR:
        return ticket.visitor_id == reader.id
    return True


def player_of_opening(opener: Author, wanted: str | None) -> str | None:
    """Return the player a new ticket belongs to: the token decides for players, servers must say, staff may."""
    if opener.kind is AuthorKind.SERVER and wanted is None:
        raise PlayerMissing(field="player_id")
    if not is_outside(opener):
        return wanted
    if wanted is not None and (opener.kind is AuthorKind.VISITOR or wanted != opener.id):
        raise PlayerMismatch("the token says who the player is", field="player_id")
    return opener.id if opener.kind is AuthorKind.PLAYER else None


def first_words_of(opener: Author, player_id: str | None) -> tuple[Author, MessageKind]:
    """Return who speaks first: the player, even when staff or a server wrote it down; else it is the opener's note."""
    if is_outside(opener):
        return opener, MessageKind.MESSAGE
    if player_id is not None:
        return Author(kind=AuthorKind.PLAYER, id=player_id), MessageKind.MESSAGE
    return opener, MessageKind.NOTE


def speaks_as(
    speaker: Author, ticket: Ticket, kind: MessageKind | None, player_id: str | None
) -> tuple[Author, MessageKind]:
    """Return as whom and how somebody's words enter.

    Players and visitors always write messages. Staff reply or note. A server replies or notes in its own name, or
    passes the player's words on when it names the ticket's player.
    """
    if is_outside(speaker):
        return speaker, MessageKind.MESSAGE
    if player_id is not None and player_id != ticket.state.player_id:
        raise PlayerMismatch(field="player_id")
    chosen = kind or (MessageKind.MESSAGE if player_id is not None else MessageKind.REPLY)
    if chosen is not MessageKind.MESSAGE:
        return speaker, chosen
    if speaker.kind is not AuthorKind.SERVER:
        raise MessageKindRefused("staff reply or note; a message is the player's", field="kind")
    if player_id is None:
        raise PlayerMissing("a message is the player's: name the player", field="player_id")
    return Author(kind=AuthorKind.PLAYER, id=player_id), chosen


def is_contact(sender: ContactRef, ticket: Ticket) -> bool:
    """True if an outside sender is the contact of this ticket; addresses compare without case."""
    contact = ticket.contact
    return (
        contact is not None and contact.channel is sender.channel and folded(contact.address) == folded(sender.address)
    )


def storable_contact(contact: ContactRef) -> ContactRef:
    """Return a contact that can be stored: headers are written by strangers and may decode to control characters."""
    return contact.model_copy(
        update={
            "address": one_line(contact.address),
            "name": one_line(contact.name) if contact.name else None,
            "thread": tuple(one_line(message_id) for message_id in contact.thread),
        }
    )


def merged_contact(known: ContactRef | None, seen: ContactRef, *, thread_limit: int = 10) -> ContactRef:
    """Return the contact with the newest message ids last and without repeats, at most `thread_limit`."""
    if known is None:
        return seen
    ids = dict.fromkeys((*(i for i in known.thread if i not in seen.thread), *seen.thread))
    return seen.model_copy(
        update={
            "name": seen.name or known.name,
            "reply_from": seen.reply_from or known.reply_from,
            "thread": tuple(ids)[-thread_limit:],
        }
    )


def author_of_contact(sender: ContactRef, ticket_player: str | None) -> Author:
    """Return an outside sender as author: an address proves no player, unless the ticket already is a player's."""
    if ticket_player is not None:
        return Author(kind=AuthorKind.PLAYER, id=ticket_player, name=sender.name)
    return Author(kind=AuthorKind.VISITOR, id=sender.address, name=sender.name)


def author_who_was_written_to(sender: ContactRef, ticket: Ticket) -> Author:
    """Return who answers an e-mail about a live conversation: whoever's conversation it is, and nobody else."""
    if ticket.state.player_id is not None:
        return Author(kind=AuthorKind.PLAYER, id=ticket.state.player_id, name=sender.name)
    return Author(kind=AuthorKind.VISITOR, id=ticket.visitor_id or sender.address, name=sender.name)


def note_of_third_party(sender: ContactRef, text: str) -> str:
    """Return words of somebody who is not the ticket's contact as a note that says so."""
    return f"From someone who is not this ticket's contact ({sender.channel}: {sender.address}):\n\n{text}"


def folded(address: str) -> str:
    """Return an address as it is compared: without case."""
    return address.strip().casefold()
