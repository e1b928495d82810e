"""The operator's own server in the demo: takes webhooks and checks their signatures as Standard Webhooks says."""

import base64
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Receiver:
    """Counts what verified; `heard` is called with each verified body."""

    heard: Callable[[dict[str, Any]], None]
    secret: str = ""
    url: str = ""
    verified: int = 0
    refused: int = 0
    types: list[str] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """Answer 204 to a good signature, 401 to any other."""
        raw = await request.read()
        if not signature_holds(self.secret, request.headers, raw):
            self.refused += 1
            return web.Response(status=401)
        body = json.loads(raw)
        self.verified += 1
        self.types.append(str(body["type"]))
        self.heard(body)
        return web.Response(status=204)


def signature_holds(secret: str, headers: Any, raw: bytes) -> bool:  # noqa: ANN401 - any mapping of headers
    """True if one of the signatures is HMAC-SHA256 of `id.timestamp.body` under the endpoint's secret."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + raw
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    given = str(headers.get("webhook-signature", "")).split(" ")
    return any(hmac.compare_digest(expected, one) for one in given)


@asynccontextmanager
async def receiver(heard: Callable[[dict[str, Any]], None]) -> AsyncIterator[Receiver]:
    """Listen on a free loopback port while the block runs."""
    operator = Receiver(heard)
    app = web.Application()
    app.router.add_post("/pitboss", operator.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    operator.url = f"http://{host}:{port}/pitboss"
    try:
        yield operator
    finally:
        await runner.cleanup()
