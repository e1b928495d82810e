"""Players who were answered and say nothing hear that their conversation will end."""

from datetime import timedelta
from typing import Final

from services.chat.domain.values import Person
from services.chat.schemas.frames import encode
from services.chat.sockets.hub import INACTIVE_TOPIC, hub_of
from services.chat.use_cases import silences
from shared.contracts.base import AuthorKind
from shared.messaging.runtime import Ground, Job


async def answer_silences(ground: Ground) -> timedelta:
    """Warn players whose silence has lasted; end the conversations of those who were warned."""
    now = ground.clock.now()
    async with ground.database.begin_worker() as session:
        due = await silences.due(session, now=now)
    for brand, ticket_id in due:
        async with ground.database.begin(brand) as session:
            warned = await silences.answer(session, brand=brand, ticket_id=ticket_id, now=now)
        if warned is not None:
            frame = encode("inactive", ticket_id=ticket_id, ends_at=warned.ends_at)
            nobody = Person(brand, AuthorKind.SYSTEM, "")
            hub_of(ground).broadcast(INACTIVE_TOPIC, brand, ticket_id, frame, nobody)
    return timedelta(0) if due else hub_of(ground).settings.silences_every


JOBS: Final = (Job("chat-silences", answer_silences),)
