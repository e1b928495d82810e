"""Many players, agents and one operator's server writing at once, each keeping a ledger, each stubborn."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from deploy.demo.clients import ChatSocket, Door, NoAnswer, Refused, new_key, sign_in
from tests.support.ledger import Ledger, Outcome
from tests.support.product import Product

_PATIENCE: Final = 120.0
_PASSING: Final = frozenset({409, 429, 500, 502, 503, 504})
_RECONNECT: Final = (4401, 401)
T = TypeVar("T")


@dataclass
class Workload:
    """The writers of one run. `ledger` is what they were told; `refusals` counts answers they had to repeat."""

    product: Product
    door: Door
    ledger: Ledger = field(default_factory=Ledger)
    refusals: int = 0
    tickets: set[str] = field(default_factory=set)
    chats: set[str] = field(default_factory=set)
    _marks: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _staff: str = ""

    @classmethod
    @asynccontextmanager
    async def on(cls, product: Product) -> AsyncIterator["Workload"]:
        """Open the door and sign an agent in."""
        async with Door.open(product.url) as door:
            load = cls(product, door)
            await load.sign_in()
            yield load

    @property
    def staff_token(self) -> str:
        """The agent's token; `sign_in` gets a new one."""
        return self._staff

    async def answer(self, ticket: str, writer: str) -> None:
        """Answer in a ticket once, as soon as tickets knows it."""
        await self._ticket_exists(ticket)
        await self._post(ticket, writer, self._staff, {"text": self._mark(), "kind": "reply"})

    async def sign_in(self) -> None:
        """Get a fresh staff token."""
        person = self.product.staff("agent")
        session = await self.until(lambda: sign_in(self.door, person["email"], person["password"]))
        self._staff = str(session["access_token"])

    async def call(self, method: str, path: str, **wanted: Any) -> dict[str, Any]:
        """Call as the agent, stubbornly."""
        return await self.until(lambda: self.door.call(method, path, token=self._staff, **wanted))

    async def until(
        self, attempt: Callable[[], Awaitable[T]], *, mend: Callable[[], Awaitable[None]] | None = None
    ) -> T:
        """Repeat an attempt until it is accepted; refusals that cannot pass are errors of the test."""
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        pauses = itertools.chain((0.05, 0.1, 0.2), itertools.repeat(0.3))
        while True:
            try:
                return await attempt()
            except Refused as refused:
                if refused.status not in _PASSING:
                    raise
                problem: Exception = refused
            except NoAnswer as silent:
                problem = silent
            self.refusals += 1
            if asyncio.get_running_loop().time() > deadline:
                raise problem
            await asyncio.sleep(next(pauses))  # house: sleep - a stubborn client pauses between tries
            if mend is not None:
                await mend()

    async def chat(self, player: str, *, words: int, answers: int) -> None:
        """A player writes over a socket that breaks now and then; the agent answers over REST meanwhile."""
        token = self.product.brand.player_token(player, minutes=50)
        socket = await self.until(lambda: ChatSocket.of_player(self.door, token, subject=player))
        ticket = socket.ticket_id
        self.tickets.add(ticket)
        self.chats.add(ticket)
        await asyncio.gather(
            self._player_speaks(socket, ticket, player, words), self._agent_answers(ticket, player, answers)
        )
        await socket.close()

    async def form(self, player: str, *, words: int) -> None:
        """The operator's server opens a ticket for a player, and the player adds words over REST."""
        key, mark = new_key(), self._mark()
        body = {"subject": f"form {player}", "message": {"text": mark}, "player_id": player}
        opened = await self.until(
            lambda: self.door.call("POST", "/v1/tickets", token=self.product.brand.api_key, body=body, key=key)
        )
        ticket = str(opened["id"])
        self.ledger.intend(mark, writer=player, ticket=ticket).outcome = Outcome.ACKED
        self.tickets.add(ticket)
        token = self.product.brand.player_token(player, minutes=50)
        for _ in range(words):
            await self._post(ticket, player, token, {"text": self._mark()})

    async def _player_speaks(self, socket: ChatSocket, ticket: str, player: str, words: int) -> None:
        for number in range(words):
            mark = self._mark()
            entry = self.ledger.intend(mark, writer=player, ticket=ticket)

            async def reconnect() -> None:
                try:
                    await socket.close()
                    await socket.connect({})
                except (NoAnswer, Refused):
                    return

            await self.until(lambda: socket.say(mark, client_msg_id=mark), mend=reconnect)  # noqa: B023 - awaited at once
            entry.outcome = Outcome.ACKED
            if number % 17 == 16:
                await socket.cut()
                await reconnect()

    async def _agent_answers(self, ticket: str, player: str, answers: int) -> None:
        await self._ticket_exists(ticket)
        for _ in range(answers):
            await self._post(ticket, f"agent of {player}", self._staff, {"text": self._mark(), "kind": "reply"})

    async def _ticket_exists(self, ticket: str) -> None:
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            try:
                await self.call("GET", f"/v1/tickets/{ticket}")
            except Refused as refused:
                if refused.status != 404 or asyncio.get_running_loop().time() > deadline:
                    raise
            else:
                return
            await asyncio.sleep(0.1)  # house: sleep - the same

    async def _post(self, ticket: str, writer: str, token: str, body: dict[str, str]) -> None:
        entry = self.ledger.intend(body["text"], writer=writer, ticket=ticket)
        key = new_key()
        path = f"/v1/tickets/{ticket}/messages"
        await self.until(lambda: self.door.call("POST", path, token=token, body=body, key=key))
        entry.outcome = Outcome.ACKED

    def _mark(self) -> str:
        return f"mark-{next(self._marks):06d}"
