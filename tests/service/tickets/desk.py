"""A desk to drive the tickets service from, and the foreign facts its tests tell it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from shared.contracts.base import Author, AuthorKind, Channel, ContactRef, Envelope
from shared.contracts.chat import MessagePosted, SessionStarted
from shared.contracts.gateway import AccountChanged, StaffRole, StaffStatus
from shared.contracts.intake import MessageReceived
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.support.service import RunningService

MORNING = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)
KIM = ContactRef(channel=Channel.EMAIL, address="kim@example.org", name="Kim", reply_from="support@lucky.example")


@dataclass
class Desk:
    """Shorthands for the requests and facts that the tests of this folder repeat."""

    service: RunningService

    def player(self, id_: str = "p-1", brand: str = "lucky") -> dict[str, str]:
        """Return a player's headers."""
        return self.service.actor(ActorKind.PLAYER, id_, brand, name="Kim")

    def visitor(self, id_: str = "v-1") -> dict[str, str]:
        """Return a visitor's headers."""
        return self.service.actor(ActorKind.VISITOR, id_)

    def agent(self, id_: str = "s-1", brand: str = "lucky", role: str = "agent") -> dict[str, str]:
        """Return the headers of a member of staff."""
        return self.service.actor(ActorKind.STAFF, id_, brand, role=role, name="Ann")

    def server(self, *scopes: str, brand: str = "lucky") -> dict[str, str]:
        """Return an API key's headers, with a fresh Idempotency-Key."""
        headers = self.service.actor(ActorKind.SERVER, "k-1", brand, scopes=set(scopes))
        return headers | {"Idempotency-Key": str(new_id())}

    async def open(self, headers: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
        """Open a ticket, by default as player p-1, and return it."""
        body = {"subject": "Payout", "message": {"text": "Where is it?"}, **fields}
        answer = await self.service.http.post("/v1/tickets", json=body, headers=headers or self.player())
        assert answer.status_code == 201, answer.text
        ticket: dict[str, Any] = answer.json()
        return ticket

    async def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Any:
        """Return the body of a successful GET, by default as agent s-1."""
        answer = await self.service.http.get(f"/v1/tickets{path}", params=query, headers=headers or self.agent())
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: object, headers: dict[str, str] | None = None) -> httpx.Response:
        """Post as agent s-1 unless said otherwise."""
        return await self.service.http.post(f"/v1/tickets{path}", json=body, headers=headers or self.agent())

    async def patch(
        self,
        ticket: dict[str, Any],
        headers: dict[str, str] | None = None,
        *,
        version: int | None = None,
        **body: object,
    ) -> httpx.Response:
        """Edit the version of `ticket` (or `version`) as agent s-1 unless said otherwise."""
        match = {"If-Match": f'"{ticket["version"] if version is None else version}"'}
        return await self.service.http.patch(
            f"/v1/tickets/{ticket['id']}", json=body, headers=(headers or self.agent()) | match
        )

    async def assign(self, ticket: dict[str, Any], assignee: str | None, **headers: str) -> httpx.Response:
        """Assign as agent s-1."""
        return await self.service.http.put(
            f"/v1/tickets/{ticket['id']}/assignment", json={"assignee_id": assignee}, headers=self.agent() | headers
        )

    async def team(self, *ids: str, brand: str = "lucky") -> None:
        """Make teams that are not there yet."""
        for id_ in ids:
            headers = self.agent("s-9", brand, "lead") | {"If-Match": '"0"'}
            answer = await self.service.http.put(f"/v1/teams/{id_}", json={"name": id_}, headers=headers)
            assert answer.status_code in {200, 412}, answer.text

    async def hire(
        self,
        id_: str,
        role: str = "senior",
        status: str = "online",
        *,
        active: bool = True,
        sequence: int | None = None,
    ) -> None:
        """Tell the service about a member of staff."""
        event = AccountChanged(
            membership_id=f"m-{id_}", staff_id=id_, name=id_, role=StaffRole(role), status=StaffStatus(status),
            active=active, changed_at=MORNING,
        )  # fmt: skip
        await self.service.publish(event, sequence=sequence)

    async def told(self, ticket_id: str) -> list[Envelope]:
        """Return the facts of one ticket in the order of their versions."""
        return [envelope for envelope in await self.service.recorded() if envelope.subject == ticket_id]


def session_started(ticket_id: Any, player: str = "p-1", kind: str = "player", **fields: Any) -> SessionStarted:
    """Return the beginning of a live conversation."""
    author = Author(kind=AuthorKind(kind), id=player, name="Kim")
    return SessionStarted(ticket_id=ticket_id, player=author, started_at=MORNING, **fields)


def posted(ticket_id: Any, seq: int, text: str, kind: str = "player", author: str = "p-1") -> MessagePosted:
    """Return live words, one second apart."""
    return MessagePosted(
        ticket_id=ticket_id, message_id=new_id(), seq=seq, author=Author(kind=AuthorKind(kind), id=author, name="Kim"),
        text=text, sent_at=MORNING + timedelta(seconds=seq),
    )  # fmt: skip


def received(text: str = "Where is it?", contact: ContactRef = KIM, **fields: Any) -> MessageReceived:
    """Return a message of an outside channel."""
    values = {"message_id": new_id(), "channel": contact.channel, "subject": "Payout", "received_at": MORNING}
    return MessageReceived.model_validate({**values, "contact": contact, "text": text, **fields})
