"""What the writer wrote this time: the text without what the mail program quoted below it.

Libraries for this get about half of real replies right and fail Russian and Ukrainian, hence own rules for en, ru, uk,
de and fr. When in doubt text is kept: a quote too much costs a glance, a lost word costs the player.
"""
# ruff: noqa: RUF001 - Cyrillic letters are what this file is about

import re
from collections.abc import Sequence
from typing import Final

_ATTRIBUTION_LINES: Final = 4
_ATTRIBUTION_LENGTH: Final = 320
_HEADER_WINDOW: Final = 8
_HEADERS_NEEDED: Final = 2

_VERB_AT_END = re.compile(
    r"\b(?:wrote|writes|schrieb|écrit|пишет|пишут|(?:на)?писал(?:а|\(а\))?|пише|(?:на)?писав|(?:на)?писав\(ла\))\s?:$",
    re.IGNORECASE,
)
_GERMAN = re.compile(r"^\W*am\b.*\bschrieb\b", re.IGNORECASE)
_WHEN_OR_WHO = re.compile(r"\d{1,2}[:.h]\d{2}|@|\b\d{4}\b")
_OPENING = re.compile(r"^\W*(?:on|am|le)\b", re.IGNORECASE)
_DATED = re.compile(r"^\W*(?:[^\W\d]+\.?,?\s+)?\d{1,4}[./\s-]")
_SENDER_AT_END = re.compile(r"<?[^\s<>@]{1,64}@[^\s<>@]{1,255}>?\s?:$")
_ORIGINAL = re.compile(
    r"^[-_*\s]{2,}(?:original message|original appointment|reply message|ursprüngliche nachricht|originalnachricht"
    r"|message d['’]origine|message original|исходное сообщение|оригинальное сообщение|оригінальне повідомлення"
    r"|вихідне повідомлення|початкове повідомлення)[-_*\s]{2,}$",
    re.IGNORECASE,
)
_FIRST_HEADER = re.compile(r"^\W{0,3}(?:from|von|de|от|от кого|від|від кого)\W{0,3}:\s?\S", re.IGNORECASE)
_NEXT_HEADER = re.compile(
    r"^\W{0,3}(?:sent|date|to|cc|subject|gesendet|datum|an|betreff|envoyé|date|à|objet|отправлено|дата|кому|тема|копия"
    r"|надіслано|копія)\W{0,3}:",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"^(?:sent from (?:my|mail for|outlook|yahoo)\b|get outlook for\b|отправлено (?:с|из)\b|надіслано (?:з|із)\b"
    r"|(?:von meine[mr] .{1,40}|diese nachricht wurde von meinem .{1,60}) gesendet\.?$|gesendet (?:mit|von)\b"
    r"|envoyé (?:de|depuis|à partir de)\b)",
    re.IGNORECASE,
)
_DEVICE_LENGTH: Final = 100
_RULE = re.compile(r"^[-_*=]{5,}$")
_FORWARDED = re.compile(
    r"^[-\t ]{0,40}(?:begin )?(?:forwarded message|weitergeleitete nachricht|message transféré|пересылаемое сообщение"
    r"|переслане повідомлення)",
    re.IGNORECASE | re.MULTILINE,
)
_FORWARD_SUBJECT = re.compile(r"^\s*(?:fwd?|wg|tr|пересл|переслано|пересылка)\s*:", re.IGNORECASE)


def is_forward(subject: str) -> bool:
    """True if the subject says that somebody else's mail is the content."""
    return _FORWARD_SUBJECT.match(subject) is not None


def strip_quotes(text: str, *, forwarded: bool = False) -> str:
    """Return the text without quoted history and signature, or all of it if nothing would be left.

    `forwarded` keeps header blocks and what follows them, because there the quoted mail is the message.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    whole = forwarded or _FORWARDED.search(text) is not None
    kept = _without_signature(_without_history(lines, forwarded=whole))
    stripped = "\n".join(kept).strip()
    return stripped or text.strip()


def _without_history(lines: Sequence[str], *, forwarded: bool) -> list[str]:
    kept: list[str] = []
    at = 0
    while at < len(lines):
        if not forwarded and _history_starts(lines, at):
            break
        if lines[at].lstrip().startswith(">"):
            at += 1
            continue
        span = _attribution_span(lines, at)
        if not span:
            kept.append(lines[at])
            at += 1
        elif _quote_follows(lines, at + span):
            at += span
        else:
            break
    return kept


def _history_starts(lines: Sequence[str], at: int) -> bool:
    line = lines[at].strip()
    if not line or len(line) > _ATTRIBUTION_LENGTH:
        return False
    if _ORIGINAL.match(line):
        return True
    if not _FIRST_HEADER.match(line):
        return False
    following = (other.strip() for other in lines[at + 1 : at + _HEADER_WINDOW])
    return sum(1 for other in following if _NEXT_HEADER.match(other[:_DEVICE_LENGTH])) >= _HEADERS_NEEDED


def _attribution_span(lines: Sequence[str], at: int) -> int:
    """Return over how many lines an attribution ("On … Ann wrote:") runs that begins here, or 0."""
    joined = ""
    for count, line in enumerate(lines[at : at + _ATTRIBUTION_LINES], 1):
        part = line.strip()
        if not part or len(joined) + len(part) > _ATTRIBUTION_LENGTH:
            return 0
        joined = f"{joined} {part}".strip()
        if part.endswith(":"):
            return count if _is_attribution(joined) else 0
    return 0


def _is_attribution(line: str) -> bool:
    dated = _DATED.match(line) is not None
    if _VERB_AT_END.search(line) or _GERMAN.match(line):
        opened = dated or "@" in line or _OPENING.match(line) is not None
        return opened and _WHEN_OR_WHO.search(line) is not None
    return dated and _SENDER_AT_END.search(line) is not None


def _quote_follows(lines: Sequence[str], at: int) -> bool:
    """True if the next line with text is marked as quoted, so that unmarked text after it is the writer's own."""
    following = next((line for line in lines[at:] if line.strip()), "")
    return following.lstrip().startswith(">")


def _without_signature(lines: Sequence[str]) -> list[str]:
    for at, line in enumerate(lines):
        if line.rstrip() in {"--", "—"} and any(other.strip() for other in lines[:at]):
            lines = lines[:at]
            break
    kept = list(lines)
    while kept and _says_nothing(kept[-1].strip()):
        kept.pop()
    return kept


def _says_nothing(line: str) -> bool:
    if len(line) > _DEVICE_LENGTH:
        return False
    return not line or _DEVICE.match(line) is not None or _RULE.match(line) is not None
