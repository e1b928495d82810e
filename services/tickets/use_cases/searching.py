"""Searching tickets: the number first, then words, newest first; what nobody ever wrote is read as a typing error."""

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.search import corrected, number_of, words_of
from services.tickets.queries import lists, search
from services.tickets.queries.lists import Filters, Listed
from services.tickets.queries.search import Match
from services.tickets.use_cases.auditing import record_listing
from shared.db.engine import Session
from shared.redaction import redact

_BATCH: Final = 100
# So many matches are held against the filters for one page; a page may be short, but the next one goes on behind them.
_MOST_LOOKED_AT: Final = 3000
_HEADS: Final = 5
_ALTERNATIVES: Final = 3


@dataclass(frozen=True, slots=True)
class Found:
    """One page of an answer: tickets, the words around the hits, and where the next page begins, None after the end."""

    tickets: list[Listed]
    snippets: dict[str, str]
    following: tuple[str, ...] | None


async def search_tickets(
    session: Session,
    *,
    brand: str,
    filters: Filters,
    after: tuple[str, ...] | None,
    limit: int,
    witness: Witness | None,
) -> Found:
    """Return a page of what matches `filters.q` and the other filters.

    Numbers come first on the first page only. A cursor holds the query that was really asked, so that later pages of a
    corrected one go on with it.
    """
    asked = filters.q or ""
    query, place = (after[2], after[:2]) if after else (_spelled_out(asked, brand), None)
    heads = await _heads(session, brand, filters, asked)
    shown = [] if after else heads[:limit]
    known = {head.state.id for head in heads}
    bodies, last = await _bodies(session, brand, filters, query, place, limit - len(shown), known)
    if not after and not shown and not bodies and last is None:
        query = await _meant(session, brand, asked) or query
        if query != asked:
            bodies, last = await _bodies(session, brand, filters, query, None, limit, known)
    page = [*shown, *bodies]
    await record_listing(session, witness, AuditAction.LIST_TICKETS, replace(filters, q=redact(asked)), after)
    texts = await search.snippets(session, brand, query, [one.state.id for one in page]) if page else {}
    following = None if last is None else (last.opened_at.isoformat(), str(last.ticket_id), query)
    return Found(page, {str(id_): text for id_, text in texts.items()}, following)


def _spelled_out(asked: str, brand: str) -> str:
    """Return what to ask the words for: of digits alone also the whole number."""
    number = number_of(asked, brand)
    return asked if number is None else f"{asked} or {number}"


async def _heads(session: Session, brand: str, filters: Filters, asked: str) -> list[Listed]:
    number = number_of(asked, brand)
    if number is None:
        return []
    found = await search.numbered(session, brand, number, _HEADS)
    passing = await lists.tickets_among(session, brand, filters, [one.state.id for one in found]) if found else {}
    return [one for one in found if one.state.id in passing]


async def _bodies(
    session: Session,
    brand: str,
    filters: Filters,
    query: str,
    place: tuple[str, ...] | None,
    missing: int,
    known: set[UUID],
) -> tuple[list[Listed], Match | None]:
    """Return up to `missing` tickets and the last match that was looked at, None if there are no more."""
    found: list[Listed] = []
    looked, batch = 0, max(_BATCH if _narrows(filters) else 0, missing + 1)
    last: Match | None = None
    while looked < _MOST_LOOKED_AT:
        matches = await search.matches(session, query, place, batch)
        passing = await lists.tickets_among(session, brand, filters, [m.ticket_id for m in matches]) if matches else {}
        for place_in_batch, match in enumerate(matches):
            listed = passing.get(match.ticket_id)
            if listed is None or match.ticket_id in known:
                continue
            if len(found) == missing:
                return found, last if place_in_batch == 0 else matches[place_in_batch - 1]
            found.append(listed)
        if len(matches) < batch:
            return found, None
        looked += len(matches)
        last = matches[-1]
        place = (last.opened_at.isoformat(), str(last.ticket_id))
        batch = min(batch * 2, 1000)
    return found, last


async def _meant(session: Session, brand: str, asked: str) -> str | None:
    words = words_of(asked)
    similar = await search.similar_words(session, brand, words, _ALTERNATIVES) if words else {}
    return corrected(asked, similar)


def _narrows(filters: Filters) -> bool:
    return replace(filters, q=None) != Filters()
