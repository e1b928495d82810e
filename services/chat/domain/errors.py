"""Why chat refuses something."""

from typing import ClassVar

from shared.errors import DomainError, Kind


class SessionNotFound(DomainError):
    """There is no such conversation."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class SessionHasEnded(DomainError):
    """The conversation has ended; open a new one."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class ClientMsgIdReused(DomainError):
    """The same client_msg_id came with other words."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class StaffAnswerThroughTickets(DomainError):
    """Staff's words enter through the ticket."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


class TextRefused(DomainError):
    """The text cannot be taken."""

    kind: ClassVar[Kind] = Kind.INVALID


class FrameRefused(DomainError):
    """The words came in a frame that does not have the expected shape."""

    kind: ClassVar[Kind] = Kind.UNPROCESSABLE


class SocketTicketRefused(DomainError):
    """The socket ticket is unknown, used, expired or of someone else."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


class OriginRefused(DomainError):
    """The socket comes from another origin than its ticket."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


class TooManyWaiting(DomainError):
    """More messages wait to be written than this process accepts."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class TooManyFrames(DomainError):
    """More was sent at once than one person may."""

    kind: ClassVar[Kind] = Kind.LIMITED


class TooManyViews(DomainError):
    """A socket looks at as many tickets as one may."""

    kind: ClassVar[Kind] = Kind.LIMITED


class NothingToClaim(DomainError):
    """The socket ticket is not that of a visitor's conversation."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class ChatBanned(DomainError):
    """The brand's staff do not let this person talk live; e-mail stays open."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


class BanNotFound(DomainError):
    """There is no such ban."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class RatingNotAsked(DomainError):
    """Nobody asked for a rating of this conversation."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class AlreadyRated(DomainError):
    """The conversation was rated, with another score or other words."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class MessageNotFound(DomainError):
    """There is no such message in this conversation."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class WordsOfAnother(DomainError):
    """Only whoever said the words corrects or withdraws them."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


class CorrectionsSwitchedOff(DomainError):
    """The brand lets nobody correct what was said."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


class CorrectionTooLate(DomainError):
    """The time in which words may be corrected is over."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class WordsWithdrawn(DomainError):
    """The words were withdrawn and are not said again."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class TooManyCorrections(DomainError):
    """The words were corrected as often as they may be; they can still be withdrawn."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class AddressUnusable(DomainError):
    """E-mail cannot be sent to this address."""

    kind: ClassVar[Kind] = Kind.INVALID


class AddressMissing(DomainError):
    """Nobody knows where this player can be written to; give an e-mail address."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class AddressNotTaken(DomainError):
    """The player's own address is known, so no other one is taken."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


class NothingWasSaid(DomainError):
    """The conversation has no words yet, or nobody has answered the visitor who wants it sent."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class TooManyTranscripts(DomainError):
    """The conversation was sent by e-mail, or its address was sent conversations, as often as it may be in a day."""

    kind: ClassVar[Kind] = Kind.LIMITED


class FormUnanswerable(DomainError):
    """A form asks what nobody could answer: a reason can be required only if it has some to choose from."""

    kind: ClassVar[Kind] = Kind.INVALID


class RulesUnusable(DomainError):
    """The rules say what nobody can mean: hours without a single one, a reason twice, a time zone of no place."""

    kind: ClassVar[Kind] = Kind.INVALID


class FormIncomplete(DomainError):
    """The brand asks for more before a visitor's conversation begins."""

    kind: ClassVar[Kind] = Kind.INVALID
