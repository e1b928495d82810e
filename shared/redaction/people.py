"""What identifies a person: documents, e-mail, phone, date of birth, street and network address."""
# ruff: noqa: RUF001, E501 - cues are words of Cyrillic languages too, and a pattern reads best in one piece

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from shared.redaction.checks import eleven, luhn
from shared.redaction.hits import Cues, Hit, Look, apart, behind, cue

_DOCUMENT_CUE = cue(
    "passport", "паспорт[а-я]{0,2}", "id[ -]?card", "identity card", "national id", "id (?:number|no)", "driving licence",
    "driver'?s licen[cs]e", "снилс", "инн", "удостоверени[ея]", "водительско[а-я]{1,3}", "(?:personal)?ausweis(?:nummer)?",
    "reisepass(?:nummer)?", "führerschein", "passeport", "carte d['’]identité", "cni", "permis", "nino", "national insurance",
    "personnummer", "bsn", "burgerservicenummer", "ssn", "social security",
)  # fmt: skip
_DOCUMENT = re.compile(
    rf"{_DOCUMENT_CUE}[^\d\n]{{0,24}}?(?P<id>(?<![^\W_])(?:\d{{6,8}}[\-+]\d{{4}}|\d\d ?\d\d ?\d{{6}}|\d{{3}}-\d{{3}}-\d{{3}} \d\d"
    r"|(?=[a-z]{0,4}\d[a-z]{0,4}\d)[0-9a-z]{6,12}))(?![^\W_])"
)
_INSURANCE = re.compile(r"(?<![^\W_])[a-ceghj-prstw-z][a-ceghj-nprstw-z] ?\d\d ?\d\d ?\d\d ?[a-d](?![^\W_])")
_SWEDISH = re.compile(r"(?<!\d)(?:19|20)?(?P<ten>\d\d(?:0[1-9]|1[0-2])(?:[06][1-9]|[1278]\d|[39][01])[\-+]\d{4})(?!\d)")
_DUTCH = re.compile(r"(?<![\d.])\d{9}(?!\d)")
_DUTCH_CUE: Final = "bsn"

_EMAIL = re.compile(
    r"(?<![\w.%+\-])(?P<local>[\w.%+\-]{1,250})@(?P<domain>(?:[^\W_](?:[\w\-]{0,62})\.){1,8}+(?P<top>[^\W\d_]{2,24}))(?![\w])"
)

_NOT_A_PHONE = r"(?<!id )(?<!id:)(?<!id: )(?<!id=)(?<!round )(?<!round: )(?<!tx )(?<!tx: )(?<!tx:)"
_PHONE = re.compile(rf"{_NOT_A_PHONE}(?<![\w+])\+(?:[ .\-()]{{0,3}}\d){{9,15}}+(?!\d)")
_PHONE_CUE = cue(
    "phone(?: number)?", "tel", "telephone", "telefon(?:nummer)?", "handy(?:nummer)?", "mobile(?: number)?", "mobil(?:nummer)?",
    "cell", "whatsapp", "viber", "call me(?: at| on)?", "téléphone", "portable", "numéro", "телефон[а-я]{0,2}", "тел",
    "мобильный", "номер телефона", "позвоните",
)  # fmt: skip
_NATIONAL = re.compile(
    rf"{_PHONE_CUE}[^\d\n+]{{0,16}}+{_NOT_A_PHONE}(?P<phone>(?<!\d)\d(?:[ .\-()/]{{0,3}}\d){{8,14}}+(?!\d))"
)
_DIGITS = re.compile(r"\d")

_MONTH = r"[^\W\d_]{3,10}"
_BIRTH = re.compile(
    cue(
        "born(?: on)?", "dob", "d\\.o\\.b\\.?", "date of birth", "birth ?day", "birth ?date", "родил(?:ся|ась)", "дата рождения",
        "д\\.р", "geboren(?: am)?", "geburtsdatum", "geb", "née?", "naissance", "народив(?:ся)?", "народилася", "дата народження",
    )
    + r"[^\d\n]{0,24}+(?P<date>\d{1,2}[ ]?[./\-][ ]?\d{1,2}[ ]?[./\-][ ]?(?:\d{4}|\d\d)|\d{4}[./\-]\d{1,2}[./\-]\d{1,2}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?[ ]?(?:of )?{_MONTH}\.?,?[ ]?\d{{4}})(?!\d)"
)  # fmt: skip

_FOUR = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\.?\d)")
_SIX = re.compile(r"(?<![0-9a-z:.])(?=[0-9a-f]{0,4}:)[0-9a-f:]{6,39}(?![0-9a-z:])")
_HARDWARE = re.compile(r"(?<![0-9a-z:\-])(?:[0-9a-f]{2}[:\-]){5}[0-9a-f]{2}(?![0-9a-z:\-])")
_SIX_COLONS: Final = 2

_ADDRESS_CUE = cue(
    "address",
    "adresse",
    "anschrift",
    "адрес[а-я]{0,2}",
    "i live (?:at|in|on)",
    "ich wohne",
    "j['’]habite",
    "прожива[а-я]{1,3}",
    "живу",
)
_STREET = (
    r"(?:street|st\.|road|rd\.?|avenue|ave\.?|lane|drive|square|gardens|[^\W\d_]{0,20}str(?:\.|aße|asse)|[^\W\d_]{0,20}weg"
    r"|[^\W\d_]{0,20}platz|[^\W\d_]{0,20}allee|rue|boulevard|bd\.?|chemin|ул\.?|улиц[аеы]|проспект|пр-т|пр\.|пер\.?|переулок|вул\.?)"
)
_STREET_ADDRESS = re.compile(
    rf"{_ADDRESS_CUE}[ \t:]{{0,4}}(?:(?:is|ist|est|по|at)[ \t]{{1,2}})?(?P<address>(?=[^\n]{{0,80}}(?<![^\W_]){_STREET}(?![^\W\d_]))"
    r"(?=[^\n\d]{0,80}\d)[^\n\ue000-\ue003]{5,120})"
)


CUES: Final[Cues] = {
    "document": "passport паспорт паспорта паспорту паспорте паспортом id identity national driving driver drivers снилс инн"
    " удостоверение удостоверения водительское водительского водительском ausweis personalausweis ausweisnummer"
    " personalausweisnummer reisepass reisepassnummer führerschein passeport carte cni permis nino personnummer bsn"
    " burgerservicenummer ssn social",
    "phone": "phone tel telephone telefon telefonnummer handy handynummer mobile mobil mobilnummer cell whatsapp viber call"
    " téléphone portable numéro телефон телефона телефону телефоне тел мобильный номер позвоните",
    "birth": "born dob d date birth birthday birthdate родился родилась дата д geboren geburtsdatum geb né née naissance"
    " народився народилася",
    "address": "address adresse anschrift адрес адреса адресу адресе i ich j проживаю проживает проживание живу",
}


def documents(look: Look) -> Iterator[Hit]:
    """Find identity documents: by a cue, or by a shape or check that nothing else has."""
    spans = set(behind(look, "document", _DOCUMENT, "id"))
    spans |= {match.span() for match in _INSURANCE.finditer(look.shadow)}
    if "-" in look.shadow or "+" in look.shadow:
        matches = _SWEDISH.finditer(look.shadow)
        spans |= {match.span() for match in matches if luhn("".join(_DIGITS.findall(match["ten"])))}
    if _DUTCH_CUE in look.shadow:
        spans |= {match.span() for match in _DUTCH.finditer(look.shadow) if eleven(match[0])}
    return (Hit(*span, "[ID-DOC]") for span in apart(spans))


def emails(look: Look) -> Iterator[Hit]:
    """Find e-mail addresses, except those allowed."""
    if "@" not in look.shadow:
        return
    allowed = {address.lower() for address in look.allow}
    for match in _EMAIL.finditer(look.shadow):
        token = (
            ""
            if match[0] in allowed
            else f"[EMAIL:{_initial(match['local'])}***@{_initial(match['domain'])}***.{match['top']}]"
        )
        yield Hit(*match.span(), token)


def _initial(text: str) -> str:
    return text[0] if text[0].isalnum() else ""


def phones(look: Look) -> Iterator[Hit]:
    """Find phone numbers: international ones by their plus sign, national ones by a cue; except those allowed."""
    allowed = {"".join(_DIGITS.findall(number)) for number in look.allow}
    spans = set(behind(look, "phone", _NATIONAL, "phone"))
    if "+" in look.shadow:
        spans |= {match.span() for match in _PHONE.finditer(look.shadow)}
    for start, end in apart(spans):
        digits = "".join(_DIGITS.findall(look.shadow[start:end]))
        country = f"+{digits[:2]}" if look.shadow[start] == "+" else ""
        yield Hit(start, end, "" if digits in allowed else f"[PHONE:{country}***{digits[-3:]}]")


def birth_dates(look: Look) -> Iterator[Hit]:
    """Find a date behind a cue."""
    return (Hit(*span, "[DOB]") for span in apart(behind(look, "birth", _BIRTH, "date")))


def network_addresses(look: Look) -> Iterator[Hit]:
    """Find IP and hardware addresses."""
    spans: set[tuple[int, int]] = set()
    if look.shadow.count(":") >= _SIX_COLONS or "-" in look.shadow:
        spans |= {match.span() for match in _HARDWARE.finditer(look.shadow)}
        spans |= {match.span() for match in _SIX.finditer(look.shadow) if ":" in match[0] and _is_address(match[0])}
    if "." in look.shadow:
        spans |= {match.span() for match in _FOUR.finditer(look.shadow) if _is_address(match[0])}
    return (Hit(*span, "[IP]") for span in apart(spans))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def street_addresses(look: Look) -> Iterator[Hit]:
    """Find a line with a street and a number behind a cue; best effort."""
    return (Hit(*span, "[ADDRESS]") for span in apart(behind(look, "address", _STREET_ADDRESS, "address")))
