"""Secrets that open something: passwords, one-time codes, wallet seeds and private keys. Nothing of them may stay."""
# ruff: noqa: E501 - cues are words of Cyrillic languages too, and a pattern reads best in one piece

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from shared.redaction.checks import base58check
from shared.redaction.hits import END, PLAIN_MARK, Cues, Hit, Look, apart, behind, cue

_SEED_WORDS: Final = 12
_SEED_GAP: Final = 8
_KEY_VERSION: Final = 0x80
_WORD_LIST: Final = frozenset(Path(__file__).with_name("bip39-english.txt").read_text("ascii").split())
_ENOUGH: Final = b"\x01" * _SEED_WORDS
_WORD = re.compile(r"(?<![^\W_])[a-z]{3,8}(?![^\W_])")

_PASSWORD_CUE: Final = cue(
    "passwords?", "passwd", "pass", "pwd", "пароль", "пароля", "passwort", "kennwort", "mot de passe", "mdp"
)
_ORDINARY: Final = (
    r"(?!(?:not|no|wrong|incorrect|invalid|expired|required|needed|forgotten|lost|reset|changed|correct|right|the|my|your|a|too"
    r"|не|неверный|неправильный|неверен|мой|ваш|falsch|nicht|ungültig|abgelaufen|vergessen|mein|ihr|incorrecte?|invalide"
    r"|oublié|expiré|mon|votre|pas|trop)(?![^\W_]))"
)
_MENTION = re.compile(_PASSWORD_CUE, re.IGNORECASE)
_QUOTED = rf"[\"'«„“`][^\"'»“”`\n{PLAIN_MARK}]{{1,64}}[\"'»“”`]"
_TAKEN = rf"[^\s{PLAIN_MARK}]"
_PASSWORDS = (
    re.compile(rf"{_PASSWORD_CUE}[ \t]{{0,3}}[:=][ \t]{{0,3}}(?P<secret>{_QUOTED}|{_TAKEN}{{1,128}})"),
    re.compile(
        rf"{_PASSWORD_CUE}[ \t]{{1,3}}(?:is|это|ist|est)[ \t:]{{1,4}}{_ORDINARY}(?P<secret>{_QUOTED}|{_TAKEN}{{1,128}})"
    ),
    re.compile(
        rf"{_PASSWORD_CUE}[ \t]{{1,3}}-[ \t]{{1,3}}{_ORDINARY}(?=\S{{0,60}}[\d!@#$%^&*_+])(?P<secret>{_QUOTED}|{_TAKEN}{{1,128}})"
    ),
    re.compile(rf"{_PASSWORD_CUE}[ \t]{{1,3}}(?P<secret>(?=[^\s\d]{{0,60}}\d)(?=\d{{0,60}}[^\W\d_]){_TAKEN}{{6,128}})"),
)
CUES: Final[Cues] = {
    "password": "password passwords passwd pass pwd пароль пароля passwort kennwort mot mdp",
    "otp": "code codes sms смс fa otp код кода tan bestätigungscode sicherheitscode",
}
_TRAILING: Final = ".,;)"

_CODE_CUE: Final = (
    r"(?<!promo )(?<!bonus )(?<!postal )(?<!error )(?<!zip )(?<!sort )(?<!country )(?<!area )(?<!voucher )(?<!coupon )(?<!gift )"
    r"(?<!qr )(?<!qr-)(?<!promo-)(?<!bonus-)(?<!промо-)(?<!промо )(?<!status )(?<!swift )(?<!referral )(?<!bank )"
    + cue("codes?", "sms", "смс", "(?<=2)fa", "otp", "код", "кода", "tan", "bestätigungscode", "sicherheitscode")
)  # fmt: skip
_FILLER: Final = (
    r"(?:is|was|it|s|from|by|via|the|in|sms|смс|из|по|это|пришел|пришёл|подтверждения|reçu|est|ist|lautet|per|der|von|i|got"
    r"|received|code|код|number|for|login|verification)"
)
_ONE_TIME = re.compile(
    rf"{_CODE_CUE}(?:[\s:=#'\"«„\-]{{1,4}}{_FILLER}{END}){{0,4}}[\s:=#'\"«„(\-]{{0,4}}"
    r"(?P<code>\d{3}[ \-]\d{3}|\d{4,8})(?!\d)(?![.,]\d)(?!-\d)"
)

_HEX_KEY = re.compile(r"(?<![0-9a-z])(?:0x)?[0-9a-f]{64}(?![0-9a-z])")
_KEY_CUE = re.compile(cue("key", "private", "приватный ключ", "ключ", "schlüssel", "clé", "seed", "secret"))
_KEY_NEAR: Final = 32
_WIF = re.compile(r"(?<![0-9A-Za-z])[5KL][1-9A-HJ-NP-Za-km-z]{50,51}(?![0-9A-Za-z])")
_EXTENDED = re.compile(r"(?<![0-9A-Za-z])[xyz]prv[1-9A-HJ-NP-Za-km-z]{100,110}(?![0-9A-Za-z])")


def mentions_password(text: str) -> bool:
    """True if the text, as it came, has a word that a password may follow."""
    return _MENTION.search(text) is not None


def may_be_a_seed(words: Sequence[str]) -> bool:
    """True if twelve BIP-39 words in lower case follow each other without another word between them."""
    return _ENOUGH in bytes(map(_WORD_LIST.__contains__, words))


def seeds(look: Look) -> Iterator[Hit]:
    """Find runs of twelve or more BIP-39 words, numbered or not: ordinary sentences never have so many in a row."""
    if not look.has_seed_words:
        return
    run: list[tuple[int, int]] = []
    for match in _WORD.finditer(look.shadow):
        if match[0] not in _WORD_LIST:
            continue
        if run and not _adjoin(look.shadow[run[-1][1] : match.start()]):
            yield from _seed(run)
            run = []
        run.append(match.span())
    yield from _seed(run)


def _adjoin(gap: str) -> bool:
    return len(gap) <= _SEED_GAP and not any(char.isalpha() for char in gap)


def _seed(run: list[tuple[int, int]]) -> Iterator[Hit]:
    if len(run) >= _SEED_WORDS:
        yield Hit(run[0][0], run[-1][1], "[SEED]")


def private_keys(look: Look) -> Iterator[Hit]:
    """Find keys in wallet import format, extended private keys, and 64 hexadecimal digits near a cue.

    Without a cue 64 digits are a transaction's id, which support needs to trace a deposit.
    """
    if not look.has_long_word:
        return iter(())
    spans = {match.span() for match in _EXTENDED.finditer(look.text)}
    spans |= {match.span() for match in _WIF.finditer(look.text) if (base58check(match[0]) or b"\0")[0] == _KEY_VERSION}
    spans |= {match.span() for match in _HEX_KEY.finditer(look.shadow) if _near_key_cue(look.shadow, *match.span())}
    return (Hit(*span, "[SEED]") for span in apart(spans))


def _near_key_cue(shadow: str, start: int, end: int) -> bool:
    before, after = shadow[max(0, start - _KEY_NEAR) : start], shadow[end : end + _KEY_NEAR]
    return _KEY_CUE.search(before) is not None or _KEY_CUE.search(after) is not None


def passwords(look: Look) -> Iterator[Hit]:
    """Find what follows a cue and a separator, or a cue alone if letters and digits are mixed in it."""
    caught = apart({span for pattern in _PASSWORDS for span in behind(look, "password", pattern, "secret")})
    return (Hit(start, _bare_end(look.shadow, start, end), "[PASSWORD]") for start, end in caught)


def _bare_end(shadow: str, start: int, end: int) -> int:
    secret = shadow[start:end]
    return start + (len(secret.rstrip(_TRAILING)) or len(secret))


def one_time_codes(look: Look) -> Iterator[Hit]:
    """Find four to eight digits behind a cue; bonus, postal and error codes are no secrets."""
    return (Hit(*span, "[OTP]") for span in apart(behind(look, "otp", _ONE_TIME, "code")))
