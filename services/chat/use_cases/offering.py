"""What a player can expect before he writes, and what he is asked first."""

from datetime import datetime
from typing import Final

from services.chat.domain.offers import Offer, Waits, offer
from services.chat.domain.rules import ChatPolicy
from services.chat.queries import colleagues, policies
from shared.contracts.gateway import AccountChanged, StaffStatus
from shared.db.engine import Session

WAITS: Final = "chat.waits"
_THERE: Final = frozenset({StaffStatus.ONLINE, StaffStatus.BUSY})


def waits_of(extras: dict[str, object]) -> Waits:
    """Return what this process knows of waiting times."""
    waits = extras.setdefault(WAITS, Waits())
    assert isinstance(waits, Waits)  # noqa: S101 - nothing else is kept under this name
    return waits


async def make_offer(
    session: Session, *, brand: str, wait_seconds: int | None, now: datetime
) -> tuple[ChatPolicy, Offer]:
    """Return the brand's rules and what a player can expect who writes now."""
    policy = await policies.policy_of(session, brand)
    anybody = await colleagues.is_anybody_there(session, brand)
    return policy, offer(policy, anybody=anybody, wait_seconds=wait_seconds, now=now)


async def keep_account(session: Session, *, brand: str, account: AccountChanged, sequence: int) -> None:
    """Remember who a member of staff is, and whether he takes work."""
    takes_chats = account.active and account.status in _THERE
    await colleagues.keep_colleague(
        session, brand, account.membership_id, staff_id=account.staff_id, name=account.name, takes_chats=takes_chats,
        sequence=sequence,
    )  # fmt: skip
