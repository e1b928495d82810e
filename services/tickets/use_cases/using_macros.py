"""Using macros: which are for a ticket, what they would say there, and saying and doing it in one step."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.tickets.domain import macros as rules
from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.errors import MacroNotFound, MacroTextMissing, TicketNotFound
from services.tickets.domain.macros import Actions, Macro
from services.tickets.domain.mentions import mentioned
from services.tickets.domain.placeholders import filled, missing_in
from services.tickets.domain.safety import check_lowering
from services.tickets.domain.tags import with_tags
from services.tickets.domain.tickets import Story, Ticket, Words
from services.tickets.domain.timeline import Entry, entry_of
from services.tickets.queries import collaboration, copies, macros, tickets
from services.tickets.use_cases.auditing import record_deed, record_look, record_words
from services.tickets.use_cases.collaborating import check_staff, check_view
from services.tickets.use_cases.keeping_macros import Keeper, Shown, with_uses
from services.tickets.use_cases.planning import plan_edit
from services.tickets.use_cases.reaching import Landing, heard_by_its_player, restored
from services.tickets.use_cases.telling import locked, tell
from shared.contracts.base import Author, QuickReply
from shared.contracts.tickets import MessageKind, TicketState
from shared.db.engine import Session
from shared.ids import new_id
from shared.redaction import redact

_BATCH = 100


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a macro says in a ticket; without words in a fitting language, or with something missing, `text` is None."""

    shown: Shown
    language: str | None = None
    text: str | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """How a macro is to be used: `send` its words as `kind`, in other words perhaps, unless others spoke meanwhile."""

    send: bool
    kind: MessageKind = MessageKind.REPLY
    text: str | None = None
    language: str | None = None
    after_version: int | None = None
    clear_draft: bool = True


@dataclass(frozen=True, slots=True)
class Used:
    """What came of using a macro."""

    state: TicketState
    message: Entry | None


@dataclass(frozen=True, slots=True)
class Setting:
    """What the words of a macro are filled in with, and the language they fall back to."""

    values: Mapping[str, object]
    default_language: str


async def list_macros(
    session: Session,
    *,
    brand: str,
    keeper: Keeper,
    reader: Author,
    ticket_id: UUID | None,
    active: bool | None,
    shortcut: str | None,
    after: tuple[str, ...] | None,
    limit: int,
    witness: Witness | None,
    now: datetime,
) -> list[Rendered]:
    """Return up to `limit + 1` macros; of a ticket only those that may be used there, with what they would say."""
    if ticket_id is None:
        await record_look(session, witness, AuditAction.LIST_MACROS, active=active, shortcut=shortcut, after=after)
        found = await macros.macros_page(
            session, brand, keeper.id, active=active, shortcut=shortcut, after=after, limit=limit + 1
        )
        return [Rendered(shown) for shown in await with_uses(session, brand, found, now)]
    ticket = await tickets.ticket_of(session, brand, ticket_id)
    if ticket is None:
        raise TicketNotFound
    await record_deed(session, witness, AuditAction.LIST_MACROS, ticket.state)
    usable = await _usable(session, ticket.state, brand, keeper.id, shortcut, after, limit)
    setting = await _setting(session, ticket, reader)
    return [_rendered(shown, ticket.state, setting) for shown in await with_uses(session, brand, usable, now)]


async def use_macro(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    macro_id: UUID,
    user: Author,
    role: str,
    wish: Wish,
    witness: Witness | None,
    now: datetime,
) -> Used:
    """Say and do what a macro says and does, all of it or nothing: words first, then edits, hands and the status."""
    ticket = await locked(session, brand, ticket_id)
    macro = await macros.macro_of(session, brand, macro_id)
    if macro is None or macro.owner_id not in {None, user.id}:
        raise MacroNotFound
    rules.check_usable(rules.obstacles(macro, ticket.state))
    await check_view(session, ticket, user, wish.after_version)
    story = Story(await heard_by_its_player(session, Landing(ticket, ticket), wish.kind), actor=user, now=now)
    called: tuple[str, ...] = ()
    if wish.send:
        text = await _words(session, ticket, macro, user, wish)
        called = mentioned(wish.kind, text, ())
        await check_staff(session, brand, called, field="text")
        choices = await _choices(session, story.ticket, macro, wish)
        said = Words(new_id(), wish.kind, user, redact(text), story.moment, mentions=called, quick_replies=choices)
        story.says(said)
    await _act(session, story, macro.actions, role)
    rules.check_usable(rules.protections(macro, story.state))
    state = await tell(session, restored(story, ticket))
    await macros.add_use(session, brand, macro_id, ticket_id=ticket_id, staff_id=user.id, now=now)
    message = entry_of(story.events[0], ticket_id) if wish.send else None
    if message is not None and called:
        await collaboration.add_mentions(session, brand, ticket_id, message.id, called, now)
    if message is None:
        await record_deed(session, witness, AuditAction.USE_MACRO, state)
    else:
        await record_words(session, witness, wish.kind, state, clear_draft=wish.clear_draft)
    return Used(state, message)


async def _usable(
    session: Session,
    state: TicketState,
    brand: str,
    reader_id: str | None,
    shortcut: str | None,
    after: tuple[str, ...] | None,
    limit: int,
) -> list[Macro]:
    found: list[Macro] = []
    while len(found) <= limit:
        page = await macros.macros_page(
            session, brand, reader_id, active=True, shortcut=shortcut, after=after, limit=_BATCH
        )
        found += [macro for macro in page if not rules.obstacles(macro, state)]
        if len(page) < _BATCH:
            break
        after = (str(page[-1].id),)
    return found[: limit + 1]


def _rendered(shown: Shown, state: TicketState, setting: Setting) -> Rendered:
    chosen = rules.text_for(shown.macro, state.language, setting.default_language)
    if chosen is None:
        return Rendered(shown)
    language, text = chosen
    missing = missing_in(text, setting.values)
    return Rendered(shown, language, None if missing else filled(text, setting.values), missing)


async def _words(session: Session, ticket: Ticket, macro: Macro, user: Author, wish: Wish) -> str:
    """Return what is said; words of the agent's own pass the same check, so that no placeholder gets out."""
    setting = await _setting(session, ticket, user)
    if wish.text is not None:
        return filled(wish.text, setting.values)
    chosen = rules.text_for(macro, wish.language or ticket.state.language, setting.default_language)
    if chosen is None:
        raise MacroTextMissing(field="language")
    return filled(chosen[1], setting.values)


async def _choices(session: Session, ticket: Ticket, macro: Macro, wish: Wish) -> tuple[QuickReply, ...]:
    """Return the answers to choose from, where somebody can: under a reply to a live player."""
    if wish.kind is not MessageKind.REPLY or not (ticket.live or ticket.also_for) or not macro.actions.quick_replies:
        return ()
    brand = await macros.brand_of(session, ticket.brand)
    default = brand.default_language if brand else rules.DEFAULT_LANGUAGE
    return rules.quick_replies_for(macro, wish.language or ticket.state.language, default)


async def _act(session: Session, story: Story, actions: Actions, role: str) -> None:
    """Do the steps as edits by hand: what would refuse one refuses the macro."""
    wishes = {"priority": actions.priority, "reason": actions.reason, "status": actions.status}
    wanted: dict[str, object] = {name: value for name, value in wishes.items() if value is not None}
    wanted["tags"] = with_tags(story.state.tags, actions.add_tags, actions.remove_tags)
    rules.check_closing(actions, story.state)
    edit = await plan_edit(session, story.ticket, wanted, editor=story.actor, now=story.now)
    before = story.state
    story.edits(edit.fields)
    check_lowering(before, story.state, by=story.actor, role=role)
    rules.check_closing(actions, story.state)
    if actions.assign_me:
        known = await copies.colleague(session, story.ticket.brand, story.actor.id)
        story.hands_over(story.actor.id, known.role if known else role)
    story.moves(edit.status, edit.details)


async def _setting(session: Session, ticket: Ticket, agent: Author) -> Setting:
    state = ticket.state
    brand = await macros.brand_of(session, ticket.brand)
    name = await collaboration.player_name(session, ticket.brand, state.id)
    values: dict[str, object] = {f"fields.{key}": value for key, value in state.fields.items()}
    values |= {
        "player.name": name or (ticket.contact.name if ticket.contact else None),
        "player.id": state.player_id,
        "ticket.number": state.number,
        "ticket.subject": state.subject,
        "agent.name": agent.name,
        "brand.name": brand.name if brand else None,
    }
    return Setting(values, brand.default_language if brand else rules.DEFAULT_LANGUAGE)
