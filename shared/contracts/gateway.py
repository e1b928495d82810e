"""Facts about brands and staff accounts, told by the gateway."""

from enum import StrEnum
from typing import ClassVar, Self

from pydantic import AwareDatetime

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Event


class StaffRole(StrEnum):
    """What a member of staff may do, weakest first."""

    AGENT = "agent"
    SENIOR = "senior"
    LEAD = "lead"
    ADMIN = "admin"


class StaffStatus(StrEnum):
    """Whether a member of staff takes work now."""

    ONLINE = "online"
    BUSY = "busy"
    AWAY = "away"
    OFFLINE = "offline"


class BrandChanged(Event):
    """A brand was created or edited; carries its whole state. `licence` is the jurisdiction it is licensed in."""

    type: ClassVar[str] = "gateway.brand.changed.v1"
    aggregate: ClassVar[str] = "brand"

    brand: str
    name: str
    languages: tuple[str, ...]
    default_language: str
    support_email: str | None = None
    active: bool = True
    licence: str | None = None

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            brand="lucky",
            name="Lucky",
            languages=("en", "de"),
            default_language="en",
            support_email="support@lucky.example",
        )


class AccountChanged(Event):
    """A staff account of one brand was created, edited, switched off or changed its status; carries its whole state."""

    type: ClassVar[str] = "gateway.account.changed.v1"
    aggregate: ClassVar[str] = "membership_id"

    membership_id: str
    staff_id: str
    name: str
    role: StaffRole
    status: StaffStatus
    active: bool
    changed_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            membership_id=str(SAMPLE_ID),
            staff_id=str(SAMPLE_ID),
            name="Ann",
            role=StaffRole.AGENT,
            status=StaffStatus.ONLINE,
            active=True,
            changed_at=SAMPLE_TIME,
        )
