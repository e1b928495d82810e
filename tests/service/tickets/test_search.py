"""Search: any form of a word in four languages, numbers first, typing errors, and nobody else's words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, text

from services.tickets.jobs import index_words
from services.tickets.tables import search_waiting
from tests.service.tickets.desk import Desk
from tests.support.eventually import eventually
from tests.support.service import RunningService


async def _found(desk: Desk, q: str, headers: dict[str, str] | None = None, **query: Any) -> list[str]:
    await _index(desk.service)
    return [ticket["number"] for ticket in (await desk.get("", headers, q=q, **query))["items"]]


async def _index(service: RunningService) -> None:
    """Do now what the job does every half second, and await what it may have begun itself."""
    await index_words(service.ground)

    async def nothing_waits() -> bool:
        async with service.ground.database.begin_worker() as session:
            return not (await session.execute(select(search_waiting.c.entry_id).limit(1))).all()

    await eventually(nothing_waits)


async def _say(desk: Desk, text: str, **fields: Any) -> str:
    ticket = await desk.open(subject="Question", message={"text": text}, **fields)
    return str(ticket["number"])


@pytest.mark.parametrize(
    ("language", "written", "asked"),
    [
        ("en", "My withdrawals are pending", "withdrawal"),
        ("ru", "Где мои выплаты?", "выплата"),
        ("de", "Wo bleiben meine Auszahlungen?", "auszahlung"),
        ("fr", "Mes retraits sont bloqués", "retrait"),
        (None, "Wo bleiben meine Auszahlungen?", "auszahlung"),
        ("ru", "Где мой withdrawal?", "withdrawals"),
        ("es", "Mis retiros", "retiros"),
    ],
)
async def test_any_form_of_a_word_finds_it(desk: Desk, language: str | None, written: str, asked: str) -> None:
    """Words are stemmed as their language has it; tickets of no known language as any may have it."""
    number = await _say(desk, written, language=language)
    await _say(desk, "Something else", language=language)
    assert await _found(desk, asked) == [number]
    assert await _found(desk, asked.upper()) == [number]


async def test_numbers_come_first(desk: Desk) -> None:
    """The number itself, then what begins so, then who mentions it; digits alone will do."""
    first = await _say(desk, "One")
    mention = await _say(desk, f"What about {first}?")
    assert await _found(desk, first.lower()) == [first, mention]
    assert await _found(desk, first.partition("-")[2]) == [first, mention]
    assert (await _found(desk, first[:-1]))[:2] == [mention, first]


@pytest.mark.parametrize(
    ("asked", "hits"),
    [
        ('"slow payout"', 1),
        ("payout slow", 2),
        ("payout -fast", 1),
        ("fast or slow", 3),
        ("-payout", 0),
        ("payout nothingness", 0),
        ("'|&!:*()", 0),
    ],
)
async def test_phrases_exclusions_and_alternatives(desk: Desk, asked: str, hits: int) -> None:
    """The syntax of web searches; nothing that is typed is an error."""
    for said in ("A slow payout", "The payout is slow, not fast", "fast"):
        await _say(desk, said, language="en")
    assert len(await _found(desk, asked)) == hits


async def test_typing_errors_are_forgiven(desk: Desk) -> None:
    """What nobody ever wrote is read as a word that looks like it, also beside right ones."""
    number = await _say(desk, "Моя выплата задерживается, withdrawal pending, bonus payout", language="ru")
    swapped = ("payuot", "bouns", "выпалта")
    for asked in ("вплата", "withdrawl", "withdrawl pending", "задержывается", *swapped):
        assert await _found(desk, asked) == [number], asked
    assert await _found(desk, '"withdrawl"') == []


async def test_words_of_one_ticket_count_together(desk: Desk) -> None:
    """Subject, every message and note, player, number: all of them are one document, as new as its last words."""
    ticket = await desk.open(desk.player("kim-77"), subject="Passport", message={"text": "uploaded"})
    await desk.post(f"/{ticket['id']}/messages", {"text": "rejected twice", "kind": "note"})
    assert await _found(desk, "passport rejected kim-77") == [ticket["number"]]
    await desk.patch(await desk.get(f"/{ticket['id']}"), subject="Identity")
    assert await _found(desk, "identity rejected") == [ticket["number"]]
    assert await _found(desk, "passport rejected") == []


async def test_brands_and_players_are_kept_apart(desk: Desk) -> None:
    """Another brand finds nothing, not even by the other's typing errors; players do not search."""
    await _say(desk, "unmistakable")
    assert await _found(desk, "unmistakable", desk.agent(brand="royal")) == []
    assert await _found(desk, "unmistakeable", desk.agent(brand="royal")) == []
    for stranger in (desk.player(), desk.visitor()):
        answer = await desk.service.http.get("/v1/tickets", params={"q": "unmistakable"}, headers=stranger)
        assert (answer.status_code, answer.json()["code"]) == (400, "search-refused")


async def test_a_search_is_read_in_pages(desk: Desk) -> None:
    """Each once, newest first, filters included, wherever the pages end."""
    numbers = [await _say(desk, f"payout {n}", channel="phone" if n % 3 else "form") for n in range(12)]
    await _index(desk.service)
    cases: tuple[tuple[dict[str, Any], list[str]], ...] = (
        ({}, numbers),
        ({"channel": "phone"}, [x for n, x in enumerate(numbers) if n % 3]),
    )
    for query, wanted in cases:
        seen: list[str] = []
        more: dict[str, Any] = dict(query)
        while True:
            page = await desk.get("", q="payouts", limit=3, **more)
            seen += [ticket["number"] for ticket in page["items"]]
            if page["next_cursor"] is None:
                break
            more = {**query, "cursor": page["next_cursor"]}
        assert seen == wanted[::-1]


async def test_snippets_show_what_was_found(desk: Desk) -> None:
    """The words around the hit, in pieces, redacted as they are stored."""
    await _say(desk, "My card 4111 1111 1111 1111 was charged and the withdrawals never came", language="en")
    await _index(desk.service)
    [ticket] = (await desk.get("", q="withdrawal"))["items"]
    assert [piece["text"] for piece in ticket["snippet"] if piece["hit"]] == ["withdrawals"]
    assert "1111 1111" not in str(ticket["snippet"])


async def _snippet(desk: Desk, asked: str) -> tuple[str, list[str]]:
    [ticket] = (await desk.get("", q=asked))["items"]
    pieces = ticket["snippet"]
    return "".join(piece["text"] for piece in pieces), [piece["text"] for piece in pieces if piece["hit"]]


async def test_a_snippet_shows_the_subject_where_only_that_says_it(desk: Desk) -> None:
    """No unrelated line: words come first, then the subject."""
    ticket = await desk.open(subject="Chargeback of Monday", message={"text": "Where is it?"}, language="en")
    await desk.post(f"/{ticket['id']}/messages", {"text": "We look into it"})
    await _index(desk.service)
    assert await _snippet(desk, "chargeback") == ("Chargeback of Monday", ["Chargeback"])
    await desk.post(f"/{ticket['id']}/messages", {"text": "The chargeback is known to us"})
    await _index(desk.service)
    assert await _snippet(desk, "chargeback") == ("chargeback is known", ["chargeback"])


async def test_a_snippet_shows_what_is_wanted_and_not_what_lacks_the_excluded(desk: Desk) -> None:
    """Of words and exclusions the words decide; of several words the line that has most of them."""
    ticket = await desk.open(message={"text": "My withdrawal is late"}, language="en")
    await desk.post(f"/{ticket['id']}/messages", {"text": "Good morning, how are you?"})
    await _index(desk.service)
    assert await _snippet(desk, "withdrawal -skrill") == ("withdrawal is late", ["withdrawal"])
    assert await _snippet(desk, "withdrawal payout late") == ("withdrawal is late", ["withdrawal", "late"])
    assert await _snippet(desk, '"withdrawal is late"') == ("withdrawal is late", ["withdrawal", "late"])


async def _grow_old(service: RunningService, number: str) -> None:
    """Let a ticket have been opened and indexed nine years ago."""
    async with service.ground.database.begin("lucky") as session:
        opened = {"number": number, "at": datetime(2017, 1, 6, 9, 0, tzinfo=UTC)}
        await session.execute(text("UPDATE tickets SET created_at = :at WHERE number = :number"), opened)
        await session.execute(text("DELETE FROM search_documents"))
        await session.execute(
            text("INSERT INTO search_waiting (entry_id, brand, ticket_id) SELECT id, brand, id FROM tickets")
        )


async def test_20_search_is_slow_short_or_stale(tickets: RunningService, desk: Desk) -> None:
    """Words of any age are found, by an index, and what was just said without anybody's doing within a second."""
    number = await _say(desk, "freshly said")

    async def is_found() -> bool:
        return [one["number"] for one in (await desk.get("", q="freshly"))["items"]] == [number]

    await eventually(is_found)
    await _grow_old(tickets, number)
    assert await _found(desk, "freshly") == [number]
    await _say(desk, "freshly said again")
    assert (await _found(desk, "freshly"))[-1] == number
    for refused in ({"sort": "due"}, {"order": "asc"}):
        answer = await tickets.http.get("/v1/tickets", params={"q": "freshly", **refused}, headers=desk.agent())
        assert (answer.status_code, answer.json()["code"]) == (400, "sort-refused")
