"""The hot path of delivery: who may send, what they take, what came of it. Every statement handles a batch."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from services.notifications.domain.fairness import ROWS_PER_ROUND, Candidate
from shared.db.engine import Session
from shared.db.fixed import Fixed

_CLAIMING: Final = 0x70_69_74_77
_LOCK: Final = Fixed("SELECT pg_advisory_xact_lock(:key)")
_CANDIDATES: Final = Fixed(
    """
    SELECT e.id, e.ordered, due.n, coalesce(busy.n, 0) AS in_flight, e.cap, e.failures,
           extract(epoch FROM due.first_at - now())::float8 AS due_in
      FROM webhook_endpoints e
      JOIN LATERAL (
            SELECT count(*) FILTER (WHERE soon.next_at <= now()) AS n, min(soon.next_at) AS first_at
              FROM (SELECT next_at FROM webhook_deliveries d
                     WHERE d.endpoint_id = e.id AND d.state = 'pending' ORDER BY next_at LIMIT :rows) soon
           ) due ON due.first_at IS NOT NULL
      LEFT JOIN (
            SELECT endpoint_id, count(*) AS n FROM webhook_deliveries
             WHERE lease_token IS NOT NULL AND next_at > now() AND state = 'pending' GROUP BY endpoint_id
           ) busy ON busy.endpoint_id = e.id
     WHERE e.state = 'enabled' AND e.deleted_at IS NULL
       AND (e.open_until_at IS NULL OR e.open_until_at <= now())
    """
)
_LOADED: Final = """
    SELECT t.id, t.endpoint_id, t.event_id, t.step, e.brand, e.url, e.secret,
           CASE WHEN e.previous_until_at > now() THEN e.previous_secret END AS previous_secret,
           CASE WHEN e.include_content THEN coalesce(v.content_body, v.body) ELSE v.body END AS body, t.lease_token
      FROM taken t
      JOIN webhook_endpoints e ON e.id = t.endpoint_id
      JOIN webhook_events v ON v.id = t.event_id
"""
_LEASED: Final = """
    UPDATE webhook_deliveries d
       SET lease_token = :token, next_at = now() + CAST(:lease AS interval)
      FROM due WHERE d.id = due.id
    RETURNING d.id, d.endpoint_id, d.event_id, d.step, d.lease_token
"""
_TAKE: Final = Fixed(
    f"""
    WITH due AS (
        SELECT row.id
          FROM unnest(CAST(:ids AS uuid[]), CAST(:counts AS int[])) AS g(endpoint_id, n)
          CROSS JOIN LATERAL (
                SELECT d.id FROM webhook_deliveries d
                 WHERE d.endpoint_id = g.endpoint_id AND d.state = 'pending' AND d.next_at <= now()
                 ORDER BY d.next_at LIMIT g.n FOR UPDATE SKIP LOCKED
               ) row
    ), taken AS ({_LEASED})
    {_LOADED}
    """  # noqa: S608 - constants of this file
)
_TAKE_HEADS: Final = Fixed(
    f"""
    WITH RECURSIVE heads AS (
        (SELECT id, aggregate_id, next_at FROM webhook_deliveries
          WHERE endpoint_id = :id AND state = 'pending' AND ordered ORDER BY aggregate_id, position LIMIT 1)
        UNION ALL
        SELECT following.* FROM heads
          CROSS JOIN LATERAL (
                SELECT id, aggregate_id, next_at FROM webhook_deliveries
                 WHERE endpoint_id = :id AND state = 'pending' AND ordered AND aggregate_id > heads.aggregate_id
                 ORDER BY aggregate_id, position LIMIT 1
               ) following
    ), due AS (
        SELECT id FROM heads
         WHERE next_at <= now() AND NOT EXISTS (
               SELECT 1 FROM webhook_deliveries busy
                WHERE busy.endpoint_id = :id AND busy.aggregate_id = heads.aggregate_id AND busy.state = 'pending'
                  AND busy.ordered AND busy.lease_token IS NOT NULL AND busy.next_at > now())
         LIMIT :count
    ), taken AS ({_LEASED})
    {_LOADED}
    """  # noqa: S608 - constants of this file
)
_RECORD: Final = Fixed(
    """
    WITH result AS (
        SELECT * FROM unnest(
            CAST(:ids AS uuid[]), CAST(:tokens AS uuid[]), CAST(:states AS text[]), CAST(:delays AS float8[]),
            CAST(:statuses AS int[]), CAST(:errors AS text[]), CAST(:responses AS bytea[]),
            CAST(:attempted AS timestamptz[]), CAST(:latencies AS int[])
        ) AS r(id, token, state, delay, status, error, response, attempted_at, latency_ms)
    ), recorded AS (
        UPDATE webhook_deliveries d
           SET state = r.state, attempts = d.attempts + 1, step = d.step + (r.error IS NOT NULL)::int,
               lease_token = NULL, next_at = now() + make_interval(secs => r.delay),
               last_status = r.status, last_error = r.error,
               finished_at = CASE WHEN r.state = 'pending' THEN NULL ELSE now() END,
               told = d.told + (r.state = 'exhausted')::int
          FROM result r
         WHERE d.id = r.id AND d.lease_token = r.token AND d.state = 'pending'
        RETURNING d.id, d.brand, d.endpoint_id, d.event_id, d.attempts, d.told, d.state
    ), logged AS (
        INSERT INTO delivery_attempts (delivery_id, number, brand, attempted_at, latency_ms, status, error, response)
        SELECT n.id, n.attempts, n.brand, r.attempted_at, r.latency_ms, r.status, r.error, r.response
          FROM recorded n JOIN result r ON r.id = n.id
    )
    SELECT id, brand, endpoint_id, event_id, attempts, told, state FROM recorded
    """
)


class EndpointDue(NamedTuple):
    """A candidate, whether it is ordered, and in how many seconds its first delivery is due (negative: overdue)."""

    candidate: Candidate
    ordered: bool
    due_in: float


class Claimed(NamedTuple):
    """A delivery under lease with all it takes to send it; the secrets are sealed."""

    id: UUID
    endpoint_id: UUID
    event_id: UUID
    step: int
    brand: str
    url: str
    secret: bytes
    previous_secret: bytes | None
    body: bytes
    token: UUID


class Result(NamedTuple):
    """What came of one attempt: the state it leaves the delivery in and, if pending, the delay in seconds."""

    id: UUID
    token: UUID
    state: str
    delay: float
    status: int | None
    error: str | None
    response: bytes
    attempted_at: datetime
    latency_ms: int


class Recorded(NamedTuple):
    """A result that counted, because its lease still held."""

    id: UUID
    brand: str
    endpoint_id: UUID
    event_id: UUID
    attempts: int
    told: int
    state: str


async def take_turn(session: Session) -> None:
    """Let one process claim at a time, until commit: caps and order then hold over all of them."""
    await _LOCK.row(session, {"key": _CLAIMING})


async def endpoints_due(session: Session) -> list[EndpointDue]:
    """Return every brand's enabled endpoints with something pending; a long backlog costs no more than a short one."""
    rows = await _CANDIDATES.rows(session, {"rows": ROWS_PER_ROUND})
    return [
        EndpointDue(Candidate(id_, n, in_flight, cap, failures), ordered, due_in)
        for id_, ordered, n, in_flight, cap, failures, due_in in rows
    ]


async def take(session: Session, grants: Mapping[UUID, int], *, token: UUID, lease: timedelta) -> list[Claimed]:
    """Lease up to the granted number of due deliveries of each endpoint."""
    if not grants:
        return []
    values = {"ids": list(grants), "counts": list(grants.values()), "token": token, "lease": lease}
    return [Claimed(*row) for row in await _TAKE.rows(session, values)]


async def take_heads(
    session: Session, endpoint_id: UUID, *, count: int, token: UUID, lease: timedelta
) -> list[Claimed]:
    """Lease due deliveries of an ordered endpoint: only the oldest pending one of a ticket that has none under way."""
    values = {"id": endpoint_id, "count": count, "token": token, "lease": lease}
    return [Claimed(*row) for row in await _TAKE_HEADS.rows(session, values)]


async def record(session: Session, results: Sequence[Result]) -> list[Recorded]:
    """Write results whose lease token still matches, and log those attempts; others were retaken meanwhile."""
    columns = zip(*results, strict=True)
    names = ("ids", "tokens", "states", "delays", "statuses", "errors", "responses", "attempted", "latencies")
    values = {name: list(column) for name, column in zip(names, columns, strict=True)}
    return [Recorded(*row) for row in await _RECORD.rows(session, values)]
