"""What somebody says of himself, and where the operator says that he is written to."""

from datetime import datetime
from uuid import UUID

from services.chat.domain.reaching import Introduction
from services.chat.domain.values import Person
from services.chat.queries import contacts, policies, reaching, sessions
from shared.contracts.base import AuthorKind
from shared.db.engine import Session
from shared.redaction import redact


async def introduce(
    session: Session,
    *,
    person: Person,
    ticket_id: UUID,
    introduction: Introduction,
    vouched: str | None,
    now: datetime,
) -> None:
    """Keep what is said of somebody as far as it is news; what waited for an address is looked at again.

    Only a player's token vouches for anything. The rest is what somebody claims: it says where he wants to be written
    to about this one conversation and leads to no account and no other ticket.
    """
    news = False
    if vouched is not None and person.kind is AuthorKind.PLAYER:
        news = await contacts.keep_vouched(session, person.brand, ticket_id, vouched)
    if introduction.says_something:
        news |= await contacts.keep_introduction(session, person.brand, ticket_id, cleaned(introduction), at=now)
    if news:
        await _wake(session, person.brand, ticket_id, now)


async def take_address(session: Session, *, brand: str, ticket_id: UUID, address: str, now: datetime) -> None:
    """Write to the person of a conversation at `address` from now on."""
    await contacts.put_address(session, brand, ticket_id, address, at=now)
    await _wake(session, brand, ticket_id, now)


def cleaned(introduction: Introduction) -> Introduction:
    """Return what is kept of what somebody wrote into a form: a card number is none of our business there either."""
    name = None if introduction.name is None else redact(introduction.name)
    answers = {key: redact(answer) for key, answer in introduction.answers.items()}
    return Introduction(name, introduction.address, introduction.reason, answers)


async def _wake(session: Session, brand: str, ticket_id: UUID, now: datetime) -> None:
    """Look at what waited for an address, once its player had the time to read it: he is here.

    The lock lets whoever has just found no address say so first.
    """
    after = (await policies.policy_of(session, brand)).mail_after
    if after is not None:
        await sessions.lock_sessions(session, brand, [ticket_id])
        await reaching.wake_undelivered(session, brand, ticket_id, at=now + after)
