"""A player's VIP tier as the operator tells it: at opening, or in the token that it signs for the player."""

from dataclasses import dataclass
from typing import Final

from services.tickets.domain.words import one_line
from shared.redaction import redact

VIP_TIERS: Final = ("gold", "platinum", "diamond", "vip")
_VIP: Final = frozenset(VIP_TIERS)
_YES: Final = "true"
_NO: Final = "false"


@dataclass(frozen=True, slots=True)
class ToldTier:
    """What the operator said of a player's tier; None: that he has none."""

    tier: str | None


def tier_of_claim(vip: str | None) -> ToldTier | None:
    """Return what the signed claim `vip` says: a tier, `true` for the tier `vip`, `false` for none, or nothing."""
    word = one_line(vip or "")
    if not word:
        return None
    if word == _NO:
        return ToldTier(None)
    return ToldTier("vip" if word == _YES else redact(word))


def is_vip_tier(tier: str | None) -> bool:
    """True for the tiers that make the VIP line; capitals do not matter."""
    return tier is not None and tier.casefold() in _VIP
