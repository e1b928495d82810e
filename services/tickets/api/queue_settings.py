"""Routes of what a brand decides about its queue."""

from typing import Final

from fastapi import APIRouter, Response

from services.tickets.api.callers import DeciderDep, InsideReaderDep, WitnessDep
from services.tickets.schemas import queue_settings as schemas
from services.tickets.use_cases import tuning
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Forbidden
from shared.web.conditional import IfMatchDep, IfMatchMalformed, IfMatchMissing, Stale, etag
from shared.web.problems import problems

router: Final = APIRouter(prefix="/v1/queues/settings", tags=["queue"])


@router.get("", response_model=schemas.QueueSettingsView, responses=problems(Forbidden))
async def read_queue_settings(
    actor: InsideReaderDep, witness: WitnessDep, session: SessionDep, response: Response
) -> schemas.QueueSettingsView:
    """Read how patient the brand's queue is."""
    settings = await tuning.read_settings(session, brand=actor.brand, witness=witness)
    response.headers["ETag"] = etag(settings.version)
    return schemas.settings_shown(settings)


@router.put(
    "",
    response_model=schemas.QueueSettingsView,
    responses=problems(Forbidden, IfMatchMissing, IfMatchMalformed, Stale),
)
async def replace_queue_settings(
    *,
    body: schemas.ReplaceQueueSettings,
    actor: DeciderDep,
    witness: WitnessDep,
    expected_version: IfMatchDep,
    session: SessionDep,
    ground: GroundDep,
    response: Response,
) -> schemas.QueueSettingsView:
    """Replace the settings; they count for what begins from now on, in other processes within five seconds."""
    settings = await tuning.edit_settings(
        session,
        brand=actor.brand,
        witness=witness,
        settings=body.settings(),
        by=actor.id,
        expected_version=expected_version,
        now=ground.clock.now(),
    )
    response.headers["ETag"] = etag(settings.version)
    return schemas.settings_shown(settings)
