"""What one request says to the database, caught on its way to the driver, to be said again by the driver alone."""

from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.engine import Engine

from shared.ids import new_id
from shared.web.actor import Actor, ActorKind
from tests.bench.stand import Stand
from tests.support.database import Cluster
from tests.support.service import running_service

PATH: Final = "/v1/tickets"
OPENER: Final = Actor(ActorKind.SERVER, "bench-server", "lucky", scopes=frozenset({"tickets:write", "tickets:read"}))
BODY: Final = {
    "subject": "Withdrawal has been pending for three days",
    "message": {
        "text": (
            "Hello, I asked for a withdrawal of 250 euro last Friday and it still says pending. My documents were"
            " accepted a month ago and the two earlier ones took only some hours. Could you tell me what is missing"
            " and when I can expect the money on my account? Thank you."
        )
    },
    "channel": "form",
    "language": "en",
    "player_id": "player-4711",
}
_ROLE: Final = "tickets_app"
_CREATED: Final = 201

Rows = list[tuple[object, ...]]


class Statement(NamedTuple):
    """One statement with its values, a row of them for each time it is executed in one call."""

    sql: str
    rows: Rows
    many: bool


class Script:
    """The statements of one transaction, to be repeated with fresh ids and a fresh idempotency key each time."""

    def __init__(self, statements: list[Statement], key: str) -> None:
        self.statements = statements
        self._key = key
        values = [value for statement in statements for row in statement.rows for value in row]
        self._ids = {value for value in values if isinstance(value, UUID)}

    def fresh(self) -> list[Rows]:
        """Return the values of all statements with everything replaced that must be unique."""
        swaps: dict[object, object] = {self._key: str(new_id())}
        for id_ in self._ids:
            swaps[id_] = new_id()
            swaps[str(id_)] = str(swaps[id_])
        return [
            [
                tuple(swaps.get(value, value) if isinstance(value, str | UUID) else value for value in row)
                for row in rows
            ]
            for _sql, rows, _many in self.statements
        ]


async def script_of_one_create(stand: Stand) -> Script:
    """Return what one ticket create says between BEGIN and COMMIT, the setting that isolates brands included."""
    seen: list[Statement] = []

    def note(connection: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: Any) -> None:
        if connection.engine.url.username == _ROLE:
            seen.append(Statement(sql, [tuple(row) for row in (values if many else [values])], many=bool(many)))

    async with running_service(Cluster(stand.postgres), "tickets", urls=stand.urls["tickets"]) as service:
        headers = service.actor(OPENER.kind, OPENER.id, OPENER.brand, scopes=OPENER.scopes)
        key = str(new_id())
        event.listen(Engine, "before_cursor_execute", note)
        try:
            answer = await service.http.post(PATH, json=BODY, headers=headers | {"Idempotency-Key": key})
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    if answer.status_code != _CREATED:
        raise RuntimeError(answer.text)
    return Script(seen, key)
