"""What a brand decides about its queue."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.patience import QueueSettings
from services.tickets.queries import kept, queue_settings
from services.tickets.use_cases.auditing import record_decision
from services.tickets.use_cases.staffing import look_again
from shared.db.engine import Session, note
from shared.web.conditional import Stale, demand


@dataclass(frozen=True, slots=True)
class QueueTuned:
    """A brand whose queue has other settings from now on."""

    brand: str


def forget_tuned(noted: Sequence[object]) -> None:
    """Forget what this process keeps of the settings of brands that have just committed others."""
    for one in noted:
        if isinstance(one, QueueTuned):
            kept.QUEUE_SETTINGS.forget(one.brand)


async def read_settings(session: Session, *, brand: str, witness: Witness | None) -> QueueSettings:
    """Return the settings of a brand's queue."""
    await record_decision(session, witness, AuditAction.READ_QUEUE_SETTINGS, {})
    return await queue_settings.settings_of(session, brand)


async def edit_settings(
    session: Session,
    *,
    brand: str,
    witness: Witness | None,
    settings: QueueSettings,
    by: str,
    expected_version: int,
    now: datetime,
) -> QueueSettings:
    """Replace the settings; bounds that run already keep their end, and whoever has more room now is given more."""
    known = await queue_settings.settings_of(session, brand)
    demand(expected_version, known.version)
    settings = replace(settings, version=known.version + 1)
    if not await queue_settings.insert_settings(session, brand, settings, by=by, now=now):
        raise Stale(current_version=settings.version)
    await record_decision(session, witness, AuditAction.EDIT_QUEUE_SETTINGS, {"version": settings.version})
    note(session, QueueTuned(brand))
    await look_again(session, brand=brand, since=now, now=now)
    return settings
