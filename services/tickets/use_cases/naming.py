"""What a setup may name: the brand's own teams, reasons and groups of reasons; a typo would wait for nobody."""

from collections.abc import Collection
from datetime import datetime

from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.errors import TeamInUse, TeamNotFound, TeamUnknown
from services.tickets.domain.people import check_skills
from services.tickets.domain.reasons import check_codes
from services.tickets.queries import catalogues, kept, profiles
from services.tickets.use_cases.auditing import record_act
from shared.db.engine import Session

_MOST_NAMED = 20


async def check_teams(session: Session, brand: str, team_ids: Collection[str], *, field: str = "team_id") -> None:
    """Refuse teams that the brand does not have: their tickets would wait for nobody.

    Those it has cannot be removed until the transaction ends, so that nobody names a team that is just going.
    """
    there = await profiles.hold_teams(session, brand, team_ids)
    unknown = [team for team in team_ids if team not in there]
    if unknown:
        known = await profiles.team_ids(session, brand, _MOST_NAMED)
        detail = f"there is no team {unknown[0]!r}; known: {', '.join(known) or 'none yet'}"
        raise TeamUnknown(detail, field=field, unknown=unknown, known=known)


async def check_trainings(session: Session, brand: str, skills: Collection[str], now: datetime) -> None:
    """Refuse skills that are neither a special training nor a group of the brand's reasons."""
    taxonomy = await kept.TAXONOMIES.of(session, brand, now)
    check_skills(skills, {reason.group for reason in taxonomy.reasons.values()})


async def check_reasons(session: Session, brand: str, codes: Collection[str], *, field: str, now: datetime) -> None:
    """Refuse codes that are none of the brand's reasons, those out of use included."""
    check_codes(codes, (await kept.TAXONOMIES.of(session, brand, now)).reasons, field=field)


async def drop_team(session: Session, *, brand: str, team_id: str, witness: Witness | None) -> None:
    """Remove a team that nothing names any more: no reason, no profile, no unfinished ticket."""
    if await profiles.team_of(session, brand, team_id, locked=True) is None:
        raise TeamNotFound
    reasons = [
        code for code, reason in (await catalogues.taxonomy_of(session, brand)).reasons.items()
        if reason.team_id == team_id
    ]  # fmt: skip
    agents = await profiles.members_of(session, brand, team_id)
    tickets = await profiles.unfinished_of_team(session, brand, team_id)
    if reasons or agents or tickets:
        raise TeamInUse(
            f"named by {len(reasons)} reasons, {len(agents)} agents and {tickets} unfinished tickets",
            reasons=sorted(reasons)[:_MOST_NAMED], agents=agents[:_MOST_NAMED], unfinished_tickets=tickets,
        )  # fmt: skip
    await profiles.drop_team(session, brand, team_id)
    await record_act(session, witness, AuditAction.EDIT_TEAM, {"team_id": team_id})
