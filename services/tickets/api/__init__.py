"""The HTTP edge of tickets."""

from services.tickets.api import (
    audits,
    bulk,
    catalogues,
    collaboration,
    complaints,
    links,
    macros,
    merges,
    policies,
    tickets,
    timelines,
)

# Policies, tags and bulk first: their paths would be taken for a ticket's id.
ROUTERS = (
    policies.router,
    tickets.hot,
    timelines.hot,
    collaboration.router,
    bulk.router,
    merges.router,
    links.router,
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
