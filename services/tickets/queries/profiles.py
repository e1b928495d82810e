"""Profiles and teams as leads edit them."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Row, Table, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from services.tickets.tables import agents, personal_managers, staff, teams
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


async def drop_team(session: Session, brand: str, team_id: str) -> bool:
    """Remove a team; False if there was none."""
    gone = delete(teams).where(teams.c.brand == brand, teams.c.team_id == team_id)
    return bool((await session.execute(gone)).rowcount)


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
