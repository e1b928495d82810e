"""Somebody with files, and what a virus scanner says of them."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
from PIL import Image

from shared.contracts.base import Author, AuthorKind
from shared.contracts.chat import MessagePosted, SessionStarted
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.service.intake.postman import KNOBS
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import RunningService, running_service

TICKET: Final = UUID("019ab000-0000-7000-8000-000000000001")


def picture(kind: str = "JPEG", size: tuple[int, int] = (300, 200), **more: Any) -> bytes:
    """Return a small picture."""
    target = io.BytesIO()
    Image.new("RGB", size, "red").save(target, kind, **more)
    return target.getvalue()


def files_in(folder: Path) -> list[Path]:
    """Return what lies in the store."""
    return [path for path in folder.rglob("*") if path.is_file()]


class Photographer:
    """Sends files as players and staff do, and looks at them."""

    def __init__(self, service: RunningService) -> None:
        self.service = service
        self.player = service.actor(ActorKind.PLAYER, "p-1")
        self.agent = service.actor(ActorKind.STAFF, "s-1", role="agent")
        self.lead = service.actor(ActorKind.STAFF, "s-9", role="lead")

    async def send(
        self,
        content: Any,
        name: str = "photo.jpg",
        *,
        as_: dict[str, str] | None = None,
        declared: str | None = None,
        key: str | None = None,
        **query: Any,
    ) -> httpx.Response:
        """Upload a file and return the answer."""
        headers = dict(as_ or self.player)
        if declared is not None:
            headers["content-type"] = declared
        if key is not None:
            headers["idempotency-key"] = key
        params = {"name": name, **query}
        return await self.service.http.post("/v1/attachments", content=content, params=params, headers=headers)

    async def sent(self, content: Any = None, name: str = "photo.jpg", **more: Any) -> dict[str, Any]:
        """Upload a file that is taken."""
        answer = await self.send(picture() if content is None else content, name, **more)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def get(self, path: str, *, as_: dict[str, str] | None = None, **query: Any) -> httpx.Response:
        """Read something."""
        return await self.service.http.get(path, headers=as_ or self.player, params=query)

    async def link(self, attachment: str, *, as_: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        """Ask for a link."""
        return await self.service.http.post(
            f"/v1/attachments/{attachment}/links", headers=(as_ or self.player) | headers
        )

    async def fetch(self, attachment: str, *, as_: dict[str, str] | None = None) -> httpx.Response:
        """Fetch a file by a link of one's own, as a browser does: without any credential."""
        made = await self.link(attachment, as_=as_)
        assert made.status_code == 201, made.text
        return await self.service.http.get(httpx.URL(made.json()["url"]).path)

    async def begin(self, ticket: UUID = TICKET, player: str = "p-1", *, brand: str = "lucky") -> None:
        """Let a conversation begin, and wait until intake knows whose it is."""
        author = Author(kind=AuthorKind.PLAYER, id=player)
        started = SessionStarted(ticket_id=ticket, player=author, started_at=self.service.ground.clock.now())
        await self.service.publish(started, brand=brand)

        async def known() -> bool:
            other = self.service.actor(ActorKind.PLAYER, "nobody", brand)
            return (await self.get("/v1/attachments", as_=other, ticket_id=str(ticket))).status_code == 404

        await eventually(known)

    async def say(self, *attachments: str, ticket: UUID = TICKET, player: str = "p-1") -> UUID:
        """Say something live that carries files."""
        message = new_id()
        posted = MessagePosted(
            ticket_id=ticket, message_id=message, seq=1, author=Author(kind=AuthorKind.PLAYER, id=player), text="Look",
            sent_at=self.service.ground.clock.now(), attachments=tuple(UUID(one) for one in attachments),
        )  # fmt: skip
        await self.service.publish(posted)
        return message

    async def becomes(self, attachment: str, **expected: Any) -> dict[str, Any]:
        """Wait until an attachment is as expected, as the desk sees it."""

        async def so() -> dict[str, Any]:
            now: dict[str, Any] = (await self.get(f"/v1/attachments/{attachment}", as_=self.agent)).json()
            return now if {name: now.get(name) for name in expected} == expected else {}

        return await eventually(so)


@asynccontextmanager
async def photographing(postgres: Cluster, folder: Path, **knobs: Any) -> AsyncIterator[Photographer]:
    """Run intake with a folder for files."""
    async with running_service(postgres, "intake", **{**KNOBS, "files_dir": folder, **knobs}) as service:
        yield Photographer(service)
