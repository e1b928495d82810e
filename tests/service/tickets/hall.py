"""A hall: two tickets processes on one database, a few people of one brand, and everything that may happen there."""

import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import httpx
from sqlalchemy import text

from services.tickets.jobs import SERVING
from shared.contracts.base import Author, AuthorKind, Envelope, Event
from shared.contracts.chat import PresenceChanged, SessionStarted
from shared.contracts.gateway import AccountChanged, StaffRole, StaffStatus
from shared.contracts.sla import ClockStarted
from shared.ids import new_id
from tests.service.tickets.desk import Desk, posted
from tests.support.eventually import eventually

AGENTS: Final = ("s-0", "s-1", "s-2", "s-8")
STAFF: Final = (*AGENTS, "s-9")
PROFILES: Final[dict[str, dict[str, Any]]] = {
    "s-0": {"languages": ["en"]},
    "s-1": {"languages": ["de", "en"], "skills": ["safer_gambling"]},
    "s-2": {"skills": ["vip", "safer_gambling"]},
    "s-8": {"skills": ["vip", "safer_gambling", "complaints"]},
}
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_CALLED_WITHIN: Final = timedelta(milliseconds=300)
_PATIENCE: Final = 5
_AGE: Final = (
    (
        "UPDATE queue SET silent_at = silent_at - CAST(:by AS interval), "
        "reserved_until = reserved_until - CAST(:by AS interval), "
        "taken_at = taken_at - CAST(:by AS interval) WHERE brand = :brand"
    ),
    "UPDATE queue_calls SET due_at = due_at - CAST(:by AS interval) WHERE brand = :brand",
    (
        "UPDATE staff SET changed_at = changed_at - CAST(:by AS interval), "
        "status_since = status_since - CAST(:by AS interval) WHERE brand = :brand"
    ),
    "UPDATE presence SET changed_at = changed_at - CAST(:by AS interval) WHERE brand = :brand",
)
_PLACES: Final = """
    SELECT t.id, t.status, t.assignee_id, t.merged_into, q.*
    FROM tickets t LEFT JOIN queue q ON q.ticket_id = t.id WHERE t.brand = :brand ORDER BY t.id
"""
_PEOPLE: Final = """
    SELECT a.*, s.status, s.active, s.status_since, p.connected, p.changed_at AS connected_since
    FROM agents a JOIN staff s USING (brand, staff_id) LEFT JOIN presence p USING (brand, staff_id)
    WHERE a.brand = :brand
"""


@dataclass
class Hall:
    """The brand's desk on both processes.

    `tickets` are those opened so far, `limits` the limits of this step. At `quiet_at` nothing was to be done: the laws
    hold for that moment, for a busy machine may look at the hall when the next call is overdue.
    """

    desks: tuple[Desk, Desk]
    brand: str
    tickets: list[str] = field(default_factory=list)
    limits: dict[tuple[str, str], int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    quiet_at: datetime = _NEVER
    _sequences: defaultdict[str, "itertools.count[int]"] = field(
        default_factory=lambda: defaultdict(lambda: itertools.count(1))
    )

    @property
    def now(self) -> Any:
        """The time of both processes."""
        return self.desks[0].service.ground.clock.now()

    async def furnish(self) -> None:
        """Hire everybody and say what they take."""
        for who in STAFF:
            await self.account(0, who, "online", role="senior" if who in {"s-8", "s-9"} else "agent")
        for who in AGENTS:
            await self.capacity(0, who, 1, 2)

    async def account(
        self, process: int, who: str, status: str, *, active: bool = True, role: str | None = None
    ) -> None:
        """Tell how somebody's account is now."""
        role = role or ("senior" if who in {"s-8", "s-9"} else "agent")
        changed = AccountChanged(
            membership_id=f"m-{who}", staff_id=who, name=who, role=StaffRole(role), status=StaffStatus(status),
            active=active, changed_at=self.now,
        )  # fmt: skip
        await self.tell(process, changed, f"m-{who}")

    async def socket(self, process: int, who: str, *, connected: bool) -> None:
        """Tell that somebody's socket came or went."""
        await self.tell(process, PresenceChanged(staff_id=who, connected=connected, changed_at=self.now), f"p-{who}")

    async def capacity(self, process: int, who: str, web: int, form: int) -> None:
        """Say how much somebody holds at most."""
        for channel, most in (("web", web), ("form", form)):
            self.limits[who, channel] = max(self.limits.get((who, channel), 0), most)
        lead = self.headers(process, "s-lead", "lead")
        http = self.desks[process].service.http
        known = await http.get(f"/v1/agents/{who}", headers=lead)
        version = known.json()["version"] if known.status_code == 200 else 0
        body = PROFILES[who] | {"capacity": {"web": web, "form": form}}
        answer = await http.put(f"/v1/agents/{who}", json=body, headers=lead | {"If-Match": f'"{version}"'})
        self.heard(answer, 200, 412)

    async def chat(self, process: int, player: str, language: str | None) -> None:
        """Let a player begin to talk live."""
        ticket = new_id()
        author = Author(kind=AuthorKind.PLAYER, id=player, name="Kim")
        started = SessionStarted(ticket_id=ticket, player=author, started_at=self.now, language=language)
        await self.tell(process, started, str(ticket))
        words = posted(ticket, 1, "Hello?", author=player).model_copy(update={"sent_at": self.now})
        await self.tell(process, words, str(ticket))
        self.tickets.append(str(ticket))

    async def form(self, process: int, player: str, language: str | None, reason: str | None) -> None:
        """Let a player fill in a form."""
        fields = {"language": language, "reason": reason}
        body = {"subject": "Payout", "message": {"text": "Where is it?"}} | {k: v for k, v in fields.items() if v}
        headers = self.desks[process].player(player, self.brand)
        answer = await self.desks[process].service.http.post("/v1/tickets", json=body, headers=headers)
        self.heard(answer, 201)
        if answer.status_code == 201:
            self.tickets.append(answer.json()["id"])

    async def ask(
        self, process: int, method: str, path: str, headers: dict[str, str], body: object = None
    ) -> dict[str, Any]:
        """Call a route of tickets; a refusal is an answer, a failure is not, and what is locked is asked for again."""
        http, url = self.desks[process].service.http, f"/v1/tickets/{path}"
        answer = await http.request(method, url, json=body, headers=headers)
        for _ in range(_PATIENCE):
            if answer.status_code != 503 or answer.json()["code"] != "contended":
                break
            answer = await http.request(method, url, json=body, headers=headers)
        self.heard(answer, 200, 201, 403, 404, 409, 412, 422)
        found: dict[str, Any] = answer.json() if answer.is_success else {}
        return found

    async def promise(self, process: int, ticket: str, minutes: int) -> None:
        """Tell that a ticket is due in some minutes."""
        told = {"ticket_id": UUID(ticket), "clock_id": new_id(), "due_at": self.now + timedelta(minutes=minutes)}
        await self.tell(process, ClockStarted.sample().model_copy(update=told), str(told["clock_id"]))

    async def passes(self, by: timedelta) -> None:
        """Let time pass for both processes: all that is measured from now is that much nearer."""
        async with self.desks[0].service.ground.database.begin(self.brand) as session:
            for statement in _AGE:
                await session.execute(text(statement), {"by": by, "brand": self.brand})

    def headers(self, process: int, who: str, role: str = "agent") -> dict[str, str]:
        """Return the headers of a member of staff."""
        role = "senior" if who in {"s-8", "s-9"} else role
        return self.desks[process].agent(who, self.brand, role)

    async def tell(self, process: int, event: Event, aggregate: str) -> None:
        """Tell a foreign fact through one of the processes."""
        sequence = next(self._sequences[aggregate])
        await self.desks[process].service.publish(event, brand=self.brand, sequence=sequence)

    async def settle(self) -> None:
        """Wait until nobody asks for the queue to be looked at."""
        for desk in self.desks:
            desk.service.ground.wake(SERVING)
        await eventually(self._is_quiet, every=0.01)

    async def places(self) -> dict[UUID, Any]:
        """Return every ticket with its place."""
        return {row.id: row for row in await self._rows(_PLACES)}

    async def people(self) -> dict[str, Any]:
        """Return everybody with a profile."""
        return {row.staff_id: row for row in await self._rows(_PEOPLE)}

    async def facts(self, after: int) -> list[tuple[int, Envelope]]:
        """Return what was told of this brand's tickets since a position."""
        statement = (
            "SELECT position, envelope FROM outbox WHERE brand = :brand AND stream = 'tickets.ticket' "
            "AND position > :after ORDER BY aggregate_id, sequence"
        )
        rows = await self._rows(statement, after=after)
        return [(row.position, Envelope.model_validate_json(row.envelope)) for row in rows]

    async def deadlocks(self) -> int:
        """Return how often two transactions waited for each other."""
        (row,) = await self._rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(row.deadlocks)

    def heard(self, answer: httpx.Response, *expected: int) -> None:
        """Remember an answer that is not one of these."""
        if answer.status_code not in expected:
            self.failures.append(f"{answer.request.method} {answer.request.url}: {answer.text}")

    async def _is_quiet(self) -> bool:
        statement = "SELECT count(*) AS calls FROM queue_calls WHERE brand = :brand AND due_at < :soon"
        at = self.now
        (row,) = await self._rows(statement, soon=at + _CALLED_WITHIN)
        if row.calls == 0:
            self.quiet_at = at
        return bool(row.calls == 0)

    async def _rows(self, statement: str, **values: object) -> list[Any]:
        async with self.desks[0].service.ground.database.begin(self.brand) as session:
            return list(
                await session.execute(
                    text(statement), {"brand": self.brand, **values} if ":brand" in statement else values
                )
            )
