"""What a brand decides about its tickets: its contact reasons and its fields."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.errors import (
    FieldExists,
    FieldNotFound,
    ReasonNotFound,
    TooManyFields,
    TooManyReasons,
)
from services.tickets.domain.fields import FIELDS_PER_BRAND, TicketField, check_choices
from services.tickets.domain.reasons import REASONS_PER_BRAND, Reason, Taxonomy
from services.tickets.queries import catalogues, kept
from services.tickets.use_cases.auditing import record_decision
from services.tickets.use_cases.naming import check_reasons, check_teams
from shared.db.engine import Session, note
from shared.redaction import redact
from shared.web.conditional import demand

_NEW: Final = 0


@dataclass(frozen=True, slots=True)
class CatalogueChanged:
    """A brand's reasons or fields are others from now on."""

    brand: str


def forget_changed(noted: Sequence[object]) -> None:
    """Forget what this process keeps of brands whose decisions have just been committed."""
    for one in noted:
        if isinstance(one, CatalogueChanged):
            kept.TAXONOMIES.forget(one.brand)
            kept.FIELDS.forget(one.brand)


async def read_taxonomy(session: Session, *, brand: str, witness: Witness | None) -> Taxonomy:
    """Return the contact reasons that count for a brand."""
    await record_decision(session, witness, AuditAction.READ_REASONS, {})
    return await catalogues.taxonomy_of(session, brand)


async def replace_reason(
    session: Session,
    *,
    brand: str,
    witness: Witness | None,
    reason: Reason,
    by: str,
    expected_version: int,
    now: datetime,
) -> Reason:
    """Store the next version of a reason; version 0 stands for a built-in or a new one."""
    await catalogues.lock_catalogue(session, brand)
    taxonomy = await catalogues.taxonomy_of(session, brand)
    known = taxonomy.reasons.get(reason.code)
    if known is None and expected_version != _NEW:
        raise ReasonNotFound
    demand(expected_version, known.version if known else _NEW)
    if known is None and len(taxonomy.reasons) >= REASONS_PER_BRAND:
        raise TooManyReasons
    if reason.team_id is not None and reason.team_id != (known.team_id if known else None):
        await check_teams(session, brand, [reason.team_id])
    stored = replace(reason, name=redact(reason.name), version=expected_version + 1)
    await catalogues.insert_reason(session, brand, stored, by=by, now=now)
    what = {"code": stored.code, "version": stored.version}
    await _decided(session, brand, witness, AuditAction.EDIT_REASON, what)
    return stored


async def read_fields(session: Session, *, brand: str, witness: Witness | None) -> list[TicketField]:
    """Return the brand's fields in the order of their keys, those out of use too."""
    await record_decision(session, witness, AuditAction.READ_FIELDS, {})
    return sorted((await catalogues.fields_of(session, brand)).values(), key=lambda field: field.key)


async def add_field(
    session: Session, *, brand: str, witness: Witness | None, field: TicketField, by: str, now: datetime
) -> TicketField:
    """Add a field; a key stays its field's for ever."""
    field = _cleaned(field)
    await catalogues.lock_catalogue(session, brand)
    known = await catalogues.fields_of(session, brand)
    if field.key in known:
        raise FieldExists(field="key")
    await check_reasons(session, brand, field.required_for, field="required_for", now=now)
    if len(known) >= FIELDS_PER_BRAND:
        raise TooManyFields
    return await _store_field(session, brand, witness, field, by=by, now=now)


async def edit_field(
    session: Session,
    *,
    brand: str,
    witness: Witness | None,
    key: str,
    revise: Callable[[TicketField], TicketField],
    by: str,
    expected_version: int,
    now: datetime,
) -> TicketField:
    """Store the next version of a field; tickets keep the values they have."""
    await catalogues.lock_catalogue(session, brand)
    known = (await catalogues.fields_of(session, brand)).get(key)
    if known is None:
        raise FieldNotFound
    demand(expected_version, known.version)
    field = _cleaned(replace(revise(known), version=known.version + 1))
    named = [code for code in field.required_for if code not in known.required_for]
    await check_reasons(session, brand, named, field="required_for", now=now)
    return await _store_field(session, brand, witness, field, by=by, now=now)


async def _store_field(
    session: Session, brand: str, witness: Witness | None, field: TicketField, *, by: str, now: datetime
) -> TicketField:
    await catalogues.insert_field(session, brand, field, by=by, now=now)
    what = {"key": field.key, "version": field.version}
    await _decided(session, brand, witness, AuditAction.EDIT_FIELD, what)
    return field


def _cleaned(field: TicketField) -> TicketField:
    """Return a field fit to be kept: nothing to redact in what it and its choices are called."""
    clean = replace(field, label=redact(field.label), choices=tuple(map(redact, field.choices)))
    check_choices(clean)
    return clean


async def _decided(
    session: Session, brand: str, witness: Witness | None, action: AuditAction, what: Mapping[str, object]
) -> None:
    note(session, CatalogueChanged(brand))
    await record_decision(session, witness, action, what)
