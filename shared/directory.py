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
    ServiceEntry("intake", 8105, ("/v1/intake", "/v1/attachments", "/v1/files")),
)


class WideRoute(NamedTuple):
    """A route that carries files: larger and slower than all others. A path with a slash at its end is a prefix."""

    method: str
    path: str
    max_body_bytes: int
    deadline_ms: int


FILE_BYTES: Final = 20 * 1024 * 1024
UPLOADS: Final = "/v1/attachments"
# Whoever has such a link may fetch the file: it is signed, and good for minutes.
SIGNED_LINKS: Final = "/v1/files/"
_FILE_MS: Final = 120_000
_WIDE: Final = (WideRoute("POST", UPLOADS, FILE_BYTES, _FILE_MS), WideRoute("GET", SIGNED_LINKS, 0, _FILE_MS))


def wide_route(method: str, path: str) -> WideRoute | None:
    """Return the limits of a route that carries files; None for all others."""
    for route in _WIDE:
        if method == route.method and (path == route.path or (route.path[-1] == "/" and path.startswith(route.path))):
            return route
    return None
