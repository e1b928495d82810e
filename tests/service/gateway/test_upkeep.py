"""What the gateway does by itself, and the shape of its database."""

from datetime import timedelta

from sqlalchemy import func, select, update

from services.gateway.jobs import sweep
from services.gateway.tables import memberships, sign_in_failures, staff_sessions, visitor_sessions
from shared.contracts.gateway import AccountChanged
from shared.db.migrate import drift
from tests.service.gateway.conftest import Gate
from tests.support.database import Cluster

LONG = timedelta(days=3)


async def test_migrations_and_tables_agree(postgres: Cluster) -> None:
    async with postgres.database("gateway") as urls:
        assert list(await drift("gateway", urls.owner)) == []


async def test_whoever_has_no_living_session_goes_offline(gate: Gate) -> None:
    for email in ("ann@lucky.example", "bob@lucky.example"):
        headers = await gate.staff(email)
        await gate.http.put("/v1/staff/me/status", json={"status": "online"}, headers=headers)
    async with gate.service.ground.database.begin_worker() as session:
        ann = select(memberships.c.id).where(memberships.c.name == "Ann Agent").scalar_subquery()
        gone = update(staff_sessions).where(staff_sessions.c.membership_id == ann)
        await session.execute(gone.values(last_seen_at=staff_sessions.c.last_seen_at - timedelta(minutes=31)))
    assert await sweep(gate.service.ground) > timedelta(0)
    assert await sweep(gate.service.ground) > timedelta(0)
    told = [AccountChanged.model_validate(event.data) for event in await gate.service.recorded(AccountChanged)]
    statuses = {
        name: [event.status.value for event in told if event.name == name] for name in ("Ann Agent", "Bob Agent")
    }
    assert statuses == {"Ann Agent": ["offline", "online", "offline"], "Bob Agent": ["offline", "online"]}


async def test_what_has_expired_is_forgotten(gate: Gate) -> None:
    await gate.sign_in()
    await gate.http.post("/v1/auth/visitor", json={"brand": "lucky"})
    await gate.http.post("/v1/auth/token", json={"email": "eve@x.example", "password": "wrong"})
    async with gate.service.ground.database.begin_worker() as session:
        await session.execute(update(staff_sessions).values(created_at=staff_sessions.c.created_at - LONG))
        await session.execute(update(visitor_sessions).values(expires_at=visitor_sessions.c.expires_at - LONG))
        await session.execute(update(sign_in_failures).values(since=sign_in_failures.c.since - LONG))
    await sweep(gate.service.ground)
    async with gate.service.ground.database.begin_worker() as session:
        for table in (staff_sessions, visitor_sessions, sign_in_failures):
            assert (await session.execute(select(func.count()).select_from(table))).scalar_one() == 0
