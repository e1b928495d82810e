"""The HTTP edge of tickets."""

from services.tickets.api import tickets, timelines

ROUTERS = (tickets.router, timelines.router)
