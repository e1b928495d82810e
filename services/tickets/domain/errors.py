"""What tickets refuses."""

from typing import ClassVar

from shared.errors import DomainError, Kind


class QuickRepliesRefused(DomainError):
    """Answers to choose from stand under a reply to a live player, each with a label of its own."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class FilesUndeliverable(DomainError):
    """Replies by e-mail carry no files; the player would never get them."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class TicketNotFound(DomainError):
    """There is no such ticket for this caller."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class StaffNotFound(DomainError):
    """There is no such person on this brand's staff."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class StaffInactive(DomainError):
    """The person no longer takes tickets."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class StatusMoveRefused(DomainError):
    """A ticket cannot move from its status to this one by this caller."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class TicketFinished(DomainError):
    """A resolved or closed ticket cannot be escalated."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class ReasonUnknown(DomainError):
    """The contact reason is not in the taxonomy."""

    kind: ClassVar[Kind] = Kind.INVALID


class PlayerMissing(DomainError):
    """A server must say which player it speaks for."""

    kind: ClassVar[Kind] = Kind.INVALID


class PlayerMismatch(DomainError):
    """The player named is not the player of this ticket or token."""

    kind: ClassVar[Kind] = Kind.INVALID


class MessageKindRefused(DomainError):
    """The caller may not add this kind of message."""

    kind: ClassVar[Kind] = Kind.INVALID


class AssigneeInvalid(DomainError):
    """An assignee is a staff id, `me` for staff, or null."""

    kind: ClassVar[Kind] = Kind.INVALID


class DetailMissing(DomainError):
    """The status needs a value that says whom or what the ticket waits for."""

    kind: ClassVar[Kind] = Kind.INVALID


class DetailMisplaced(DomainError):
    """The value does not go with the status."""

    kind: ClassVar[Kind] = Kind.INVALID


class SnoozeRefused(DomainError):
    """A ticket cannot be put off until this time."""

    kind: ClassVar[Kind] = Kind.INVALID


class ReasonNotFound(DomainError):
    """There is no such contact reason to replace."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class TooManyReasons(DomainError):
    """The brand has as many contact reasons as it may have."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class FieldNotFound(DomainError):
    """There is no such field of this brand."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class FieldExists(DomainError):
    """The brand already has a field with this key."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class TooManyFields(DomainError):
    """The brand has as many fields as it may have."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class FieldChoicesInvalid(DomainError):
    """Choices belong to fields of type choice, which need some."""

    kind: ClassVar[Kind] = Kind.INVALID


class FieldUnknown(DomainError):
    """The brand has no such field in use."""

    kind: ClassVar[Kind] = Kind.INVALID


class FieldOutOfRange(DomainError):
    """The number is larger than any that is kept."""

    kind: ClassVar[Kind] = Kind.UNPROCESSABLE


class FieldValueInvalid(DomainError):
    """The value does not fit the type of the field."""

    kind: ClassVar[Kind] = Kind.INVALID


class FieldsMissing(DomainError):
    """The contact reason asks for fields that are not filled in."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class TagMalformed(DomainError):
    """A tag is a short word of letters, digits, hyphens, underscores and colons."""

    kind: ClassVar[Kind] = Kind.INVALID


class TagsFull(DomainError):
    """The ticket has as many tags as a ticket may have."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class MentionsRefused(DomainError):
    """Only a note mentions people: the player reads everything else."""

    kind: ClassVar[Kind] = Kind.INVALID


class MentionNotFound(DomainError):
    """There is no such mention of the caller."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class TicketChanged(DomainError):
    """Somebody else spoke in the ticket since the version that was read."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class DraftNotFound(DomainError):
    """The caller keeps no draft for this ticket."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class MacroNotFound(DomainError):
    """There is no such macro for this caller."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class MacroInvalid(DomainError):
    """The macro contradicts itself or asks for what macros cannot do."""

    kind: ClassVar[Kind] = Kind.INVALID


class PlaceholderUnknown(DomainError):
    """The text has a placeholder that nothing fills in."""

    kind: ClassVar[Kind] = Kind.INVALID


class PlaceholderEmpty(DomainError):
    """Something the text needs is not known of this ticket."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class MacroNotUsable(DomainError):
    """The macro is not for this ticket."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class MacroTextMissing(DomainError):
    """The macro has no text in a language that fits this ticket."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class ShortcutTaken(DomainError):
    """Another macro of the same owner has this shortcut."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class MacrosFull(DomainError):
    """The owner has as many macros as one may have."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class TeamUnknown(DomainError):
    """The brand has no team with this id."""

    kind: ClassVar[Kind] = Kind.INVALID


class TeamNotFound(DomainError):
    """There is no such team of this brand."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class TeamInUse(DomainError):
    """Something still names this team: its tickets would wait for nobody."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class SkillUnknown(DomainError):
    """A skill is a special training or a group of the brand's contact reasons."""

    kind: ClassVar[Kind] = Kind.INVALID


class LanguageUnknown(DomainError):
    """A language begins with a code of ISO 639."""

    kind: ClassVar[Kind] = Kind.INVALID


class NotAsked(DomainError):
    """Only the senior who is asked to take an escalated ticket on can answer."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class SortRefused(DomainError):
    """The list cannot be ordered so."""

    kind: ClassVar[Kind] = Kind.INVALID


class SearchRefused(DomainError):
    """Only staff and the operator's servers search."""

    kind: ClassVar[Kind] = Kind.INVALID


class ViewNotFound(DomainError):
    """There is no such view for this caller."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class ViewNotYours(DomainError):
    """Shared views are changed by leads and admins."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


class TooManyViews(DomainError):
    """Nobody keeps more than a hundred views."""

    kind: ClassVar[Kind] = Kind.CONFLICT
