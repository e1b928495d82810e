"""Search in the database: what waits for its document, which tickets match, what was meant by a mistyped word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select, text

from services.tickets.queries.lists import Listed, listed_of
from services.tickets.tables import tickets
from shared.db.engine import Session
from shared.db.fixed import Fixed

HIT_BEGINS: Final = "\x02"
HIT_ENDS: Final = "\x03"

_BRANDS_WAITING: Final = Fixed("SELECT DISTINCT brand FROM (SELECT brand FROM search_waiting LIMIT 1000) AS waiting")
_TAKE: Final = Fixed(
    """
    WITH oldest AS (
        SELECT entry_id FROM search_waiting WHERE brand = :brand ORDER BY entry_id LIMIT :most FOR UPDATE SKIP LOCKED
    ), taken AS (
        DELETE FROM search_waiting WHERE entry_id IN (SELECT entry_id FROM oldest) RETURNING ticket_id
    )
    SELECT DISTINCT ticket_id FROM taken
    """
)
# What was said last comes first: of a ticket longer than a document may be, the oldest words are left out.
_INDEX: Final = Fixed(
    """
    WITH said AS (
        SELECT
            t.id, t.brand, t.language, t.created_at, t.version,
            concat_ws(' ', t.number, split_part(t.number, '-', 2), t.player_id, t.subject, array_to_string(t.tags, ' '))
                AS names,
            coalesce((
                SELECT left(string_agg(e.text, E'\\n' ORDER BY e.occurred_at DESC, e.id DESC), :longest)
                FROM timeline AS e WHERE e.ticket_id = t.id AND e.brand = t.brand AND e.text IS NOT NULL
            ), '') AS words
        FROM tickets AS t WHERE t.brand = :brand AND t.id = ANY (CAST(:ids AS uuid[]))
    ), indexed AS (
        INSERT INTO search_documents AS d (ticket_id, brand, created_at, version, document)
        SELECT id, brand, created_at, version, search_document(brand, language, created_at, names, words) FROM said
        ORDER BY id
        ON CONFLICT (ticket_id) DO UPDATE SET version = excluded.version, document = excluded.document
        WHERE d.version <= excluded.version
    )
    INSERT INTO search_words (brand, word, grams)
    SELECT brand, word, search_grams(word) FROM (
        SELECT DISTINCT s.brand, lexeme AS word
        FROM said AS s, unnest(to_tsvector('simple', s.names || ' ' || s.words)) AS token
        WHERE lexeme ~ '^[[:alpha:]]{4,24}$'
    ) AS used
    WHERE NOT EXISTS (SELECT 1 FROM search_words AS w WHERE w.brand = used.brand AND w.word = used.word)
    ORDER BY word
    ON CONFLICT DO NOTHING
    """
)
_MATCHES: Final = Fixed(
    "SELECT opened_at, found_id FROM search_matches(:asked, CAST(:before_at AS timestamptz),"
    " CAST(:before_id AS uuid), CAST(:most AS integer))"
)
_KNOWN: Final = Fixed("SELECT word FROM search_words WHERE brand = :brand AND word = ANY (CAST(:words AS text[]))")
_SIMILAR: Final = Fixed(
    "SELECT asked, near.word FROM unnest(CAST(:words AS text[])) AS asked,"
    " search_similar(asked, CAST(:most AS integer)) AS near ORDER BY asked, near.likeness DESC, near.word"
)
# The entry that says all that is wanted, else a part of it, else the subject, else the newest entry; only the newest of
# a ticket are looked through. What is excluded is no hit, and says nothing of where one is.
_SNIPPETS: Final = Fixed(
    """
    WITH asked AS (
        SELECT
            config, part, wanted::tsquery AS wanted,
            regexp_replace(wanted, '&|<->|<[0-9]+>', '|', 'g')::tsquery AS any_word
        FROM unnest(search_configs(NULL)) AS config, websearch_to_tsquery(config, :asked) AS part,
            nullif(nullif(querytree(part), 'T'), '') AS wanted
        WHERE numnode(part) > 0
    )
    SELECT t.id, shown.snippet
    FROM tickets AS t CROSS JOIN LATERAL (
        SELECT ts_headline(
            e.config, e.text, CASE WHEN e.says_all THEN e.wanted ELSE coalesce(e.any_word, e.part) END, :options
        ) AS snippet
        FROM (
            SELECT
                a.*, s.*, to_tsvector(a.config, s.text) @@ a.wanted AS says_all,
                to_tsvector(a.config, s.text) @@ a.any_word AS says_some
            FROM (
                (
                    SELECT text, occurred_at, id, false AS is_subject FROM timeline
                    WHERE brand = t.brand AND ticket_id = t.id AND text <> ''
                    ORDER BY occurred_at DESC, id DESC LIMIT 40
                ) UNION ALL SELECT t.subject, t.created_at, t.id, true
            ) AS s JOIN asked AS a ON a.config = (search_configs(t.language))[1]
        ) AS e
        ORDER BY
            e.says_all DESC NULLS LAST, e.says_some DESC NULLS LAST, e.is_subject, e.occurred_at DESC, e.id DESC
        LIMIT 1
    ) AS shown
    WHERE t.brand = :brand AND t.id = ANY (CAST(:ids AS uuid[]))
    """
)
_OPTIONS: Final = f"StartSel={HIT_BEGINS}, StopSel={HIT_ENDS}, MaxWords=30, MinWords=12, MaxFragments=1"
_LONGEST: Final = 250_000


@dataclass(frozen=True, slots=True)
class Match:
    """Where a ticket that matches stands in the answer."""

    opened_at: datetime
    ticket_id: UUID


async def brands_waiting(session: Session) -> list[str]:
    """Return brands with tickets whose words are not indexed yet."""
    return [row["brand"] for row in await _BRANDS_WAITING.rows(session, {})]


async def index_waiting(session: Session, brand: str, most: int) -> int:
    """Index tickets of a brand that wait, the longest waiting first, and return how many there were."""
    ids = [row["ticket_id"] for row in await _TAKE.rows(session, {"brand": brand, "most": most})]
    if ids:
        await _INDEX.rows(session, {"brand": brand, "ids": ids, "longest": _LONGEST})
    return len(ids)


async def matches(session: Session, asked: str, after: tuple[str, ...] | None, most: int) -> list[Match]:
    """Return up to `most` matching tickets of the transaction's brand, newest first, after = (opened, id)."""
    moment, last = (datetime.fromisoformat(after[0]), UUID(after[1])) if after else (None, None)
    values = {"asked": asked, "before_at": moment, "before_id": last, "most": most}
    return [Match(row["opened_at"], row["found_id"]) for row in await _MATCHES.rows(session, values)]


async def similar_words(session: Session, brand: str, words: Sequence[str], most: int) -> dict[str, list[str]]:
    """Return known words that look like those nobody ever wrote; what somebody wrote is no mistake."""
    rows = await _KNOWN.rows(session, {"brand": brand, "words": list(words)})
    unknown = set(words) - {row["word"] for row in rows}
    found: dict[str, list[str]] = {}
    if unknown:
        for row in await _SIMILAR.rows(session, {"words": sorted(unknown), "most": most}):
            found.setdefault(row["asked"], []).append(row["word"])
    return found


async def numbered(session: Session, brand: str, number: str, limit: int) -> list[Listed]:
    """Return the ticket of this number, then the last of those whose number begins so."""
    statement = select(tickets).where(tickets.c.brand == brand, tickets.c.number == number)
    exact = [listed_of(row) for row in await session.execute(statement)]
    more = await session.execute(beginning_so(brand, number).limit(limit))
    return exact + [listed_of(row) for row in more]


def beginning_so(brand: str, number: str) -> Select[Any]:
    """Return the statement that asks for what has a longer number, the last one first."""
    column = tickets.c.number
    # Between these two, in the order of bytes, lies all that begins so; unlike LIKE these are leakproof. In that order
    # the index gives the last ones at once, however old they are; by age they would be looked for among all tickets.
    begun = (column.op("~>=~")(number), column.op("~<~")(number + ":"), column != number)
    return select(tickets).where(tickets.c.brand == brand, *begun).order_by(text("number USING ~>~"))


async def snippets(session: Session, brand: str, asked: str, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return of each ticket the words around what was found, hits between `HIT_BEGINS` and `HIT_ENDS`."""
    values = {"brand": brand, "asked": asked, "ids": list(ids), "options": _OPTIONS}
    return {row["id"]: row["snippet"] for row in await _SNIPPETS.rows(session, values)}
