"""What a person said of himself before a conversation, and where he is written to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, and_, case, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.chat.domain.reaching import Introduction, Reachable
from services.chat.tables import chat_contacts, chat_files, chat_sessions
from shared.contracts.base import Author, AuthorKind
from shared.db.engine import Session

_CONTACT = chat_contacts.c
_SESSION = chat_sessions.c


async def reachable(session: Session, brand: str, ticket_id: UUID) -> Reachable | None:
    """Return how the player of a conversation is reached."""
    found = (
        select(
            _SESSION.player_kind, _SESSION.player_id, _SESSION.player_name, _SESSION.subject, _SESSION.language,
            _CONTACT.vouched_address, _CONTACT.given_name, _CONTACT.given_address, _CONTACT.reason, _CONTACT.answers,
            _CONTACT.given_at, _SESSION.ended_at, _SESSION.ended_reason,
        )
        .select_from(chat_sessions.outerjoin(chat_contacts, _CONTACT.ticket_id == _SESSION.ticket_id))
        .where(_SESSION.brand == brand, _SESSION.ticket_id == ticket_id)
    )  # fmt: skip
    row = (await session.execute(found)).one_or_none()
    if row is None:
        return None
    player = Author(kind=AuthorKind(row.player_kind), id=row.player_id, name=row.player_name)
    introduction = Introduction(row.given_name, row.given_address, row.reason, row.answers or {})
    return Reachable(
        player, row.subject, row.language, row.vouched_address, introduction, row.given_at, row.ended_at,
        row.ended_reason,
    )  # fmt: skip


async def keep_introduction(
    session: Session, brand: str, ticket_id: UUID, introduction: Introduction, *, at: datetime
) -> bool:
    """Keep what somebody says of himself where nothing was said before; True if an address is known only now."""
    address = introduction.address
    values = {
        "ticket_id": ticket_id, "brand": brand, "given_name": introduction.name, "given_address": address,
        "reason": introduction.reason, "answers": dict(introduction.answers), "given_at": at,
    }  # fmt: skip
    is_first = _CONTACT.given_at.is_(None)
    statement = upsert(chat_contacts).values(values)
    said = {
        name: case((is_first, statement.excluded[name]), else_=_CONTACT[name])
        for name in ("given_name", "reason", "answers")
    }
    kept = statement.on_conflict_do_update(
        index_elements=[_CONTACT.ticket_id],
        set_={**said, "given_address": func.coalesce(_CONTACT.given_address, address), "given_at": at},
        where=or_(is_first, and_(_CONTACT.given_address.is_(None), literal(address, Text).is_not(None))),
    ).returning(_CONTACT.ticket_id)
    return (await session.execute(kept)).first() is not None and address is not None


async def put_address(session: Session, brand: str, ticket_id: UUID, address: str, *, at: datetime) -> None:
    """Replace the address that the person of a conversation gave: he wants to be written to there from now on."""
    values = {"ticket_id": ticket_id, "brand": brand, "given_address": address, "given_at": at}
    statement = upsert(chat_contacts).values(values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[_CONTACT.ticket_id], set_={"given_address": address, "given_at": at}
        )
    )


async def keep_vouched(session: Session, brand: str, ticket_id: UUID, address: str) -> bool:
    """Keep the address that the operator signed for a player; True if it is news."""
    statement = upsert(chat_contacts).values(ticket_id=ticket_id, brand=brand, vouched_address=address)
    kept = statement.on_conflict_do_update(
        index_elements=[_CONTACT.ticket_id],
        set_={"vouched_address": address},
        where=or_(_CONTACT.vouched_address.is_(None), _CONTACT.vouched_address != address),
    ).returning(_CONTACT.ticket_id)
    return (await session.execute(kept)).first() is not None


async def keep_file_name(session: Session, brand: str, attachment_id: UUID, *, ticket_id: UUID, name: str) -> None:
    """Remember what a file is called; telling it again changes nothing."""
    values = {"attachment_id": attachment_id, "brand": brand, "ticket_id": ticket_id, "name": name}
    await session.execute(upsert(chat_files).values(values).on_conflict_do_nothing())


async def file_names(session: Session, brand: str, ticket_id: UUID) -> dict[UUID, str]:
    """Return what the files of a conversation are called."""
    named = select(chat_files.c.attachment_id, chat_files.c.name).where(
        and_(chat_files.c.brand == brand, chat_files.c.ticket_id == ticket_id)
    )
    return {row.attachment_id: row.name for row in await session.execute(named)}
