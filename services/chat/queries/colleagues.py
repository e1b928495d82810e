"""Who of the staff takes work, and whether anybody of them is there."""

from sqlalchemy import and_, exists, select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.chat.tables import chat_staff, staff_presence
from shared.db.engine import Session

_STAFF = chat_staff.c
_PRESENCE = staff_presence.c


async def keep_colleague(
    session: Session, brand: str, membership_id: str, *, staff_id: str, name: str, takes_chats: bool, sequence: int
) -> None:
    """Remember who somebody is and whether he takes work, unless something newer is known."""
    values = {
        "membership_id": membership_id, "brand": brand, "staff_id": staff_id, "takes_chats": takes_chats,
        "sequence": sequence, "name": name,
    }  # fmt: skip
    statement = upsert(chat_staff).values(values)
    newer = statement.on_conflict_do_update(
        index_elements=[_STAFF.membership_id],
        set_={"takes_chats": takes_chats, "sequence": sequence, "name": name},
        where=_STAFF.sequence < sequence,
    )
    await session.execute(newer)


async def is_anybody_there(session: Session, brand: str) -> bool:
    """True if somebody takes work and sits at the desk; whoever never opened a desk here works without sockets.

    Of whom the gateway has told nothing yet, sitting there is enough.
    """
    there = (
        select(_STAFF.staff_id)
        .select_from(
            chat_staff.outerjoin(
                staff_presence, and_(_PRESENCE.brand == _STAFF.brand, _PRESENCE.staff_id == _STAFF.staff_id)
            )
        )
        .where(_STAFF.brand == brand, _STAFF.takes_chats, _PRESENCE.connected.is_not(False))
        .limit(1)
    )
    untold = (
        select(_PRESENCE.staff_id)
        .where(_PRESENCE.brand == brand, _PRESENCE.connected)
        .where(~exists().where(_STAFF.brand == _PRESENCE.brand, _STAFF.staff_id == _PRESENCE.staff_id))
        .limit(1)
    )
    return (await session.execute(there.union_all(untold).limit(1))).first() is not None
