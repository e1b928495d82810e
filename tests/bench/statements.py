"""What one request says to the database, caught on its way to the driver, to be said again by the driver alone."""

from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy import event
from sqlalchemy.pool import Pool

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
_BEGIN: Final = "BEGIN"
_FRAME: Final = frozenset({"COMMIT", "ROLLBACK"})  # the control begins and commits by itself
_OPENS: Final = "INSERT INTO tickets "

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
    transactions: list[list[Statement]] = []

    def listen(driver: Any, _record: object) -> None:
        said: list[Statement] = []

        def note(query: "asyncpg.connection.LoggedQuery") -> None:
            nonlocal said
            if query.query.startswith(_BEGIN):
                said = []
                transactions.append(said)
            elif query.query.rstrip(";") not in _FRAME:
                said.append(_statement_of(query))

        if driver.driver_connection.get_settings().session_authorization == _ROLE:
            driver.driver_connection.add_query_logger(note)

    event.listen(Pool, "connect", listen)
    try:
        async with running_service(Cluster(stand.postgres), "tickets", urls=stand.urls["tickets"]) as service:
            headers = service.actor(OPENER.kind, OPENER.id, OPENER.brand, scopes=OPENER.scopes)
            key = str(new_id())
            answer = await service.http.post(PATH, json=BODY, headers=headers | {"Idempotency-Key": key})
    finally:
        event.remove(Pool, "connect", listen)
    if answer.status_code != _CREATED:
        raise RuntimeError(answer.text)
    # The service indexes and looks after its queue meanwhile, in transactions of their own.
    [opening] = [said for said in transactions if any(_OPENS in statement.sql for statement in said)]
    return Script(opening, key)


def _statement_of(query: "asyncpg.connection.LoggedQuery") -> Statement:
    many = bool(query.args) and isinstance(query.args[0], tuple | list) and not isinstance(query.args, tuple)
    return Statement(query.query, [tuple(row) for row in (query.args if many else [query.args])], many=many)
