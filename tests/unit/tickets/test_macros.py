"""For which tickets a macro is, and what it never may touch."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.tickets.domain.errors import MacroInvalid, MentionsRefused, TagMalformed, TagsFull
from services.tickets.domain.macros import Actions, Conditions, Macro, check_macro, obstacles, protections, text_for
from services.tickets.domain.mentions import MOST_MENTIONS, mentioned
from services.tickets.domain.tags import MOST_TAGS, tag_of, with_tags
from services.tickets.domain.tickets import unopened
from shared.contracts.base import Channel
from shared.contracts.tickets import MessageKind, ReasonClass

NOW = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)
TICKET = unopened(
    ticket_id=UUID(int=1), subject="Payout", channel=Channel.WEB, created_at=NOW, player_id="p-1", language="de-AT"
)
MACRO = Macro(
    id=UUID(int=2), brand="lucky", owner_id=None, name="Hello", shortcut="hello", texts={"en": "Hello", "de": "Hallo"},
    actions=Actions(), conditions=Conditions(), promotional=False, allowed_in_safety=False, allowed_in_complaints=False,
    active=True, created_at=NOW, updated_at=NOW,
)  # fmt: skip
SIMPLE, SAFETY = ReasonClass.SIMPLE, ReasonClass.SAFETY


@pytest.mark.parametrize(
    ("conditions", "ticket", "found"),
    [
        ({}, {}, ()),
        ({"channels": (Channel.WEB,)}, {}, ()),
        ({"channels": (Channel.EMAIL,)}, {}, ("channel",)),
        ({"languages": ("de",)}, {}, ()),
        ({"languages": ("DE-ch",)}, {}, ()),
        ({"languages": ("en", "fr")}, {}, ("language",)),
        ({"languages": ("en",)}, {"language": None}, ("language",)),
        ({"reason_classes": (SIMPLE,)}, {"reason_class": SIMPLE}, ()),
        ({"reason_classes": (SIMPLE,)}, {}, ("reason_class",)),
        ({"not_reason_classes": (SIMPLE,)}, {"reason_class": SIMPLE}, ("reason_class",)),
        ({"not_reason_classes": (SIMPLE,)}, {}, ()),
        ({"tiers": ("gold",)}, {"tier": "gold"}, ()),
        ({"tiers": ("gold",)}, {"tier": "silver"}, ("tier",)),
        ({"has_tier": True}, {}, ("tier",)),
        ({"has_tier": True}, {"tier": "gold"}, ()),
        ({"has_tier": False}, {"tier": "gold"}, ("tier",)),
        ({"channels": (Channel.EMAIL,), "has_tier": True}, {}, ("channel", "tier")),
    ],
)
def test_conditions(conditions: dict[str, object], ticket: dict[str, object], found: tuple[str, ...]) -> None:
    macro = replace(MACRO, conditions=Conditions(**conditions))  # type: ignore[arg-type]
    assert obstacles(macro, TICKET.model_copy(update=ticket)) == found


def test_a_macro_that_is_switched_off_is_for_no_ticket() -> None:
    assert obstacles(replace(MACRO, active=False), TICKET) == ("inactive",)


@pytest.mark.parametrize(
    ("ticket", "kept_away"),
    [
        ({"reason_class": SAFETY}, "safety"),
        ({"tags": ("safety",)}, "safety"),
        ({"complaint_id": UUID(int=9)}, "complaint"),
        ({"reason": "CMP.NEW"}, "complaint"),
    ],
)
def test_who_is_in_danger_or_complains_is_protected(ticket: dict[str, object], kept_away: str) -> None:
    """Only what was written for it comes near; what advertises never does, whatever else it claims."""
    state = TICKET.model_copy(update=ticket)
    allowed = replace(MACRO, allowed_in_safety=True, allowed_in_complaints=True)
    assert protections(MACRO, state) == (kept_away,)
    assert protections(allowed, state) == ()
    assert protections(replace(allowed, promotional=True), state) == (kept_away,)


@pytest.mark.parametrize("flag", ["allowed_in_safety", "allowed_in_complaints"])
def test_a_macro_cannot_be_promotional_and_for_those_in_need(flag: str) -> None:
    with pytest.raises(MacroInvalid):
        check_macro(replace(MACRO, promotional=True, **{flag: True}))  # type: ignore[arg-type]


def test_a_macro_does_or_says_something() -> None:
    with pytest.raises(MacroInvalid):
        check_macro(replace(MACRO, texts={}))
    check_macro(replace(MACRO, texts={}, actions=Actions(assign_me=True)))


@pytest.mark.parametrize(
    ("wanted", "default", "language"),
    [
        ("de", "en", "de"), ("de-AT", "en", "de"), ("DE", "en", "de"), ("fr", "en", "en"), (None, "de", "de"),
        ("fr", "ru", None), ("fr", "en-GB", "en"),
    ],
)  # fmt: skip
def test_the_language_of_the_ticket_then_of_the_brand(wanted: str | None, default: str, language: str | None) -> None:
    chosen = text_for(MACRO, wanted, default)
    assert (chosen[0] if chosen else None) == language


@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        (" VIP ", "vip"), ("Bonus  abuse", "bonus-abuse"), ("ВЫВОД", "вывод"), ("Straße", "strasse"),
        ("game:roulette_1", "game:roulette_1"), ("\uff36IP", "vip"),
    ],
)  # fmt: skip
def test_a_tag_has_one_spelling(typed: str, tag: str) -> None:
    assert tag_of(typed) == tag
    assert tag_of(tag) == tag


@pytest.mark.parametrize("typed", ["", "  ", "a" * 51, "a,b", "a/b", "a\nb!", "\x00", "{{x}}"])
def test_what_is_no_word_is_no_tag(typed: str) -> None:
    with pytest.raises(TagMalformed):
        tag_of(typed)


def test_a_ticket_has_room_for_thirty_tags() -> None:
    full = tuple(f"t{n}" for n in range(MOST_TAGS))
    assert with_tags(full, ("t0",)) == full
    assert with_tags(full, ("new",), ("t0",))[-1] == "new"
    with pytest.raises(TagsFull):
        with_tags(full, ("new",))


def test_a_note_calls_people_beside_and_inside_its_text() -> None:
    assert mentioned(MessageKind.NOTE, "@[s-2] and @[s-3], see @[s-2] mail@[x y]", ["s-3", "s-4"]) == (
        "s-3", "s-4", "s-2",
    )  # fmt: skip


def test_only_notes_call_people() -> None:
    assert mentioned(MessageKind.MESSAGE, "@[s-2]", []) == ()
    with pytest.raises(MentionsRefused):
        mentioned(MessageKind.REPLY, "Hello @[s-2]", [])
    with pytest.raises(MentionsRefused):
        mentioned(MessageKind.REPLY, "", ["s-2"])
    with pytest.raises(MentionsRefused):
        mentioned(MessageKind.NOTE, " ".join(f"@[s-{n}]" for n in range(MOST_MENTIONS + 1)), [])
