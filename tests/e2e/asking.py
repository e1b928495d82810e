"""Asking the product as anybody would, and keeping every answer, refusals included."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg
from multidict import CIMultiDictProxy

from deploy.demo.clients import Door, new_key

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer as it came."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    json: Any

    @property
    def code(self) -> str:
        """The stable code of a problem document, empty for anything else."""
        return str(self.json.get("code", "")) if isinstance(self.json, dict) and self.status >= 400 else ""


async def ask(
    door: Door,
    method: str,
    path: str,
    *,
    token: str = "",
    body: object | None = None,
    headers: Mapping[str, str] | None = None,
    base: str | None = None,
) -> Answer:
    """Send one request, to `base` instead of the gateway if it is given, and return whatever is answered.

    A body of bytes goes as it is, anything else as JSON.
    """
    sent = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
    content: dict[str, Any] = {"data" if isinstance(body, bytes) else "json": body}
    async with door.http.request(method, (base or door.url) + path, **content, headers=sent) as response:
        raw = await response.read()
        document = await response.json(content_type=None) if "json" in response.content_type and raw else None
        return Answer(response.status, response.headers, raw, document)


async def made(door: Door, path: str, body: object, *, token: str) -> Json:
    """Create something and return it."""
    return await door.call("POST", path, token=token, body=body, key=new_key())


async def rows(url: str, query: str, *values: object) -> list[asyncpg.Record]:
    """Return what a query on a service's database finds."""
    connection = await asyncpg.connect(url)
    try:
        found: list[asyncpg.Record] = await connection.fetch(query, *values)
        return found
    finally:
        await connection.close()
