"""What a player answered by e-mail stands in his conversation too, as long as that is open."""

from services.chat.domain.values import Details, Draft
from services.chat.queries import reaching, sessions
from services.chat.use_cases.posting import post_message
from shared.contracts.base import Author
from shared.contracts.tickets import MessageAdded
from shared.db.engine import Session


async def join(session: Session, *, brand: str, event: MessageAdded) -> None:
    """Append a player's e-mail, with its files, under its own message id; a conversation that is over stays as it was.

    From now on he reads e-mails there: he is told sooner by them what he does not read here.
    """
    ticket_id = event.origin_id or event.ticket_id
    found = (await sessions.lock_sessions(session, brand, [ticket_id])).get(ticket_id)
    if found is None:
        return
    thread = () if event.contact is None else event.contact.thread
    await reaching.note_mail(
        session, brand, ticket_id, number=event.ticket.number, subject=event.ticket.subject, thread=thread,
        at=event.occurred_at,
    )  # fmt: skip
    if found.ended_at is not None:
        return
    author = Author(kind=found.player_kind, id=found.player_id, name=event.author.name)
    draft = Draft(
        ticket_id, author, event.text, message_id=event.message_id, said_at=event.occurred_at,
        attachments=event.attachments, details=Details(channel=event.channel),
    )  # fmt: skip
    await post_message(session, brand=brand, draft=draft, now=event.occurred_at)
