"""Silence ends a conversation only while nothing but the player's answer is waited for."""

import pytest

from services.chat.domain.rules import BUILT_IN, ChatPolicy, Step, Turn, next_step
from shared.contracts.base import AuthorKind
from shared.contracts.tickets import TicketStatus

STAFF, PLAYER, VISITOR, BOT = AuthorKind.STAFF, AuthorKind.PLAYER, AuthorKind.VISITOR, AuthorKind.BOT
PLAYERS_TURN = {TicketStatus.PENDING, TicketStatus.BOT, TicketStatus.RESOLVED}


@pytest.mark.parametrize("status", [None, *TicketStatus])
@pytest.mark.parametrize("spoke", [None, *AuthorKind])
@pytest.mark.parametrize("warned", [False, True])
def test_nobody_is_sent_away_while_a_person_is_due_to_answer(
    status: TicketStatus | None, spoke: AuthorKind | None, warned: bool
) -> None:
    """The player is warned, then let go, only after an answer that left the next word to him."""
    step = next_step(Turn(status, spoke), BUILT_IN, warned=warned)
    if status in PLAYERS_TURN and spoke not in {None, PLAYER, VISITOR}:
        assert step is (Step.END if warned else Step.WARN)
    else:
        assert step is Step.REST


def test_a_brand_may_never_end_a_conversation() -> None:
    """Without a time to warn after, silence counts for nothing."""
    assert next_step(Turn(TicketStatus.PENDING, STAFF), ChatPolicy(1, warn_after=None), warned=True) is Step.REST
