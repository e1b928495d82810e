"""The audit trail: who saw or changed a player's data, sealed entry by entry so that no later hand stays unseen.

The entries of a brand form a chain of message authentication codes (HMAC, RFC 2104; after Schneier and Kelsey, "Secure
audit logs to support computer forensics", 1999): each code covers its entry, its position and the code before it. What
was cut off the end, or computed anew by somebody who has the key, shows against an anchor kept outside the database.
"""

import hmac
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.contracts.base import Author
from shared.sealing import derive_key

FIRST_MAC: Final = bytes(32)
_PURPOSE: Final = "pitboss audit chain of "


class AuditAction(StrEnum):
    """What was done with players' data."""

    OPEN_TICKET = "open_ticket"
    READ_TICKET = "read_ticket"
    READ_MESSAGES = "read_messages"
    READ_TIMELINE = "read_timeline"
    READ_TRANSCRIPT = "read_transcript"
    SEND_TRANSCRIPT = "send_transcript"
    READ_CONTACT = "read_contact"
    LIST_TICKETS = "list_tickets"
    EDIT_TICKET = "edit_ticket"
    ASSIGN_TICKET = "assign_ticket"
    ESCALATE_TICKET = "escalate_ticket"
    MERGE_TICKET = "merge_ticket"
    UNMERGE_TICKET = "unmerge_ticket"
    SPLIT_TICKET = "split_ticket"
    LINK_TICKET = "link_ticket"
    UNLINK_TICKET = "unlink_ticket"
    READ_LINKS = "read_links"
    ADD_MESSAGE = "add_message"
    ADD_NOTE = "add_note"
    CORRECT_MESSAGE = "correct_message"
    WITHDRAW_MESSAGE = "withdraw_message"
    READ_HISTORY = "read_history"
    READ_MENTIONS = "read_mentions"
    READ_MENTION = "read_mention"
    LIST_WATCHED = "list_watched"
    READ_WATCHERS = "read_watchers"
    EDIT_WATCHERS = "edit_watchers"
    LIST_TAGS = "list_tags"
    READ_DRAFTS = "read_drafts"
    WRITE_DRAFT = "write_draft"
    LIST_MACROS = "list_macros"
    READ_MACRO = "read_macro"
    EDIT_MACRO = "edit_macro"
    USE_MACRO = "use_macro"
    REGISTER_COMPLAINT = "register_complaint"
    READ_COMPLAINT = "read_complaint"
    LIST_COMPLAINTS = "list_complaints"
    EDIT_COMPLAINT = "edit_complaint"
    REFUSE_COMPLAINT = "refuse_complaint"
    MOVE_COMPLAINT = "move_complaint"
    READ_AUDIT = "read_audit"
    READ_LIFECYCLE = "read_lifecycle"
    EDIT_LIFECYCLE = "edit_lifecycle"
    READ_REASONS = "read_reasons"
    EDIT_REASON = "edit_reason"
    READ_FIELDS = "read_fields"
    EDIT_FIELD = "edit_field"
    READ_PROFILES = "read_profiles"
    EDIT_PROFILE = "edit_profile"
    EDIT_TEAM = "edit_team"
    READ_QUEUE = "read_queue"
    READ_QUEUE_SETTINGS = "read_queue_settings"
    EDIT_QUEUE_SETTINGS = "edit_queue_settings"
    ANSWER_ESCALATION = "answer_escalation"
    READ_ESCALATIONS = "read_escalations"
    TAKE_OVER = "take_over"
    INVITE_STAFF = "invite_staff"
    ANSWER_INVITATION = "answer_invitation"
    REMOVE_PARTICIPANT = "remove_participant"
    READ_PARTICIPANTS = "read_participants"
    LIST_PARTICIPATIONS = "list_participations"
    READ_COLLEAGUES = "read_colleagues"
    READ_VIEW = "read_view"
    MAKE_VIEW = "make_view"
    EDIT_VIEW = "edit_view"
    DROP_VIEW = "drop_view"
    COUNT_VIEWS = "count_views"
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


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the trail.

    `filter` is what a list was narrowed to, `player_id` whose data it was as far as one player can be named, `reason`
    what the caller gave as his reason. `action` is an `AuditAction`, of a newer version perhaps.
    """

    id: UUID
    brand: str
    occurred_at: datetime
    actor_kind: str
    actor_id: str
    actor_name: str | None
    actor_role: str | None
    action: str
    ticket_id: UUID | None
    player_id: str | None
    filter: Mapping[str, object] | None
    reason: str | None
    request_id: str
    trace_id: str | None


_FIELDS: Final = tuple(one.name for one in fields(AuditEntry))


@dataclass(frozen=True, slots=True)
class Link:
    """The place of an entry in its brand's chain; positions begin at 1 and have no gaps."""

    position: int
    entry_id: UUID
    mac: bytes


@dataclass(frozen=True, slots=True)
class Anchor:
    """How far a brand's chain had come at a time, remembered outside the database."""

    brand: str
    position: int
    mac: bytes
    at: datetime

    def line(self) -> str:
        """Return the anchor as one line of JSON."""
        values = {"brand": self.brand, "position": self.position, "mac": self.mac.hex(), "at": self.at.isoformat()}
        return json.dumps(values)


@dataclass(frozen=True, slots=True)
class Fault:
    """The first position at which a chain is not what it was, and in what way."""

    position: int
    what: str


@dataclass(frozen=True, slots=True)
class Witness:
    """A caller whose deeds are recorded, with the circumstances of this one request."""

    brand: str
    kind: str
    id: str
    name: str | None
    role: str | None
    reason: str | None
    request_id: str
    trace_id: str | None
    at: datetime

    def saw(
        self,
        entry_id: UUID,
        action: str,
        *,
        ticket_id: UUID | None = None,
        player_id: str | None = None,
        narrowed: Mapping[str, object] | None = None,
    ) -> AuditEntry:
        """Return the entry that says what this caller saw or did."""
        return AuditEntry(
            id=entry_id,
            brand=self.brand,
            occurred_at=self.at,
            actor_kind=self.kind,
            actor_id=self.id,
            actor_name=self.name,
            actor_role=self.role,
            action=str(action),
            ticket_id=ticket_id,
            player_id=player_id,
            filter=narrowed,
            reason=self.reason,
            request_id=self.request_id,
            trace_id=self.trace_id,
        )


@dataclass(frozen=True, slots=True)
class ForeignLook:
    """What somebody saw or did to a player's data in another service, as that one told; `narrowed` says of what."""

    action: AuditAction
    ticket_id: UUID
    reader: Author
    reason: str | None
    request_id: str
    at: datetime
    narrowed: Mapping[str, object] = field(default_factory=dict)


def chain_key(secret: bytes, brand: str) -> bytes:
    """Return the key of a brand's chain; whoever is given it can check this brand's trail and no other."""
    return derive_key(secret, _PURPOSE + brand)


def mac_of(key: bytes, entry: AuditEntry, position: int, previous: bytes) -> bytes:
    """Return the code of an entry at its position: over its canonical JSON and the code before it."""
    values: dict[str, object] = {name: getattr(entry, name) for name in _FIELDS}
    values |= {
        "id": str(entry.id),
        "occurred_at": entry.occurred_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "ticket_id": str(entry.ticket_id) if entry.ticket_id else None,
        "position": position,
    }
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, canonical.encode() + previous, "sha256")


def chained(key: bytes, entries: Iterable[AuditEntry], last: Link | None) -> Iterator[Link]:
    """Yield the links that continue a brand's chain after `last` (None: from its beginning)."""
    position, mac = (last.position, last.mac) if last else (0, FIRST_MAC)
    for entry in entries:
        position += 1
        mac = mac_of(key, entry, position, mac)
        yield Link(position, entry.id, mac)


@dataclass(slots=True)
class Verification:
    """Follows one brand's chain from its first link on and says what is wrong at the first place where it is.

    Without `key` only gaps and anchors are judged: an entry that was edited under an untouched link goes unseen.
    """

    key: bytes | None
    anchors: Sequence[Anchor]
    position: int = 0
    mac: bytes = FIRST_MAC
    _at: dict[int, list[Anchor]] = field(init=False, default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for anchor in self.anchors:
            self._at[anchor.position].append(anchor)

    def judge(self, link: Link, entry: AuditEntry | None) -> Fault | None:
        """Take the next link, with its entry if there is one, and return what is wrong with it, if anything is."""
        expected, previous = self.position + 1, self.mac
        self.position, self.mac = link.position, link.mac
        if link.position != expected:
            return Fault(expected, "this link is missing: it was deleted")
        if entry is None:
            return Fault(expected, "the entry of this link is missing: it was deleted")
        if self.key is not None and not hmac.compare_digest(mac_of(self.key, entry, expected, previous), link.mac):
            return Fault(
                expected, "entry and code do not fit: it was edited, inserted, moved or sealed with another key"
            )
        for anchor in self._at.get(expected, ()):
            if not hmac.compare_digest(anchor.mac, link.mac):
                return Fault(expected, f"the anchor of {anchor.at.isoformat()} differs: the chain was computed anew")
        return None

    def end(self) -> Fault | None:
        """Say that no link follows and return what is missing, if anything is."""
        furthest = max(self._at, default=0)
        if furthest > self.position:
            return Fault(self.position + 1, f"the chain ends here, but its anchor says {furthest}: it was truncated")
        return None


def first_fault(
    key: bytes | None, links: Iterable[tuple[Link, AuditEntry | None]], anchors: Iterable[Anchor] = ()
) -> Fault | None:
    """Return the first fault of one brand's whole chain, given in the order of positions; None: it is as it was."""
    verification = Verification(key, tuple(anchors))
    for link, entry in links:
        fault = verification.judge(link, entry)
        if fault is not None:
            return fault
    return verification.end()


def read_anchors(lines: Iterable[str]) -> list[Anchor]:
    """Return the anchors in a file of anchors or in a service's log; any other line, torn ones included, is passed by.

    Anchors that contradict each other are both returned, so that one of them will contradict the chain.
    """
    return [anchor for anchor in map(_anchor_in, lines) if anchor is not None]


def _anchor_in(line: str) -> Anchor | None:
    start = line.find("{")
    try:
        values = json.loads(line[start:]) if start >= 0 else {}
        at = datetime.fromisoformat(values.get("at") or values["timestamp"])
        return Anchor(str(values["brand"]), int(values["position"]), bytes.fromhex(values["mac"]), at)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
