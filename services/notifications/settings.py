"""The knobs of notifications."""

from datetime import timedelta
from typing import Annotated, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from services.notifications.domain.addresses import UrlPolicy
from shared.sealing import Seal, parse_key
from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Limits of webhook delivery and the way out for e-mail."""

    service: ClassVar[str] = "notifications"

    secrets_key: Annotated[SecretStr, Field(description="base64 of 32 bytes that encrypt secrets at rest")]
    previous_secrets_key: Annotated[SecretStr | None, Field(description="still opens what it sealed")] = None
    reply_token_key: Annotated[SecretStr, Field(description="signs reply addresses; the same as intake's")]

    webhook_ports: Annotated[frozenset[int], Field(description="where webhooks may go; any port in development")] = (
        frozenset({443, 8443})
    )
    allow_loopback: Annotated[bool, Field(description="development only: webhooks to this machine")] = False
    schedule_scale: Annotated[float, Field(gt=0, le=1, description="development only: shortens every delay")] = 1.0
    connect_timeout: timedelta = timedelta(seconds=3)
    attempt_timeout: Annotated[timedelta, Field(description="wall clock around one whole attempt")] = timedelta(
        seconds=15
    )
    lease: Annotated[timedelta, Field(description="after which another process retakes a delivery")] = timedelta(
        seconds=30
    )
    process_cap: Annotated[int, Field(ge=1, le=1000, description="attempts under way at once in this process")] = 100
    endpoints_per_brand: Annotated[int, Field(ge=1)] = 500
    rotation_overlap: Annotated[timedelta, Field(description="how long a rotated secret still signs")] = timedelta(
        hours=24
    )
    kept: Annotated[timedelta, Field(description="age at which finished deliveries are forgotten")] = timedelta(days=30)

    smtp_url: Annotated[
        SecretStr | None,
        Field(description="relay: smtp://[user:password@]host[:port] (STARTTLS if offered) or smtps://"),
    ] = None
    mail_from: Annotated[str, Field(description="sender where a ticket's mailbox and the brand's are unknown")] = (
        "support@localhost.localdomain"
    )
    mail_timeout: timedelta = timedelta(seconds=30)
    mail_lease: timedelta = timedelta(seconds=120)
    mail_cap: Annotated[int, Field(ge=1, le=50, description="mails under way at once in this process")] = 5

    @model_validator(mode="after")
    def _combinations(self) -> Self:
        if not self.development and (self.schedule_scale != 1.0 or self.allow_loopback):
            message = "schedule_scale and allow_loopback are for development"
            raise ValueError(message)
        if self.lease <= self.attempt_timeout or self.mail_lease <= self.mail_timeout:
            message = "a lease must outlast the attempt it protects"
            raise ValueError(message)
        if self.smtp_url is not None and urlsplit(self.smtp_url.get_secret_value()).scheme not in {"smtp", "smtps"}:
            message = "smtp_url begins with smtp:// or smtps://"
            raise ValueError(message)
        if self.smtp_url is None and not (self.development and self.run_dir):
            message = "smtp_url is needed; only development writes mails into the folder run_dir/outbox"
            raise ValueError(message)
        self.seal()
        return self

    def seal(self) -> Seal:
        """Return what seals and opens webhook secrets."""
        keys = [self.secrets_key, *([self.previous_secrets_key] if self.previous_secrets_key else [])]
        return Seal(*(parse_key(key.get_secret_value()) for key in keys))

    def url_policy(self) -> UrlPolicy:
        """Return where webhooks may go."""
        return UrlPolicy(
            ports=self.webhook_ports,
            allow_http=self.development,
            allow_any_port=self.development,
            allow_loopback=self.allow_loopback,
        )
