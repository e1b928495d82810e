"""One worker per database at a time: a row with an owner, an end and a number that only grows."""

from datetime import timedelta
from typing import Final

from sqlalchemy import text

from shared.db.engine import Database
from shared.ids import new_id

LEASE_TIME: Final = timedelta(seconds=15)
RENEW_SECONDS: Final = 5.0

_TAKE: Final = text(
    "INSERT INTO leases AS l (name, owner, fence, expires_at) VALUES (:name, :owner, 1, now() + :time) "
    "ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at, "
    "fence = l.fence + CASE WHEN l.owner = excluded.owner THEN 0 ELSE 1 END "
    "WHERE l.owner = excluded.owner OR l.expires_at < now() RETURNING fence"
)
_RELEASE: Final = text(
    "UPDATE leases SET expires_at = now() - interval '1 second' WHERE name = :name AND owner = :owner"
)


class Lease:
    """The right to do something alone for 15 s; a lease can be lost unseen, so `fence` guards the writes under it."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self.name = name
        self.owner = str(new_id())
        self.fence = 0
        self.held = False

    async def renew(self) -> bool:
        """Take or keep the lease and return whether it is held; a failure gives it up."""
        values = {"name": self.name, "owner": self.owner, "time": LEASE_TIME}
        try:
            async with self._database.begin_worker() as session:
                fence = (await session.execute(_TAKE, values)).scalar()
        except BaseException:
            self.held = False
            raise
        self.held = fence is not None
        self.fence = fence or 0
        return self.held

    async def release(self) -> None:
        """Let the next one in at once."""
        self.held = False
        async with self._database.begin_worker() as session:
            await session.execute(_RELEASE, {"name": self.name, "owner": self.owner})
