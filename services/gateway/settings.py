"""The knobs of the gateway."""

import ipaddress
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, ClassVar, Final, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from services.gateway.domain.accounts import LockPolicy, SessionLife
from services.gateway.domain.limits import Policy
from services.gateway.domain.routing import Network
from shared.directory import SERVICES
from shared.sealing import Seal, derive_key, parse_key
from shared.settings import ServiceSettings

# OWASP Password Storage Cheat Sheet, argon2id with one lane.
LEAST_MEMORY_KIB: Final = 19 * 1024
LEAST_ROUNDS: Final = 2


def _service_urls() -> dict[str, tuple[str, ...]]:
    """Return where each service listens: `PITBOSS_<SERVICE>_URL` (several replicas by comma), else its default port."""
    urls: dict[str, tuple[str, ...]] = {}
    for entry in SERVICES:
        given = os.environ.get(f"PITBOSS_{entry.name.upper()}_URL") or f"http://127.0.0.1:{entry.port}"
        urls[entry.name] = tuple(url.strip().rstrip("/") for url in given.split(",") if url.strip())
    return urls


class Settings(ServiceSettings):
    """Read from `GATEWAY_*`, else from `PITBOSS_*`."""

    service: ClassVar[str] = "gateway"

    max_in_flight: int = 512
    signing_key: Annotated[
        SecretStr, Field(description="base64url of the raw Ed25519 private key (32 bytes) of internal tokens")
    ]
    secrets_key: Annotated[SecretStr, Field(description="base64 of 32 random bytes; seals HS256 player keys at rest")]
    previous_secrets_key: Annotated[SecretStr | None, Field(description="still opens what it sealed")] = None
    service_urls: Annotated[Mapping[str, tuple[str, ...]], Field(default_factory=_service_urls)]
    key_environment: Annotated[str, Field(pattern=r"^[a-z]{2,8}$", description="the `<env>` of API keys made here")] = (
        "live"
    )
    demo: Annotated[
        bool, Field(description="serve the demo casino and sign its players' tokens; anybody may be anybody there")
    ] = False
    trusted_proxies: Annotated[tuple[str, ...], Field(description="networks whose X-Forwarded-For is believed")] = ()

    access_token_life: timedelta = timedelta(minutes=15)
    session_idle: timedelta = timedelta(minutes=30)
    session_absolute: timedelta = timedelta(hours=12)
    visitor_life: timedelta = timedelta(hours=24)
    lookup_life: Annotated[
        timedelta, Field(description="how long a verified credential is believed without asking again")
    ] = timedelta(seconds=5)

    account_lock_failures: int = 10
    address_lock_failures: int = 30
    lock_window: timedelta = timedelta(minutes=15)
    lock_time: timedelta = timedelta(minutes=15)

    password_rounds: Annotated[int, Field(ge=1, description="argon2id: passes over the memory of a password")] = (
        LEAST_ROUNDS
    )
    password_memory_kib: Annotated[
        int, Field(ge=8, description="argon2id: at least 19456 KiB and 2 rounds unless in development (OWASP)")
    ] = LEAST_MEMORY_KIB

    requests_per_minute: Annotated[int, Field(description="per API key, member of staff, player or visitor")] = 600
    requests_burst: int = 100
    sends_per_minute: Annotated[int, Field(description="unsafe requests per player or visitor")] = 30
    sends_burst: int = 30
    brand_per_minute: Annotated[int, Field(description="all callers of a brand together, per gateway process")] = 30_000
    brand_burst: int = 2_000
    anonymous_per_minute: Annotated[int, Field(description="requests without a good credential, per address")] = 60
    anonymous_burst: int = 30
    visitors_per_minute: Annotated[
        int, Field(description="new visitors, per address: a whole household, office or mobile network may share one")
    ] = 600
    visitors_burst: int = 200
    sign_ins_per_minute: Annotated[int, Field(description="attempts to sign in, per address")] = 10
    sign_ins_burst: int = 10
    sockets_per_minute: Annotated[int, Field(description="sockets opened, per address")] = 600
    sockets_burst: int = 200

    links_per_minute: Annotated[int, Field(description="files fetched by signed links, per address")] = 600
    links_burst: int = 200

    upstream_connections: Annotated[
        int, Field(ge=1, description="connections to one service, all replicas together")
    ] = 200
    connect_timeout: timedelta = timedelta(seconds=1)
    upstream_keepalive: Annotated[
        timedelta, Field(description="shorter than the services' own, or idle connections break under a POST")
    ] = timedelta(seconds=4)
    max_sockets: int = 20_000
    max_frame_bytes: int = 64 * 1024

    @field_validator("signing_key", "secrets_key", "previous_secrets_key")
    @classmethod
    def _is_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_key(value.get_secret_value())
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            ipaddress.ip_network(text)
        return value

    @model_validator(mode="after")
    def _passwords_are_kept_well(self) -> Self:
        if not self.development and (
            self.password_rounds < LEAST_ROUNDS or self.password_memory_kib < LEAST_MEMORY_KIB
        ):
            message = f"passwords need {LEAST_ROUNDS} rounds over {LEAST_MEMORY_KIB} KiB or more"
            raise ValueError(message)
        return self

    def trusted_networks(self) -> tuple[Network, ...]:
        """Return the trusted proxies as networks."""
        return tuple(ipaddress.ip_network(text) for text in self.trusted_proxies)

    def seal(self) -> Seal:
        """Return what seals and opens player keys."""
        keys = [self.secrets_key, *([self.previous_secrets_key] if self.previous_secrets_key else [])]
        return Seal(*(parse_key(key.get_secret_value()) for key in keys))

    def subject_key(self) -> bytes:
        """Return the key of the digests under which failed sign-ins are counted."""
        return derive_key(parse_key(self.secrets_key.get_secret_value()), "pitboss sign-in subjects")

    def session_life(self) -> SessionLife:
        """Return how long staff sessions live."""
        return SessionLife(idle=self.session_idle, absolute=self.session_absolute)

    def account_lock(self) -> LockPolicy:
        """Return what locks an account."""
        return LockPolicy(self.account_lock_failures, self.lock_window, self.lock_time)

    def address_lock(self) -> LockPolicy:
        """Return what locks a network address."""
        return LockPolicy(self.address_lock_failures, self.lock_window, self.lock_time)

    def policy(self, name: str) -> Policy:
        """Return the quota `requests`, `sends`, `brand`, `anonymous`, `visitors`, `sign_ins`, `sockets` or `links`."""
        return Policy(name.replace("_", "-"), getattr(self, f"{name}_per_minute"), getattr(self, f"{name}_burst"))
