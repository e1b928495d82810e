"""Keeping macros: the brand's are written by leads, everybody may have some of one's own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.errors import MacroNotFound, MacrosFull, ShortcutTaken
from services.tickets.domain.macros import MOST_MACROS, Macro, check_macro
from services.tickets.domain.reasons import reason_of
from services.tickets.queries import kept as decided
from services.tickets.queries import macros
from services.tickets.queries.macros import DayOfUse, Uses
from services.tickets.use_cases.auditing import record_look
from services.tickets.use_cases.naming import check_reasons
from shared.db.engine import Session
from shared.redaction import redact
from shared.web.actor import Forbidden
from shared.web.conditional import demand

_MOST_DAYS_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who keeps macros; a `lead` (or the operator's server) also the brand's. Servers own none (`id` is None)."""

    id: str | None
    lead: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A macro with how often it was used in the last 30 days."""

    macro: Macro
    uses: Uses | None = None


async def create_macro(session: Session, *, keeper: Keeper, macro: Macro, witness: Witness | None) -> Shown:
    """Store a new macro, the brand's or the keeper's own."""
    _check_right(keeper, macro)
    kept = await _cleaned(session, macro, macro.created_at)
    if await macros.count_macros(session, kept.brand, kept.owner_id) >= MOST_MACROS:
        raise MacrosFull(f"at most {MOST_MACROS} macros")
    if not await macros.insert_macro(session, kept):
        raise ShortcutTaken(field="shortcut")
    await record_look(session, witness, AuditAction.EDIT_MACRO, macro_id=kept.id)
    return Shown(kept)


async def edit_macro(
    session: Session,
    *,
    brand: str,
    keeper: Keeper,
    macro_id: UUID,
    expected_version: int,
    fields: Mapping[str, object],
    witness: Witness | None,
    now: datetime,
) -> Shown:
    """Change the version of a macro that was read; as before already, nothing happens."""
    before = await _kept(session, brand, keeper, macro_id, locked=True)
    _check_right(keeper, before)
    demand(expected_version, before.version)
    after = await _cleaned(session, replace(before, **fields), now)  # type: ignore[arg-type] # the schema gives fields of a macro
    if after != before:
        after = replace(after, version=before.version + 1, updated_at=now)
        if not await macros.save_macro(session, after):
            raise ShortcutTaken(field="shortcut")
    await record_look(session, witness, AuditAction.EDIT_MACRO, macro_id=macro_id)
    return await _shown(session, after, now)


async def delete_macro(
    session: Session, *, brand: str, keeper: Keeper, macro_id: UUID, expected_version: int, witness: Witness | None
) -> None:
    """Forget a macro of the version that was read; what it was used for stays counted."""
    macro = await _kept(session, brand, keeper, macro_id, locked=True)
    _check_right(keeper, macro)
    demand(expected_version, macro.version)
    await macros.delete_macro(session, brand, macro_id)
    await record_look(session, witness, AuditAction.EDIT_MACRO, macro_id=macro_id)


async def read_macro(
    session: Session, *, brand: str, keeper: Keeper, macro_id: UUID, witness: Witness | None, now: datetime
) -> Shown:
    """Return a macro of the brand or of the reader's own."""
    macro = await _kept(session, brand, keeper, macro_id)
    await record_look(session, witness, AuditAction.READ_MACRO, macro_id=macro_id)
    return await _shown(session, macro, now)


async def read_usage(
    session: Session, *, brand: str, keeper: Keeper, macro_id: UUID, days: int, witness: Witness | None, now: datetime
) -> list[DayOfUse]:
    """Return who used a macro how often on each of the last days."""
    await _kept(session, brand, keeper, macro_id)
    await record_look(session, witness, AuditAction.READ_MACRO, macro_id=macro_id, days=days)
    return await macros.use_by_day(session, brand, macro_id, now - timedelta(days=days), _MOST_DAYS_SHOWN)


async def with_uses(session: Session, brand: str, found: list[Macro], now: datetime) -> list[Shown]:
    """Return macros with how often they were used lately."""
    uses = await macros.uses_since(session, brand, [macro.id for macro in found], macros.month_before(now))
    return [Shown(macro, uses.get(macro.id)) for macro in found]


async def _shown(session: Session, macro: Macro, now: datetime) -> Shown:
    return (await with_uses(session, macro.brand, [macro], now))[0]


async def _kept(session: Session, brand: str, keeper: Keeper, macro_id: UUID, *, locked: bool = False) -> Macro:
    macro = await macros.macro_of(session, brand, macro_id, locked=locked)
    if macro is None or macro.owner_id not in {None, keeper.id}:
        raise MacroNotFound
    return macro


def _check_right(keeper: Keeper, macro: Macro) -> None:
    if macro.owner_id is None and not keeper.lead:
        raise Forbidden("the brand's macros are written by leads")


async def _cleaned(session: Session, macro: Macro, now: datetime) -> Macro:
    """Return a macro fit to be kept: known placeholders, known reason, nothing to redact."""
    if macro.actions.reason is not None:
        await check_reasons(session, macro.brand, [macro.actions.reason], field="actions.reason", now=now)
        reason_of(macro.actions.reason, (await decided.TAXONOMIES.of(session, macro.brand, now)).reasons)
    texts = {language.casefold(): redact(text) for language, text in macro.texts.items()}
    kept = replace(macro, name=redact(macro.name), texts=texts)
    check_macro(kept)
    return kept
