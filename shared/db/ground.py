"""The tables every service has: its event ledger, its memory of what it handled, leases and idempotency keys."""

from typing import Final, Protocol

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from shared.db.base import brand_column, new_metadata, time_column


class Migrator(Protocol):
    """What a migration hands over: the module `alembic.op`."""

    def get_bind(self) -> Connection:
        """Return the connection the migration runs on."""
        ...

    def execute(self, sqltext: str) -> None:
        """Run one statement."""
        ...


ground: Final = new_metadata()

outbox: Final = Table(
    "outbox",
    ground,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", PG_UUID(as_uuid=True), nullable=False),
    brand_column(),
    Column("type", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("aggregate_id", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    # Text, not JSONB: the relay sends these very bytes, and JSONB refuses an escaped NUL that a player may type.
    Column("envelope", Text, nullable=False),
    time_column("published_at", nullable=True),
    time_column("parked_at", nullable=True),
    Column("last_error", Text),
    UniqueConstraint("event_id"),
    UniqueConstraint("brand", "stream", "aggregate_id", "sequence"),
    CheckConstraint("sequence > 0", name="sequence_positive"),
    Index(
        "ix_outbox_pending",
        "position",
        postgresql_where=text("published_at IS NULL AND parked_at IS NULL"),
    ),
    postgresql_with={"autovacuum_vacuum_scale_factor": "0.02", "autovacuum_vacuum_insert_scale_factor": "0.05"},
)

inbox: Final = Table(
    "inbox",
    ground,
    Column("consumer", Text, nullable=False),
    Column("event_id", PG_UUID(as_uuid=True), nullable=False),
    brand_column(),
    PrimaryKeyConstraint("consumer", "event_id"),
)

aggregate_cursors: Final = Table(
    "aggregate_cursors",
    ground,
    Column("consumer", Text, nullable=False),
    brand_column(),
    Column("stream", Text, nullable=False),
    Column("aggregate_id", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    PrimaryKeyConstraint("consumer", "brand", "stream", "aggregate_id"),
    postgresql_with={"fillfactor": "80"},
)

parked_events: Final = Table(
    "parked_events",
    ground,
    Column("consumer", Text, nullable=False),
    Column("event_id", PG_UUID(as_uuid=True), nullable=False),
    brand_column(),
    Column("type", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("aggregate_id", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    # The bytes as they came: an undecodable event must be kept too.
    Column("envelope", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("error_hash", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    # Replayed after its stream went on without it: applied even though the cursor has passed it.
    Column("late", Boolean, nullable=False, server_default=text("false")),
    time_column("next_at", nullable=True),
    time_column("first_at"),
    time_column("last_at"),
    PrimaryKeyConstraint("consumer", "event_id"),
    CheckConstraint("state IN ('parked', 'dead', 'replayed')", name="state_known"),
    Index("ix_parked_events_due", "next_at", postgresql_where=text("state = 'parked'")),
    Index("ix_parked_events_aggregate", "consumer", "brand", "stream", "aggregate_id", "sequence"),
)

leases: Final = Table(
    "leases",
    ground,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    time_column("expires_at"),
)

idempotency_keys: Final = Table(
    "idempotency_keys",
    ground,
    brand_column(),
    Column("principal", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", Integer),
    Column("headers", JSONB),
    Column("body", LargeBinary),
    time_column("created_at"),
    PrimaryKeyConstraint("brand", "principal", "route", "key"),
    Index(None, "created_at"),
)

_PRIVATE: Final = (outbox, inbox, aggregate_cursors, parked_events, idempotency_keys)
_GRANTED: Final = "SELECT, INSERT, UPDATE, DELETE"
_OWNER: Final = "_owner"


def create_ground(op: Migrator) -> None:
    """Create these tables with their isolation; the first migration of every service calls it.

    A later change of these tables is a new function here (written so that it does nothing where the change is already
    there) and a dated migration in every service that calls it.
    """
    ground.create_all(op.get_bind(), checkfirst=False)
    for table in _PRIVATE:
        isolate(op, table.name, worker=True)
    share(op, leases.name)


def drop_ground(op: Migrator) -> None:
    """Drop what `create_ground` made."""
    ground.drop_all(op.get_bind(), checkfirst=False)


def isolate(op: Migrator, table: str, *, worker: bool = False) -> None:
    """Let the application role see only rows of the brand its transaction is bound to.

    The setting is compared through `nullif`, because it is '' and not NULL once a connection has used it: unset means
    no rows. With `worker=True` the worker role (relay, timers, sweeps) sees every brand of this table. FORCE binds the
    owner as well, so that a migration cannot read players' data by accident.
    """
    service = _service_of(op)
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY {table}_brand ON {table} TO {service}_app "
        "USING (brand = nullif(current_setting('pitboss.brand', true), ''))",
    )
    op.execute(f"GRANT {_GRANTED} ON {table} TO {service}_app")
    if worker:
        op.execute(f"CREATE POLICY {table}_worker ON {table} TO {service}_worker USING (true)")
        op.execute(f"GRANT {_GRANTED} ON {table} TO {service}_worker")


def share(op: Migrator, table: str) -> None:
    """Let both roles use a table that belongs to no brand; such tables are listed in `tests/house`."""
    service = _service_of(op)
    op.execute(f"GRANT {_GRANTED} ON {table} TO {service}_app, {service}_worker")


def _service_of(op: Migrator) -> str:
    """Return the service whose owner role runs the migration: roles are `<service>_owner`, `_app` and `_worker`."""
    role = str(op.get_bind().execute(text("SELECT current_user")).scalar_one())
    if not role.endswith(_OWNER):
        message = f"migrations run as <service>{_OWNER}, not as {role}"
        raise ValueError(message)
    return role.removesuffix(_OWNER)
