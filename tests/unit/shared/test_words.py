"""What of words can be seen, and names in one line."""

import pytest

from shared.words import in_one_line, is_blank

PERSIAN = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"


@pytest.mark.parametrize(
    "text", ["", " \n", "\u200b\u200b", "\u200d\ufe0f", "\u3164", "\u2800\u00ad", "\x07", "\u2028"]
)
def test_what_nobody_sees_is_blank(text: str) -> None:
    assert is_blank(text)
    assert in_one_line(text) == ""


@pytest.mark.parametrize("text", ["?", ".", "\u200bx", PERSIAN, "\U0001f469\u200d\U0001f4bb", "\U000f0000"])
def test_what_somebody_sees_is_not(text: str) -> None:
    assert not is_blank(text)
    assert in_one_line(f" {text}\n") == text


def test_half_characters_are_left_out_of_names() -> None:
    assert in_one_line("half \ud83d\x00 and\tmore") == "half and more"
