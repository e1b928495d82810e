"""Macros: canned answers and the steps that go with them, for which tickets they are, and what they never may touch.

Conditions are data: lists that the ticket's own values must be in. Nothing in a macro is code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from services.tickets.domain.errors import MacroInvalid, MacroNotUsable
from services.tickets.domain.placeholders import placeholders_of
from shared.contracts.base import Channel, QuickReply
from shared.contracts.tickets import Priority, ReasonClass, TicketState, TicketStatus

SAFETY_TAG: Final = "safety"
COMPLAINTS: Final = "CMP."
MOST_MACROS: Final = 500
DEFAULT_LANGUAGE: Final = "en"


@dataclass(frozen=True, slots=True)
class Conditions:
    """For which tickets a macro is; an empty list asks nothing, `not_reason_classes` excludes."""

    channels: tuple[Channel, ...] = ()
    languages: tuple[str, ...] = ()
    reason_classes: tuple[ReasonClass, ...] = ()
    not_reason_classes: tuple[ReasonClass, ...] = ()
    tiers: tuple[str, ...] = ()
    has_tier: bool | None = None


@dataclass(frozen=True, slots=True)
class Actions:
    """What a macro does besides speaking; what is left out stays as it is.

    `quick_replies` are the answers that a live player may choose from, by the language of the words.
    """

    status: TicketStatus | None = None
    priority: Priority | None = None
    reason: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    assign_me: bool = False
    quick_replies: Mapping[str, tuple[QuickReply, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Macro:
    """One macro; `owner_id` is whose it is, None: the whole brand's. `texts` are its words by language.

    Neither safety tickets nor complaints see one that was not written for them, and a promotional one never.
    """

    id: UUID
    brand: str
    owner_id: str | None
    name: str
    shortcut: str | None
    texts: Mapping[str, str]
    actions: Actions
    conditions: Conditions
    promotional: bool
    allowed_in_safety: bool
    allowed_in_complaints: bool
    active: bool
    created_at: datetime
    updated_at: datetime
    version: int = 1


def check_macro(macro: Macro) -> None:
    """Refuse a macro whose texts have unknown placeholders, or that is both promotional and for those in need."""
    for language, text in macro.texts.items():
        placeholders_of(text, field=f"texts/{language}")
    if macro.promotional and (macro.allowed_in_safety or macro.allowed_in_complaints):
        raise MacroInvalid("a promotional macro is for neither safety tickets nor complaints", field="promotional")
    for language, choices in macro.actions.quick_replies.items():
        if language not in macro.texts:
            raise MacroInvalid("there are no words in this language", field=f"actions/quick_replies/{language}")
        if len({one.label for one in choices}) < len(choices):
            raise MacroInvalid("two of them say the same", field=f"actions/quick_replies/{language}")
    if not macro.texts and macro.actions == Actions():
        raise MacroInvalid("says nothing and does nothing", field="texts")


def is_safety(state: TicketState) -> bool:
    """True if a player may be in danger: by the class of the reason or by the tag of that name."""
    return state.reason_class is ReasonClass.SAFETY or SAFETY_TAG in state.tags


def is_complaint(state: TicketState) -> bool:
    """True if the player complains: it is registered, or the reason says so."""
    return state.complaint_id is not None or (state.reason or "").startswith(COMPLAINTS)


def protections(macro: Macro, state: TicketState) -> tuple[str, ...]:
    """Return which protections of the player keep a macro away from a ticket."""
    found = []
    if is_safety(state) and (macro.promotional or not macro.allowed_in_safety):
        found.append("safety")
    if is_complaint(state) and (macro.promotional or not macro.allowed_in_complaints):
        found.append("complaint")
    return tuple(found)


def obstacles(macro: Macro, state: TicketState) -> tuple[str, ...]:
    """Return why a macro is not for a ticket; nothing: it is."""
    asked = macro.conditions
    language = _primary(state.language)
    failed = {
        "inactive": not macro.active,
        "channel": bool(asked.channels) and state.channel not in asked.channels,
        "language": bool(asked.languages) and language not in {_primary(one) for one in asked.languages},
        "reason_class": (bool(asked.reason_classes) and state.reason_class not in asked.reason_classes)
        or state.reason_class in asked.not_reason_classes,
        "tier": (bool(asked.tiers) and state.tier not in asked.tiers)
        or (asked.has_tier is not None and asked.has_tier is not (state.tier is not None)),
    }
    return (*(name for name, is_so in failed.items() if is_so), *protections(macro, state))


def check_usable(found: tuple[str, ...]) -> None:
    """Refuse a macro that something keeps away from the ticket."""
    if found:
        raise MacroNotUsable(f"not for this ticket: {', '.join(found)}", obstacles=list(found))


def check_closing(actions: Actions, state: TicketState) -> None:
    """Refuse to close a safety ticket by a macro, also one that was written for them: a person decides that."""
    if actions.status is TicketStatus.CLOSED and is_safety(state):
        check_usable(("safety",))


def text_for(macro: Macro, wanted: str | None, default: str) -> tuple[str, str] | None:
    """Return language and text: the ticket's own language, then without its region, then the brand's default."""
    known = {language.casefold(): language for language in macro.texts}
    for candidate in (wanted, _primary(wanted), default, _primary(default)):
        language = known.get(candidate.casefold()) if candidate else None
        if language is not None:
            return language, macro.texts[language]
    return None


def quick_replies_for(macro: Macro, wanted: str | None, default: str) -> tuple[QuickReply, ...]:
    """Return the answers to choose from in the language in which the words are said, none if they have none in it."""
    chosen = text_for(macro, wanted, default)
    return () if chosen is None else macro.actions.quick_replies.get(chosen[0], ())


def _primary(language: str | None) -> str | None:
    return language.split("-")[0].casefold() if language else None
