"""One real service in this process: its app over ASGI, its own database, events in and out."""

import importlib
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import httpx
from fastapi import FastAPI
from joserfc.jwk import OKPKey
from pydantic import SecretStr
from sqlalchemy import select

from deploy.local.databases import ServiceUrls
from shared.clock import SystemClock
from shared.contracts.base import Envelope, Event
from shared.db.ground import outbox
from shared.ids import new_id
from shared.messaging.inprocess import InprocessTransport
from shared.messaging.outbox import message_of
from shared.messaging.runtime import Ground
from shared.messaging.transport import Transport
from shared.web.actor import ACTOR_HEADER, Actor, ActorKind, roles_up_to, sign_actor
from tests.support.database import Cluster

GATEWAY_KEY: Final = OKPKey.generate_key("Ed25519")
PUBLIC_KEY: Final = str(GATEWAY_KEY.as_dict(private=False)["x"])


@dataclass
class RunningService:
    """What a test sees of a service: HTTP, events it recorded, and a way to tell it foreign facts."""

    name: str
    app: FastAPI
    http: httpx.AsyncClient
    ground: Ground
    urls: ServiceUrls
    _sequences: dict[tuple[str, str], int] = field(default_factory=dict)

    def actor(
        self,
        kind: ActorKind = ActorKind.STAFF,
        id: str = "s-1",  # noqa: A002 - the attribute is called so everywhere
        brand: str = "lucky",
        *,
        role: str | None = None,
        scopes: frozenset[str] | set[str] = frozenset(),
        name: str | None = None,
        claims: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Return headers with a valid internal token; staff are agents unless `role` says more."""
        strongest = role or ("agent" if kind is ActorKind.STAFF else None)
        roles = roles_up_to(strongest) if strongest else frozenset[str]()
        actor = Actor(kind, id, brand, name=name, roles=roles, scopes=frozenset(scopes), claims=dict(claims or {}))
        return {ACTOR_HEADER: sign_actor(actor, audience=self.name, key=GATEWAY_KEY, issued_at=int(time.time()))}

    async def publish(
        self,
        event: Event,
        *,
        brand: str = "lucky",
        sequence: int | None = None,
        at: datetime | None = None,
        id: UUID | None = None,  # noqa: A002 - the CloudEvents attribute
    ) -> Envelope:
        """Deliver a foreign fact as its owner's relay would; without `sequence` the aggregate's next one is used."""
        key = (event.stream, event.aggregate_id())
        following = sequence if sequence is not None else self._sequences.get(key, 0) + 1
        self._sequences[key] = max(following, self._sequences.get(key, 0))
        envelope = Envelope(
            id=id or new_id(),
            source=f"pitboss/{event.owner()}",
            type=event.type,
            subject=event.aggregate_id(),
            time=at or SystemClock().now(),
            brand=brand,
            sequence=following,
            data=event.model_dump(mode="json"),
        )
        await self.ground.transport.publish(message_of(envelope, event.stream))
        return envelope

    async def recorded(self, event: type[Event] | None = None) -> list[Envelope]:
        """Return what the service has told so far, in the order of recording, optionally of one type."""
        async with self.ground.database.begin_worker() as session:
            rows = (await session.execute(select(outbox.c.envelope).order_by(outbox.c.position))).scalars().all()
        envelopes = [Envelope.model_validate_json(row) for row in rows]
        return [envelope for envelope in envelopes if event is None or envelope.type == event.type]


@asynccontextmanager
async def running_service(
    cluster: Cluster, name: str, *, transport: Transport | None = None, urls: ServiceUrls | None = None, **knobs: object
) -> AsyncIterator[RunningService]:
    """Run a service on a fresh database (or on `urls`, to simulate a second process) until the block ends."""
    if urls is None:
        async with cluster.database(name) as fresh, _running(name, fresh, transport, knobs) as service:
            yield service
    else:
        async with _running(name, urls, transport, knobs) as service:
            yield service


@asynccontextmanager
async def _running(
    name: str, urls: ServiceUrls, transport: Transport | None, knobs: Mapping[str, object]
) -> AsyncIterator[RunningService]:
    settings_module = importlib.import_module(f"services.{name}.settings")
    main = importlib.import_module(f"services.{name}.main")
    values: dict[str, object] = {
        "database_url": SecretStr(urls.app),
        "worker_database_url": SecretStr(urls.worker),
        "gateway_public_key": PUBLIC_KEY,
        "cursor_secret": SecretStr("a secret of the tests, thirty-two bytes"),
        "audit_secret": SecretStr("a secret of the tests' audit trail"),
        "transport": "inprocess",
        "development": True,
        "log_level": "error",
        # A machine that stands still for a while fails no test.
        "request_deadline": timedelta(minutes=1),
        "statement_timeout": timedelta(minutes=1),
        "pool_timeout": timedelta(minutes=1),
        **knobs,
    }
    app: FastAPI = main.create_app(settings_module.Settings(**values), transport=transport or InprocessTransport())
    async with app.router.lifespan_context(app):
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://service", timeout=30)
        async with client:
            yield RunningService(name, app, client, app.state.ground, urls)
