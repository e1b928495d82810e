"""When somebody is there, what a player can expect, what a visitor has to say, and which addresses are any."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chat.domain.addresses import usable_address, vouched_address
from services.chat.domain.errors import AddressUnusable, FormIncomplete
from services.chat.domain.forms import Asked, Choice, Form, Question, check_filled, check_known
from services.chat.domain.hours import Hours, Shift, as_minutes, as_text
from services.chat.domain.offers import Absence, Offer, Waits, offer
from services.chat.domain.reaching import Introduction
from services.chat.domain.rules import ChatPolicy

BERLIN: Final = "Europe/Berlin"
WEEK: Final = Hours(tuple(Shift(day, 9 * 60, 18 * 60) for day in range(5)))
WEEKDAY, WEEKEND = datetime(2026, 11, 30, 11, tzinfo=UTC), datetime(2026, 11, 28, 11, tzinfo=UTC)


def berlin(*when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(BERLIN))  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("now", "is_open", "opens_at"),
    [
        (berlin(2026, 11, 30, 9, 0), True, berlin(2026, 11, 30, 9, 0)),
        (berlin(2026, 11, 30, 8, 59), False, berlin(2026, 11, 30, 9, 0)),
        (berlin(2026, 11, 30, 18, 0), False, berlin(2026, 12, 1, 9, 0)),
        (berlin(2026, 11, 27, 20, 0), False, berlin(2026, 11, 30, 9, 0)),
        (berlin(2026, 3, 27, 20, 0), False, berlin(2026, 3, 30, 9, 0)),
    ],
)
def test_hours_are_those_of_the_brands_clock(now: datetime, is_open: bool, opens_at: datetime) -> None:
    """Also over a weekend in which the clocks change."""
    assert WEEK.is_open(now.astimezone(UTC), BERLIN) is is_open
    assert WEEK.opens_at(now.astimezone(UTC), BERLIN) == opens_at


def test_who_never_opens_opens_never() -> None:
    assert Hours(()).opens_at(WEEKDAY, BERLIN) is None


SHIFTS: Final = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 1438), st.integers(1, 1440)).filter(lambda one: one[1] < one[2]),
    min_size=1,
    max_size=8,
)


@given(SHIFTS, st.integers(0, 2 * 365 * 24 * 3600), st.sampled_from([BERLIN, "UTC", "Asia/Kolkata"]))
def test_a_brand_is_open_when_it_says_it_opens(shifts: list[tuple[int, int, int]], seconds: int, zone: str) -> None:
    """What is told as the next opening is one, not in the past, within eight days; no minute before it is open."""
    hours, now = Hours(tuple(Shift(*one) for one in shifts)), WEEKDAY + timedelta(seconds=seconds)
    opens_at = hours.opens_at(now, zone)
    assert opens_at is not None
    assert now <= opens_at <= now + timedelta(days=8)
    if opens_at > now:
        assert not hours.is_open(now, zone)
        assert not hours.is_open(max(now, opens_at - timedelta(minutes=61)), zone) or zone == BERLIN
        # An hour that a spring skips begins an hour later on the wall.
        assert hours.is_open(opens_at, zone) or hours.is_open(opens_at + timedelta(hours=1), zone) or zone == BERLIN


@given(st.integers(0, 1440))
def test_minutes_are_written_and_read(minute: int) -> None:
    assert as_minutes(as_text(minute)) == minute


@pytest.mark.parametrize(
    ("policy", "anybody", "wait", "now", "expected"),
    [
        (ChatPolicy(), True, None, WEEKDAY, Offer()),
        (ChatPolicy(), True, 900, WEEKDAY, Offer(wait_seconds=900)),
        (ChatPolicy(), False, None, WEEKDAY, Offer(Absence.NOBODY)),
        (ChatPolicy(hours=WEEK), True, None, WEEKEND, Offer(Absence.CLOSED, datetime(2026, 11, 30, 9, tzinfo=UTC))),
        (ChatPolicy(hours=WEEK), True, None, WEEKDAY, Offer()),
        (ChatPolicy(longest_wait=timedelta(seconds=60)), True, 61, WEEKDAY, Offer(Absence.BUSY, wait_seconds=61)),
        (ChatPolicy(longest_wait=timedelta(seconds=60)), True, 60, WEEKDAY, Offer(wait_seconds=60)),
        (ChatPolicy(longest_wait=timedelta(seconds=60)), True, None, WEEKDAY, Offer()),
    ],
)
def test_what_a_player_can_expect(
    policy: ChatPolicy, anybody: bool, wait: int | None, now: datetime, expected: Offer
) -> None:
    assert offer(policy, anybody=anybody, wait_seconds=wait, now=now) == expected


def test_waits_are_those_of_the_language() -> None:
    waits = Waits()
    assert waits.of("lucky", "de") is None
    waits.hear("lucky", {"standard:de:any": 90, "vip:de:any": 10, "standard:fr:any": 600, "standard:any:t-1": 30})
    assert [waits.of("lucky", language) for language in ("de", "de-AT", "fr", "en", None)] == [90, 90, 600, 30, 30]
    waits.hear("lucky", {"standard:de:any": None, "vip:fr:any": None, "standard:fr:any": 60})
    assert [waits.of("lucky", language) for language in ("de", "fr", "en")] == [None, 60, 0]
    waits.hear("lucky", {})
    assert waits.of("lucky", "de") == 0
    waits.forget_but(["other"])
    assert waits.of("lucky", "de") is None


FORM: Final = Form(
    name=Asked.REQUIRED,
    reason=Asked.OPTIONAL,
    reasons=(Choice("WDR.LATE", (("en", "Late"),)),),
    questions=(Question("game", (("en", "Which?"),), required=True), Question("when", (("en", "When?"),))),
)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (Introduction("Kim", answers={"game": "Dice"}), None),
        (Introduction("Kim", reason="WDR.LATE", answers={"game": "Dice", "when": "Now"}), None),
        (Introduction(answers={"game": "Dice"}), "name"),
        (Introduction("Kim"), "answers.game"),
        (Introduction("Kim", answers={"game": " "}), "answers.game"),
        (Introduction("Kim", answers={"game": "Dice", "shoe": "45"}), "answers.shoe"),
        (Introduction("Kim", reason="VIP.NOW", answers={"game": "Dice"}), "reason"),
    ],
)
def test_what_the_brand_has_to_know_is_said(said: Introduction, field: str | None) -> None:
    if field is None:
        check_filled(FORM, said)
        return
    with pytest.raises(FormIncomplete) as refused:
        check_filled(FORM, said)
    assert refused.value.field == field


def test_without_reasons_to_choose_from_any_may_be_named() -> None:
    check_known(Form(), Introduction(reason="ANY.THING"))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" kim@example.org ", "kim@example.org"),
        ("K.i-m+x@EXAMPLE.org", "K.i-m+x@example.org"),
        ("kim@münchen.example", "kim@xn--mnchen-3ya.example"),
        ("kim@xn--mnchen-3ya.example", "kim@xn--mnchen-3ya.example"),
    ],
)
def test_addresses_that_can_be_written_to(text: str, address: str) -> None:
    assert usable_address(text) == address
    assert vouched_address({"email": text}) == address


@pytest.mark.parametrize(
    "text",
    [
        "", "kim", "@example.org", "kim@", "kim@localhost", "kim@example", "kim@example.", "kim@.example.org",
        "kim@exa mple.org", ".kim@example.org", "kim.@example.org", "ki..m@example.org", "kim@-a.example",
        "kim@example.org\r\nBcc: x@y.example", "kim@example.org, x@y.example", "<kim@example.org>", '"kim"@example.org',
        "kim@[127.0.0.1]", "kim@127.0.0.1", "kím@example.org", "kim@example.org\x00", f"{'a' * 65}@example.org",
        f"kim@{'a' * 64}.example", f"kim@{'a.' * 125}example", "kim@\u2024.example",
    ],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(AddressUnusable):
        usable_address(text)
    assert vouched_address({"email": text}) is None


@given(st.text(max_size=300))
def test_no_text_gets_a_header_through(text: str) -> None:
    try:
        address = usable_address(text)
    except AddressUnusable:
        return
    assert address.isascii()
    assert address.isprintable()
    assert not set(address) & set(' <>,;:\\"()[]')
    assert len(address) <= 254
