"""Scenes of the desk: a complaint runs its legal clock, two tickets become one and two again, a macro, a search."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from deploy.demo.clients import Door, Json, new_key
from deploy.demo.timeline import Timeline

T = TypeVar("T")
Attempt = Callable[[], Awaitable[T | None]]


@dataclass(frozen=True)
class Desk:
    """Who plays: an agent and a lead, players by their tokens, and the patience of the whole day."""

    door: Door
    timeline: Timeline
    player: Callable[[str], str]
    agent: str
    lead: str
    patient: Callable[[Attempt[Json]], Awaitable[Json]]

    async def play(self) -> None:
        """Play all scenes side by side."""
        await asyncio.gather(self._complains("Wendy"), self._writes_twice("Yan"), self._is_found("Zoe"))

    async def _complains(self, player: str) -> None:
        ticket = await self._opens(player, "My bet", "I want to make a complaint about how you settled my bet.")
        marked = await self.patient(lambda: self._when(ticket, "complaint_id"))
        path = f"/v1/complaints/{marked['complaint_id']}"

        async def scheduled() -> Json | None:
            found = await self.door.call("GET", path, token=self.lead)
            return found if found["state"] == "acknowledged" and found["legal_due_at"] else None

        complaint = await self.patient(scheduled)
        self.timeline.say(
            "register",
            f"{complaint['number']} of {player}: acknowledged by itself, to be answered by {complaint['legal_due_at']}",
        )

    async def _writes_twice(self, player: str) -> None:
        first, second = [await self._opens(player, "Payout", text) for text in ("Where is it?", "Are you there?")]
        merged = await self._do("POST", f"/v1/tickets/{second['id']}/merge", {"into": first["id"]})
        said = await self._do("POST", f"/v1/tickets/{second['id']}/messages", {"text": "Thanks!"}, player)
        landed = "the words to the other land there" if said["ticket_id"] == first["id"] else "WORDS WENT ASTRAY"
        self.timeline.say("desk", f"{second['number']} goes up in {merged['number']}; {landed}")
        await self._do("POST", f"/v1/tickets/{second['id']}/unmerge", {})
        self.timeline.say("desk", f"{second['number']} stands for itself again")

    async def _is_found(self, player: str) -> None:
        ticket = await self._opens(player, "Roulette", "The croupier froze before the wheel stopped.")

        async def found() -> Json | None:
            page = await self.door.call("GET", "/v1/tickets?q=croupeir", token=self.agent)
            return next((item for item in page["items"] if item["id"] == ticket["id"]), None)

        await self.patient(found)
        self.timeline.say("search", f"'croupeir', misspelt, finds {ticket['number']}")
        texts = {"en": "Hello {{player.name}}, the round is void and your stake is back."}
        macro = await self._do("POST", "/v1/macros", {"name": "Round void", "texts": texts, "personal": True})
        try:
            await self._do("POST", f"/v1/tickets/{ticket['id']}/macros/{macro['id']}", {"send": True})
            self.timeline.say("agent", f"answers {ticket['number']} by a macro")
        finally:
            headers = {"If-Match": macro["_etag"]}
            await self.door.call("DELETE", f"/v1/macros/{macro['id']}", token=self.agent, headers=headers)

    async def _opens(self, player: str, subject: str, text: str) -> Json:
        body = {"subject": subject, "message": {"text": text}, "language": "en"}
        return await self._do("POST", "/v1/tickets", body, player)

    async def _when(self, ticket: Json, field: str) -> Json | None:
        found = await self.door.call("GET", f"/v1/tickets/{ticket['id']}", token=self.agent)
        return found if found[field] else None

    async def _do(self, method: str, path: str, body: object, player: str | None = None) -> Json:
        token = self.player(player) if player else self.agent
        return await self.door.call(method, path, token=token, body=body, key=new_key())
