"""An operator's server: takes webhooks, checks every signature with the independent package, remembers the order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError


@dataclass
class WebhookSink:
    """What arrived, in order of first arrival; repeats (same webhook-id) are counted and dropped, as receivers do."""

    url: str = ""
    secrets: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[str, bytes] = field(default_factory=dict)
    repeats: int = 0
    forged: int = 0

    async def take(self, request: web.Request) -> web.Response:
        """Answer 204 to what verifies, 401 to what does not."""
        raw = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not any(_verifies(secret, raw, headers) for secret in self.secrets):
            self.forged += 1
            return web.Response(status=401)
        name = headers["webhook-id"]
        if name in self.seen:
            self.repeats += 1
            return web.Response(status=204)
        self.seen[name] = raw
        self.bodies.append(await request.json())
        return web.Response(status=204)

    def of_type(self, type_: str) -> list[dict[str, Any]]:
        """Return the bodies of one type in the order they came."""
        return [body for body in self.bodies if body["type"] == type_]


@asynccontextmanager
async def webhook_sink() -> AsyncIterator[WebhookSink]:
    """Listen on a free loopback port."""
    sink = WebhookSink()
    app = web.Application(client_max_size=1 << 20)
    app.router.add_post("/hook", sink.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    sink.url = f"http://{host}:{port}/hook"
    try:
        yield sink
    finally:
        await runner.cleanup()


def _verifies(secret: str, raw: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(raw, headers)
    except WebhookVerificationError:
        return False
    return True
