"""What notifications may refuse."""

from typing import ClassVar

from shared.errors import DomainError, Kind


class EndpointNotFound(DomainError):
    """There is no such webhook endpoint."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class DeliveryNotFound(DomainError):
    """There is no such webhook delivery."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class EndpointNotEnabled(DomainError):
    """The webhook endpoint is paused or disabled."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class TooManyEndpoints(DomainError):
    """The brand has as many webhook endpoints as it may have."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class RotationRunning(DomainError):
    """The secret was rotated less than 24 hours ago and the old one still signs."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class UrlRefused(DomainError):
    """Webhooks are not sent to this address."""

    kind: ClassVar[Kind] = Kind.INVALID


class EventTypeUnknown(DomainError):
    """There is no such public event type."""

    kind: ClassVar[Kind] = Kind.INVALID


class ReplayRangeInvalid(DomainError):
    """A replay names deliveries, or a range of at most seven days."""

    kind: ClassVar[Kind] = Kind.INVALID
