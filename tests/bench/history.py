"""P18: lists, search and single tickets at a million tickets and five million entries, and what opening costs then.

The history is made in the database itself: four languages, words as frequent as in speech, a year of openings, one
ticket in fifty unfinished. `PITBOSS_BENCH_TICKETS` makes it smaller.
"""

import os
from typing import Final
from urllib.parse import urlencode

import asyncpg

from tests.bench.creates import creating
from tests.bench.load import closed_loop, open_loop
from tests.bench.machine import Watch
from tests.bench.report import Figure
from tests.bench.sizes import Sizes
from tests.bench.stand import Server, Stand
from tests.bench.statements import OPENER, PATH

_TICKETS: Final = int(os.environ.get("PITBOSS_BENCH_TICKETS", "1000000"))
_BATCH: Final = 50_000
_RATE: Final = 20
_WORDS: Final = {
    "en": "withdrawal pending account bonus please verify document money waiting deposit card refused game round lost",
    "ru": "выплата счёт бонус документ деньги ожидание депозит карта отказ игра раунд поддержка проверка вывод ошибка",
    "de": "auszahlung konto bonus dokument geld warten einzahlung karte abgelehnt spiel runde verloren prüfung fehler",
    "fr": "retrait compte bonus document argent attente dépôt carte refusée jeu partie perdue vérification erreur aide",
}
_VOCABULARY: Final = """
    CREATE TABLE bench_words AS
    SELECT language, array_agg(word ORDER BY place) AS words FROM (
        SELECT language, word, place FROM unnest($1::text[], $2::text[]) AS v(language, said),
            unnest(string_to_array(said, ' ')) WITH ORDINALITY AS w(word, place)
        UNION ALL
        SELECT language, translate(md5(language || n), '0123456789', 'ghijklmnop'), 100 + n
        FROM unnest($1::text[]) AS language, generate_series(1, 5000) AS n
    ) AS all_words GROUP BY language
"""
_MAKE_TICKETS: Final = """
    INSERT INTO tickets (id, brand, number, player_id, subject, channel, status, priority, language, reason, live, tier,
        tags, created_at, updated_at, version, waiting_since, next_due_at)
    SELECT md5('t' || n)::uuid, 'lucky', 'LUCKY-H' || n, 'player-' || n % 200000,
        words[1 + (random() ^ 3 * 5000)::int] || ' ' || words[1 + (random() ^ 3 * 5000)::int], 'form',
        CASE WHEN n % 50 = 0 THEN 'open' ELSE 'closed' END, (ARRAY['low', 'normal', 'high', 'urgent'])[1 + n % 4],
        language, 'WDR.LATE', false, CASE WHEN n % 100 = 0 THEN 'gold' END,
        CASE WHEN n % 500 = 0 THEN '{fraud}'::text[] ELSE '{}'::text[] END,
        opened, opened + interval '1 hour', 6,
        CASE WHEN n % 50 = 0 THEN opened END, CASE WHEN n % 50 = 0 THEN opened + interval '1 hour' END
    FROM (SELECT n, (ARRAY['en', 'ru', 'de', 'fr'])[1 + n % 4] AS spoken,
        now() - interval '365 days' * (1 - n::float8 / $3) AS opened FROM generate_series($1::int, $2::int) AS n) AS made
    JOIN bench_words ON language = spoken
"""  # noqa: E501 - statements keep their own lines
_MAKE_ENTRIES: Final = """
    INSERT INTO timeline (id, brand, ticket_id, kind, occurred_at, author_kind, author_id, text, automatic, public, version)
    SELECT md5('e' || n || '/' || m)::uuid, 'lucky', md5('t' || n)::uuid, CASE WHEN m % 2 = 1 THEN 'message' ELSE 'reply' END,
        now() - interval '365 days' * (1 - n::float8 / $3) + interval '1 minute' * m, 'player', 'player-' || n % 200000,
        (SELECT string_agg(words[1 + (random() ^ 3 * 5000)::int + 0 * (n + m + w)], ' ') FROM generate_series(1, 20) AS w),
        false, true, m
    FROM generate_series($1::int, $2::int) AS n CROSS JOIN generate_series(1, 5) AS m
    JOIN bench_words ON language = (ARRAY['en', 'ru', 'de', 'fr'])[1 + n % 4]
"""  # noqa: E501 - statements keep their own lines
_MAKE_DOCUMENTS: Final = """
    INSERT INTO search_documents (ticket_id, brand, created_at, version, document)
    SELECT t.id, t.brand, t.created_at, t.version, search_document(t.brand, t.language, t.created_at,
        concat_ws(' ', t.number, t.player_id, t.subject), (SELECT string_agg(text, E'\\n') FROM timeline WHERE ticket_id = t.id))
    FROM tickets AS t WHERE t.id IN (SELECT md5('t' || n)::uuid FROM generate_series($1::int, $2::int) AS n)
"""  # noqa: E501 - statements keep their own lines
_MAKE_WORDS: Final = """
    INSERT INTO search_words (brand, word, grams)
    SELECT DISTINCT 'lucky', left(word, 24), search_grams(left(word, 24)) FROM bench_words, unnest(words) AS word
    WHERE length(word) > 3 ON CONFLICT DO NOTHING
"""
_LISTS: Final = (
    {"limit": "25"}, {"sort": "due"}, {"sort": "waiting"}, {"sort": "updated"}, {"status": "open"}, {"tag": "fraud"},
    {"tier": "gold", "status": "open", "sort": "due"}, {"priority": "urgent", "language": "de"},
)  # fmt: skip
_SEARCHES: Final = (
    {"q": "withdrawal"}, {"q": "auszahlungen karte"}, {"q": "выплаты"}, {"q": "withdrawl"}, {"q": "LUCKY-H4711"},
    {"q": "retrait", "status": "open"}, {"q": "player-4711"},
)  # fmt: skip


async def at_a_million(stand: Stand, sizes: Sizes, watch: Watch) -> list[Figure]:
    """P18."""
    database = await asyncpg.connect(stand.postgres.url("pitboss_tickets"))
    try:
        await database.execute("SET statement_timeout = 0")
        with stand.serving("tickets", amqp=False) as server:
            few = await _opening(stand, server, sizes)
            await _make(database, _TICKETS)
            many = await _opening(stand, server, sizes)
            watch.look()
            lists = [await _read(stand, server, f"{PATH}?{urlencode(query)}", sizes) for query in _LISTS]
            found = [await _read(stand, server, f"{PATH}?{urlencode(query)}", sizes) for query in _SEARCHES]
            ticket = await database.fetchval("SELECT md5('t4711')::uuid")
            opened = [await _read(stand, server, f"{PATH}/{ticket}{part}", sizes) for part in ("", "/timeline")]
    finally:
        await database.close()
    size = f"at {_TICKETS:,} tickets"
    return [
        Figure("P18", f"list {size}, worst p99 of {len(_LISTS)}", "ms", (max(lists),), bar=50),
        *(Figure("P18", f"  {urlencode(q)}", "ms", (ms,)) for q, ms in zip(_LISTS, lists, strict=True)),
        Figure("P18", f"search {size}, worst p99 of {len(_SEARCHES)}", "ms", (max(found),), bar=150),
        *(Figure("P18", f"  q={q['q']}", "ms", (ms,)) for q, ms in zip(_SEARCHES, found, strict=True)),
        Figure("P18", "ticket and first page of its timeline, p99 of each, added", "ms", (sum(opened),), bar=20),
        Figure("P18", "ticket create p50, beside that of an empty desk", "x", (many / few,), bar=1.5),
    ]


async def _opening(stand: Stand, server: Server, sizes: Sizes) -> float:
    await closed_loop(server.port, creating(stand), width=1, seconds=1)
    load = await open_loop(server.port, creating(stand), rate=_RATE, seconds=sizes.paced_seconds)
    load.insist()
    return load.percentile(0.5)


async def _read(stand: Stand, server: Server, path: str, sizes: Sizes) -> float:
    request = (
        f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-pitboss-actor: {stand.token(OPENER, 'tickets')}\r\n\r\n".encode()
    )
    await open_loop(server.port, lambda _number: request, rate=_RATE, seconds=1.0, width=8)
    load = await open_loop(server.port, lambda _number: request, rate=_RATE, seconds=sizes.paced_seconds, width=8)
    load.insist()
    return load.percentile(0.99)


async def _make(database: "asyncpg.Connection", count: int) -> None:
    await database.execute("DROP TABLE IF EXISTS bench_words")
    await database.execute(_VOCABULARY, list(_WORDS), list(_WORDS.values()))
    for first in range(1, count + 1, _BATCH):
        last = min(first + _BATCH - 1, count)
        for statement in (_MAKE_TICKETS, _MAKE_ENTRIES):
            await database.execute(statement, first, last, count)
        await database.execute(_MAKE_DOCUMENTS, first, last)
    await database.execute(_MAKE_WORDS)
    await database.execute("VACUUM ANALYZE")
