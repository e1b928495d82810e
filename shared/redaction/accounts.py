"""Where money is kept: IBANs, local bank accounts and crypto wallets, told from other strings by their checks."""
# ruff: noqa: RUF001, E501 - cues are words of Cyrillic languages too, and a pattern reads best in one piece

import re
from collections.abc import Iterator
from typing import Final

from shared.redaction.checks import base58check, bech32, mod97
from shared.redaction.hits import Cues, Hit, Look, apart, behind, cue

# Lengths from the IBAN registry (ISO 13616).
_IBAN_LENGTHS: Final = {
    "ad": 24, "ae": 23, "al": 28, "at": 20, "az": 28, "ba": 20, "be": 16, "bg": 22, "bh": 22, "bi": 27, "br": 29, "by": 28,
    "ch": 21, "cr": 22, "cy": 28, "cz": 24, "de": 22, "dj": 27, "dk": 18, "do": 28, "ee": 20, "eg": 29, "es": 24, "fi": 18,
    "fk": 18, "fo": 18, "fr": 27, "gb": 22, "ge": 22, "gi": 23, "gl": 18, "gr": 27, "gt": 28, "hn": 28, "hr": 21, "hu": 28,
    "ie": 22, "il": 23, "iq": 23, "is": 26, "it": 27, "jo": 30, "kw": 30, "kz": 20, "lb": 28, "lc": 32, "li": 21, "lt": 20,
    "lu": 20, "lv": 21, "ly": 25, "mc": 27, "md": 24, "me": 22, "mk": 19, "mn": 20, "mr": 27, "mt": 31, "mu": 30, "ni": 28,
    "nl": 18, "no": 15, "om": 23, "pk": 24, "pl": 28, "ps": 29, "pt": 25, "qa": 29, "ro": 24, "rs": 22, "ru": 33, "sa": 24,
    "sc": 31, "sd": 18, "se": 24, "si": 19, "sk": 24, "sm": 27, "so": 23, "st": 25, "sv": 28, "tl": 23, "tn": 24, "tr": 26,
    "ua": 29, "va": 22, "vg": 24, "xk": 20, "ye": 30,
}  # fmt: skip
_IBAN = re.compile(r"(?<![^\W_])[a-z]{2}[ \-]?\d[ \-]?\d(?:[ \-]?[0-9a-z]){11,30}+")
_BLANKS = str.maketrans("", "", " -")

_UUID = re.compile(r"(?<![0-9a-z])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-z])")
_LONG_HEX = re.compile(r"(?<![0-9a-z])(?=[0-9]{0,30}[a-f])(?:0x)?[0-9a-f]{32}(?:[0-9a-f]{8}|[0-9a-f]{32})?(?![0-9a-z])")

_ETHER = re.compile(r"(?<![0-9a-z])0x[0-9a-f]{40}(?![0-9a-z])")
_BASE58 = re.compile(r"(?<![0-9A-Za-z])[13LMDA9Tr][1-9A-HJ-NP-Za-km-z]{24,34}(?![0-9A-Za-z])")
_BECH32 = re.compile(r"(?<![0-9a-z])(?:bc|ltc)1[02-9ac-hj-np-z]{11,87}(?![0-9a-z])")
_SOLANA = re.compile(
    rf"{cue('sol', 'solana')}[^\n]{{0,40}}?(?<![0-9A-Za-z])(?P<wallet>[1-9A-HJ-NP-Za-km-z]{{32,44}})(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_TON = re.compile(
    rf"{cue('ton', 'toncoin')}[^\n]{{0,40}}?(?<![0-9A-Za-z])(?P<wallet>[EU]Q[0-9A-Za-z_\-]{{46}})(?![0-9A-Za-z_\-])",
    re.IGNORECASE,
)
_VERSIONS: Final = {0x00: "BTC", 0x05: "BTC", 0x30: "LTC", 0x32: "LTC", 0x1E: "DOGE", 0x16: "DOGE", 0x41: "TRON"}
_PAYLOAD: Final = 21

_SORT_CODE = r"(?<!\d)\d\d[ \-]\d\d[ \-]\d\d(?!\d)(?![ \-]\d\d(?!\d))"
_BARE_SORT = re.compile(rf"(?P<account>{_SORT_CODE})[^\d\n]{{1,40}}+(?P<second>\d{{8}})(?!\d)")
_SORT = re.compile(
    rf"{cue('sort ?code')}[^\d\n]{{0,16}}+(?P<account>\d{{6}}(?!\d)|{_SORT_CODE})(?:[^\d\n]{{1,40}}+(?P<second>\d{{8}})(?!\d))?"
)
_RUSSIAN = re.compile(
    rf"{cue('сч[её]та?', 'р/сч?', 'р/с', 'расч[её]тный', 'account', 'бик', 'bik', 'bank', 'банк')}[^\d\n]{{0,32}}+"
    r"(?P<account>(?<!\d)\d{5}(?:[ .]?\d{3}[ .]?\d[ .]?\d{4}[ .]?\d{7}|[ ]?\d{5}[ ]?\d{5}[ ]?\d{5})(?!\d))"
)
_BIK = re.compile(rf"{cue('бик', 'bik')}[^\d\n]{{0,16}}+(?P<account>\d{{9}})(?!\d)")
_LOCAL = re.compile(
    cue(
        "bank account(?: number| no)?",
        "(?:bank|post)?konto(?:nummer|nr)?",
        "clearing(?:nummer)?",
        "compte (?:bancaire|postal)",
    )
    + r"[^\d\n]{0,24}+(?P<account>\d(?:[ \-]?\d){6,14}+)(?!\d)"
)


CUES: Final[Cues] = {
    "sort": "sort sortcode",
    "account": "счет счёт счета счёта р расчетный расчётный account бик bik bank банк",
    "bik": "бик bik",
    "konto": "bank konto bankkonto postkonto kontonummer kontonr bankkontonummer postkontonummer clearing clearingnummer compte",
    "sol": "sol solana",
    "ton": "ton toncoin",
}


def ibans(look: Look) -> Iterator[Hit]:
    """Find IBANs: the length of their country and a valid check."""
    for match in _IBAN.finditer(look.shadow):
        length = _IBAN_LENGTHS.get(match[0][:2])
        written = _first_characters(match[0], length) if length else None
        compact = match[0][:written].translate(_BLANKS) if written else ""
        if written and mod97(compact):
            token = f"[IBAN:{compact[:4].upper()}**********{compact[-4:].upper()}]"
            yield Hit(match.start(), match.start() + written, token)


def _first_characters(text: str, count: int) -> int | None:
    """Return how much of the text holds the first `count` letters and digits, or None if a word is cut there."""
    seen = 0
    for at, char in enumerate(text, 1):
        seen += char not in " -"
        if seen == count:
            return None if text[at : at + 1].isalnum() else at
    return None


def kept_identifiers(look: Look) -> Iterator[Hit]:
    """Hide ids and transaction hashes from later detectors: parts of them look like cards."""
    spans = {match.span() for match in _UUID.finditer(look.shadow)} if "-" in look.shadow else set()
    if look.has_long_word:
        spans |= {match.span() for match in _LONG_HEX.finditer(look.shadow)}
    return (Hit(*span, "") for span in apart(spans))


def wallets(look: Look) -> Iterator[Hit]:
    """Find crypto wallets by their checksums; where there is none, by a cue."""
    if not look.has_long_word and not look.cues.get("ton"):
        return
    found = {match.span(): "ETH" for match in _ETHER.finditer(look.shadow)}
    found |= {
        match.span(): match[0][:3].strip("1").upper() for match in _BECH32.finditer(look.shadow) if bech32(match[0])
    }
    found |= {match.span(): coin for match in _BASE58.finditer(look.text) if (coin := _coin(match[0]))}
    for kind, pattern in (("sol", _SOLANA), ("ton", _TON)):
        matches = (pattern.match(look.text, at) for at in look.cues.get(kind, ()))
        found |= {match.span("wallet"): kind.upper() for match in matches if match}
    for start, end in apart(found):
        coin = {"BC": "BTC"}.get(found[start, end], found[start, end])
        wallet = look.text[start:end]
        yield Hit(start, end, f"[WALLET:{coin}:{wallet[:6]}..{wallet[-4:]}]")


def _coin(address: str) -> str | None:
    if address[0] == "r":
        payload = base58check(address, ripple=True)
        return "XRP" if payload and len(payload) == _PAYLOAD and payload[0] == 0 else None
    payload = base58check(address)
    return _VERSIONS.get(payload[0]) if payload and len(payload) == _PAYLOAD else None


def bank_accounts(look: Look) -> Iterator[Hit]:
    """Find account numbers without check: British with sort code, Russian, Swiss and Swedish ones with a cue."""
    spans: set[tuple[int, int]] = set()
    patterns = (("account", _RUSSIAN), ("bik", _BIK), ("konto", _LOCAL))
    for kind, pattern in patterns:
        spans |= set(behind(look, kind, pattern, "account"))
    matches = [match for at in look.cues.get("sort", ()) if (match := _SORT.match(look.shadow, at))]
    matches += _BARE_SORT.finditer(look.shadow) if "-" in look.shadow else ()
    spans |= {match.span(name) for match in matches for name in ("account", "second") if match[name]}
    return (Hit(*span, "[ACCT]") for span in apart(spans))
