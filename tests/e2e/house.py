"""A brand with its people and keys, made through the API as an operator would."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from deploy.demo.clients import Brand, Door, sign_in
from tests.e2e.asking import Json, made

PASSWORD: Final = "correct horse battery staple 9"
SCOPES: Final = (
    "tickets:read",
    "tickets:write",
    "webhooks:read",
    "webhooks:write",
    "sla:read",
    "sla:write",
    "staff:read",
    "chat:read",
    "complaints:read",
    "documents:read",
)


@dataclass
class House:
    """One brand: the founder's token, keys, and whoever was hired, by role."""

    door: Door
    brand: Brand
    founder: str
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)

    @property
    def api_key(self) -> str:
        """The key with every scope."""
        return self.brand.api_key

    def player(self, name: str, **claims: str) -> str:
        """Return a player's token."""
        return self.brand.player_token(name, minutes=50, **claims)

    async def visitor(self) -> str:
        """Return a visitor's token."""
        admitted = await self.door.call("POST", "/v1/auth/visitor", body={"brand": self.brand.name})
        return str(admitted["access_token"])

    async def hire(self, role: str, name: str = "") -> str:
        """Add a person with a role, sign in, and return the token."""
        who = name or role
        email = f"{who}-{uuid4().hex[:6]}@{self.brand.name}.example"
        body = {"email": email, "name": who.title(), "role": role, "password": PASSWORD}
        person = await made(self.door, "/v1/staff", body, token=self.founder)
        self.ids[who] = str(person["id"])
        self.emails[who] = email
        self.tokens[who] = str((await sign_in(self.door, email, PASSWORD))["access_token"])
        return self.tokens[who]

    async def key(self, name: str, *scopes: str) -> str:
        """Return a new API key."""
        return str((await self.made_key(name, *scopes))["key"])

    async def made_key(self, name: str, *scopes: str) -> Json:
        """Return a new API key with its id."""
        body = {"name": f"{name} {uuid4().hex[:6]}", "scopes": list(scopes)}
        return await made(self.door, "/v1/api-keys", body, token=self.founder)

    async def ticket(self, player: str, text: str = "Where is my payout?", **more: object) -> Json:
        """Open a ticket as a player."""
        body = {"subject": "Payout", "message": {"text": text}, **more}
        return await made(self.door, "/v1/tickets", body, token=self.player(player))

    async def reply(self, ticket: str, text: str, *, token: str, kind: str = "reply") -> Json:
        """Answer as somebody of the desk."""
        return await made(self.door, f"/v1/tickets/{ticket}/messages", {"text": text, "kind": kind}, token=token)

    async def endpoint(self, url: str, *events: str, **more: object) -> Json:
        """Register a webhook endpoint; the answer has its secret."""
        body = {"url": url, "events": list(events or ("*",)), **more}
        return await made(self.door, "/v1/webhook-endpoints", body, token=self.api_key)


async def found_house(door: Door, demo: Mapping[str, Any], name: str, **brand: object) -> House:
    """Create a brand with its keys, its name made unique; the demo administrator is its first administrator."""
    slug = f"{name}-{uuid4().hex[:6]}"
    person = next(person for person in demo["staff"] if person["role"] == "admin")
    admin = await sign_in_to(door, person, str(demo["brand"]))
    values = {"id": slug, "name": name.title(), "languages": ["en"], "default_language": "en", **brand}
    await made(door, "/v1/brands", values, token=admin)
    founder = await sign_in_to(door, person, slug)
    player_key = await made(door, "/v1/player-keys", {"algorithm": "HS256"}, token=founder)
    house = House(door, Brand(slug, "", player_key), founder)
    house.brand = Brand(slug, await house.key("server", *SCOPES), player_key)
    return house


async def sign_in_to(door: Door, person: Mapping[str, Any], brand: str) -> str:
    """Return an access token for one brand of somebody who may have several."""
    credentials = {"email": person["email"], "password": person["password"], "brand": brand}
    return str((await door.call("POST", "/v1/auth/token", body=credentials))["access_token"])
