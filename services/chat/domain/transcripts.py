"""How much of a conversation one e-mail carries: its newest words, as many as have room."""

from collections.abc import Sequence
from typing import Final

from services.chat.domain.values import LONGEST_FILE_NAME, Message

MOST_LINES: Final = 400
# An event carries 256 KiB at most; most characters take one to four bytes there.
MOST_BYTES: Final = 150_000
_FRAME: Final = 400
_WIDEST: Final = 4


def newest_fitting(messages: Sequence[Message]) -> Sequence[Message]:
    """Return the end of a conversation, at least its last message."""
    room, first = MOST_BYTES, len(messages)
    for index in range(len(messages) - 1, -1, -1):
        room -= _size(messages[index])
        if first < len(messages) and (room < 0 or len(messages) - index > MOST_LINES):
            break
        first = index
    return messages[first:]


def _size(message: Message) -> int:
    names = _WIDEST * LONGEST_FILE_NAME * len(message.attachments)
    return len(message.text.encode("utf-8", "backslashreplace")) + names + _FRAME
