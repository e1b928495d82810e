"""What may happen in a hall, as data: a program of these is printed and can be run again."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hypothesis import strategies as st

from shared.contracts.sla import ClockKind, ComplaintScheduled
from tests.service.tickets.desk import MORNING
from tests.service.tickets.hall import AGENTS, STAFF, Hall

PLAYERS: Final = ("p-0", "p-1", "p-2")
REASONS: Final = (None, None, "RG.SELF_HARM", "RG.EXCLUDE", "SEC.THREAT", "RG.RELATIVE", "WDR.STATUS", "WDR.LATE")


@dataclass(frozen=True)
class Act:
    """Something one of the two processes is asked to do."""

    process: int

    async def run(self, hall: Hall) -> None:
        """Do it."""
        raise NotImplementedError


@dataclass(frozen=True)
class Chat(Act):
    """A player begins to talk live."""

    player: str
    language: str | None

    async def run(self, hall: Hall) -> None:  # noqa: D102 - said above
        await hall.chat(self.process, self.player, self.language)


@dataclass(frozen=True)
class Form(Act):
    """A player fills in a form."""

    player: str
    language: str | None
    reason: str | None

    async def run(self, hall: Hall) -> None:  # noqa: D102 - said above
        await hall.form(self.process, self.player, self.language, self.reason)


@dataclass(frozen=True)
class Status(Act):
    """Somebody says whether he takes work; nobody is `active` who was dismissed."""

    who: str
    status: str
    active: bool

    async def run(self, hall: Hall) -> None:  # noqa: D102 - said above
        await hall.account(self.process, self.who, self.status, active=self.active)


@dataclass(frozen=True)
class Socket(Act):
    """Somebody's socket comes or goes."""

    who: str
    connected: bool

    async def run(self, hall: Hall) -> None:  # noqa: D102 - said above
        await hall.socket(self.process, self.who, connected=self.connected)


@dataclass(frozen=True)
class Capacity(Act):
    """A lead says how much somebody holds."""

    who: str
    web: int
    form: int

    async def run(self, hall: Hall) -> None:  # noqa: D102 - said above
        await hall.capacity(self.process, self.who, self.web, self.form)


@dataclass(frozen=True)
class Manager(Act):
    """Somebody looks after a player from now on."""

    who: str
    player: str

    async def run(self, hall: Hall) -> None:  # noqa: D102 - said above
        lead = hall.headers(self.process, "s-lead", "lead")
        http = hall.desks[self.process].service.http
        hall.heard(await http.put(f"/v1/agents/{self.who}/players/{self.player}", headers=lead), 204)


@dataclass(frozen=True)
class Passes(Act):
    """Time passes."""

    seconds: int

    async def run(self, hall: Hall) -> None:  # noqa: D102 - said above
        await hall.passes(timedelta(seconds=self.seconds))


@dataclass(frozen=True)
class OnTicket(Act):
    """Something about one of the tickets there are."""

    ticket: int

    async def run(self, hall: Hall) -> None:  # noqa: D102 - said above
        if hall.tickets:
            await self.happens(hall, hall.tickets[self.ticket % len(hall.tickets)])

    async def happens(self, hall: Hall, ticket: str) -> None:
        """Do it to that ticket."""
        raise NotImplementedError

    async def holder(self, hall: Hall, ticket: str) -> str:
        """Return who has it, else anybody."""
        found = await hall.ask(self.process, "GET", ticket, hall.headers(self.process, "s-9"))
        return str(found["assignee_id"] or "s-0")


@dataclass(frozen=True)
class Words(OnTicket):
    """The player writes."""

    async def happens(self, hall: Hall, ticket: str) -> None:  # noqa: D102 - said above
        found = await hall.ask(self.process, "GET", ticket, hall.headers(self.process, "s-9"))
        player = hall.desks[self.process].player(found["player_id"], hall.brand)
        await hall.ask(self.process, "POST", f"{ticket}/messages", player, {"text": "And now?"})


@dataclass(frozen=True)
class Answer(OnTicket):
    """Who has it answers."""

    async def happens(self, hall: Hall, ticket: str) -> None:  # noqa: D102 - said above
        headers = hall.headers(self.process, await self.holder(hall, ticket))
        await hall.ask(self.process, "POST", f"{ticket}/messages", headers, {"text": "I look.", "kind": "reply"})


@dataclass(frozen=True)
class Move(OnTicket):
    """Who has it moves it."""

    status: str

    async def happens(self, hall: Hall, ticket: str) -> None:  # noqa: D102 - said above
        headers = hall.headers(self.process, "s-9")
        found = await hall.ask(self.process, "GET", ticket, headers)
        who = hall.headers(self.process, str(found["assignee_id"] or "s-0"))
        await hall.ask(
            self.process, "PATCH", ticket, who | {"If-Match": f'"{found["version"]}"'}, {"status": self.status}
        )


@dataclass(frozen=True)
class Tier(OnTicket):
    """The casino says that the player is a VIP."""

    async def happens(self, hall: Hall, ticket: str) -> None:  # noqa: D102 - said above
        lead = hall.headers(self.process, "s-lead", "lead")
        found = await hall.ask(self.process, "GET", ticket, lead)
        await hall.ask(self.process, "PATCH", ticket, lead | {"If-Match": f'"{found["version"]}"'}, {"tier": "gold"})


@dataclass(frozen=True)
class Assign(OnTicket):
    """Somebody takes it, gives it to a colleague, or back to the queue."""

    who: str | None

    async def happens(self, hall: Hall, ticket: str) -> None:  # noqa: D102 - said above
        headers = hall.headers(self.process, self.who or "s-9")
        await hall.ask(self.process, "PUT", f"{ticket}/assignment", headers, {"assignee_id": self.who})


@dataclass(frozen=True)
class Escalate(OnTicket):
    """Who has it calls a senior."""

    async def happens(self, hall: Hall, ticket: str) -> None:  # noqa: D102 - said above
        headers = hall.headers(self.process, await self.holder(hall, ticket))
        await hall.ask(self.process, "POST", f"{ticket}/escalation", headers, {"reason": "Help"})


@dataclass(frozen=True)
class Respond(OnTicket):
    """A senior accepts or declines, asked or not."""

    who: str
    accepts: bool

    async def happens(self, hall: Hall, ticket: str) -> None:  # noqa: D102 - said above
        act, body = ("accept", None) if self.accepts else ("decline", {"reason": "Busy"})
        headers = hall.headers(self.process, self.who)
        await hall.ask(self.process, "POST", f"{ticket}/escalation/{act}", headers, body)


@dataclass(frozen=True)
class Promise(OnTicket):
    """sla says when it is due."""

    minutes: int

    async def happens(self, hall: Hall, ticket: str) -> None:  # noqa: D102 - said above
        await hall.promise(self.process, ticket, self.minutes)


@dataclass(frozen=True)
class Complain(OnTicket):
    """It becomes a complaint whose legal time is nearly over, or not."""

    hours: int

    async def happens(self, hall: Hall, ticket: str) -> None:  # noqa: D102 - said above
        found = await hall.ask(
            self.process, "POST", f"{ticket}/complaint", hall.headers(self.process, "s-9"), {"type": "other"}
        )
        if found:
            scheduled = ComplaintScheduled(
                complaint_id=found["id"], ticket_id=ticket, kind=ClockKind.COMPLAINT_FINAL,
                jurisdiction=found["jurisdiction"], owner_id=None, started_at=MORNING,
                due_at=hall.now + timedelta(hours=self.hours), occurred_at=MORNING,
            )  # fmt: skip
            await hall.tell(self.process, scheduled, f"c-{found['id']}")


_PROCESS: Final = st.integers(0, 1)
_LANGUAGE: Final = st.sampled_from([None, "en", "de-AT"])
_PLAYER: Final = st.sampled_from(PLAYERS)
_AGENT: Final = st.sampled_from(AGENTS)
_TICKET: Final = st.integers(0, 15)

ACTS: Final = st.one_of(
    st.builds(Chat, _PROCESS, _PLAYER, _LANGUAGE),
    st.builds(Form, _PROCESS, _PLAYER, _LANGUAGE, st.sampled_from(REASONS)),
    st.builds(Form, _PROCESS, _PLAYER, _LANGUAGE, st.none()),
    st.builds(Status, _PROCESS, _AGENT, st.sampled_from(["online", "busy", "away", "offline"]), st.just(True)),  # noqa: FBT003
    st.builds(Status, _PROCESS, _AGENT, st.just("online"), st.sampled_from([True, True, False])),
    st.builds(Socket, _PROCESS, _AGENT, st.booleans()),
    st.builds(Capacity, _PROCESS, _AGENT, st.integers(0, 2), st.integers(0, 3)),
    st.builds(Manager, _PROCESS, _AGENT, _PLAYER),
    st.builds(Passes, _PROCESS, st.sampled_from([31, 181, 301, 601])),
    st.builds(Words, _PROCESS, _TICKET),
    st.builds(Words, _PROCESS, _TICKET),
    st.builds(Answer, _PROCESS, _TICKET),
    st.builds(Move, _PROCESS, _TICKET, st.sampled_from(["pending", "resolved", "open"])),
    st.builds(Move, _PROCESS, _TICKET, st.just("pending")),
    st.builds(Tier, _PROCESS, _TICKET),
    st.builds(Assign, _PROCESS, _TICKET, st.sampled_from([None, *STAFF])),
    st.builds(Escalate, _PROCESS, _TICKET),
    st.builds(Respond, _PROCESS, _TICKET, st.sampled_from(["s-8", "s-9"]), st.booleans()),
    st.builds(Promise, _PROCESS, _TICKET, st.integers(-10, 60)),
    st.builds(Complain, _PROCESS, _TICKET, st.sampled_from([3, 40])),
)
BATCHES: Final = st.lists(ACTS, min_size=1, max_size=6)
