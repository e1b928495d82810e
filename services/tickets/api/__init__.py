"""The HTTP edge of tickets."""

from services.tickets.api import agents, audits, escalations, queues, teams, tickets, timelines

ROUTERS = (
    tickets.hot,
    timelines.hot,
    tickets.router,
    timelines.router,
    audits.router,
    agents.router,
    escalations.router,
    queues.router,
    teams.router,
)
