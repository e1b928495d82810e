"""Payment cards: number, expiry date, security code and PIN. Of a card only the first six and last four digits may stay."""
# ruff: noqa: RUF001, E501 - cues are words of Cyrillic languages too, and a pattern reads best in one piece

import re
from collections.abc import Iterable, Iterator
from typing import Final

from shared.redaction.checks import luhn
from shared.redaction.hits import CARD_MARK, CODE_MARK, EXPIRY_MARK, Hit, Look, apart, cue, mask

_LENGTHS: Final = (16, 15, 14, 19, 18, 17, 13)
_SHORTEST: Final = 13
_LONGEST: Final = 19
_E164_LONGEST: Final = 15
_RANGES: Final = ((300, 305), (340, 399), (400, 499), (500, 599), (600, 699), (810, 819))
_LONG_RANGES: Final = ((2200, 2204), (2221, 2720))

# Up to three blanks, dashes or dots between digits; the possessive groups never give characters back.
_RUN = re.compile(r"\d++(?:[ \-.\t]{1,3}+\d++)*+")
_GROUP = re.compile(r"\d+")

_CODE_CUE = cue(
    "cvv2?", "cvc2?", "cid", "csc", "security code", "код с обратной стороны", "код на обороте", "цвв", "свв",
    "(?:karten)?prüfnummer", "cryptogramme", "code de sécurité",
)  # fmt: skip
_EXPIRY_CUE = cue(
    "exp", "expiry", "expires?", "expiration", "valid(?: thru| until| till)?", "good thru", "срок(?: действия)?", "действует до",
    "годна? до", "gültig(?: bis)?", "ablauf(?:datum)?", "expire", "expiration", "validité", "valable",
)  # fmt: skip
_DATE = r"(?<!\d)(?<!\d[/.\-])(?P<date>(?:0?[1-9]|1[0-2])[ ]?[/.\-][ ]?(?:20\d\d|\d\d))(?!\d)(?![/.\-]\d)"
_EXPIRY_BY_CUE = re.compile(rf"(?:{_EXPIRY_CUE}|{_CODE_CUE})[^\d\n]{{0,24}}{_DATE}")
_EXPIRY_AFTER_CARD = re.compile(rf"{CARD_MARK}[^\d{CARD_MARK}]{{0,40}}{_DATE}")
_EXPIRY_BEFORE_CARD = re.compile(rf"{_DATE}[^\d{CARD_MARK}]{{0,40}}{CARD_MARK}")
_BARE_EXPIRY = re.compile(rf"{CARD_MARK}[ ,;]{{1,3}}(?P<date>(?:0[1-9]|1[0-2])[2-4]\d)(?!\d)")

_CODE = r"(?<!\d)(?<!\d[.,])(?P<code>\d{3,4})(?!\d)(?![.,]\d)"
_CODE_AFTER_CUE = re.compile(rf"{_CODE_CUE}[^\d\n]{{0,24}}{_CODE}")
_CODE_BEFORE_CUE = re.compile(rf"{_CODE}[^\d\n{CODE_MARK}]{{0,24}}{_CODE_CUE}(?![^\n]{{0,24}}{CODE_MARK})")
_CODE_AFTER_CARD = re.compile(rf"[{CARD_MARK}{EXPIRY_MARK}][\s,;/|:.\-]{{1,4}}(?P<code>\d{{3}})(?!\d)(?![.,]\d)")

_PIN_CUE = rf"{cue('pin', 'пин', 'geheimzahl', 'code pin', 'pin-code', 'pincode', 'пин-?код[а-я]{0,2}')}(?!-?[ ]?up)"
_PIN = r"(?<!\d)(?<!\d[.,])(?P<code>\d{4,6})(?!\d)(?![.,]\d)"
_PIN_AFTER_CUE = re.compile(rf"{_PIN_CUE}[^\d\n]{{0,16}}{_PIN}")
_PIN_BEFORE_CUE = re.compile(rf"{_PIN}[^\d\n{CODE_MARK}]{{0,8}}{_PIN_CUE}(?![^\n]{{0,16}}{CODE_MARK})")


def numbers(look: Look) -> Iterator[Hit]:
    """Find card numbers: 13 to 19 digits of a known issuer range that pass Luhn."""
    for run in _RUN.finditer(look.shadow):
        if run.end() - run.start() >= _SHORTEST:
            international = run.start() > 0 and look.shadow[run.start() - 1] == "+"
            yield from _in_run(run[0], run.start(), international=international)


def _in_run(run: str, offset: int, *, international: bool) -> Iterator[Hit]:
    groups = [match.span() for match in _GROUP.finditer(run)]
    if international and sum(end - start for start, end in groups) <= _E164_LONGEST:
        return
    first = 0
    while first < len(groups):
        last = _card_from(run, groups, first)
        if last is None:
            first += 1
            continue
        start, end = groups[first][0], groups[last][1]
        digits = "".join(run[a:b] for a, b in groups[first : last + 1])
        yield Hit(offset + start, offset + end, f"[CARD:{digits[:6]}******{digits[-4:]}]", CARD_MARK)
        first = last + 1


def _card_from(run: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """Return the last group of the card number that begins with group `first`, if one does."""
    digits = ""
    ends: dict[int, int] = {}
    for at in range(first, min(len(groups), first + _LONGEST)):
        start, end = groups[at]
        if len(digits) + end - start > _LONGEST:
            break
        digits += run[start:end]
        ends[len(digits)] = at
    if len(digits) < _SHORTEST or not _issued(digits):
        return None
    return next((ends[length] for length in _LENGTHS if length in ends and luhn(digits[:length])), None)


def _issued(digits: str) -> bool:
    three, four = int(digits[:3]), int(digits[:4])
    return any(low <= three <= high for low, high in _RANGES) or any(low <= four <= high for low, high in _LONG_RANGES)


def expiries(look: Look) -> Iterable[Hit]:
    """Find expiry dates near a card number or a cue."""
    shadow = look.shadow
    patterns = [_EXPIRY_BY_CUE]
    if CARD_MARK in shadow:
        patterns += (_EXPIRY_AFTER_CARD, _EXPIRY_BEFORE_CARD, _BARE_EXPIRY)
    spans = {match.span("date") for pattern in patterns for match in pattern.finditer(shadow)}
    return [Hit(*span, "[EXP]", EXPIRY_MARK) for span in apart(spans)]


def security_codes(look: Look) -> Iterable[Hit]:
    """Find three or four digits near a cue, or three right after a card number or an expiry date."""
    return _codes(look, "[CVV]", (_CODE_AFTER_CUE, _CODE_AFTER_CARD), _CODE_BEFORE_CUE)


def pins(look: Look) -> Iterable[Hit]:
    """Find four to six digits near a cue."""
    return _codes(look, "[PIN]", (_PIN_AFTER_CUE,), _PIN_BEFORE_CUE)


def _codes(look: Look, token: str, after: Iterable[re.Pattern[str]], before: re.Pattern[str]) -> list[Hit]:
    """Prefer codes behind their cue; the one before it counts only for a cue that has none behind it."""
    behind = apart(match.span("code") for pattern in after for match in pattern.finditer(look.shadow))
    hits = [Hit(*span, token, CODE_MARK) for span in behind]
    rest = mask(look.shadow, hits)
    return hits + [Hit(*match.span("code"), token, CODE_MARK) for match in before.finditer(rest)]
