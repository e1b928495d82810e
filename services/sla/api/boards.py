"""The HTTP edge of the board, of breaches and of measures."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from services.sla.api.promises import Reader, Writer
from services.sla.domain import exports
from services.sla.domain.boards import BoardZoneUnknown, BreachNotFound, PeriodInvalid
from services.sla.domain.exports import Format
from services.sla.domain.measures import MeasureKind
from services.sla.schemas import boards as schemas
from services.sla.use_cases import boards as looking
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind
from shared.db.engine import Session
from shared.db.session import SessionDep
from shared.messaging.runtime import Ground
from shared.service import GroundDep
from shared.web.actor import Actor, ActorKind, Forbidden, require
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

router = APIRouter(prefix="/v1/sla", tags=["sla"])

Lead = Annotated[Actor, Depends(require(ActorKind.STAFF, ActorKind.SERVER, role="lead", scope="sla:read"))]
Team = Annotated[str | None, Query(max_length=200)]
Person = Annotated[str | None, Query(max_length=200)]
Since = Annotated[datetime | None, Query(description="with its offset; by default 31 days before `until`")]
Until = Annotated[datetime | None, Query(description="before this moment, with its offset; by default now")]
Fetch = Callable[[Session, Any], Awaitable[Sequence[dict[str, Any]]]]

_BATCH: Final = 1000
_USUAL: Final = timedelta(days=31)
_INSTANT: Final = timedelta(microseconds=1)


@router.get("/board", responses=problems(Forbidden, BoardZoneUnknown))
async def read_board(
    *,
    actor: Reader,
    ground: GroundDep,
    channel: Channel | None = None,
    team_id: Team = None,
    time_zone: Annotated[str, Query(max_length=64, description="whose midnight today began at")] = "UTC",
) -> schemas.BoardView:
    """Read who waits, what falls due and how promises were kept today, by team and channel; at most a second old."""
    board = await looking.boards_of(ground.extras).board(
        ground.database, ground.clock, brand=actor.brand, zone=time_zone
    )
    return schemas.BoardView.of(board, channel=channel, team_id=team_id)


class Breaches:
    """Which broken promises are asked for."""

    def __init__(
        self,
        *,
        ground: GroundDep,
        since: Since = None,
        until: Until = None,
        metric: ClockKind | None = None,
        channel: Channel | None = None,
        team_id: Team = None,
        assignee_id: Person = None,
    ) -> None:
        self.named = {
            "since": since, "until": until, "metric": metric, "channel": channel, "team_id": team_id,
            "assignee_id": assignee_id,
        }  # fmt: skip
        self.filters = self.named | _period(since, until, ground.clock.now())


class Measures:
    """Which measured intervals are asked for; a period is that of their ends."""

    def __init__(
        self,
        *,
        ground: GroundDep,
        since: Since = None,
        until: Until = None,
        kind: MeasureKind | None = None,
        channel: Channel | None = None,
        team_id: Team = None,
        agent_id: Person = None,
    ) -> None:
        self.named = {
            "since": since, "until": until, "kind": kind, "channel": channel, "team_id": team_id, "agent_id": agent_id,
        }  # fmt: skip
        self.filters = self.named | _period(since, until, ground.clock.now())


BreachesDep = Annotated[Breaches, Depends(Breaches)]
MeasuresDep = Annotated[Measures, Depends(Measures)]


@router.get("/breaches", responses=problems(Forbidden, CursorInvalid, PeriodInvalid))
async def list_breaches(
    session: SessionDep, actor: Reader, page: PageDep, asked: BreachesDep, ground: GroundDep
) -> Page[schemas.Breach]:
    """List broken promises in the order of their breaking: how late, whose ticket it was, whom it is put down to."""
    after = page.after(asked.named)
    found = await looking.breaches(
        session, brand=actor.brand, filters=asked.filters, limit=page.limit + 1, now=ground.clock.now(),
        after=None if after is None else (datetime.fromisoformat(after[0]), UUID(after[1])),
    )  # fmt: skip
    shown, following = page.cut(found, lambda row: tuple(map(str, _breach_key(row))), asked.named)
    return Page(items=[schemas.Breach(**row) for row in shown], next_cursor=following)


@router.put("/breaches/{clock_id}/reason", status_code=204, responses=problems(Forbidden, BreachNotFound))
async def give_reason(
    clock_id: UUID, body: schemas.BreachReason, session: SessionDep, actor: Writer, ground: GroundDep
) -> None:
    """Note why a promise was broken; who said so and when is kept with it."""
    await looking.give_reason(
        session, clock_id, brand=actor.brand, code=body.reason_code, note=body.note, by=actor.id,
        now=ground.clock.now(),
    )  # fmt: skip


@router.get("/measures", responses=problems(Forbidden, CursorInvalid, PeriodInvalid))
async def list_measures(
    session: SessionDep, actor: Lead, page: PageDep, asked: MeasuresDep
) -> Page[schemas.MeasureView]:
    """List measured intervals in the order of their ends."""
    after = page.after(asked.named)
    found = await looking.measured(
        session, brand=actor.brand, filters=asked.filters, limit=page.limit + 1,
        after=None if after is None else (datetime.fromisoformat(after[0]), UUID(after[1]), after[2], int(after[3])),
    )  # fmt: skip
    shown, following = page.cut(found, lambda row: tuple(map(str, _measure_key(row))), asked.named)
    return Page(items=[schemas.MeasureView(**row) for row in shown], next_cursor=following)


_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {}, "application/x-ndjson": {}}, "description": "the rows, as they are read"}
}


@router.get("/breaches/export", response_class=StreamingResponse, responses=problems(Forbidden, PeriodInvalid) | _FILE)
async def export_breaches(
    *,
    actor: Reader,
    asked: BreachesDep,
    ground: GroundDep,
    form: Annotated[Format, Query(alias="format")] = Format.CSV,
) -> StreamingResponse:
    """Export the broken promises of at most 31 days."""
    looking.check_period(asked.filters["since"], asked.filters["until"])

    async def fetch(session: Session, after: Any) -> Sequence[dict[str, Any]]:  # noqa: ANN401 - a key of the row before
        return await looking.breaches(
            session, brand=actor.brand, filters=asked.filters, after=after, limit=_BATCH, now=ground.clock.now()
        )

    columns = tuple(schemas.Breach.model_fields)
    return _file("breaches", form, _written(ground, actor.brand, form, columns, fetch, _breach_key))


@router.get("/measures/export", response_class=StreamingResponse, responses=problems(Forbidden, PeriodInvalid) | _FILE)
async def export_measures(
    *,
    actor: Lead,
    asked: MeasuresDep,
    ground: GroundDep,
    form: Annotated[Format, Query(alias="format")] = Format.CSV,
) -> StreamingResponse:
    """Export the intervals that ended within at most 31 days."""
    looking.check_period(asked.filters["since"], asked.filters["until"])

    async def fetch(session: Session, after: Any) -> Sequence[dict[str, Any]]:  # noqa: ANN401 - a key of the row before
        return await looking.measured(session, brand=actor.brand, filters=asked.filters, after=after, limit=_BATCH)

    columns = tuple(schemas.MeasureView.model_fields)
    return _file("measures", form, _written(ground, actor.brand, form, columns, fetch, _measure_key))


async def _written(
    ground: Ground, brand: str, form: Format, columns: Sequence[str], fetch: Fetch, key: Callable[..., tuple[Any, ...]]
) -> AsyncIterator[str]:
    """Yield an export batch by batch, each read in a transaction of its own: a slow reader holds none open."""
    yield exports.heading(form, columns)
    after: tuple[Any, ...] | None = None
    while True:
        async with ground.database.begin(brand) as session:
            rows = await fetch(session, after)
        if rows:
            yield exports.lines(form, columns, rows)
        if len(rows) < _BATCH:
            return
        after = key(rows[-1])


def _file(name: str, form: Format, content: AsyncIterator[str]) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form.value}"'}
    return StreamingResponse(content, media_type=exports.MEDIA[form], headers=headers)


def _breach_key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["breached_at"], row["clock_id"]


def _measure_key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["ended_at"], row["ticket_id"], row["kind"], row["ordinal"]


def _period(since: datetime | None, until: datetime | None, now: datetime) -> dict[str, Any]:
    for name, moment in (("since", since), ("until", until)):
        if moment is not None and moment.tzinfo is None:
            raise PeriodInvalid("a moment needs its offset from UTC", field=f"#query/{name}")
    # Who asks for what is new by a clock ahead of ours asks for nothing yet, not for nonsense.
    last = until or (now if since is None else max(now, since + _INSTANT))
    first = since or last - _USUAL
    looking.check_period(first, last, most_days=None)
    return {"since": first, "until": last}
