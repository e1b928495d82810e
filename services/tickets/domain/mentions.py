"""Who a note calls: staff ids beside it, or `@[id]` inside its text."""

import re
from collections.abc import Sequence
from typing import Final

from services.tickets.domain.errors import MentionsRefused
from shared.contracts.tickets import MessageKind

MOST_MENTIONS: Final = 20
_TOKEN: Final = re.compile(r"@\[([^\[\]\s]{1,200})\]")


def mentioned(kind: MessageKind, text: str, named: Sequence[str]) -> tuple[str, ...]:
    """Return whom words call, each once; only a note calls anybody."""
    if kind is not MessageKind.NOTE:
        if named:
            raise MentionsRefused(field="mentions")
        if kind is MessageKind.REPLY and _TOKEN.search(text):
            raise MentionsRefused("the player would read `@[staff id]`: only a note mentions people", field="text")
        return ()
    found = tuple(dict.fromkeys((*named, *_TOKEN.findall(text))))
    if len(found) > MOST_MENTIONS:
        raise MentionsRefused(f"a note mentions at most {MOST_MENTIONS} people", field="mentions")
    return found
