"""What every service is configured with; built once in `main.py` and passed down, read nowhere at import."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

_POSTGRES = r"^postgresql(\+asyncpg)?://"


class ServiceSettings(BaseSettings):
    """Each knob is read from `{SERVICE}_{KNOB}`, else from `PITBOSS_{KNOB}`, which serves all services at once."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    service: ClassVar[str]

    database_url: Annotated[SecretStr, Field(description="application role: no BYPASSRLS, owns nothing")]
    worker_database_url: Annotated[
        SecretStr, Field(description="role of relay and timers: sees every brand in listed tables")
    ]
    transport: Literal["rabbitmq", "inprocess"] = "rabbitmq"
    amqp_url: SecretStr | None = None
    gateway_public_key: Annotated[
        str, Field(description="base64url of the gateway's raw Ed25519 public key (32 bytes)")
    ]
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    pool_size: Annotated[int, Field(ge=1, le=100)] = 10
    pool_overflow: Annotated[int, Field(ge=0, le=100)] = 5
    pool_timeout: timedelta = timedelta(seconds=2)
    statement_timeout: timedelta = timedelta(seconds=5)
    lock_timeout: timedelta = timedelta(seconds=2)
    drain_timeout: timedelta = timedelta(seconds=20)
    request_deadline: Annotated[
        timedelta, Field(gt=timedelta(0), description="what a request may take at most, routes that carry files apart")
    ] = timedelta(seconds=10)
    cursor_secret: Annotated[
        SecretStr,
        Field(min_length=16, description="signs list cursors, seals stored answers; the same in every replica"),
    ]
    max_body_bytes: int = 1024 * 1024
    max_in_flight: int = 64
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    development: bool = False
    public_base_url: str = "http://127.0.0.1:8080"
    run_dir: Path | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the service's own variables before the ones shared by all."""
        del env_settings, dotenv_settings, file_secret_settings
        own = EnvSettingsSource(settings_cls, env_prefix=f"{cls.service.upper()}_")
        common = EnvSettingsSource(settings_cls, env_prefix="PITBOSS_")
        return init_settings, own, common
