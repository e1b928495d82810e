"""The HTTP edge of tickets."""

from services.tickets.api import audits, merges, tickets, timelines

ROUTERS = (tickets.hot, timelines.hot, merges.router, tickets.router, timelines.router, audits.router)
