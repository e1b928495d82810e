"""The acknowledgements one socket owes: every `send` is answered once, in the place of its message.

A client may repeat a `send` before the first was answered, and the words may meanwhile have come in another way. So
it is counted how many frames wait for the same message, and all of them are answered when its turn has come.
"""

from typing import TypeAlias
from uuid import UUID

from services.chat.domain.values import Message

Key: TypeAlias = tuple[UUID, str]


class Owed:
    """What has been sent and not been answered, by conversation and `client_msg_id`."""

    __slots__ = ("_frames", "_written")

    def __init__(self) -> None:
        self._frames: dict[Key, int] = {}
        self._written: dict[Key, Message] = {}

    def expect(self, ticket_id: UUID, client_msg_id: str) -> None:
        """Owe one answer more."""
        key = (ticket_id, client_msg_id)
        self._frames[key] = self._frames.get(key, 0) + 1

    def refuse(self, ticket_id: UUID, client_msg_id: str) -> None:
        """Owe one answer less: it is a refusal. Those to earlier frames stay owed."""
        key = (ticket_id, client_msg_id)
        left = self._frames.pop(key, 0) - 1
        if left > 0:
            self._frames[key] = left

    def keep(self, message: Message) -> None:
        """Remember words that were written, while their turn is still to come."""
        if (key := _key(message)) in self._frames:
            self._written[key] = message

    def fall_due(self, message: Message) -> int:
        """Return how many frames this message answers now, and owe them no more."""
        key = _key(message)
        self._written.pop(key, None)
        return self._frames.pop(key, 0)

    def skipped(self, ticket_id: UUID, *, before: int) -> list[Message]:
        """Return the words kept of a conversation whose turn before this `seq` never comes."""
        return [m for m in self._written.values() if m.ticket_id == ticket_id and m.seq < before]


def _key(message: Message) -> Key:
    return message.ticket_id, message.client_msg_id or ""
