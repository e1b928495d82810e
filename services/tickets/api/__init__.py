"""The HTTP edge of tickets."""

from services.tickets.api import audits, collaboration, macros, tickets, timelines

ROUTERS = (
    tickets.hot,
    timelines.hot,
    # Before the routes of one ticket: `/v1/tickets/tags` is no ticket.
    collaboration.router,
    tickets.router,
    timelines.router,
    audits.router,
    collaboration.agents,
    macros.router,
    macros.using,
)
