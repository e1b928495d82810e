"""What the board, the list of breaches and the list of measures read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from services.sla.domain.boards import Tally
from shared.db.engine import Session
from shared.db.fixed import Fixed

Row: TypeAlias = Mapping[str, Any]

# A ticket that is older than faces is of no team; its channel is known all the same. OFFSET keeps the planner from
# reading the whole table for the few thousand tickets that are asked for.
_SHOWN: Final = """LEFT JOIN LATERAL (
    SELECT team_id, channel FROM ticket_faces WHERE brand = :brand AND ticket_id = {of}.ticket_id OFFSET 0
) AS face ON true"""
_CHANNEL: Final = "coalesce(face.channel, (SELECT channel FROM clocked_tickets AS t WHERE t.id = {of}.ticket_id))"
_LEGAL: Final = """JOIN clocked_complaints AS complaint ON complaint.id = {of}.complaint_id
JOIN clocked_tickets AS ticket ON ticket.id = complaint.ticket_id
LEFT JOIN ticket_faces AS face ON face.ticket_id = complaint.ticket_id"""
_DUE: Final = """count(*) FILTER (WHERE timer.due_at <= CAST(:now AS timestamptz) + interval '5 minutes'),
       count(*) FILTER (WHERE timer.due_at <= CAST(:now AS timestamptz) + interval '15 minutes'), count(*), 0, 0"""
_SOON: Final = """timer.brand = :brand AND timer.state = 'pending' AND timer.percent = 100
    AND timer.due_at <= CAST(:now AS timestamptz) + interval '60 minutes'"""
_BROKEN: Final = (
    "clock.brand = :brand AND clock.breached_at IS NOT NULL AND clock.breached_at >= CAST(:today AS timestamptz)"
)
_KEPT: Final = (
    "clock.brand = :brand AND clock.met_at IS NOT NULL AND clock.breached_at IS NULL "
    "AND clock.met_at >= CAST(:today AS timestamptz)"
)
# Each part reads an index: those who wait, the next hour's timers, today's breaches, today's kept promises; promises
# first, then the legal clocks of complaints.
BOARD: Final = f"""
SELECT team_id, channel, NULL AS metric, count(*) FILTER (WHERE party <> 'bot') AS waiting,
       min(waiting_since) FILTER (WHERE party <> 'bot') AS oldest, count(*) FILTER (WHERE party = 'bot') AS with_bot,
       0::bigint AS five, 0::bigint AS fifteen, 0::bigint AS sixty, 0::bigint AS met, 0::bigint AS breached
FROM ticket_faces WHERE brand = :brand AND waiting_since IS NOT NULL GROUP BY team_id, channel
UNION ALL
SELECT face.team_id, {_CHANNEL.format(of="timer")}, NULL, 0, NULL, 0, {_DUE}
FROM timers AS timer {_SHOWN.format(of="timer")} WHERE {_SOON} GROUP BY 1, 2
UNION ALL
SELECT face.team_id, {_CHANNEL.format(of="clock")}, clock.kind, 0, NULL, 0, 0, 0, 0, 0, count(*)
FROM clocks AS clock {_SHOWN.format(of="clock")} WHERE {_BROKEN} GROUP BY 1, 2, 3
UNION ALL
SELECT face.team_id, {_CHANNEL.format(of="clock")}, clock.kind, 0, NULL, 0, 0, 0, 0, count(*), 0
FROM clocks AS clock {_SHOWN.format(of="clock")} WHERE {_KEPT} GROUP BY 1, 2, 3
UNION ALL
SELECT face.team_id, ticket.channel, NULL, 0, NULL, 0, {_DUE}
FROM complaint_timers AS timer {_LEGAL.format(of="timer")} WHERE {_SOON} GROUP BY 1, 2
UNION ALL
SELECT face.team_id, ticket.channel, clock.kind, 0, NULL, 0, 0, 0, 0, 0, count(*)
FROM complaint_clocks AS clock {_LEGAL.format(of="clock")} WHERE {_BROKEN} GROUP BY 1, 2, 3
UNION ALL
SELECT face.team_id, ticket.channel, clock.kind, 0, NULL, 0, 0, 0, 0, count(*), 0
FROM complaint_clocks AS clock {_LEGAL.format(of="clock")} WHERE {_KEPT} GROUP BY 1, 2, 3
"""  # noqa: S608 - of constants
_BOARD: Final = Fixed(BOARD)
_ASKED: Final = """clock.brand = :brand AND clock.breached_at IS NOT NULL
    AND clock.breached_at >= CAST(:since AS timestamptz) AND clock.breached_at < CAST(:until AS timestamptz)
    AND (CAST(:metric AS text) IS NULL OR clock.kind = :metric)
    AND (CAST(:channel AS text) IS NULL OR ticket.channel = :channel)
    AND (CAST(:team_id AS text) IS NULL OR face.team_id = :team_id)
    AND (CAST(:after_at AS timestamptz) IS NULL
         OR (clock.breached_at, clock.id) > (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))"""
# Of a ticket, who had it when the promise broke; of a complaint, who handles it.
BREACHES: Final = f"""
SELECT broken.*, reason.reason_code, reason.note, reason.given_by, reason.given_at FROM (
    (SELECT clock.id AS clock_id, clock.ticket_id, clock.kind AS metric, clock.started_at, clock.due_at,
            clock.breached_at, clock.met_at, clock.ended_at, ticket.channel, face.team_id, held.party,
            held.assignee_id AS holder_id
    FROM clocks AS clock
    JOIN clocked_tickets AS ticket ON ticket.id = clock.ticket_id
    LEFT JOIN ticket_faces AS face ON face.ticket_id = clock.ticket_id
    LEFT JOIN LATERAL (
        SELECT data ->> 'party' AS party, data ->> 'assignee_id' AS assignee_id FROM ticket_facts AS fact
        WHERE fact.ticket_id = clock.ticket_id AND fact.at <= clock.breached_at ORDER BY fact.sequence DESC LIMIT 1
    ) AS held ON true
    WHERE {_ASKED} AND (CAST(:assignee_id AS text) IS NULL OR held.assignee_id = :assignee_id)
    ORDER BY clock.breached_at, clock.id LIMIT :limit)
    UNION ALL
    (SELECT clock.id, complaint.ticket_id, clock.kind, clock.started_at, clock.due_at, clock.breached_at, clock.met_at,
            NULL, ticket.channel, face.team_id, CASE WHEN complaint.owner_id IS NULL THEN 'queue' ELSE 'agent' END,
            complaint.owner_id
    FROM complaint_clocks AS clock {_LEGAL.format(of="clock")}
    WHERE {_ASKED} AND (CAST(:assignee_id AS text) IS NULL OR complaint.owner_id = :assignee_id)
    ORDER BY clock.breached_at, clock.id LIMIT :limit)
) AS broken
LEFT JOIN breach_reasons AS reason ON reason.clock_id = broken.clock_id
ORDER BY broken.breached_at, broken.clock_id LIMIT :limit
"""  # noqa: S608 - of constants
_BREACHES: Final = Fixed(BREACHES)
_HAS_BREACH: Final = Fixed("""
SELECT EXISTS (SELECT FROM clocks WHERE id = :clock_id AND brand = :brand AND breached_at IS NOT NULL)
    OR EXISTS (SELECT FROM complaint_clocks WHERE id = :clock_id AND brand = :brand AND breached_at IS NOT NULL)
""")
_GIVE_REASON: Final = Fixed("""
INSERT INTO breach_reasons (clock_id, brand, reason_code, note, given_by, given_at)
VALUES (:clock_id, :brand, :reason_code, :note, :given_by, :given_at)
ON CONFLICT (clock_id) DO UPDATE SET reason_code = excluded.reason_code, note = excluded.note,
    given_by = excluded.given_by, given_at = excluded.given_at
""")
MEASURES: Final = """
SELECT ticket_id, kind, ordinal, started_at, ended_at, seconds, business_seconds, channel, language, reason,
       reason_class, team_id, agent_id, tier, licence
FROM measures
WHERE brand = :brand
    AND ended_at >= CAST(:since AS timestamptz) AND ended_at < CAST(:until AS timestamptz)
    AND (CAST(:kind AS text) IS NULL OR kind = :kind)
    AND (CAST(:channel AS text) IS NULL OR channel = :channel)
    AND (CAST(:team_id AS text) IS NULL OR team_id = :team_id)
    AND (CAST(:agent_id AS text) IS NULL OR agent_id = :agent_id)
    AND (CAST(:after_at AS timestamptz) IS NULL OR (ended_at, ticket_id, kind, ordinal) >
         (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid), CAST(:after_kind AS text),
          CAST(:after_ordinal AS integer)))
ORDER BY ended_at, ticket_id, kind, ordinal LIMIT :limit
"""
_MEASURES: Final = Fixed(MEASURES)


async def board_of(session: Session, brand: str, *, now: datetime, today: datetime) -> Sequence[Tally]:
    """Return what the board of a brand counts, in one statement."""
    rows = await _BOARD.rows(session, {"brand": brand, "now": now, "today": today})
    return [tuple(row.values()) for row in rows]


async def breaches_of(
    session: Session, brand: str, filters: Row, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[dict[str, Any]]:
    """Return up to `limit` broken promises in the order of their breaking, with who had the ticket then."""
    after_at, after_id = after or (None, None)
    values = {"brand": brand, "after_at": after_at, "after_id": after_id, "limit": limit, **filters}
    return [dict(row) for row in await _BREACHES.rows(session, values)]


async def has_breach(session: Session, brand: str, clock_id: UUID) -> bool:
    """True if this promise of the brand was broken."""
    return bool(await _HAS_BREACH.value(session, {"brand": brand, "clock_id": clock_id}))


async def give_reason(session: Session, brand: str, clock_id: UUID, reason: Row) -> None:
    """Store why a promise was broken; a later reason replaces it."""
    await _GIVE_REASON.value(session, {"brand": brand, "clock_id": clock_id, **reason})


async def list_measures(
    session: Session, brand: str, filters: Row, *, after: tuple[datetime, UUID, str, int] | None, limit: int
) -> Sequence[dict[str, Any]]:
    """Return up to `limit` measured intervals in the order of their ends."""
    after_at, after_id, after_kind, after_ordinal = after or (None, None, None, None)
    values = {
        "brand": brand, "after_at": after_at, "after_id": after_id, "after_kind": after_kind,
        "after_ordinal": after_ordinal, "limit": limit, **filters,
    }  # fmt: skip
    return [dict(row) for row in await _MEASURES.rows(session, values)]
