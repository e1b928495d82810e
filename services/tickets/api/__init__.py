"""The HTTP edge of tickets."""

from services.tickets.api import audits, catalogues, policies, tickets, timelines

# Policies first: their path would be taken for a ticket's id.
ROUTERS = (
    policies.router,
    tickets.hot,
    timelines.hot,
    tickets.router,
    timelines.router,
    audits.router,
    catalogues.reasons,
    catalogues.fields,
)
