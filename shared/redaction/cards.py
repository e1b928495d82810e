"""Payment cards: number, expiry date, security code and PIN. Of a card only the first six and last four digits may stay."""
# ruff: noqa: RUF001, E501 - cues are words of Cyrillic languages too, and a pattern reads best in one piece

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from shared.redaction.hits import CARD_MARK, CODE_MARK, EXPIRY_MARK, Cues, Hit, Look, apart, behind, cue, mask

_LENGTHS: Final = (16, 15, 14, 19, 18, 17, 13)
_SHORTEST: Final = 13
_E164_LONGEST: Final = 15
_ISSUED = re.compile(r"4|5|6|3(?:0[0-5]|[4-9])|81|2(?:20[0-4]|22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)")
_DOUBLED: Final = str.maketrans("0123456789", "0246813579")

# Up to three blanks, dashes or dots between digits; the possessive groups never give characters back.
_RUN = re.compile(r"\d++(?:[ \-.\t]{1,3}+\d++)*+")
_GROUP = re.compile(r"\d+")

_CODE_CUE = cue(
    "cvv2?", "cvc2?", "cid", "csc", "security code", "код с обратной стороны", "код на обороте", "цвв", "свв",
    "(?:karten)?prüfnummer", "cryptogramme", "code de sécurité",
)  # fmt: skip
_EXPIRY_CUE = cue(
    "exp", "expiry", "expires?", "expiration", "valid(?: thru| until| till)?", "good thru", "срок(?: действия)?", "действует до",
    "год(?:ен|на) до", "gültig(?: bis)?", "ablauf(?:datum)?", "expire", "expiration", "validité", "valable",
)  # fmt: skip
_DATE = r"(?<!\d)(?<!\d[/.\-])(?P<date>(?:0?[1-9]|1[0-2])[ ]?[/.\-][ ]?(?:20\d\d|\d\d))(?!\d)(?![/.\-]\d)"
_EXPIRY_BY_CUE = re.compile(rf"(?:{_EXPIRY_CUE}|{_CODE_CUE})[^\d\n]{{0,24}}+{_DATE}")
_EXPIRY_AFTER_CARD = re.compile(rf"{CARD_MARK}[^\d{CARD_MARK}]{{0,40}}+{_DATE}")
_EXPIRY_BEFORE_CARD = re.compile(rf"{_DATE}[^\d{CARD_MARK}]{{0,40}}+{CARD_MARK}")
_BARE_EXPIRY = re.compile(rf"{CARD_MARK}[ ,;]{{1,3}}(?P<date>(?:0[1-9]|1[0-2])[2-4]\d)(?!\d)")

_CODE = r"(?<!\d)(?<!\d[.,])(?P<code>\d{3,4})(?!\d)(?![.,]\d)"
_CODE_AFTER_CUE = re.compile(rf"{_CODE_CUE}[^\d\n]{{0,24}}+{_CODE}")
_CODE_BEFORE_CUE = re.compile(rf"{_CODE}[^\d\n{CODE_MARK}]{{0,24}}$")
_CODE_ALONE = re.compile(rf"{_CODE_CUE}(?![^\n{CODE_MARK}]{{0,24}}+{CODE_MARK})")
_CODE_AFTER_CARD = re.compile(rf"[{CARD_MARK}{EXPIRY_MARK}][\s,;/|:.\-]{{1,4}}(?P<code>\d{{3}})(?!\d)(?![.,]\d)")

_PIN_CUE = rf"{cue('pin', 'пин', 'geheimzahl', 'code pin', 'pin-code', 'pincode', 'пин-?код[а-я]{0,2}')}(?!-?[ ]?up)"
_PIN = r"(?<!\d)(?<!\d[.,])(?P<code>\d{4,6})(?!\d)(?![.,]\d)"
_PIN_AFTER_CUE = re.compile(rf"{_PIN_CUE}[^\d\n]{{0,16}}+{_PIN}")
_PIN_BEFORE_CUE = re.compile(rf"{_PIN}[^\d\n{CODE_MARK}]{{0,8}}$")
_PIN_ALONE = re.compile(rf"{_PIN_CUE}(?![^\n{CODE_MARK}]{{0,16}}+{CODE_MARK})")
_BEFORE: Final = 40

_CODE_WORDS: Final = "cvv cvc cid csc security код цвв свв prüfnummer kartenprüfnummer cryptogramme code"
CUES: Final[Cues] = {
    "code": _CODE_WORDS,
    "expiry": f"{_CODE_WORDS} exp expiry expire expires expiration valid good срок действует годен годна gültig ablauf"
    " ablaufdatum validité valable",
    "pin": "pin пин geheimzahl code pincode пинкод пинкода пинкоду пинкодом",
}


def numbers(look: Look) -> Iterator[Hit]:
    """Find card numbers: 13 to 19 digits of a known issuer range that pass Luhn."""
    for run in _RUN.finditer(look.shadow):
        if run.end() - run.start() >= _SHORTEST:
            international = run.start() > 0 and look.shadow[run.start() - 1] == "+"
            yield from _in_run(run[0], run.start(), international=international)


def _in_run(run: str, offset: int, *, international: bool) -> Iterator[Hit]:
    groups = [match.span() for match in _GROUP.finditer(run)]
    digits = "".join(run[start:end] for start, end in groups)
    if len(digits) < _SHORTEST or (international and len(digits) <= _E164_LONGEST):
        return
    starts = list(accumulate((end - start for start, end in groups), initial=0))
    candidates = [group for group, start in enumerate(starts[:-1]) if _ISSUED.match(digits, start)]
    if not candidates:
        return
    ends = {digit: group for group, digit in enumerate(starts[1:])}
    sums = _sums(digits)
    reached = 0
    for group in candidates:
        start = starts[group]
        if start < reached:
            continue
        # Sixteen digits first: a security code may follow. Then all there is, before what would leave a part of it.
        lengths = (_LENGTHS[0], len(digits) - start, *_LENGTHS[1:])
        ways = (start + n for n in lengths if n in _LENGTHS and start + n in ends)
        end = next((way for way in ways if _passes(sums, start, way)), None)
        if end is not None:
            token = f"[CARD:{digits[start : start + 6]}******{digits[end - 4 : end]}]"
            yield Hit(offset + groups[group][0], offset + groups[ends[end]][1], token, CARD_MARK)
            reached = end


def _sums(digits: str) -> tuple[list[int], list[int]]:
    """Return running sums in which every digit at an even place counts double as Luhn does it, and at an odd one."""
    even = list(map(int, digits))
    odd = list(even)
    doubled = digits.translate(_DOUBLED)
    even[::2] = map(int, doubled[::2])
    odd[1::2] = map(int, doubled[1::2])
    return list(accumulate(even, initial=0)), list(accumulate(odd, initial=0))


def _passes(sums: tuple[list[int], list[int]], start: int, end: int) -> bool:
    """True if the digits from start to end pass Luhn: counted from the last digit, every second one is doubled."""
    doubled = sums[end % 2]
    return (doubled[end] - doubled[start]) % 10 == 0


def expiries(look: Look) -> Iterable[Hit]:
    """Find expiry dates near a card number or a cue."""
    spans = set(behind(look, "expiry", _EXPIRY_BY_CUE, "date"))
    if CARD_MARK in look.shadow:
        patterns = (_EXPIRY_AFTER_CARD, _EXPIRY_BEFORE_CARD, _BARE_EXPIRY)
        spans |= {match.span("date") for pattern in patterns for match in pattern.finditer(look.shadow)}
    return [Hit(*span, "[EXP]", EXPIRY_MARK) for span in apart(spans)]


def security_codes(look: Look) -> Iterable[Hit]:
    """Find three or four digits near a cue, or three right after a card number or an expiry date."""
    spans = set(behind(look, "code", _CODE_AFTER_CUE, "code"))
    if CARD_MARK in look.shadow or EXPIRY_MARK in look.shadow:
        spans |= {match.span("code") for match in _CODE_AFTER_CARD.finditer(look.shadow)}
    hits = [Hit(*span, "[CVV]", CODE_MARK) for span in apart(spans)]
    return hits + [
        Hit(*span, "[CVV]", CODE_MARK) for span in _before(look, hits, "code", _CODE_ALONE, _CODE_BEFORE_CUE)
    ]


def pins(look: Look) -> Iterable[Hit]:
    """Find four to six digits near a cue."""
    hits = [Hit(*span, "[PIN]", CODE_MARK) for span in apart(behind(look, "pin", _PIN_AFTER_CUE, "code"))]
    return hits + [Hit(*span, "[PIN]", CODE_MARK) for span in _before(look, hits, "pin", _PIN_ALONE, _PIN_BEFORE_CUE)]


def _before(
    look: Look, found: Sequence[Hit], kind: str, alone: re.Pattern[str], pattern: re.Pattern[str]
) -> Iterator[tuple[int, int]]:
    """Yield codes before their cue; they count only for a cue that has none behind it."""
    rest = mask(look.shadow, found)
    spans: set[tuple[int, int]] = set()
    for at in look.cues.get(kind, ()):
        if alone.match(rest, at):
            start = max(0, at - _BEFORE)
            match = pattern.search(rest[start:at])
            if match is not None:
                spans.add((start + match.start("code"), start + match.end("code")))
    return apart(spans)
