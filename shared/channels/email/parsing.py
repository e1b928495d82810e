"""One raw mail as we understand it. Total: any bytes give a result, and what was wrong with them is listed in it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Compat32
from typing import Final

from shared.channels.email.bodies import Attachment, Body, parts_of, read_body
from shared.channels.email.decoding import header_text
from shared.channels.email.quoting import is_forward, strip_quotes

_LONGEST_VALUE: Final = 32 * 1024
# Parameters cost the square of their length too, and there are as many such headers as parts.
_LONGEST_CONTENT: Final = 4 * 1024
_LONGEST_NAME: Final = 200
_LONGEST_FROM: Final = 1000
_LONGEST_IDS: Final = 8000
_REFERENCES: Final = 50
_ID = re.compile(r"<[^<>\s]{3,250}>")
_ADDRESS = re.compile(r"[^\s<>@,;:\"\\()\[\]]{1,64}@[^\s<>@,;:\"\\()\[\]]{1,253}")
_ANGLED = re.compile(rf"<\s*({_ADDRESS.pattern})\s*>")
_FOLDING = re.compile(r"[\r\n]+[ \t]*")
_KEPT: Final = frozenset(
    {
        "auto-submitted",
        "list-id",
        "list-unsubscribe",
        "precedence",
        "x-auto-response-suppress",
        "x-autoreply",
        "x-autorespond",
        "x-autoresponder",
        "x-loop",
        "x-precedence",
    }
)

__all__ = ["Attachment", "ParsedMail", "opened", "parse"]


@dataclass(frozen=True)
class ParsedMail:
    """A mail's content. `from_address` and all ids are claims of the sender, never proof (identity level L1).

    `text` is what the writer wrote this time, `full_text` has the quoted history too. Ids keep their angle brackets.
    `reported_ids` are the Message-IDs of the mail that a bounce speaks about. `defects` says what could not be read.
    """

    from_address: str
    from_name: str | None
    subject: str
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    text: str
    full_text: str
    content_type: str
    attachments: tuple[Attachment, ...] = ()
    reported_ids: tuple[str, ...] = ()
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    defects: tuple[str, ...] = ()

    def header(self, name: str) -> tuple[str, ...]:
        """Return the values of one of the headers by which robots give themselves away; `name` in lower case."""
        return self.headers.get(name, ())

    def thread(self) -> tuple[str, ...]:
        """Return the ids this mail answers, nearest first: parents, reported mail, then older ancestors."""
        return tuple(dict.fromkeys((*self.in_reply_to, *self.reported_ids, *reversed(self.references))))


class _Cautious(Compat32):
    """Hands headers over as strings and cuts them: the standard library takes time in the square of their length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        is_content = name[:8].lower() == "content-"
        return name, value[: _LONGEST_CONTENT if is_content else _LONGEST_VALUE]


_POLICY: Final = _Cautious()


def parse(raw: bytes) -> ParsedMail:
    """Return what the mail says. Never raises."""
    try:
        message: Message = message_from_bytes(raw, policy=_POLICY)
        body = read_body(message)
    except RecursionError:
        message = BytesHeaderParser(policy=_POLICY).parsebytes(raw)
        body = Body(defects=("nesting",))
    values = _values(message)
    subject = header_text(_first(values, "subject"))
    name, address = _sender(values)
    return ParsedMail(
        from_address=address,
        from_name=name,
        subject=subject,
        message_id=_own_id(values),
        in_reply_to=_ids(values, "in-reply-to"),
        references=_ids(values, "references"),
        text=strip_quotes(body.text, forwarded=is_forward(subject)),
        full_text=body.text,
        content_type=body.content_type,
        attachments=body.attachments,
        reported_ids=_ids({"message-id": body.reported_ids}, "message-id"),
        headers={key: tuple(header_text(one) for one in many) for key, many in values.items() if key in _KEPT},
        defects=body.defects,
    )


def opened(raw: bytes) -> dict[int, tuple[Attachment, Message]]:
    """Return the attached parts of a mail by the numbers that `parse` gave them. Never raises."""
    try:
        return parts_of(message_from_bytes(raw, policy=_POLICY))
    except RecursionError:
        return {}


def _values(message: Message) -> dict[str, tuple[str, ...]]:
    values: dict[str, tuple[str, ...]] = {}
    for name, value in message.raw_items():
        key = name.lower()
        values[key] = (*values.get(key, ()), str(value))[:_REFERENCES]
    return values


def _first(values: Mapping[str, Iterable[str]], name: str) -> str:
    return next(iter(values.get(name, ())), "")


def _sender(values: Mapping[str, tuple[str, ...]]) -> tuple[str | None, str]:
    for header in ("from", "sender"):
        name, address = _address(_first(values, header))
        if address:
            return name, address
    return None, ""


def _address(value: str) -> tuple[str | None, str]:
    short = _FOLDING.sub(" ", value[:_LONGEST_FROM])
    found = _ANGLED.search(short) or _ADDRESS.search(short) or _ADDRESS.search(header_text(short))
    if found is None:
        return None, ""
    name = header_text(short[: found.start()].strip(' "')) if found.string is short else ""
    return name[:_LONGEST_NAME].strip() or None, header_text(found[found.lastindex or 0]).lower()


def _own_id(values: Mapping[str, tuple[str, ...]]) -> str | None:
    return next(iter(_ids(values, "message-id")), None)


def _ids(values: Mapping[str, Iterable[str]], name: str) -> tuple[str, ...]:
    """Return the Message-IDs in a header, without doubles; of too many the newest, which stand last."""
    # Python's own mail library encodes ids longer than a line; ours are, and come back so from scripts.
    readable = (header_text(value, _LONGEST_IDS) if "=?" in value else value for value in values.get(name, ()))
    found = (header_text(one) for value in readable for one in _ID.findall(value))
    return tuple(dict.fromkeys(found))[-_REFERENCES:]
