"""The list of tickets: filtered, in one of four orders, or searched."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query

from services.tickets.api.callers import PREFIX, ReaderDep, WitnessDep, is_inside, list_of
from services.tickets.domain.audit import Witness
from services.tickets.domain.errors import SearchRefused, SortRefused
from services.tickets.queries.lists import Filters, Listed, Order, Sort, is_orderable, key_of, order_of
from services.tickets.schemas import lists as schemas
from services.tickets.use_cases import reading, searching
from shared.db.engine import Session
from shared.db.session import SessionDep
from shared.web.actor import Actor, Forbidden
from shared.web.pages import CursorInvalid, Page, PageDep, PageParams
from shared.web.problems import problems

router: Final = APIRouter(prefix=PREFIX, tags=["tickets"])


async def wanted_filters(filters: Annotated[schemas.TicketFilters, Query()]) -> schemas.TicketFilters:
    """Return what the list is narrowed to."""
    return filters


FiltersDep = Annotated[schemas.TicketFilters, Depends(wanted_filters)]


@router.get(
    "",
    response_model=Page[schemas.ListedTicket],
    responses=problems(CursorInvalid, SortRefused, SearchRefused, Forbidden),
)
async def list_tickets(
    *,
    actor: ReaderDep,
    witness: WitnessDep,
    session: SessionDep,
    page: PageDep,
    filters: FiltersDep,
    q: Annotated[
        schemas.Search | None,
        Query(
            description='words of subject, messages, player, number and tags, in any form; `"a phrase"`, `-not`, `or`;'
            " a number or its beginning comes first, then the newest; words nobody wrote are taken for mistyped"
        ),
    ] = None,
    sort: Annotated[
        Sort,
        Query(
            description="`created` never changes: a scan sees each ticket once. The others change while they are read."
            " `due` lists unfinished tickets, those without a promise last; `waiting` those whose player waits"
        ),
    ] = Sort.CREATED,
    order: Annotated[Order | None, Query(description="unless given: newest, soonest or longest waiting first")] = None,
) -> Page[schemas.ListedTicket]:
    """List tickets, newest first unless sorted otherwise; players and visitors see their own and do not search.

    They are refused filters by what they are not shown: team, tags, tier, licence, complaint, class of reason, whether
    somebody waits, what is due, another player. A page of a search may be short although more follow: go on while there
    is a `next_cursor`.
    """
    wanted = filters.wanted(actor)
    if q is None:
        return await listed_page(session, actor, wanted, sort, order, page, witness)
    if not is_inside(actor):
        raise SearchRefused(field="#query/q")
    if sort is not Sort.CREATED or order is Order.ASC:
        raise SortRefused("what is found comes newest first", field="#query/sort")
    return await _searched(session, actor, wanted, q, page, witness)


async def listed_page(
    session: Session,
    actor: Actor,
    filters: Filters,
    sort: Sort,
    order: Order | None,
    page: PageParams,
    witness: Witness | None,
) -> Page[schemas.ListedTicket]:
    """Return one page of a list."""
    if not is_orderable(filters.statuses, sort):
        raise SortRefused("nothing is due of resolved and closed tickets", field="#query/sort")
    if sort in {Sort.DUE, Sort.WAITING} and not is_inside(actor):
        raise SortRefused("players and visitors sort by opening and update", field="#query/sort")
    bound = list_of(actor, (filters, sort, order_of(sort, order)))
    rows = await reading.list_tickets(
        session,
        brand=actor.brand,
        filters=filters,
        sort=sort,
        order=order,
        after=page.after(bound),
        limit=page.limit,
        witness=witness,
    )
    shown, next_cursor = page.cut(rows, lambda row: key_of(row, sort), bound)
    if is_inside(actor):
        shown = await reading.name_players(session, brand=actor.brand, listed=shown)
    return Page[schemas.ListedTicket](items=_items(shown, actor), next_cursor=next_cursor)


async def _searched(
    session: Session, actor: Actor, wanted: Filters, q: str, page: PageParams, witness: Witness | None
) -> Page[schemas.ListedTicket]:
    filters = replace(wanted, q=q)
    bound = list_of(actor, filters)
    found = await searching.search_tickets(
        session, brand=actor.brand, filters=filters, after=page.after(bound), limit=page.limit, witness=witness
    )
    items = [
        schemas.listed_ticket_of(one, actor.brand, inside=True, snippet=found.snippets.get(str(one.state.id)))
        for one in await reading.name_players(session, brand=actor.brand, listed=found.tickets)
    ]
    return Page[schemas.ListedTicket](items=items, next_cursor=page.following(found.following, bound))


def _items(rows: Sequence[Listed], actor: Actor) -> list[schemas.ListedTicket]:
    return [schemas.listed_ticket_of(row, actor.brand, inside=is_inside(actor)) for row in rows]
