"""What intake reacts to."""

from typing import Final

from services.intake import use_cases
from shared.clock import SystemClock
from shared.contracts.gateway import BrandChanged
from shared.db.engine import Session
from shared.messaging.subscriptions import Received, Subscription, on

_CLOCK: Final = SystemClock()


async def remember_brand_when_it_changes(session: Session, received: Received[BrandChanged]) -> None:
    """A brand was created or edited."""
    await use_cases.remember_brand(session, event=received.event, sequence=received.sequence, now=_CLOCK.now())


SUBSCRIPTIONS: Final[tuple[Subscription, ...]] = (on(BrandChanged, remember_brand_when_it_changes),)
