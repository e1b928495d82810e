"""The HTTP edge of tickets."""

from services.tickets.api import audits, bulk, links, merges, tickets, timelines

ROUTERS = (
    tickets.hot,
    timelines.hot,
    bulk.router,
    merges.router,
    links.router,
    tickets.router,
    timelines.router,
    audits.router,
)
