"""The HTTP edge of tickets."""

from services.tickets.api import (
    agents,
    audits,
    bulk,
    catalogues,
    collaboration,
    complaints,
    escalations,
    links,
    macros,
    merges,
    policies,
    queues,
    teams,
    tickets,
    timelines,
)

# Policies, tags, bulk and one's own mentions first: their paths would be taken for an id.
ROUTERS = (
    policies.router,
    tickets.hot,
    timelines.hot,
    collaboration.router,
    collaboration.agents,
    bulk.router,
    merges.router,
    links.router,
    escalations.router,
    tickets.router,
    timelines.router,
    audits.router,
    catalogues.reasons,
    catalogues.fields,
    agents.router,
    queues.router,
    teams.router,
    macros.router,
    macros.using,
    complaints.by_hand,
    complaints.router,
)
