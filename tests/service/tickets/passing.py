"""Time at the desk: looking at the queue as it is looked at some time from now."""

from datetime import timedelta
from typing import Any

from services.tickets.use_cases.serving import serve
from shared.contracts.chat import PresenceChanged
from shared.contracts.gateway import AccountChanged, StaffRole, StaffStatus
from shared.ids import new_id
from tests.service.tickets.desk import Desk, posted, session_started
from tests.support.eventually import eventually

BRAND = "lucky"


async def look(desk: Desk, **after: float) -> int:
    """Look at the queue after some time, if somebody called for that, and return how many tickets were given."""
    now = desk.service.ground.clock.now() + timedelta(**after)
    async with desk.service.ground.database.begin(BRAND) as session:
        return await serve(session, brand=BRAND, now=now)


async def chat(desk: Desk, player: str = "p-1", **fields: Any) -> dict[str, Any]:
    """Let a player begin to talk live and return the ticket."""
    ticket_id, now = new_id(), desk.service.ground.clock.now()
    await desk.service.publish(session_started(ticket_id, player, **fields))
    words = posted(ticket_id, 1, "Hello?", author=player).model_copy(update={"sent_at": now})
    await desk.service.publish(words)
    found: dict[str, Any] = await desk.get(f"/{ticket_id}")
    return found


async def become(desk: Desk, id_: str, status: str, *, role: str = "agent", active: bool = True) -> None:
    """Say now whether somebody takes work."""
    await desk.service.publish(
        AccountChanged(
            membership_id=f"m-{id_}", staff_id=id_, name=id_, role=StaffRole(role), status=StaffStatus(status),
            active=active, changed_at=desk.service.ground.clock.now(),
        )
    )  # fmt: skip


async def disconnect(desk: Desk, id_: str) -> None:
    """Lose somebody's socket now."""
    await desk.service.publish(
        PresenceChanged(staff_id=id_, connected=False, changed_at=desk.service.ground.clock.now())
    )


async def holder(desk: Desk, ticket: dict[str, Any]) -> str | None:
    """Return who has a ticket."""
    found: str | None = (await desk.get(f"/{ticket['id']}"))["assignee_id"]
    return found


async def comes_to(desk: Desk, ticket: dict[str, Any], staff_id: str | None) -> None:
    """Wait until somebody has a ticket."""

    async def has() -> bool:
        return await holder(desk, ticket) == staff_id

    await eventually(has)


async def waiting(desk: Desk) -> list[dict[str, Any]]:
    """Return what waits, in serving order."""
    answer = await desk.service.http.get("/v1/queues/tickets", headers=desk.agent())
    found: list[dict[str, Any]] = answer.json()["items"]
    return found
