"""Sends answers by e-mail, a few at a time."""

import asyncio
from datetime import timedelta
from typing import Final, cast

from services.notifications.clients.mail import MailClient, MailNotSent
from services.notifications.settings import Settings
from services.notifications.use_cases import mailing
from services.notifications.use_cases.mailing import Letter, Sender
from shared.messaging.runtime import Ground

NAME: Final = "send_mails"
_IDLE: Final = timedelta(seconds=1)
_LEAST: Final = timedelta(milliseconds=10)


async def send(ground: Ground) -> timedelta:
    """Claim due messages, send them, record each on its own."""
    settings = cast("Settings", ground.settings)
    sender = Sender(settings.mail_from, settings.reply_token_key.get_secret_value().encode())
    async with ground.database.begin_worker() as session:
        letters, unsendable, due_in = await mailing.claim_letters(
            session, count=settings.mail_cap, lease=settings.mail_lease, sender=sender
        )
    for message in unsendable:
        async with ground.database.begin_worker() as session:
            await mailing.record_unsendable(session, message, now=ground.clock.now())
    await asyncio.gather(*(_send_one(ground, settings, letter) for letter in letters))
    if letters:
        return timedelta(0)
    return _IDLE if due_in is None else min(_IDLE, max(_LEAST, timedelta(seconds=due_in)))


async def _send_one(ground: Ground, settings: Settings, letter: Letter) -> None:
    client = cast("MailClient", ground.extras["mail"])
    try:
        await client.send(letter.content, sender=letter.sender, recipient=letter.recipient, name=letter.message_id.hex)
    except MailNotSent as error:
        async with ground.database.begin_worker() as session:
            await mailing.record_not_sent(
                session,
                letter,
                detail=error.detail,
                code=error.code,
                scale=settings.schedule_scale,
                now=ground.clock.now(),
            )
        return
    async with ground.database.begin_worker() as session:
        await mailing.record_sent(session, letter, now=ground.clock.now())
