"""The HTTP edge of tickets."""

from services.tickets.api import audits, lists, tickets, timelines, views

ROUTERS = (tickets.hot, timelines.hot, lists.router, tickets.router, timelines.router, audits.router, views.router)
