"""What may happen on a stage, as data: a program of these is printed and can be run again."""

from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

from tests.service.chat.stage import TABS, Stage
from tests.service.chat.tabs import Tab

ABSURD: Final = (0, -1, 1, 3, 40, 2**31, 2**53, 2**53 + 1, 2**63)


@dataclass(frozen=True)
class Act:
    """Something that somebody does, or that befalls a process."""

    async def run(self, stage: Stage) -> None:
        """Do it."""
        raise NotImplementedError


@dataclass(frozen=True)
class OfTab(Act):
    """Something that happens to a tab, one thing at a time; with a line, if it needs one."""

    tab: str
    replica: int

    async def run(self, stage: Stage) -> None:  # noqa: D102 - said above
        tab = stage.tabs[self.tab]
        async with tab.lock:
            if not tab.is_connected:
                await self.returns(stage, tab)
            await self.happens(stage, tab)

    async def happens(self, stage: Stage, tab: Tab) -> None:
        """Do it."""
        raise NotImplementedError

    async def returns(self, stage: Stage, tab: Tab) -> None:
        """Come back with one's own cursors and repeat what was not answered."""
        await tab.cut()
        await stage.connect(tab, self.replica)
        if await tab.greeted():
            await tab.repeat()


@dataclass(frozen=True)
class Say(OfTab):
    """A player says something, several times over, and waits for nothing."""

    count: int

    async def happens(self, stage: Stage, tab: Tab) -> None:  # noqa: D102 - said above
        for _ in range(0 if tab.is_staff else self.count):
            number = next(stage.said)
            await tab.say(f"words {number} of {tab.name}", number)


@dataclass(frozen=True)
class SayAndLose(Say):
    """The line breaks before, or after so many frames that come."""

    frames: int

    async def happens(self, stage: Stage, tab: Tab) -> None:  # noqa: D102 - said above
        await super().happens(stage, tab)
        await tab.until_moved(self.frames)
        await tab.cut()


@dataclass(frozen=True)
class SayAndKill(Say):
    """The process of a tab is killed before, or as soon as, a first answer comes."""

    frames: int

    async def happens(self, stage: Stage, tab: Tab) -> None:  # noqa: D102 - said above
        await super().happens(stage, tab)
        await tab.until_moved(self.frames)
        await Kill(tab.replica).run(stage)


@dataclass(frozen=True)
class Again(OfTab):
    """Words are sent again although nobody asked: the same, or others under their id, here or over HTTP."""

    pick: int
    other: bool
    http: bool

    async def happens(self, stage: Stage, tab: Tab) -> None:  # noqa: D102 - said above
        known = list(tab.words.values())
        if not known:
            return
        words = known[self.pick % len(known)]
        other = self.other and words.seq is not None
        if self.http and words.is_answered:
            body = {"text": "other words" if other else words.text, "client_msg_id": words.client_msg_id}
            path = f"/v1/chat/sessions/{words.ticket}/messages"
            found = await stage.call(self.replica, tab.who, "POST", path, body)
            if found and (other or (words.seq is not None and found["seq"] != words.seq)):
                stage.faults.append(f"{words} was taken again as {found}")
        elif not self.http:
            await tab.send(words, "other words" if other else None)


@dataclass(frozen=True)
class Lose(OfTab):
    """The line breaks."""

    async def run(self, stage: Stage) -> None:  # noqa: D102 - said above
        async with stage.tabs[self.tab].lock:
            await stage.tabs[self.tab].cut()


@dataclass(frozen=True)
class Return(OfTab):
    """A tab comes back, there or at the other process, even if it was never away."""

    async def happens(self, stage: Stage, tab: Tab) -> None:  # noqa: D102 - said above
        await self.returns(stage, tab)


@dataclass(frozen=True)
class Lie(OfTab):
    """A tab resumes with cursors that cannot be, also of foreign conversations."""

    after: int
    foreign: bool

    async def happens(self, stage: Stage, tab: Tab) -> None:  # noqa: D102 - said above
        await tab.cut()
        tickets = stage.tickets if self.foreign else stage.own(tab)
        await stage.connect(tab, self.replica, dict.fromkeys(tickets, self.after))
        if await tab.greeted():
            await tab.repeat()


@dataclass(frozen=True)
class LoseInCatchingUp(OfTab):
    """A tab reads everything again and loses its line in the middle of it."""

    frames: int

    async def happens(self, stage: Stage, tab: Tab) -> None:  # noqa: D102 - said above
        await tab.cut()
        await stage.connect(tab, self.replica, dict.fromkeys(stage.own(tab), 0))
        await tab.until_moved(self.frames)
        await tab.cut()


@dataclass(frozen=True)
class Mark(OfTab):
    """Somebody says how far he got, truly or not."""

    kind: str
    seq: int | None
    pick: int

    async def happens(self, stage: Stage, tab: Tab) -> None:  # noqa: D102 - said above
        own = stage.own(tab)
        if not own or tab.line is None:
            return
        ticket = own[self.pick % len(own)]
        seq = tab.cursor(ticket) if self.seq is None else self.seq
        tab.line.provoked |= not 0 <= seq <= 2**53
        await tab.put(self.kind, ticket_id=ticket, seq=seq)


@dataclass(frozen=True)
class Watch(OfTab):
    """Staff ask to hear a conversation from some place on, once more if they hear it already."""

    after: int
    pick: int

    async def happens(self, stage: Stage, tab: Tab) -> None:  # noqa: D102 - said above
        own = stage.own(tab)
        if not own or not tab.is_staff or tab.line is None:
            return
        ticket = own[self.pick % len(own)]
        after = min(self.after, tab.cursor(ticket))
        if ticket in tab.line.due:
            tab.line.again.setdefault(ticket, set()).add(after + 1)
        else:
            tab.line.due[ticket] = after + 1
        await tab.put("watch", ticket_id=ticket, after_seq=after)


@dataclass(frozen=True)
class OnTicket(Act):
    """Something about one of the conversations there are."""

    ticket: int
    replica: int

    async def run(self, stage: Stage) -> None:  # noqa: D102 - said above
        if stage.tickets:
            await self.happens(stage, list(stage.tickets)[self.ticket % len(stage.tickets)])

    async def happens(self, stage: Stage, ticket: str) -> None:
        """Do it to that conversation."""
        raise NotImplementedError


@dataclass(frozen=True)
class Reply(OnTicket):
    """Staff answer through tickets; the event comes `times` over (0: after those that follow it)."""

    times: int

    async def happens(self, stage: Stage, ticket: str) -> None:  # noqa: D102 - said above
        answer = stage.answer(ticket, f"answer {next(stage.said)}")
        for number in range(self.times):
            stage.deliver(answer, self.replica + number)


@dataclass(frozen=True)
class End(OnTicket):
    """The player or staff end a conversation; whoever comes back begins a new one."""

    by_staff: bool

    async def happens(self, stage: Stage, ticket: str) -> None:  # noqa: D102 - said above
        who = "s-0" if self.by_staff else stage.tickets[ticket]
        await stage.call(self.replica, who, "DELETE", f"/v1/chat/sessions/{ticket}")


@dataclass(frozen=True)
class Kill(Act):
    """A process ends in the middle of what it does, and another takes its place."""

    replica: int

    async def run(self, stage: Stage) -> None:  # noqa: D102 - said above
        stage.hints_lost = True
        await stage.replicas[self.replica].kill()


_REPLICA: Final = st.integers(0, 1)
_TAB: Final = st.sampled_from(TABS)
_PLAYERS_TAB: Final = st.sampled_from([tab for tab in TABS if tab.startswith("p")])
_STAFFS_TAB: Final = st.sampled_from([tab for tab in TABS if tab.startswith("s")])
_PICK: Final = st.integers(0, 9)
_SAY: Final = st.builds(Say, _PLAYERS_TAB, _REPLICA, st.integers(1, 4))

ACTS: Final = st.one_of(
    _SAY,
    _SAY,
    st.builds(SayAndLose, _PLAYERS_TAB, _REPLICA, st.integers(1, 3), st.integers(0, 3)),
    st.builds(SayAndKill, _PLAYERS_TAB, _REPLICA, st.integers(1, 3), st.integers(0, 1)),
    st.builds(Again, _PLAYERS_TAB, _REPLICA, _PICK, st.booleans(), st.booleans()),
    st.builds(Lose, _TAB, _REPLICA),
    st.builds(Return, _TAB, _REPLICA),
    st.builds(Return, _TAB, _REPLICA),
    st.builds(Lie, _TAB, _REPLICA, st.sampled_from(ABSURD), st.booleans()),
    st.builds(LoseInCatchingUp, _TAB, _REPLICA, st.integers(0, 4)),
    st.builds(Mark, _TAB, _REPLICA, st.sampled_from(["delivered", "read"]), st.none(), _PICK),
    st.builds(Mark, _TAB, _REPLICA, st.sampled_from(["delivered", "read"]), st.sampled_from(ABSURD), _PICK),
    st.builds(Watch, _STAFFS_TAB, _REPLICA, st.integers(0, 5), _PICK),
    st.builds(Reply, _PICK, _REPLICA, st.integers(0, 2)),
    st.builds(Reply, _PICK, _REPLICA, st.just(1)),
    st.builds(End, _PICK, _REPLICA, st.booleans()),
    st.builds(Kill, _REPLICA),
)
BATCHES: Final = st.lists(ACTS, min_size=1, max_size=6)
