"""Canned texts: every placeholder is filled in or the text is refused; nothing is evaluated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain.errors import PlaceholderEmpty, PlaceholderUnknown
from services.tickets.domain.placeholders import KNOWN, filled, missing_in, placeholders_of

VALUES = {"player.name": "Kim", "ticket.number": "LUCKY-1001", "fields.bet": 12, "fields.open": True}


def test_placeholders_are_filled_in() -> None:
    text = "Dear {{player.name}}, your ticket {{ ticket.number }} about bet {{fields.bet}}."
    assert filled(text, VALUES) == "Dear Kim, your ticket LUCKY-1001 about bet 12."


@pytest.mark.parametrize(
    "text",
    [
        "{{player.password}}", "{{player.__class__}}", "{{fields.__class__}}", "{{7*7}}", "{{}}", "{{ }}",
        "{{player.name", "player.name}}", "{{player.name|upper}}", "{{fields.X}}", "{{{{player.name}}}}",
        "{{player.name()}}",
    ],
)  # fmt: skip
def test_what_is_not_on_the_list_is_refused(text: str) -> None:
    with pytest.raises(PlaceholderUnknown):
        placeholders_of(text, field="text")


def test_an_unknown_placeholder_is_named_with_its_place() -> None:
    with pytest.raises(PlaceholderUnknown) as refused:
        placeholders_of("{{player.nmae}}", field="texts/en")
    assert refused.value.field == "texts/en"
    assert refused.value.extra["unknown"] == ["player.nmae"]
    assert "player.name" in str(refused.value)
    assert refused.value.extra["known"] == [*sorted(KNOWN), "fields.<key of a field>"]


def test_nothing_is_sent_in_place_of_what_is_not_known() -> None:
    """Neither `None` nor the placeholder itself; the refusal lists all that is missing."""
    values = {"player.name": None, "brand.name": "  ", "fields.vip": True}
    with pytest.raises(PlaceholderEmpty) as refused:
        filled("{{player.name}} {{brand.name}} {{fields.vip}} {{agent.name}}", values)
    assert refused.value.extra == {"missing": ["player.name", "brand.name", "fields.vip", "agent.name"]}


def test_a_value_is_no_template() -> None:
    values = {"player.name": "{{agent.name}}", "agent.name": "Ann"}
    assert filled("Dear {{player.name}}", values) == "Dear agent.name"


TEXTS = st.lists(
    st.sampled_from([*("{{" + name + "}}" for name in sorted(KNOWN)), "{{fields.x}}", "{{7*7}}", "{", "}", "a", " "])
    | st.text(max_size=5)
).map("".join)
NAMES = st.sampled_from([*sorted(KNOWN), "fields.x"])
SOMETHING = st.none() | st.booleans() | st.integers() | st.text(alphabet="{}a. 7*\n") | st.text()


@given(TEXTS, st.dictionaries(NAMES, SOMETHING))
def test_braces_never_reach_a_player(text: str, values: dict[str, object]) -> None:
    try:
        sent = filled(text, values)
    except (PlaceholderUnknown, PlaceholderEmpty):
        return
    assert "{{" not in sent
    assert "}}" not in sent
    assert missing_in(text, values) == ()


@given(st.dictionaries(NAMES, st.text(min_size=1)))
def test_values_come_out_as_they_are_or_not_at_all(values: dict[str, object]) -> None:
    """No value changes another one's place: what is filled in is the value itself without braces, on one line."""
    for name in values:
        try:
            sent = filled("[{{" + name + "}}]", values)
        except PlaceholderEmpty:
            continue
        kept = sent[1:-1]
        assert kept == " ".join(kept.split())
        assert not set(kept) & set("{}")
