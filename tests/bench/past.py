"""The history that P18 measures: made in the database itself, the same every time.

A year of openings in four languages, five entries of twenty words each, words as frequent as in speech, one ticket in
fifty-one unfinished: the shares have no common divisor, so that filters meet each other as by chance. Texts come from a
pool of sentences, so that none is stemmed twice. What a bulk load need not do row by row is done once at its end:
indexes are made anew; references and tags are right by construction.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

BRAND: Final = "lucky"
FIRST_NUMBER: Final = 10_000_000
OLDEST_WORD: Final = "zanzibar"
_BATCH: Final = 100_000
_POOL: Final = 50_000
_LOADED: Final = ("tickets", "timeline", "search_documents")
_WORDS: Final = {
    "en": "withdrawal pending account bonus please verify document money waiting deposit card refused game round lost",
    "ru": "выплата счёт бонус документ деньги ожидание депозит карта отказ игра раунд поддержка проверка вывод ошибка",
    "de": "auszahlung konto bonus dokument geld warten einzahlung karte abgelehnt spiel runde verloren prüfung fehler",
    "fr": "retrait compte bonus document argent attente dépôt carte refusée jeu partie perdue vérification erreur aide",
}
_FUNCTIONS: Final = """
    CREATE FUNCTION bench_opened(n integer, count integer) RETURNS timestamptz LANGUAGE sql STABLE
        RETURN now() - interval '365 days' * (1 - n::float8 / count);
    CREATE FUNCTION bench_id(at timestamptz, seed text) RETURNS uuid LANGUAGE sql IMMUTABLE
        RETURN (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || left(md5(seed), 3) || '8'
            || right(md5(seed), 15))::uuid;
    CREATE FUNCTION bench_language(n integer) RETURNS text LANGUAGE sql IMMUTABLE
        RETURN CASE n % 4 WHEN 0 THEN 'en' WHEN 1 THEN 'ru' WHEN 2 THEN 'de' ELSE 'fr' END;
    CREATE FUNCTION bench_pick(n integer, m integer, most integer) RETURNS integer LANGUAGE sql IMMUTABLE
        RETURN 1 + (hashint8(n::bigint * 8 + m)::bigint & 2147483647) % most;
"""
_FORGET: Final = """
    DROP FUNCTION bench_opened, bench_id, bench_language, bench_pick;
    DROP TABLE bench_words, bench_sentences;
"""
_MAKE_WORDS: Final = """
    CREATE UNLOGGED TABLE bench_words AS
    SELECT language, word, row_number() OVER (PARTITION BY language ORDER BY place)::integer AS place FROM (
        SELECT language, word, place FROM unnest($1::text[], $2::text[]) AS v(language, said),
            unnest(string_to_array(said, ' ')) WITH ORDINALITY AS w(word, place)
        UNION ALL
        SELECT language, translate(md5(language || n), '0123456789', 'ghijklmnop'), 100 + n
        FROM unnest($1::text[]) AS language, generate_series(1, 5000) AS n
    ) AS all_words
"""
_MAKE_SENTENCES: Final = """
    CREATE UNLOGGED TABLE bench_sentences AS
    SELECT language, number, said, to_tsvector((search_configs(language))[1], said) AS vector FROM (
        SELECT d.language, d.number, string_agg(w.word, ' ' ORDER BY d.place) AS said
        FROM (
            SELECT language, number, place,
                1 + (((hashint8(number::bigint * 32 + place)::bigint & 2147483647) / 2147483648.0) ^ 3 * 5000)::integer
                    AS drawn
            FROM unnest($1::text[]) AS language, generate_series(1, $2::integer) AS number,
                generate_series(1, 20) AS place
        ) AS d JOIN bench_words AS w ON w.language = d.language AND w.place = d.drawn
        GROUP BY d.language, d.number
    ) AS made
"""
_MAKE_TICKETS: Final = """
    INSERT INTO tickets (id, brand, number, player_id, subject, channel, status, priority, language, reason, licence,
        live, tier, tags, created_at, updated_at, version, waiting_since, next_due_at)
    SELECT bench_id(opened, 't' || n), $4, upper($4) || '-' || $5::integer + n, 'player-' || n % 200000,
        split_part(said, ' ', 1) || ' ' || split_part(said, ' ', 2),
        CASE WHEN n % 10000 = 1 THEN 'phone' ELSE 'form' END,
        CASE WHEN n % 51 = 0 THEN 'open' ELSE 'closed' END, (ARRAY['low', 'normal', 'high', 'urgent'])[1 + n / 4 % 4],
        s.language, 'WDR.LATE', CASE WHEN n % 10000 = 2 THEN 'CW' WHEN n % 2 = 0 THEN 'MT' ELSE 'GB' END, false,
        CASE WHEN n % 101 = 0 THEN 'gold' END, CASE WHEN n % 503 = 0 THEN '{fraud}'::text[] ELSE '{}'::text[] END,
        opened, opened + interval '1 hour', 6,
        CASE WHEN n % 51 = 0 THEN opened END, CASE WHEN n % 51 = 0 THEN opened + interval '1 hour' END
    FROM (SELECT n, bench_opened(n, $3) AS opened FROM generate_series($1::integer, $2::integer) AS n) AS made
    JOIN bench_sentences AS s ON s.language = bench_language(n) AND s.number = bench_pick(n, 0, $6)
"""
_MAKE_ENTRIES: Final = """
    INSERT INTO timeline (id, brand, ticket_id, kind, occurred_at, author_kind, author_id, text, automatic, public,
        version)
    SELECT bench_id(opened + interval '1 minute' * m, 'e' || n || '/' || m), $4, bench_id(opened, 't' || n),
        CASE WHEN m % 2 = 1 THEN 'message' ELSE 'reply' END, opened + interval '1 minute' * m,
        CASE WHEN m % 2 = 1 THEN 'player' ELSE 'staff' END,
        CASE WHEN m % 2 = 1 THEN 'player-' || n % 200000 ELSE 'staff-' || n % 50 END,
        CASE WHEN n = 1 AND m = 1 THEN $6 || ' ' || said ELSE said END, false, true, m
    FROM (SELECT n, bench_opened(n, $3) AS opened FROM generate_series($1::integer, $2::integer) AS n) AS made
    CROSS JOIN generate_series(1, 5) AS m
    JOIN bench_sentences AS s ON s.language = bench_language(n) AND s.number = bench_pick(n, m, $5)
"""
_MAKE_DOCUMENTS: Final = """
    INSERT INTO search_documents (ticket_id, brand, created_at, version, document)
    SELECT t.id, t.brand, t.created_at, t.version,
        search_document(t.brand, t.language, t.created_at, concat_ws(' ', t.number, split_part(t.number, '-', 2),
            t.player_id, t.subject, array_to_string(t.tags, ' ')), CASE WHEN n = 1 THEN $6 ELSE '' END)
        || one.vector || two.vector || three.vector || four.vector || five.vector
    FROM (SELECT n, bench_opened(n, $3) AS opened FROM generate_series($1::integer, $2::integer) AS n) AS made
    JOIN tickets AS t ON t.brand = $4 AND t.id = bench_id(opened, 't' || n)
    JOIN bench_sentences AS one ON one.language = t.language AND one.number = bench_pick(n, 1, $5)
    JOIN bench_sentences AS two ON two.language = t.language AND two.number = bench_pick(n, 2, $5)
    JOIN bench_sentences AS three ON three.language = t.language AND three.number = bench_pick(n, 3, $5)
    JOIN bench_sentences AS four ON four.language = t.language AND four.number = bench_pick(n, 4, $5)
    JOIN bench_sentences AS five ON five.language = t.language AND five.number = bench_pick(n, 5, $5)
"""
_MAKE_TAGS: Final = """
    INSERT INTO ticket_tags (brand, tag, created_at, ticket_id)
    SELECT brand, tag, created_at, id FROM tickets, unnest(tags) AS tag WHERE tags <> '{}' ON CONFLICT DO NOTHING
"""
_MAKE_KNOWN: Final = """
    INSERT INTO search_words (brand, word, grams)
    SELECT DISTINCT $1, left(word, 24), search_grams(left(word, 24)) FROM bench_words
    WHERE length(word) > 3 ON CONFLICT DO NOTHING
"""
# Of the tables that are loaded, those indexes that no constraint needs.
_INDEXES: Final = """
    SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made
    FROM pg_index AS i WHERE i.indrelid = ANY ($1::regclass[])
        AND NOT EXISTS (SELECT 1 FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)
    ORDER BY 1
"""


async def is_made(database: "asyncpg.Connection", count: int) -> bool:
    """True if the database has this history; RuntimeError if it has another one."""
    numbers = [f"{BRAND.upper()}-{FIRST_NUMBER + n}" for n in (1, count, count + 1)]
    found = await database.fetch("SELECT number FROM tickets WHERE number = ANY ($1)", numbers)
    there = {row["number"] for row in found}
    if there and there != set(numbers[:2]):
        message = f"the kept history is not of {count:,} tickets"
        raise RuntimeError(message)
    return bool(there)


async def make(database: "asyncpg.Connection", count: int) -> None:
    """Fill an empty desk with so many tickets, five entries each; the administrator's connection is needed."""
    pool = min(_POOL, count)
    async with database.transaction():
        for setting in ("session_replication_role = replica", "work_mem = '256MB'", "jit = off"):
            await database.execute(f"SET LOCAL {setting}")
        await database.execute(_FUNCTIONS)
        await database.execute(_MAKE_WORDS, list(_WORDS), list(_WORDS.values()))
        await database.execute(_MAKE_SENTENCES, list(_WORDS), pool)
        await database.execute("CREATE INDEX ON bench_sentences (language, number); ANALYZE bench_sentences")
        async with _indexed_at_the_end(database, _LOADED):
            for first in range(1, count + 1, _BATCH):
                part = (first, min(first + _BATCH - 1, count), count, BRAND)
                await database.execute(_MAKE_TICKETS, *part, FIRST_NUMBER, pool)
                for statement in (_MAKE_ENTRIES, _MAKE_DOCUMENTS):
                    await database.execute(statement, *part, pool, OLDEST_WORD)
        await database.execute(_MAKE_TAGS)
        await database.execute(_MAKE_KNOWN, BRAND)
        await database.execute(_FORGET)
    await database.execute("VACUUM ANALYZE")


@asynccontextmanager
async def _indexed_at_the_end(database: "asyncpg.Connection", tables: Sequence[str]) -> AsyncIterator[None]:
    indexes = await database.fetch(_INDEXES, list(tables))
    for index in indexes:
        await database.execute(f"DROP INDEX {index['name']}")
    yield
    await database.execute("SET LOCAL maintenance_work_mem = '1GB'")
    for index in indexes:
        await database.execute(index["made"])
