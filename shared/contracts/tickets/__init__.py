"""Facts about tickets and their timeline, told by tickets.

Those about one ticket share the stream `tickets.ticket`: one gap-free sequence per ticket, equal to its version.
"""

from shared.contracts.tickets.complaints import (
    COMPLAINTS,
    ComplaintChanged,
    ComplaintExtension,
    ComplaintFact,
    ComplaintPause,
    ComplaintRegistered,
    ComplaintState,
    ComplaintStep,
)
from shared.contracts.tickets.facts import (
    MessageAdded,
    TicketAssigned,
    TicketEscalated,
    TicketEscalationAccepted,
    TicketEscalationDeclined,
    TicketEvent,
    TicketOpened,
    TicketStatusChanged,
    TicketUpdated,
)
from shared.contracts.tickets.relations import (
    TicketAbsorbed,
    TicketLinked,
    TicketMerged,
    TicketReleased,
    TicketSplit,
    TicketUnlinked,
    TicketUnmerged,
)
from shared.contracts.tickets.state import (
    STREAM,
    BackOffice,
    MessageKind,
    Priority,
    ReasonClass,
    TicketState,
    TicketStatus,
)

__all__ = [
    "COMPLAINTS",
    "STREAM",
    "BackOffice",
    "ComplaintChanged",
    "ComplaintExtension",
    "ComplaintFact",
    "ComplaintPause",
    "ComplaintRegistered",
    "ComplaintState",
    "ComplaintStep",
    "MessageAdded",
    "MessageKind",
    "Priority",
    "ReasonClass",
    "TicketAbsorbed",
    "TicketAssigned",
    "TicketEscalated",
    "TicketEscalationAccepted",
    "TicketEscalationDeclined",
    "TicketEvent",
    "TicketLinked",
    "TicketMerged",
    "TicketOpened",
    "TicketReleased",
    "TicketSplit",
    "TicketState",
    "TicketStatus",
    "TicketStatusChanged",
    "TicketUnlinked",
    "TicketUnmerged",
    "TicketUpdated",
]
