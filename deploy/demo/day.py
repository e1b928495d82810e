"""The scripted day: a dozen players, agents who answer and one who does not, a breach, an escalation, the desk."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final, TypeVar

import aiosmtplib

from deploy.demo.clients import Brand, ChatSocket, Door, Json, NoAnswer, Refused, new_key, sign_in
from deploy.demo.desk import Desk
from deploy.demo.receiver import Receiver, receiver
from deploy.demo.timeline import Timeline

_PLAYERS: Final = ("Kim", "Lena", "Max", "Olga", "Paul", "Rosa", "Sam", "Tom")
_FAST: Final = 20
_PATIENCE: Final = 30.0
_WARN, _BREACH = 2.0, 4.0
T = TypeVar("T")


@dataclass
class Day:
    """One run of the script; every number it prints was measured on the way."""

    door: Door
    brand: Brand
    demo: Mapping[str, Any]
    timeline: Timeline
    outbox: Path
    operator: Receiver

    async def play(self) -> None:
        """Play all scenes, the slow agent's beside the busy ones."""
        ann, bob, lead = [await self._staff(*who) for who in (("agent", 0), ("agent", 1), ("lead", 0))]
        for token in (ann, bob, await self._staff("senior", 0)):
            await self.door.call("PUT", "/v1/staff/me/status", token=token, body={"status": "online"})
        await self._conversation("Alex", ann, words=_FAST)
        chats = (self._conversation(name, ann if i % 2 else bob, words=3) for i, name in enumerate(_PLAYERS))
        async with self._short_promise(lead):
            await asyncio.gather(
                self._nobody_answers("Vera", lead), self._writes_mail("Ivan", bob), self._robot(), *chats
            )
        await Desk(self.door, self.timeline, self._token, bob, lead, self._patient).play()

    async def _conversation(self, player: str, agent: str, *, words: int) -> None:
        socket = await ChatSocket.of_player(self.door, self._token(player), subject=f"{player} asks", new=True)
        desk = await ChatSocket.of_staff(self.door, agent)
        await desk.watch(socket.ticket_id)
        self.timeline.say(player, "opens a chat")
        sent = {f"word {n}": time.perf_counter() for n in range(words)}
        await asyncio.gather(*(socket.say(text, client_msg_id=f"{player}-{text}-{new_key()}") for text in sent))
        await self._until(lambda: len(_words(desk, socket.ticket_id)) >= words)
        heard = _words(desk, socket.ticket_id)
        for frame in heard:
            self.timeline.measured("player to agent", frame["received"] - sent[frame["text"]])
        in_order = [frame["seq"] for frame in heard] == sorted({frame["seq"] for frame in heard})
        self.timeline.say(
            "agent", f"has {len(heard)} messages of {player}, {'in order' if in_order else 'OUT OF ORDER'}"
        )
        await self._answer(socket, agent, player)
        await asyncio.gather(socket.close(), desk.close())

    async def _answer(self, socket: ChatSocket, agent: str, player: str) -> None:
        ticket = socket.ticket_id
        opened = await self._patient(lambda: self.door.call("GET", f"/v1/tickets/{ticket}", token=agent))
        # The queue may be giving it to somebody at this very moment.
        taking = {"assignee_id": "me"}
        await self._patient(lambda: self.door.call("PUT", f"/v1/tickets/{ticket}/assignment", token=agent, body=taking))
        started = time.perf_counter()
        await self._reply(ticket, agent, f"Hello {player}, I am looking into it.")
        await self._until(lambda: any(frame["author"]["kind"] == "staff" for frame in socket.messages))
        arrived = next(frame["received"] for frame in socket.messages if frame["author"]["kind"] == "staff")
        self.timeline.measured("agent to player", arrived - started)
        clock = await self._clock(ticket, agent, "met")
        self.timeline.say("sla", f"{opened['number']}: first response met after {clock['elapsed_seconds']:.2f} s")

    async def _nobody_answers(self, player: str, lead: str) -> None:
        body = {"subject": "My payout is late", "message": {"text": "Three days now."}, "channel": "form"}
        opened = await self.door.call("POST", "/v1/tickets", token=self._token(player), body=body, key=new_key())
        self.timeline.say(player, f"writes a form, {opened['number']}; nobody answers; promised are {_BREACH:.0f} s")
        clock = await self._clock(opened["id"], lead, "breached")
        self.timeline.say("sla", f"{opened['number']}: breached after {clock['elapsed_seconds']:.3f} s")
        self.timeline.measured("breach after its due time", clock["elapsed_seconds"] - _BREACH)
        raised = await self._patient(
            lambda: self._when(
                lead, opened["id"], lambda ticket: ticket["assignee_id"] is not None and ticket["priority"] == "urgent"
            )
        )
        self.timeline.say("tickets", f"{opened['number']}: priority {raised['priority']}, handed to a senior")
        await self._until(lambda: "sla.breached" in self.operator.types)

    async def _writes_mail(self, player: str, agent: str) -> None:
        mail = _mail(player, self._mailbox(), "Where is my bonus?")
        before = set(self.outbox.glob("*.eml"))
        await self._send(mail)
        self.timeline.say(player, f"sends an e-mail to {mail['To']}")
        ticket = await self._patient(lambda: self._ticket_about(agent, "Where is my bonus?"))
        self.timeline.say("intake", f"{ticket['number']} opened from the e-mail")
        await self._reply(ticket["id"], agent, "Your bonus is active now.")
        await self._until(lambda: set(self.outbox.glob("*.eml")) - before)
        self.timeline.say("mail", f"the answer to {ticket['number']} went out, threaded to the player's mail")

    async def _robot(self) -> None:
        mail = _mail("Robot", self._mailbox(), "Out of office")
        mail["Auto-Submitted"] = "auto-replied"
        await self._send(mail)
        self.timeline.say("robot", "an auto-responder writes; it opens nothing")

    @asynccontextmanager
    async def _short_promise(self, lead: str) -> AsyncIterator[None]:
        target = {"warn_seconds": _WARN, "breach_seconds": _BREACH}
        body = {
            "name": "demo day",
            "position": 1,
            "conditions": {"channel": "form"},
            "targets": {"first_response": target},
        }
        policy = await self.door.call("POST", "/v1/sla/policies", token=lead, body=body, key=new_key())
        try:
            yield
        finally:
            path = f"/v1/sla/policies/{policy['id']}"
            await self.door.call(
                "PATCH", path, token=lead, body={"active": False}, headers={"If-Match": policy["_etag"]}
            )

    async def _reply(self, ticket: str, agent: str, text: str) -> None:
        body = {"text": text, "kind": "reply"}
        await self.door.call("POST", f"/v1/tickets/{ticket}/messages", token=agent, body=body, key=new_key())

    async def _clock(self, ticket: str, token: str, state: str) -> Json:
        async def first_response() -> Json | None:
            clocks = (await self.door.call("GET", f"/v1/tickets/{ticket}/sla", token=token))["clocks"]
            return next((c for c in clocks if c["kind"] == "first_response" and c["state"] == state), None)

        return await self._patient(first_response)

    async def _when(self, token: str, ticket: str, holds: Callable[[Json], bool]) -> Json | None:
        found = await self.door.call("GET", f"/v1/tickets/{ticket}", token=token)
        return found if holds(found) else None

    async def _ticket_about(self, token: str, subject: str) -> Json | None:
        page = await self.door.call("GET", "/v1/tickets?channel=email&status=new", token=token)
        return next((item for item in page["items"] if item["subject"] == subject), None)

    async def _patient(self, attempt: Callable[[], Awaitable[T | None]]) -> T:
        deadline = time.perf_counter() + _PATIENCE
        while True:
            try:
                if (found := await attempt()) is not None:
                    return found
            except (Refused, NoAnswer):
                if time.perf_counter() > deadline:
                    raise
            if time.perf_counter() > deadline:
                raise TimeoutError
            await asyncio.sleep(0.05)

    async def _until(self, holds: Callable[[], object]) -> None:
        async def attempt() -> bool | None:
            return True if holds() else None

        await self._patient(attempt)

    async def _staff(self, role: str, index: int) -> str:
        person = [someone for someone in self.demo["staff"] if someone["role"] == role][index]
        return str((await sign_in(self.door, person["email"], person["password"]))["access_token"])

    def _token(self, player: str) -> str:
        return self.brand.player_token(f"demo-{player.lower()}", name=player)

    def _mailbox(self) -> str:
        return str(self.demo.get("support_email") or f"support@{self.brand.name}.example")

    async def _send(self, mail: EmailMessage) -> None:
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=int(self.demo["smtp_port"]), start_tls=False)


async def run(demo: Mapping[str, Any], outbox: Path, write: Callable[[str], None]) -> None:
    """Play the day against the product that `demo.json` describes and print its timeline and figures."""
    timeline = Timeline(write)
    brand = Brand(demo["brand"], demo["api_key"], demo["player_key"])
    told = {"sla.breached", "sla.warned", "ticket.escalated"}

    def heard(body: Mapping[str, Any]) -> None:
        if body["type"] in told:
            timeline.say("operator", f"hears {body['type']} by a signed webhook")

    async with Door.open(demo["gateway_url"]) as door, receiver(heard) as operator:
        body = {"url": operator.url, "events": ["*"], "description": "demo day"}
        endpoint = await door.call("POST", "/v1/webhook-endpoints", token=brand.api_key, body=body, key=new_key())
        operator.secret = endpoint["secret"]
        try:
            await Day(door, brand, demo, timeline, outbox, operator).play()
        finally:
            await door.call(
                "DELETE",
                f"/v1/webhook-endpoints/{endpoint['id']}",
                token=brand.api_key,
                key=new_key(),
                headers={"If-Match": endpoint["_etag"]},
            )
    write("")
    write(f"  webhooks verified {operator.verified}, refused {operator.refused}")
    for line in timeline.summary():
        write(line)


def _words(desk: ChatSocket, ticket: str) -> list[Json]:
    return [m for m in desk.messages if m["ticket_id"] == ticket and m["author"]["kind"] == "player"]


def _mail(sender: str, to: str, subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"{sender} <{sender.lower()}@example.org>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{new_key()}@example.org>"
    mail.set_content(f"Hello,\n\n{subject}\n\n{sender}")
    return mail
