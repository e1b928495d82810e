"""Looks at players' data, told by the services that keep it; tickets keeps the trail."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Author, AuthorKind, Event


@dataclass(frozen=True, slots=True)
class Look:
    """Who of the staff or the servers looks, in which request and why."""

    reader: Author
    request_id: str
    reason: str | None = None


class Sight(StrEnum):
    """What somebody was shown or did, in the words of the audit trail."""

    LIST_BANS = "list_bans"
    BAN_PLAYER = "ban_player"
    LIFT_BAN = "lift_ban"
    LIST_RATINGS = "list_ratings"
    LIST_ATTACHMENTS = "list_attachments"
    READ_ATTACHMENT = "read_attachment"
    OPEN_ATTACHMENT = "open_attachment"
    FETCH_ATTACHMENT = "fetch_attachment"
    MARK_ATTACHMENT = "mark_attachment"
    READ_ATTACHMENT_VIEWS = "read_attachment_views"
    LIST_FAILED_MAILS = "list_failed_mails"
    LIST_DELIVERIES = "list_deliveries"
    READ_DELIVERY = "read_delivery"


class PlayerDataRead(Event):
    """Staff or a server saw, or changed, players' data: each look is a thing of its own, told once.

    `sight` is a `Sight`, of a newer version perhaps. A page of a list is one look: `filter` is what it was narrowed to.
    `reason` is what the reader gave as his reason.
    """

    read_id: UUID
    sight: str
    reader: Author
    ticket_id: UUID | None = None
    player_id: str | None = None
    filter: dict[str, str | int | bool] | None = None
    reason: str | None = None
    request_id: str
    read_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            read_id=SAMPLE_ID,
            sight=Sight.LIST_BANS,
            reader=Author(kind=AuthorKind.STAFF, id=str(SAMPLE_ID), name="Ann"),
            filter={"in_force": True},
            request_id=str(SAMPLE_ID),
            read_at=SAMPLE_TIME,
        )
