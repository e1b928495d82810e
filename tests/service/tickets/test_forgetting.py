"""What is not needed any more goes by itself, on a real database."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import text

from services.tickets.jobs import forget_old
from services.tickets.settings import Settings
from services.tickets.use_cases.forgetting import forget_batch
from tests.service.tickets.desk import Desk
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import running_service

_DRAFTS_KEPT: Final = timedelta(days=90)
_USES_KEPT: Final = timedelta(days=400)


@pytest.fixture
async def desk(postgres: Cluster) -> AsyncIterator[Desk]:
    """The desk of a service that forgets nothing by itself: its first round may come at any moment."""
    ever = timedelta(days=36500)
    async with running_service(postgres, "tickets", drafts_kept=ever, macro_uses_kept=ever) as service:
        yield Desk(service)


async def _set(desk: Desk, statement: str, **values: Any) -> None:
    async with desk.service.ground.database.begin_worker() as session:
        await session.execute(text(statement), values)


async def _count(desk: Desk, table: str, brand: str = "lucky") -> int:
    async with desk.service.ground.database.begin(brand) as session:
        return int((await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())  # noqa: S608


async def _forget(desk: Desk, most: int = 100) -> int:
    return await forget_batch(desk.service.ground.database, drafts=_DRAFTS_KEPT, uses=_USES_KEPT, most=most)


async def _is_left(desk: Desk, table: str, count: int) -> bool:
    return await _count(desk, table) == count


async def _draft(desk: Desk, brand: str, *staff: str) -> None:
    ticket = await desk.open(desk.player(brand=brand))
    for one in staff:
        path = f"/v1/tickets/{ticket['id']}/draft"
        answer = await desk.service.http.put(path, json={"text": "Not sent"}, headers=desk.agent(one, brand))
        assert answer.is_success


async def test_drafts_that_nobody_went_on_with_are_forgotten(desk: Desk) -> None:
    """In all brands, those older than the days they are kept and no others; the rest with the next batch."""
    for brand in ("lucky", "royal"):
        await _draft(desk, brand, "s-1", "s-2")
    await _set(desk, "UPDATE drafts SET updated_at = now() - interval '91 days' WHERE staff_id = 's-1'")
    await _set(desk, "UPDATE drafts SET updated_at = now() - interval '89 days' WHERE staff_id = 's-2'")
    assert await _forget(desk, most=1) == 1
    assert await _forget(desk) == 1
    assert await _forget(desk) == 0
    assert [await _count(desk, "drafts", brand) for brand in ("lucky", "royal")] == [1, 1]


async def test_uses_of_macros_are_counted_for_a_year_and_a_month(desk: Desk) -> None:
    lead = desk.agent("s-9", role="lead")
    body = {"name": "Hello", "texts": {"en": "Hello"}}
    macro = (await desk.service.http.post("/v1/macros", json=body, headers=lead)).json()
    ticket = await desk.open()
    for _ in range(2):
        assert (await desk.post(f"/{ticket['id']}/macros/{macro['id']}", {})).is_success
    one = "(SELECT id FROM macro_uses LIMIT 1)"
    await _set(desk, f"UPDATE macro_uses SET used_at = now() - interval '401 days' WHERE id = {one}")  # noqa: S608
    assert await _forget(desk) == 1
    assert await _count(desk, "macro_uses") == 1


async def test_merges_that_were_taken_back_are_forgotten_and_standing_ones_are_not(desk: Desk) -> None:
    """However old it is, a standing merge says what follows if the survivor goes up in another ticket."""
    first, second, third = [await desk.open() for _ in range(3)]
    await desk.post(f"/{first['id']}/merge", {"into": third["id"]})
    await desk.post(f"/{first['id']}/unmerge", None)
    await desk.post(f"/{second['id']}/merge", {"into": third["id"]})
    old = "UPDATE merges SET merged_at = now() - interval '2 days', undone_at = undone_at - interval '2 days'"
    await _set(desk, old)
    await _forget(desk)
    await eventually(lambda: _is_left(desk, "merges", 1))
    assert await _forget(desk) == 0
    assert await _count(desk, "merges") == 1


async def test_the_job_looks_again_in_an_hour_once_nothing_is_left(postgres: Cluster) -> None:
    """Without a word of ours a draft is kept for 90 days and a use of a macro for 400."""
    async with running_service(postgres, "tickets") as service:
        desk, settings = Desk(service), service.ground.settings
        assert isinstance(settings, Settings)
        assert (settings.drafts_kept, settings.macro_uses_kept) == (_DRAFTS_KEPT, _USES_KEPT)
        await _draft(desk, "lucky", "s-1")
        await _set(desk, "UPDATE drafts SET updated_at = now() - interval '91 days'")
        assert await forget_old(service.ground) == timedelta(hours=1)
        await eventually(lambda: _is_left(desk, "drafts", 0))
