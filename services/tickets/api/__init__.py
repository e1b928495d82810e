"""The HTTP edge of tickets."""

from services.tickets.api import audits, complaints, tickets, timelines

ROUTERS = (
    tickets.hot,
    timelines.hot,
    tickets.router,
    timelines.router,
    audits.router,
    complaints.by_hand,
    complaints.router,
)
