"""A conversation goes to its player by e-mail because somebody asked for it."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.chat.domain.errors import (
    AddressMissing,
    AddressNotTaken,
    NothingWasSaid,
    SessionNotFound,
    TooManyTranscripts,
)
from services.chat.domain.reaching import Reachable
from services.chat.domain.transcripts import MOST_LINES, newest_fitting
from services.chat.domain.values import Look, Person
from services.chat.queries import contacts, messages, policies, reaching, sending, sessions
from services.chat.use_cases.introducing import take_address
from services.chat.use_cases.reaching import contact_of, spoken
from shared.contracts.base import AuthorKind
from shared.contracts.chat_mail import TranscriptRequested
from shared.db.engine import Session
from shared.ids import new_id
from shared.messaging.outbox import record

_A_DAY: Final = timedelta(days=1)


async def send_transcript(
    session: Session, *, asker: Person, ticket_id: UUID, address: str | None, look: Look
) -> tuple[UUID, str]:
    """Send a conversation to its player and return the sending's id and the address.

    A player's known address is the only one. A visitor may say where, for himself; staff send where he is known to be.
    """
    brand, now = asker.brand, look.at
    locked = (await sessions.lock_sessions(session, brand, [ticket_id])).get(ticket_id)
    if locked is None or not (asker.is_inside or locked.belongs_to(asker.author())):
        raise SessionNotFound
    if locked.last_seq == 0 or not await _is_worth_sending(session, asker, ticket_id):
        raise NothingWasSaid
    to = await _addressee(session, asker, ticket_id, address, now)
    await _within_quota(session, brand, ticket_id, str(to.address), now)
    transcript_id = new_id()
    await sending.note_sent(session, brand, transcript_id, ticket_id=ticket_id, by=asker, to=str(to.address), at=now)
    await record(
        session, await _requested(session, asker, ticket_id, to, transcript_id, look), brand=brand, sequence=1, at=now
    )
    return transcript_id, str(to.address)


async def _addressee(session: Session, asker: Person, ticket_id: UUID, address: str | None, now: datetime) -> Reachable:
    to = await contacts.reachable(session, asker.brand, ticket_id)
    if to is None:
        raise SessionNotFound
    if address is not None and address != to.address:
        if asker.is_inside or to.vouched is not None:
            raise AddressNotTaken(field="email")
        await take_address(session, brand=asker.brand, ticket_id=ticket_id, address=address, now=now)
        to = await contacts.reachable(session, asker.brand, ticket_id) or to
    if to.address is None:
        raise AddressMissing(field="email")
    return to


async def _is_worth_sending(session: Session, asker: Person, ticket_id: UUID) -> bool:
    """True unless a visitor alone has spoken: his words go to an address he names only if somebody answered them."""
    if asker.kind is not AuthorKind.VISITOR:
        return True
    return bool(await messages.replies_after(session, asker.brand, ticket_id, after_seq=0, limit=1))


async def _within_quota(session: Session, brand: str, ticket_id: UUID, address: str, now: datetime) -> None:
    most = (await policies.policy_of(session, brand)).transcripts_a_day
    sent = await sending.sent_since(session, brand, ticket_id, to=address, since=now - _A_DAY)
    if len(sent) < most:
        return
    free_at = sent[-most] + _A_DAY if most else now + _A_DAY
    raise TooManyTranscripts(retry_after=max(1, int((free_at - now).total_seconds())))


async def _requested(
    session: Session, asker: Person, ticket_id: UUID, to: Reachable, transcript_id: UUID, look: Look
) -> TranscriptRequested:
    brand = asker.brand
    newest = await messages.newest_words(session, brand, ticket_id, most=MOST_LINES + 1)
    shown = newest_fitting(newest)
    names = await contacts.file_names(session, brand, ticket_id)
    told = await reaching.telling_of(session, brand, ticket_id)
    return TranscriptRequested(
        transcript_id=transcript_id,
        ticket_id=ticket_id,
        number=told.number if told else None,
        subject=told.subject if told else to.subject,
        player=to.player if to.player.kind is AuthorKind.PLAYER else to.player.model_copy(update={"name": to.name}),
        requested_by=asker.author(),
        request_id=look.request_id,
        contact=contact_of(to, told.thread if told else ()),
        language=to.language,
        time_zone=(await policies.policy_of(session, brand)).time_zone,
        lines=tuple(spoken(message, names) for message in shown),
        left_out=shown[0].seq - 1,
        requested_at=look.at,
    )
