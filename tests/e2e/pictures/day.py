"""A day of the demo casino: what was answered since yesterday, what is going on, and who waits right now."""

import asyncio
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from PIL import Image

from deploy.demo.clients import ChatSocket, new_key
from tests.e2e.asking import Json, ask, made
from tests.e2e.house import House
from tests.e2e.pictures import words
from tests.e2e.pictures.words import MATTERS, Matter
from tests.support.eventually import eventually
from tests.support.past import Past
from tests.support.product import Product

AGENTS: Final = ("agent", "bob", "mia", "noah")
SCREENSHOT: Final = "wallet-screenshot.png"
_HOUR: Final = 60
_KIM: Final = {"name": "Kim", "email": "kim@example.org", "vip": "silver"}
_LATE: Final = {"subject": "Withdrawal of 250 € is pending", "language": "en"}


@dataclass
class Day:
    """What happened so far; `kim` is at the casino and `ann` at her desk."""

    house: House
    past: Past
    product: Product
    kim: ChatSocket = field(init=False)
    ann: ChatSocket = field(init=False)
    others: list[ChatSocket] = field(default_factory=list)

    async def play(self) -> None:
        """Let the day happen until now."""
        await self._come_to_work()
        await self._hours_until_now()
        await self._what_goes_on()
        ago = _HOUR + 4
        for matter in MATTERS.waiting:
            await self.past.passes(ago - matter.minutes)
            await self.open(matter)
            ago = matter.minutes
        await self.past.passes(ago - 14)
        await self._talk_of_kim()
        await self._who_has_just_come()
        await self.past.settled()

    async def end(self) -> None:
        """Everybody leaves."""
        await asyncio.gather(*(one.close() for one in (self.kim, self.ann, *self.others)))

    async def open(self, matter: Matter) -> str:
        """Open a ticket as the operator's server does, and give it to its team."""
        body: Json = {
            "subject": matter.subject,
            "message": {"text": matter.text},
            "player_id": matter.player,
            "channel": matter.channel,
            "language": matter.language,
            **({"reason": matter.reason} if matter.reason else {}),
            **({"tier": matter.tier} if matter.tier else {}),
        }
        ticket = await made(self.house.door, "/v1/tickets", body, token=self.house.api_key)
        if matter.team:
            await self.edit(str(ticket["id"]), team_id=matter.team)
        return str(ticket["id"])

    async def edit(self, ticket: str, **changes: object) -> None:
        """Edit a ticket as the lead, whatever else is being done to it."""
        path, token = f"/v1/tickets/{ticket}", self.house.tokens["lead"]

        async def edited() -> bool:
            version = (await ask(self.house.door, "GET", path, token=token)).headers.get("ETag", "")
            headers = {"If-Match": version}
            return (await ask(self.house.door, "PATCH", path, token=token, body=changes, headers=headers)).status == 200

        await eventually(edited)

    async def take(self, ticket: str, who: str) -> None:
        """Somebody takes a ticket, as soon as tickets has heard of it."""
        path, body = f"/v1/tickets/{ticket}/assignment", {"assignee_id": "me"}

        async def taken() -> bool:
            return (await ask(self.house.door, "PUT", path, token=self.house.tokens[who], body=body)).status == 200

        await eventually(taken)

    async def answer(self, ticket: str, who: str, text: str, **more: object) -> None:
        """Somebody takes a ticket and replies."""
        await self.take(ticket, who)
        path, body = f"/v1/tickets/{ticket}/messages", {"text": text, "kind": "reply", **more}
        await made(self.house.door, path, body, token=self.house.tokens[who])

    async def _come_to_work(self) -> None:
        door, tokens = self.house.door, self.house.tokens
        for who in (*AGENTS, "senior", "lead"):
            await door.call("PUT", "/v1/staff/me/status", token=tokens[who], body={"status": "online"})
        for team, name in words.TEAMS.items():
            path, headers = f"/v1/teams/{team}", {"If-Match": '"0"'}
            await door.call("PUT", path, token=tokens["lead"], body={"name": name}, headers=headers)

    async def _hours_until_now(self) -> None:
        matters, late = words.answered(), list[str]()
        for hour, count in enumerate(words.HOURS):
            opened = await asyncio.gather(*(self.open(next(matters)) for _ in range(count)))
            patience = words.PATIENCE[hour % len(words.PATIENCE)]
            await self.past.passes(patience)
            forgotten = opened[:1] if hour in words.FORGOTTEN else []
            await self._answer_all([*late, *opened[len(forgotten) :]], hour)
            late = forgotten
            await self.past.passes(_HOUR - patience)

    async def _answer_all(self, tickets: Sequence[str], hour: int) -> None:
        for place, ticket in enumerate(tickets):
            who = AGENTS[(hour + place) % len(AGENTS)]
            await self.answer(ticket, who, words.ANSWERS[(hour + place) % len(words.ANSWERS)])
        if tickets:
            body = {"ids": list(tickets), "action": {"status": "resolved"}}
            await made(self.house.door, "/v1/tickets/bulk", body, token=self.house.tokens["lead"])

    async def _what_goes_on(self) -> None:
        tokens, door = self.house.tokens, self.house.door
        for matter in MATTERS.held:
            ticket = await self.open(matter)
            await self.past.passes(2)
            await self.answer(ticket, matter.holder, words.FIRST_WORDS)
            waits = matter.team == "verification"
            await self.edit(ticket, **({"status": "waiting", "waiting_on": "kyc"} if waits else {"status": "pending"}))
        complaint, grave = [await self.open(matter) for matter in MATTERS.grave]
        await self.answer(complaint, "senior", words.FIRST_WORDS)
        await self.take(grave, "mia")
        body = {"reason": "A payout of 2,400 € hangs on it"}
        await made(door, f"/v1/tickets/{grave}/escalation", body, token=tokens["mia"])
        await self.past.passes(3)
        await self.answer(grave, "senior", words.FIRST_WORDS)

    async def _talk_of_kim(self) -> None:
        """Kim and Ann talk for a quarter of an hour, Bob helps, and Kim waits for the last answer."""
        house = self.house
        token = house.brand.player_token("kim-1", minutes=50, **_KIM)
        self.ann = await ChatSocket.of_staff(house.door, house.tokens["agent"])
        self.kim = await ChatSocket.of_player(
            house.door, token, subject="Withdrawal of 250 € is pending", language="en"
        )
        ticket = self.kim.ticket_id
        await self.kim.say(words.KIM[0])
        await self.past.passes(1)
        await self.answer(ticket, "agent", words.ANN[0])
        await self.past.passes(3)
        await self._send_file(ticket, token)
        sorted_in = {"tags_add": ["payout", "wallet"], "reason": "WDR.LATE", "priority": "high"}
        body = {"ids": [ticket], "action": sorted_in}
        await made(house.door, "/v1/tickets/bulk", body, token=house.tokens["agent"])
        await self.past.passes(3)
        note = {"text": words.NOTE, "kind": "note", "mentions": [house.ids["agent"]]}
        await made(house.door, f"/v1/tickets/{ticket}/messages", note, token=house.tokens["bob"])
        await self.past.passes(1)
        await self.answer(ticket, "agent", words.ANN[1])
        await self.past.passes(2)
        await self.kim.say(words.KIM[2])
        await self.ann.watch(ticket)
        await eventually(lambda: self.ann.messages and self.ann.messages[-1]["text"] == words.KIM[2])

    async def _send_file(self, ticket: str, token: str) -> None:
        url, headers = f"{self.house.door.url}/v1/attachments", {"Authorization": f"Bearer {token}"}
        params = {"name": SCREENSHOT, "ticket_id": ticket}
        async with self.house.door.http.post(url, data=_screenshot(), headers=headers, params=params) as answer:
            kept = await answer.json()
        body = {"text": words.KIM[1], "attachments": [kept["id"]], "client_msg_id": new_key()}
        await self.house.door.call("POST", f"/v1/chat/sessions/{ticket}/messages", token=token, body=body)

    async def _who_has_just_come(self) -> None:
        for player, name, subject, text, language, reason in (
            ("lena.w", "Lena", "Locked out on my new phone", words.LENA, "en", "ACC.LOCKED"),
            ("jonas88", "Jonas", "Willkommensbonus", words.JONAS, "de", "BON.NOT_CREDITED"),
        ):
            token = self.house.brand.player_token(player, minutes=50, name=name)
            socket = await ChatSocket.of_player(self.house.door, token, subject=subject, language=language)
            self.others.append(socket)
            await socket.say(text)
            await self.edit(socket.ticket_id, reason=reason)
            await self.past.passes(1)


def _screenshot() -> bytes:
    """Return a picture that weighs what a screenshot does."""
    target = io.BytesIO()
    Image.frombytes("RGB", (320, 240), random.Random(7).randbytes(320 * 240 * 3)).save(target, "PNG")  # noqa: S311 - no secret
    return target.getvalue()
