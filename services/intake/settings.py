"""The knobs of intake."""

from datetime import timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, SecretStr, model_validator

from shared.sealing import Seal, parse_key
from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """The way in for e-mail, and how long what came in is kept."""

    service: ClassVar[str] = "intake"

    reply_token_key: Annotated[SecretStr, Field(description="proves reply addresses; the same as notifications'")]
    secrets_key: Annotated[SecretStr, Field(description="base64 of 32 bytes that encrypt raw mails at rest")]
    previous_secrets_key: Annotated[SecretStr | None, Field(description="still opens what it sealed")] = None

    smtp_host: Annotated[str, Field(description="loopback: a mail server with TLS and spam checks stands in front")] = (
        "127.0.0.1"
    )
    smtp_port: Annotated[int, Field(ge=0, le=65535)] = 2525
    smtp_hostname: Annotated[str, Field(description="how the listener calls itself")] = "intake.localdomain"
    smtp_timeout: Annotated[timedelta, Field(description="silence after which a connection is closed")] = timedelta(
        seconds=120
    )
    mail_bytes: Annotated[int, Field(ge=1024, le=30 * 1024 * 1024, description="largest mail taken")] = 25 * 1024 * 1024
    read_lease: Annotated[timedelta, Field(description="after which another process reads a mail again")] = timedelta(
        seconds=60
    )
    read_attempts: Annotated[int, Field(ge=1, description="after which a mail that ends its reader is set aside")] = 5
    kept: Annotated[timedelta, Field(description="age at which read mails are forgotten; retries come for 7 days")] = (
        timedelta(days=8)
    )
    failed_kept: Annotated[timedelta, Field(description="age at which mails nobody replayed are forgotten")] = (
        timedelta(days=60)
    )

    @model_validator(mode="after")
    def _keys_are_keys(self) -> Self:
        self.seal()
        return self

    def seal(self) -> Seal:
        """Return what seals and opens raw mails: redaction has not seen them yet."""
        keys = [self.secrets_key, *([self.previous_secrets_key] if self.previous_secrets_key else [])]
        return Seal(*(parse_key(key.get_secret_value()) for key in keys))

    def token_key(self) -> bytes:
        """Return the key of reply addresses and own Message-IDs."""
        return self.reply_token_key.get_secret_value().encode()
