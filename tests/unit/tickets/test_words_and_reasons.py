"""Text that enters, and the taxonomy of reasons."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain.errors import ReasonUnknown
from services.tickets.domain.reasons import read_taxonomy, reason_of
from services.tickets.domain.words import mended, subject_line, unstorable_character
from services.tickets.settings import taxonomy
from shared.contracts.tickets import Priority, ReasonClass


@pytest.mark.parametrize(
    ("text", "multiline", "position"),
    [
        ("two\nlines\tand\r\nmore", True, None),
        ("two\nlines", False, 3),
        ("nul\x00", True, 3),
        ("escape\x1b[0m", True, 6),
        ("delete\x7f", True, 6),
        ("c1\x85", True, 2),
        ("half \ud83d emoji", True, 5),
        ("whole 🎰 emoji, кириллица", False, None),
    ],
)
def test_what_cannot_be_stored(text: str, position: int | None, *, multiline: bool) -> None:
    """Control characters and halves of surrogate pairs are found; line breaks are layout in a text only."""
    assert unstorable_character(text, multiline=multiline) == position


@given(st.text(st.characters(), max_size=200))
def test_mended_words_can_be_stored(text: str) -> None:
    """Whatever a channel delivers can be stored afterwards, and mending twice changes nothing."""
    clean = mended(text)
    assert clean
    assert unstorable_character(clean, multiline=True) is None
    assert mended(clean) == clean


def test_mending_keeps_the_words() -> None:
    """Only what cannot be stored goes; what is too long says so."""
    assert mended("a\x00b\nc") == "ab\nc"
    assert mended("\x00") == "(no text)"
    long = mended("x" * 60_007)
    assert long == "x" * 60_000 + "\n\n[7 more characters were left out]"


@given(st.none() | st.text(st.characters(), max_size=400), st.text(st.characters(), max_size=400))
def test_a_subject_is_one_short_line(wish: str | None, words: str) -> None:
    """Any wish and any words give 1 to 200 characters without line breaks."""
    subject = subject_line(wish, words)
    assert 1 <= len(subject) <= 200
    assert subject == subject.strip()
    assert unstorable_character(subject, multiline=False) is None


@pytest.mark.parametrize(
    ("wish", "words", "subject"),
    [
        ("Payout", "Where is it?", "Payout"),
        (None, "Where is\nmy payout?", "Where is my payout?"),
        (" \n ", "word " * 40, "word " * 15 + "word…"),
        ("s" * 300, "", "s" * 199 + "…"),
        (None, "", "(no subject)"),
    ],
)
def test_where_a_subject_comes_from(wish: str | None, words: str, subject: str) -> None:
    """The wish if it says something, else the beginning of the words."""
    assert subject_line(wish, words) == subject


def test_the_taxonomy_is_complete() -> None:
    """86 reasons; each has a class and a priority; codes are their own keys."""
    reasons = taxonomy()
    assert len(reasons) == 86
    assert all(code == reason.code and isinstance(reason.priority, Priority) for code, reason in reasons.items())


@pytest.mark.parametrize(
    ("code", "reason_class", "priority"),
    [
        ("WDR.LATE", "C", "high"),
        ("ACC.PASSWORD", "S", "normal"),
        ("ACC.2FA_LOST", "C", "normal"),
        ("ACC.CLOSE", "X", "urgent"),
        ("DEP.METHODS", "S", "low"),
        ("RG.FAILED_EXCLUSION", "R", None),
    ],
)
def test_class_and_priority_of_a_reason(code: str, reason_class: str, priority: str | None) -> None:
    """The first class counts; severity 0 and 1 are urgent, 2 high, 3 and 4 normal, 5 low."""
    reason = reason_of(code, taxonomy())
    assert reason is not None
    assert reason.reason_class is ReasonClass(reason_class)
    assert priority is None or reason.priority is Priority(priority)


def test_an_unknown_reason_is_refused_by_name() -> None:
    """The refusal names the field; no reason is fine."""
    assert reason_of(None, taxonomy()) is None
    with pytest.raises(ReasonUnknown, match=r"NO\.SUCH") as refused:
        reason_of("NO.SUCH", taxonomy())
    assert refused.value.field == "reason"


def test_a_taxonomy_needs_its_list() -> None:
    """A file without reasons is a mistake of the release, noticed at start."""
    with pytest.raises(TypeError):
        read_taxonomy({"reasons": {}})
