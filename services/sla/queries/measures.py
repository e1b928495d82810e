"""Faces of tickets, the ledger of their facts, and the measures made from it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.sla.domain.calendars import Hours
from services.sla.domain.faces import Fact
from services.sla.domain.measures import Measure
from services.sla.queries.calendars import hours_from
from shared.db.engine import Session
from shared.db.fixed import Fixed

_SAME: Final = (
    "team_id", "channel", "language", "reason", "reason_class", "tier", "licence", "assignee_id", "status", "priority",
    "party",
)  # fmt: skip
_WAIT: Final = """CASE CAST(:effect AS text)
    WHEN 'asks' THEN least(face.waiting_since, excluded.waiting_since)
    WHEN 'waits' THEN excluded.waiting_since
    WHEN 'answers' THEN NULL WHEN 'ends' THEN NULL ELSE face.waiting_since END"""


def _newer(new: str, old: str) -> str:
    """Return SQL for a column of a face, which a fact that comes after a newer one does not change."""
    return f"CASE WHEN excluded.sequence > face.sequence THEN {new} ELSE {old} END"


# One statement, because every event of every ticket runs it.
_REMEMBER: Final = Fixed(f"""
WITH kept AS (
    INSERT INTO ticket_facts (ticket_id, sequence, brand, type, at, data)
    VALUES (:ticket_id, :sequence, :brand, :type, :at, :data) ON CONFLICT DO NOTHING
), noticed AS (
    INSERT INTO unmeasured_tickets AS known (ticket_id, brand) VALUES (:ticket_id, :brand)
    ON CONFLICT (ticket_id) DO UPDATE SET news = known.news + 1
)
INSERT INTO ticket_faces AS face (
    ticket_id, brand, {", ".join(_SAME)}, party_since, opened_at, waiting_since, sequence
) VALUES (
    :ticket_id, :brand, {", ".join(f":{name}" for name in _SAME)}, :at, :at, :asked_at, :sequence
) ON CONFLICT (ticket_id) DO UPDATE SET
    {", ".join(f"{name} = {_newer(f'excluded.{name}', f'face.{name}')}" for name in (*_SAME, "sequence"))},
    party_since = {
    _newer(
        "CASE WHEN face.party = excluded.party THEN face.party_since ELSE excluded.party_since END", "face.party_since"
    )
},
    waiting_since = {_newer(_WAIT, "face.waiting_since")}
""")  # noqa: S608 - of constants
_TRY_ALONE: Final = Fixed("SELECT pg_try_advisory_xact_lock(hashtext('sla.measures'))")
_ALONE: Final = Fixed("SELECT pg_advisory_xact_lock(hashtext('sla.measures'))")
_UNMEASURED: Final = Fixed("""
SELECT behind.ticket_id, behind.brand, behind.news, hours.hours
FROM unmeasured_tickets AS behind
LEFT JOIN LATERAL (
    SELECT CAST(version.hours AS text) AS hours FROM clocks
    JOIN calendar_versions AS version
        ON version.calendar_id = clocks.calendar_id AND version.version = clocks.calendar_version
    WHERE clocks.ticket_id = behind.ticket_id ORDER BY clocks.started_at, clocks.id LIMIT 1
) AS hours ON true
LIMIT :limit
""")
_FACTS: Final = Fixed(
    "SELECT ticket_id, sequence, type, at, CAST(data AS text) AS data FROM ticket_facts "
    "WHERE ticket_id = ANY(CAST(:tickets AS uuid[])) ORDER BY ticket_id, sequence"
)
_COLUMNS: Final = (
    "ticket_id", "kind", "ordinal", "brand", "started_at", "ended_at", "seconds", "business_seconds", "channel",
    "language", "reason", "reason_class", "team_id", "agent_id", "tier", "licence",
)  # fmt: skip
_WRITE: Final = Fixed(f"""
WITH given AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row (
        ticket_id uuid, kind text, ordinal integer, brand text, started_at timestamptz, ended_at timestamptz,
        seconds float8, business_seconds float8, channel text, language text, reason text, reason_class text,
        team_id text, agent_id text, tier text, licence text
    )
), gone AS (
    DELETE FROM measures WHERE ticket_id = ANY(CAST(:tickets AS uuid[])) AND NOT EXISTS (
        SELECT FROM given WHERE given.ticket_id = measures.ticket_id AND given.kind = measures.kind
            AND given.ordinal = measures.ordinal
    )
)
INSERT INTO measures AS known ({", ".join(_COLUMNS)})
SELECT {", ".join(_COLUMNS)} FROM given
ON CONFLICT (ticket_id, kind, ordinal) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[4:])}
WHERE ({", ".join(f"known.{name}" for name in _COLUMNS[4:])})
    IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in _COLUMNS[4:])})
""")  # noqa: S608 - of constants
# Rows that a consumer holds are left for the next round: this side waits for nobody.
_DONE: Final = Fixed("""
DELETE FROM unmeasured_tickets AS behind USING (
    SELECT free.ticket_id FROM unmeasured_tickets AS free
    JOIN unnest(CAST(:tickets AS uuid[]), CAST(:news AS bigint[])) AS given (ticket_id, news)
        ON given.ticket_id = free.ticket_id AND given.news = free.news
    FOR UPDATE OF free SKIP LOCKED
) AS seen
WHERE behind.ticket_id = seen.ticket_id
""")
_AGAIN: Final = Fixed("""
WITH chosen AS MATERIALIZED (
    SELECT ticket_id, brand FROM ticket_faces
    WHERE brand = :brand AND ticket_id > :after ORDER BY ticket_id LIMIT :limit
), noticed AS (
    INSERT INTO unmeasured_tickets AS known (ticket_id, brand) SELECT ticket_id, brand FROM chosen
    ON CONFLICT (ticket_id) DO UPDATE SET news = known.news + 1
)
SELECT ticket_id FROM chosen ORDER BY ticket_id
""")


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A ticket whose measures do not contain its newest facts; `news` grows with each fact that is told of it.

    `hours` are those that the first of its promises with a calendar follows; null: round the clock.
    """

    ticket_id: UUID
    brand: str
    news: int
    hours: Hours | None


async def remember(session: Session, brand: str, fact: Fact) -> None:
    """Keep a fact in the ledger and make the ticket's face what it tells; one that is known changes nothing."""
    asked_at = fact.data.get("asked_at")
    values = {name: fact.data[name] for name in _SAME} | {
        "ticket_id": fact.ticket_id,
        "sequence": fact.sequence,
        "brand": brand,
        "type": fact.type,
        "at": fact.at,
        "data": json.dumps(fact.data, separators=(",", ":")),
        "effect": fact.data.get("effect"),
        "asked_at": None if asked_at is None else datetime.fromisoformat(str(asked_at)),
    }
    await _REMEMBER.value(session, values)


async def alone(session: Session, *, wait: bool) -> bool:
    """True if no other process measures until this transaction ends; `wait` waits for the one that does."""
    if wait:
        await _ALONE.value(session, {})
        return True
    return bool(await _TRY_ALONE.value(session, {}))


async def unmeasured(session: Session, *, limit: int) -> Sequence[Unmeasured]:
    """Return up to `limit` tickets of any brand whose measures are behind their facts."""
    rows = await _UNMEASURED.rows(session, {"limit": limit})
    return [
        Unmeasured(row["ticket_id"], row["brand"], row["news"], hours_from(row["hours"]) if row["hours"] else None)
        for row in rows
    ]


async def facts_of(session: Session, tickets: Sequence[UUID]) -> Mapping[UUID, Sequence[Fact]]:
    """Return the ledger of each ticket."""
    found: dict[UUID, list[Fact]] = {}
    for row in await _FACTS.rows(session, {"tickets": list(tickets)}):
        fact = Fact(row["ticket_id"], row["sequence"], row["type"], row["at"], json.loads(row["data"]))
        found.setdefault(fact.ticket_id, []).append(fact)
    return found


async def write(session: Session, measured: Sequence[tuple[Unmeasured, Sequence[Measure]]]) -> None:
    """Make the measures of tickets what is given; rows that are as they were are not written again."""
    rows = [_row(ticket, measure) for ticket, measures in measured for measure in measures]
    tickets = [ticket.ticket_id for ticket, _ in measured]
    await _WRITE.value(session, {"rows": json.dumps(rows, default=str), "tickets": tickets})


async def done(session: Session, tickets: Iterable[Unmeasured]) -> None:
    """Note that tickets are measured; those that got another fact meanwhile stay behind."""
    given = tuple(tickets)
    values = {"tickets": [one.ticket_id for one in given], "news": [one.news for one in given]}
    await _DONE.value(session, values)


async def again(session: Session, brand: str, *, after: UUID, limit: int) -> Sequence[UUID]:
    """Let up to `limit` tickets of a brand that follow `after` be measured anew; return them in their order."""
    rows = await _AGAIN.rows(session, {"brand": brand, "after": after, "limit": limit})
    return [row["ticket_id"] for row in rows]


def _row(ticket: Unmeasured, measure: Measure) -> dict[str, object]:
    return asdict(measure) | {
        "ticket_id": ticket.ticket_id,
        "brand": ticket.brand,
        "seconds": measure.lasted.total_seconds(),
        "business_seconds": measure.business_seconds(ticket.hours),
    }
