"""First tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import create_ground, drop_ground, isolate

revision = "20261122_0900"
down_revision = None
branch_labels = None
depends_on = None

_UUID = postgresql.UUID(as_uuid=True)
_TIME = sa.DateTime(timezone=True)
_TABLES = ("brands", "mailboxes", "raw_deliveries", "contacts", "messages")


def upgrade() -> None:
    create_ground(op)
    _create_mailboxes()
    _create_deliveries()
    _create_messages()
    for table in _TABLES:
        isolate(op, table, worker=True)


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
    drop_ground(op)


def _create_mailboxes() -> None:
    op.create_table(
        "brands",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("brand", name="pk_brands"),
    )
    op.create_table(
        "mailboxes",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("since_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("brand", "address", name="pk_mailboxes"),
    )
    op.create_index("ix_mailboxes_address", "mailboxes", ["address"])


def _create_deliveries() -> None:
    op.create_table(
        "raw_deliveries",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("mailbox", sa.Text, nullable=False),
        sa.Column("rcpt_to", sa.Text, nullable=False),
        sa.Column("ticket_id", _UUID),
        sa.Column("mail_from", sa.Text, nullable=False),
        sa.Column("helo", sa.Text, nullable=False),
        sa.Column("peer", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("next_at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_raw_deliveries"),
        sa.UniqueConstraint("brand", "key", name="uq_raw_deliveries_brand_key"),
        sa.CheckConstraint(
            "state IN ('pending', 'done', 'duplicate', 'parse_failed')", name="ck_raw_deliveries_state_known"
        ),
    )
    table = "raw_deliveries"
    op.create_index(f"ix_{table}_due", table, ["next_at"], postgresql_where=sa.text("state = 'pending'"))
    op.create_index(f"ix_{table}_finished", table, ["finished_at"], postgresql_where=sa.text("finished_at IS NOT NULL"))
    op.create_index(f"ix_{table}_failed", table, ["brand", "id"], postgresql_where=sa.text("state = 'parse_failed'"))


def _create_messages() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("first_seen_at", _TIME, nullable=False),
        sa.Column("last_seen_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
        sa.UniqueConstraint("brand", "channel", "address", name="uq_contacts_brand_channel_address"),
    )
    op.create_table(
        "messages",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("mailbox", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("contact_id", _UUID, nullable=False),
        sa.Column("delivery_id", _UUID, nullable=False),
        sa.Column("automatic", sa.Boolean, nullable=False),
        sa.Column("contested", sa.Boolean, nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("brand", "mailbox", "key", "digest", name="uq_messages_brand_mailbox_key_digest"),
    )
