"""Wiring of notifications."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import cast

from fastapi import FastAPI

from services.notifications import api, jobs
from services.notifications.clients.mail import MailClient, MailFolder, SmtpRelay
from services.notifications.clients.webhooks import WebhookClient
from services.notifications.events import SUBSCRIPTIONS
from services.notifications.jobs import mails, webhooks
from services.notifications.settings import Settings
from shared.errors import DomainError
from shared.messaging.runtime import Ground
from shared.messaging.transport import Transport
from shared.service import create_service


def create_app(settings: Settings | None = None, transport: Transport | None = None) -> FastAPI:
    """Return the service, ready to run."""
    return create_service(
        settings or Settings(),
        title="Pitboss notifications",
        routers=(api.router,),
        subscriptions=SUBSCRIPTIONS,
        jobs=jobs.JOBS,
        lifespan=_clients,
        transport=transport,
    )


@asynccontextmanager
async def _clients(ground: Ground) -> AsyncIterator[None]:
    """Hold the ways out while the service runs, and wake the senders after every commit that gave them work."""
    settings = cast("Settings", ground.settings)
    client = WebhookClient(settings.url_policy(), connect=settings.connect_timeout, total=settings.attempt_timeout)
    ground.extras["webhooks"] = client
    ground.extras["mail"] = _mail_client(settings)
    ground.extras["courier"] = webhooks.Courier(
        client,
        settings.seal(),
        settings,
        clock=ground.clock,
        on_finished=lambda: ground.wake(webhooks.NAME),
    )
    ground.database.after_commit.append(lambda: _wake(ground))
    try:
        yield
        with suppress(DomainError):  # without a database the leases expire and the attempts are made again
            await webhooks.write_last_results(ground)
    finally:
        await client.close()


def _wake(ground: Ground) -> None:
    ground.wake(webhooks.NAME)
    ground.wake(mails.NAME)


def _mail_client(settings: Settings) -> MailClient:
    if settings.smtp_url is not None:
        return SmtpRelay(settings.smtp_url.get_secret_value(), timeout=settings.mail_timeout.total_seconds())
    assert settings.run_dir is not None  # noqa: S101 - the settings refuse to be without both
    return MailFolder(settings.run_dir / "outbox")
