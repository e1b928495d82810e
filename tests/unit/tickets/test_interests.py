"""Who has no hand in a complaint, what lowers a sign of danger, and which complaints are about safer gambling."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.tickets.domain import complaints as rules
from services.tickets.domain.interests import check_deed
from services.tickets.domain.safety import SafetyDowngradeRefused, check_lowering
from services.tickets.domain.tickets import Story, Ticket, unopened
from shared.contracts.base import Author, AuthorKind, Channel
from shared.contracts.tickets import (
    ComplaintStep,
    ParticipantLeft,
    Parting,
    ReasonClass,
    TicketEscalationDeclined,
)
from shared.contracts.tickets.complaints import SAMPLE_COMPLAINT

NOW = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)
STATE = unopened(ticket_id=UUID(int=1), subject="Payout", channel=Channel.FORM, created_at=NOW)
ANN = Author(kind=AuthorKind.STAFF, id="s-1", name="Ann")
COMPLAINT = rules.Complaint(
    "lucky", SAMPLE_COMPLAINT.model_copy(update={"rg_related": False}), rules.Record(details="x")
)


def _story(actor: Author = ANN) -> Story:
    return Story(Ticket("lucky", STATE), actor=actor, now=NOW)


@pytest.mark.parametrize("kind", [kind for kind in AuthorKind if kind is not AuthorKind.STAFF])
def test_only_staff_are_accused(kind: AuthorKind) -> None:
    """A player or server may have the id of somebody on the staff."""
    check_deed(_story(Author(kind=kind, id="s-1")), {"s-1"})


def test_the_accused_may_only_step_back_and_only_himself() -> None:
    check_deed(_story(), {"s-2"})
    with pytest.raises(rules.ConflictOfInterest):
        check_deed(_story(), {"s-1"})
    for whom, refused in (("s-1", False), ("s-2", True)):
        declines, leaves = _story(), _story()
        declines.tells(TicketEscalationDeclined, senior_id=whom, reason="It is about me", next_senior_id=None)
        leaves.tells(ParticipantLeft, staff_id=whom, name="x", had_joined=True, cause=Parting.BARRED)
        for story in (declines, leaves):
            if not refused:
                check_deed(story, {"s-1"})
                continue
            with pytest.raises(rules.ConflictOfInterest):
                check_deed(story, {"s-1"})


@pytest.mark.parametrize(("role", "may"), [("agent", False), ("senior", True), ("lead", True), ("admin", True)])
@pytest.mark.parametrize("sign", [{"reason_class": ReasonClass.SAFETY}, {"tags": ("safety",)}])
def test_signs_of_danger_are_lowered_by_seniors(role: str, sign: dict[str, object], *, may: bool) -> None:
    endangered = STATE.model_copy(update=sign)
    check_lowering(STATE, endangered, by=ANN, role=role)
    check_lowering(endangered, endangered, by=ANN, role=role)
    check_lowering(endangered, STATE, by=Author(kind=AuthorKind.SERVER, id="k-1"), role="agent")
    if may:
        check_lowering(endangered, STATE, by=ANN, role=role)
        return
    with pytest.raises(SafetyDowngradeRefused):
        check_lowering(endangered, STATE, by=ANN, role=role)


@pytest.mark.parametrize(
    ("type_", "reason", "grave"),
    [
        ("other", None, False), ("other", "BON.WAGER", False), ("other", "RG.LIMIT_UP", True),
        ("bonus_promotion", "RG.EXCLUDE", True), ("self_exclusion", None, True), ("self_exclusion", "BON.WAGER", True),
    ],
)  # fmt: skip
def test_either_type_or_reason_makes_it_about_safer_gambling(type_: str, reason: str | None, *, grave: bool) -> None:
    assert rules.is_about_safety(type_, reason) is grave


@pytest.mark.parametrize("step", list(ComplaintStep))
def test_a_reason_upgrades_what_is_open_and_takes_nothing_back(step: ComplaintStep) -> None:
    complaint = replace(COMPLAINT, state=COMPLAINT.state.model_copy(update={"step": step}))
    upgraded = rules.upgraded(complaint, "RG.EXCLUDE")
    assert (upgraded is not None) is not rules.is_over(step)
    assert rules.upgraded(complaint, "BON.WAGER") is None
    if upgraded is not None:
        assert upgraded.state.rg_related
        assert upgraded.state.received_at == complaint.state.received_at
        assert rules.upgraded(upgraded, "RG.EXCLUDE") is None


@pytest.mark.parametrize(
    "field", ["type", "owner_id", "accused_staff_id", "rg_related", "vulnerable", "learning_action"]
)
def test_of_what_is_over_only_the_lesson_is_written(field: str) -> None:
    rules.check_revision(COMPLAINT, {field: "x"})
    over = replace(COMPLAINT, state=COMPLAINT.state.model_copy(update={"step": ComplaintStep.CLOSED}))
    if field == "learning_action":
        rules.check_revision(over, {field: "x"})
        return
    with pytest.raises(rules.ComplaintMoveRefused):
        rules.check_revision(over, {field: "x", "learning_action": "y"})
