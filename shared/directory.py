"""The map of services: adding one is a folder under `services/` and one line here."""

from typing import Final, NamedTuple


class ServiceEntry(NamedTuple):
    """Where a service listens by default and which public paths the gateway forwards to it.

    `*` in a route stands for exactly one path segment; the longest matching route wins.
    """

    name: str
    port: int
    routes: tuple[str, ...] = ()


SERVICES: Final = (
    ServiceEntry("gateway", 8080),
    ServiceEntry(
        "tickets",
        8101,
        (
            "/v1/tickets",
            "/v1/audit",
            "/v1/agents",
            "/v1/complaints",
            "/v1/macros",
            "/v1/queues",
            "/v1/reasons",
            "/v1/teams",
            "/v1/ticket-fields",
            "/v1/views",
        ),
    ),
    ServiceEntry("chat", 8102, ("/v1/chat", "/v1/desk")),
    ServiceEntry("sla", 8103, ("/v1/sla", "/v1/tickets/*/sla")),
    ServiceEntry("notifications", 8104, ("/v1/webhook-endpoints",)),
    ServiceEntry("intake", 8105, ("/v1/intake",)),
)
