"""Whether the secrets of this process fit the database it works on."""

from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.gateway.queries.keys import live_player_keys
from shared.db.engine import Database, DatabaseUnavailable
from shared.sealing import Seal

_logger: Final = structlog.get_logger(module=__name__)


class KeysReplaced(ValueError):
    """The database holds what was sealed with a key that is not here."""


async def check_seal(database: Database, seal: Seal) -> None:
    """Refuse to work with player keys that do not open: every one of their players would be answered 500.

    A database that does not answer refuses nothing: it is asked again with the first token.
    """
    try:
        async with database.begin_worker() as session:
            found = await live_player_keys(session)
    except (DatabaseUnavailable, SQLAlchemyError) as error:
        _logger.warning("player_keys_unchecked", error=repr(error))
        return
    closed = [f"{key.kid} of {key.brand}" for key in found if not seal.knows(key.material)]
    if closed:
        message = (
            f"the database was made with another PITBOSS_SECRETS_KEY: {len(closed)} player keys do not open"
            f" ({closed[0]}). Put the old key back, as PITBOSS_SECRETS_KEY or beside a new one as"
            " PITBOSS_PREVIOUS_SECRETS_KEY (a local installation keeps its keys in keys.env beside its database),"
            " or begin with an empty database (`make clean`)"
        )
        raise KeysReplaced(message)
