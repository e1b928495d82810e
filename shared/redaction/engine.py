"""Runs the detectors over a look-alike of the text in which digits, blanks and dashes of all scripts are plain ones."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

from shared.redaction import accounts, cards, credentials, people
from shared.redaction.hits import CARD_MARK, CODE_MARK, EXPIRY_MARK, MARKS, PLAIN_MARK, Detector, Hit, Look, mask

_PASSES: Final = 8
_SHORTEST_SEED: Final = 36
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]+")
_LONG_WORD = re.compile(r"[0-9A-Za-z]{25}")
_TOKEN = re.compile(
    r"\[(?:(?P<card>CARD:\d{6}\*{6}\d{4}|CARD)|(?P<expiry>EXP)|(?P<code>CVV|PIN)|PASSWORD|OTP|SEED|ACCT|ID-DOC|DOB|ADDRESS|IP"
    r"|IBAN:[A-Z]{2}\d\d\*{10}[0-9A-Z]{4}|WALLET:[A-Z]{3,4}:[0-9A-Za-z]{6}\.\.[0-9A-Za-z_-]{4}"
    r"|EMAIL:[^\W_]?\*{3}@[^\W_]?\*{3}\.\w{2,24}|PHONE:(?:\+\d{2})?\*{3}\d{3})\]",
    re.ASCII,
)
_WORDS: Final[tuple[Detector, ...]] = (credentials.seeds, credentials.passwords, people.emails)
_ALL: Final[tuple[Detector, ...]] = (
    credentials.seeds,
    credentials.private_keys,
    credentials.passwords,
    people.emails,
    accounts.kept_identifiers,
    accounts.wallets,
    accounts.ibans,
    cards.numbers,
    cards.expiries,
    cards.security_codes,
    cards.pins,
    credentials.one_time_codes,
    people.documents,
    accounts.bank_accounts,
    people.birth_dates,
    people.phones,
    people.network_addresses,
    people.street_addresses,
)


def _kinds() -> dict[str, tuple[str, ...]]:
    kinds: dict[str, tuple[str, ...]] = {}
    for cues in (accounts.CUES, cards.CUES, credentials.CUES, people.CUES):
        for kind, words in cues.items():
            for word in words.split():
                kinds[word] = (*kinds.get(word, ()), kind)
    return kinds


_KINDS: Final = _kinds()


# Where Unicode has digits, blanks and dashes: all of it would cost every process its first quarter second.
_WITH_LOOKALIKES: Final = (range(128, 0x2_0000), range(0xE_0000, 0xE_0080))


def _lookalikes() -> dict[int, str]:
    table: dict[int, str] = {}
    for point in chain(*_WITH_LOOKALIKES):
        char = chr(point)
        match unicodedata.category(char):
            case "Nd":
                table[point] = str(unicodedata.digit(char))
            case "Zs" | "Cf":
                table[point] = " "
            case "Pd":
                table[point] = "-"
            case _:
                continue
    return table | dict.fromkeys((0x2212, 0x2043), "-") | dict.fromkeys(map(ord, MARKS), " ")


_LOOKALIKES: Final = _lookalikes()


def redact(text: str, *, allow: frozenset[str] = frozenset()) -> str:
    """Return the text with everything sensitive replaced by tokens such as `[CARD:411111******1111]`.

    `allow` holds e-mail addresses and phone numbers that may stay, as those of the conversation's own player.
    """
    for _ in range(_PASSES):
        hits = _find(text, allow)
        if not hits:
            return text
        text = _replace(text, hits)
    return text


def redact_parts(parts: Sequence[str], *, allow: frozenset[str] = frozenset()) -> list[str]:
    """Return consecutive messages of one sender, redacted also where a number was split over several of them.

    The caller chooses which messages belong together: at most six within three minutes.
    """
    joined = " ".join(parts)
    hits = [hit for hit in _find(joined, allow) if hit.mark == CARD_MARK]
    cleaned: list[str] = []
    start = 0
    for part in parts:
        end = start + len(part)
        inside = [_clip(hit, start, end) for hit in hits if hit.start < end and hit.end > start]
        cleaned.append(redact(_replace(part, inside), allow=allow))
        start = end + 1
    return cleaned


def _clip(hit: Hit, start: int, end: int) -> Hit:
    whole = hit.start >= start and hit.end <= end
    return Hit(max(hit.start, start) - start, min(hit.end, end) - start, hit.token if whole else "[CARD]", hit.mark)


def _find(text: str, allow: frozenset[str]) -> list[Hit]:
    if _DIGIT.search(text):
        detectors = _ALL
    elif "@" in text or len(text) >= _SHORTEST_SEED or credentials.mentions_password(text):
        detectors = _WORDS
    else:
        return []
    return _run(text, detectors, allow)


def _run(text: str, detectors: Iterable[Detector], allow: frozenset[str]) -> list[Hit]:
    shadow = mask(_shadow(text), _old_tokens(text)) if "[" in text else _shadow(text)
    look = _look(text, shadow, allow)
    hits: list[Hit] = []
    for detector in detectors:
        found = sorted(detector(look))
        if found:
            look = look._replace(shadow=mask(look.shadow, found))
            hits.extend(hit for hit in found if hit.token)
    return sorted(hits)


def _look(text: str, shadow: str, allow: frozenset[str]) -> Look:
    words = _WORD.findall(shadow)
    return Look(
        text,
        shadow,
        allow,
        {} if _KINDS.keys().isdisjoint(words) else _cues(shadow),
        has_long_word=_LONG_WORD.search(text) is not None,
        has_seed_words=credentials.may_be_a_seed(words),
    )


def _cues(shadow: str) -> dict[str, list[int]]:
    cues: dict[str, list[int]] = {}
    for match in _WORD.finditer(shadow):
        for kind in _KINDS.get(match[0], ()):
            cues.setdefault(kind, []).append(match.start())
    return cues


def _shadow(text: str) -> str:
    if text.isascii():
        return text.lower()
    plain = text.translate(_LOOKALIKES)
    lower = plain.lower()
    return lower if len(lower) == len(text) else "".join(char.lower()[0] for char in plain)


def _old_tokens(text: str) -> list[Hit]:
    marks = {"card": CARD_MARK, "expiry": EXPIRY_MARK, "code": CODE_MARK}
    return [Hit(*found.span(), "", marks.get(found.lastgroup or "", PLAIN_MARK)) for found in _TOKEN.finditer(text)]


def _replace(text: str, hits: Sequence[Hit]) -> str:
    pieces: list[str] = []
    at = 0
    for hit in hits:
        pieces += (text[at : hit.start], hit.token)
        at = hit.end
    return "".join((*pieces, text[at:]))
