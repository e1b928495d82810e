"""The HTTP edge of tickets."""

from services.tickets.api import (
    audits,
    catalogues,
    collaboration,
    complaints,
    macros,
    policies,
    tickets,
    timelines,
)

# Policies and tags first: their paths would be taken for a ticket's id.
ROUTERS = (
    policies.router,
    tickets.hot,
    timelines.hot,
    collaboration.router,
    tickets.router,
    timelines.router,
    audits.router,
    catalogues.reasons,
    catalogues.fields,
    collaboration.agents,
    macros.router,
    macros.using,
    complaints.by_hand,
    complaints.router,
)
