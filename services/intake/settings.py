"""The knobs of intake."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, SecretStr, model_validator

from services.intake.domain.attachments import USUAL_TERMS, Terms
from shared.sealing import Seal, derive_key, parse_key
from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """The ways in for e-mail and files, and how long what came in is kept."""

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

    files_dir: Annotated[Path, Field(description="folder of sealed files, shared by all processes of the service")] = (
        Path("/var/lib/pitboss/files")
    )
    scanner: Annotated[
        str | None, Field(pattern=r"^(tcp://|unix:///)", description="clamd; without one files are ready unscanned")
    ] = None
    scan_timeout: timedelta = timedelta(seconds=60)
    scan_again: Annotated[timedelta, Field(description="after which a file is scanned that found no scanner")] = (
        timedelta(seconds=15)
    )
    inspectors: Annotated[int, Field(ge=1, description="files inspected at once, each by a process of its own")] = 2
    inspect_timeout: timedelta = timedelta(seconds=25)
    uploads_at_once: Annotated[int, Field(ge=1, description="files coming in at once, per process")] = 32
    uploads_per_person: Annotated[int, Field(ge=1, description="of these, one person's")] = 4
    link_life: Annotated[timedelta, Field(le=timedelta(minutes=15))] = timedelta(minutes=5)
    loose_kept: Annotated[timedelta, Field(description="how long files stay that no message carries")] = (
        USUAL_TERMS.loose
    )
    files_kept: Annotated[timedelta, Field(description="how long files stay that a message carries")] = USUAL_TERMS.kept
    documents_kept: Annotated[timedelta, Field(description="how long identity documents stay")] = USUAL_TERMS.documents
    documents_role: Annotated[
        Literal["agent", "senior", "lead", "admin"], Field(description="weakest role that opens identity documents")
    ] = "lead"

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

    def link_key(self) -> bytes:
        """Return the key that signs links to files."""
        return derive_key(parse_key(self.secrets_key.get_secret_value()), "pitboss links to files")

    def terms(self) -> Terms:
        """Return how long files stay."""
        return Terms(self.loose_kept, self.files_kept, self.documents_kept)
