"""What the operator's signed word makes of a player's tier."""

import pytest

from services.tickets.domain.tiers import ToldTier, is_vip_tier, tier_of_claim


@pytest.mark.parametrize(
    ("vip", "told"),
    [
        ("gold", ToldTier("gold")),
        (" Black Diamond ", ToldTier("Black Diamond")),
        ("true", ToldTier("vip")),
        ("false", ToldTier(None)),
        (None, None),
        ("", None),
        ("  ", None),
    ],
)
def test_what_a_claim_says(vip: str | None, told: ToldTier | None) -> None:
    """A tier, that he has none, or nothing at all."""
    assert tier_of_claim(vip) == told


@pytest.mark.parametrize(
    ("tier", "vip"),
    [("gold", True), ("Platinum", True), ("DIAMOND", True), ("vip", True), ("bronze", False), (None, False)],
)
def test_which_tiers_make_the_line(tier: str | None, *, vip: bool) -> None:
    """Capitals do not matter; other tiers are kept and wait with everybody."""
    assert is_vip_tier(tier) is vip
