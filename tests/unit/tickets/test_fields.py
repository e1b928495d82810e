"""A brand's own fields, and what reasons ask for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain.errors import (
    FieldChoicesInvalid,
    FieldOutOfRange,
    FieldsMissing,
    FieldUnknown,
    FieldValueInvalid,
)
from services.tickets.domain.fields import FieldType, TicketField, check_choices, check_filled, merged_values
from services.tickets.domain.reasons import Reason, effects_of, taxonomy_with
from shared.contracts.tickets import Priority, ReasonClass
from shared.contracts.tickets.state import SAMPLE_TICKET
from shared.web.problems import STATUS

FIELDS = {
    field.key: field
    for field in (
        TicketField("text", "Text", FieldType.TEXT),
        TicketField("number", "Number", FieldType.NUMBER),
        TicketField("flag", "Flag", FieldType.BOOLEAN),
        TicketField("day", "Day", FieldType.DATE),
        TicketField("bank", "Bank", FieldType.CHOICE, ("A", "B")),
        TicketField("old", "Old", FieldType.TEXT, active=False, required_for=("WDR.LATE",)),
    )
}
LATE = Reason("WDR.LATE", ReasonClass.COMPLEX, 2, team_id="t-1", required=("text", "in words"))


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("text", ["a", "two\nlines"], ["", " ", "nul\x00", "x" * 2001, 1, True]),
        ("number", [0, -1, 1.5], ["1", True]),
        ("flag", [True, False], [0, 1, "true"]),
        ("day", ["2026-02-28"], ["2026-02-30", "28.02.2026", "20260228", 5, True]),
        ("bank", ["A"], ["C", "", 1, True]),
    ],
)
def test_what_each_type_takes(key: str, good: list[str | int | float], bad: list[str | int | float]) -> None:
    for value in good:
        assert merged_values({}, {key: value}, FIELDS) == {key: value}
    for value in bad:
        with pytest.raises(FieldValueInvalid) as refused:
            merged_values({}, {key: value}, FIELDS)
        assert refused.value.field == f"fields.{key}"


@pytest.mark.parametrize("value", [10**16, -(10**16), 10**400, -(10**400), float("inf"), float("-inf"), float("nan")])
def test_numbers_out_of_range_are_refused_whatever_their_size(value: float) -> None:
    with pytest.raises(FieldOutOfRange) as refused:
        merged_values({}, {"number": value}, FIELDS)
    assert (refused.value.field, STATUS[refused.value.kind]) == ("fields.number", 422)


def test_fields_out_of_use_are_kept_and_emptied_but_not_filled() -> None:
    known = {"old": "x", "text": "y"}
    assert merged_values(known, {"number": 1}, FIELDS) == {**known, "number": 1}
    assert merged_values(known, {"old": None}, FIELDS) == {"text": "y"}
    for key in ("old", "none"):
        with pytest.raises(FieldUnknown):
            merged_values(known, {key: "z"}, FIELDS)


def test_choices_belong_to_choices() -> None:
    for field in (
        TicketField("a", "A", FieldType.CHOICE),
        TicketField("a", "A", FieldType.TEXT, ("x",)),
        TicketField("a", "A", FieldType.CHOICE, ("x", "x")),
    ):
        with pytest.raises(FieldChoicesInvalid):
            check_choices(field)


def test_what_a_reason_asks_for() -> None:
    """By the field or by the reason; fields out of use and demands in words hold nobody up."""
    fields = {**FIELDS, "day": TicketField("day", "Day", FieldType.DATE, required_for=("WDR.LATE",))}
    with pytest.raises(FieldsMissing) as refused:
        check_filled({}, "WDR.LATE", LATE, fields)
    assert refused.value.extra["missing"] == ["day", "text"]
    check_filled({"day": "2026-01-01", "text": "x"}, "WDR.LATE", LATE, fields)
    check_filled({}, "DEP.METHODS", None, fields)


@given(priority=st.sampled_from(list(Priority)), before=st.sampled_from([None, "WDR.LATE"]), now=st.booleans())
def test_a_priority_set_by_hand_stays(priority: Priority, before: str | None, *, now: bool) -> None:
    """It is by hand if this edit sets it, or if it is not what the reason before had given."""
    given_before = LATE.priority if before else Priority.NORMAL
    state = SAMPLE_TICKET.model_copy(update={"priority": priority, "reason": before})
    spin = Reason("GAM.SPIN", ReasonClass.SAFETY, 0)
    effects = effects_of(spin, state, {"WDR.LATE": LATE}, by_hand={"priority"} if now else set())
    assert effects["reason_class"] is ReasonClass.SAFETY
    assert effects.get("priority") == (Priority.URGENT if not now and priority is given_before else None)
    assert effects_of(None, state, {"WDR.LATE": LATE}, by_hand=set()) == {"reason_class": None}


def test_a_brands_reasons_stand_over_the_built_in_ones() -> None:
    mine = Reason("WDR.LATE", ReasonClass.REGULATED, 0, version=3)
    new = Reason("VIP.JET", ReasonClass.SIMPLE, 5, version=1)
    taxonomy = taxonomy_with({"WDR.LATE": LATE, "DEP.X": Reason("DEP.X", ReasonClass.SIMPLE, 4)}, [mine, new])
    assert (taxonomy.version, taxonomy.reasons["WDR.LATE"], set(taxonomy.reasons)) == (
        4, mine, {"WDR.LATE", "DEP.X", "VIP.JET"},
    )  # fmt: skip
    assert new.group == "VIP"
