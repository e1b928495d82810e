"""Profiles and teams as leads edit them."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import Row, Table, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from services.tickets.tables import agents, personal_managers, staff, teams, tickets
from services.tickets.tables.tickets import UNFINISHED
from shared.db.engine import Session

_NAME: Final = (
    select(staff.c.name)
    .where(staff.c.brand == agents.c.brand, staff.c.staff_id == agents.c.staff_id)
    .scalar_subquery()
    .label("name")
)


async def profile_of(session: Session, brand: str, staff_id: str, *, locked: bool = False) -> Row[Any] | None:
    """Return a person's profile with his name, null until his account's facts have arrived."""
    statement = select(agents, _NAME).where(agents.c.brand == brand, agents.c.staff_id == staff_id)
    return (await session.execute(statement.with_for_update(of=agents) if locked else statement)).first()


async def profiles_page(session: Session, brand: str, *, after: str | None, limit: int) -> list[Row[Any]]:
    """Return up to `limit + 1` profiles with names in the order of their ids."""
    statement = select(agents, _NAME).where(agents.c.brand == brand).order_by(agents.c.staff_id).limit(limit + 1)
    if after is not None:
        statement = statement.where(agents.c.staff_id > after)
    return list(await session.execute(statement))


async def save_profile(
    session: Session, brand: str, staff_id: str, values: Mapping[str, object], version: int
) -> Row[Any] | None:
    """Write the profile of the version seen (0: there is none) and return it; None if it has another by now."""
    mine = {"brand": brand, "staff_id": staff_id}
    return await _save(session, agents, mine, values, version)


async def teams_page(session: Session, brand: str, *, after: str | None, limit: int) -> list[Row[Any]]:
    """Return up to `limit + 1` teams in the order of their ids."""
    statement = select(teams).where(teams.c.brand == brand).order_by(teams.c.team_id).limit(limit + 1)
    if after is not None:
        statement = statement.where(teams.c.team_id > after)
    return list(await session.execute(statement))


async def team_of(session: Session, brand: str, team_id: str, *, locked: bool = False) -> Row[Any] | None:
    """Return a team."""
    statement = select(teams).where(teams.c.brand == brand, teams.c.team_id == team_id)
    return (await session.execute(statement.with_for_update() if locked else statement)).first()


async def save_team(session: Session, brand: str, team_id: str, name: str, version: int) -> Row[Any] | None:
    """Write the team of the version seen (0: there is none) and return it; None if it has another by now."""
    return await _save(session, teams, {"brand": brand, "team_id": team_id}, {"name": name}, version)


async def hold_teams(session: Session, brand: str, team_ids: Collection[str]) -> set[str]:
    """Return which of these teams there are, and keep them from being removed until the transaction ends."""
    statement = select(teams.c.team_id).where(teams.c.brand == brand, teams.c.team_id.in_(list(team_ids)))
    # In one order, so that two who hold several never wait for each other; a name may change meanwhile.
    held = statement.order_by(teams.c.team_id).with_for_update(read=True, key_share=True)
    return set((await session.execute(held)).scalars()) if team_ids else set()


async def team_ids(session: Session, brand: str, limit: int) -> list[str]:
    """Return the first of the brand's teams."""
    statement = select(teams.c.team_id).where(teams.c.brand == brand).order_by(teams.c.team_id).limit(limit)
    return list((await session.execute(statement)).scalars())


async def members_of(session: Session, brand: str, team_id: str) -> list[str]:
    """Return who takes the tickets of a team."""
    statement = select(agents.c.staff_id).where(agents.c.brand == brand, agents.c.teams.contains([team_id]))
    return list((await session.execute(statement.order_by(agents.c.staff_id))).scalars())


async def unfinished_of_team(session: Session, brand: str, team_id: str) -> int:
    """Return how many unfinished tickets name a team."""
    mine = (tickets.c.brand == brand, tickets.c.team_id == team_id, text(UNFINISHED), tickets.c.merged_into.is_(None))
    return int((await session.execute(select(func.count()).select_from(tickets).where(*mine))).scalar_one())


async def drop_team(session: Session, brand: str, team_id: str) -> None:
    """Remove a locked team."""
    await session.execute(delete(teams).where(teams.c.brand == brand, teams.c.team_id == team_id))


async def save_manager(session: Session, brand: str, player_id: str, staff_id: str) -> None:
    """Make a person the manager of a player, instead of whoever was."""
    statement = insert(personal_managers).values(brand=brand, player_id=player_id, staff_id=staff_id)
    keys = [personal_managers.c.brand, personal_managers.c.player_id]
    await session.execute(statement.on_conflict_do_update(index_elements=keys, set_={"staff_id": staff_id}))


async def drop_manager(session: Session, brand: str, player_id: str, staff_id: str) -> bool:
    """Let a player have no manager; False if this person was not his."""
    mine = (personal_managers.c.brand == brand, personal_managers.c.player_id == player_id)
    gone = delete(personal_managers).where(*mine, personal_managers.c.staff_id == staff_id)
    return bool((await session.execute(gone)).rowcount)


async def _save(
    session: Session, table: Table, mine: Mapping[str, str], values: Mapping[str, object], version: int
) -> Row[Any] | None:
    """Insert or update one row; of two who make it at the same time the second finds it made."""
    if version == 0:
        made = insert(table).values({**mine, **values}).on_conflict_do_nothing().returning(table)
        row: Row[Any] | None = (await session.execute(made)).first()
        return row
    keys = [table.c[name] == value for name, value in mine.items()]
    changed = update(table).where(*keys, table.c.version == version).values({**values, "version": version + 1})
    edited: Row[Any] | None = (await session.execute(changed.returning(table))).first()
    return edited
