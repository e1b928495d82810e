"""Lists by due time, waiting time and update; full text over every word; saved views.

Revision ID: 20261124_1550
Revises: 20261124_1540
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.db.ground import isolate

revision = "20261124_1550"
down_revision = "20261124_1540"
branch_labels = None
depends_on = None

_UUID = postgresql.UUID(as_uuid=True)
_TIME = sa.DateTime(timezone=True)
_UNFINISHED = "status IN ('new', 'bot', 'open', 'pending', 'waiting', 'snoozed')"
# Name, columns and condition of each new index on tickets; all of them partial, so that most tickets are in few.
_LISTS = (
    ("ix_tickets_unfinished", ("brand", "created_at", "id"), _UNFINISHED),
    ("ix_tickets_due", ("brand", "next_due_at", "id"), _UNFINISHED),
    ("ix_tickets_waiting", ("brand", "waiting_since", "id"), "waiting_since IS NOT NULL"),
    ("ix_tickets_team", ("brand", "team_id", "created_at", "id"), "team_id IS NOT NULL"),
    ("ix_tickets_reason", ("brand", "reason", "created_at", "id"), "reason IS NOT NULL"),
    ("ix_tickets_tier", ("brand", "tier", "created_at", "id"), "tier IS NOT NULL"),
    ("ix_tickets_complaint", ("brand", "created_at", "id"), "complaint_id IS NOT NULL"),
)

# GIN cannot serve tags under row-level security: the operators of arrays are not leakproof. Rows can.
_KEEP_TAGS = """
CREATE FUNCTION keep_ticket_tags() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM ticket_tags AS kept WHERE kept.brand = NEW.brand AND kept.ticket_id = NEW.id
            AND kept.tag <> ALL (NEW.tags);
    END IF;
    INSERT INTO ticket_tags (brand, tag, created_at, ticket_id)
        SELECT NEW.brand, tag, NEW.created_at, NEW.id FROM unnest(NEW.tags) AS tag
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$
"""
_KEEP_TAGS_OF_NEW = """
CREATE TRIGGER keep_tags_of_new AFTER INSERT ON tickets FOR EACH ROW WHEN (NEW.tags <> '{}')
    EXECUTE FUNCTION keep_ticket_tags()
"""
_KEEP_TAGS_OF_CHANGED = """
CREATE TRIGGER keep_tags_of_changed AFTER UPDATE OF tags ON tickets FOR EACH ROW
    WHEN (NEW.tags IS DISTINCT FROM OLD.tags) EXECUTE FUNCTION keep_ticket_tags()
"""

# The stemmer of a language; Russian's takes ASCII words through the English one and so serves both.
_CONFIGS = """
CREATE FUNCTION search_configs(language text) RETURNS regconfig[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE lower(split_part(language, '-', 1))
        WHEN 'ru' THEN '{pg_catalog.russian}'::regconfig[]
        WHEN 'en' THEN '{pg_catalog.russian}'::regconfig[]
        WHEN 'de' THEN '{pg_catalog.german}'::regconfig[]
        WHEN 'fr' THEN '{pg_catalog.french}'::regconfig[]
        ELSE '{pg_catalog.russian,pg_catalog.german,pg_catalog.french}'::regconfig[]
    END
$$
"""
# Marks are lexemes nobody can type (the parser drops the control character): brand and stemmer, so that both are part
# of the index, once for all times and once for the week of opening.
_MARK = """
CREATE FUNCTION search_mark(brand text, config regconfig, week timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT chr(1) || brand || '/' || config::oid || coalesce('/' || to_char(week AT TIME ZONE 'UTC', 'IYYYIW'), '')
$$
"""
_DOCUMENT = """
CREATE FUNCTION search_document(brand text, language text, created_at timestamptz, names text, words text)
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found tsvector := '';
    config regconfig;
BEGIN
    FOREACH config IN ARRAY search_configs(language) LOOP
        found := found || to_tsvector(config, names) || to_tsvector(config, words)
            || array_to_tsvector(ARRAY[search_mark(brand, config, NULL), search_mark(brand, config, created_at)]);
    END LOOP;
    RETURN found;
END
$$
"""
# Each stemmer reads the words as they may have been meant; only documents made with it can answer. What excludes only,
# and so would read everything, finds nothing.
_QUERY = """
CREATE FUNCTION search_query(brand text, asked text, weeks timestamptz[]) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found tsquery := ''::tsquery;
    config regconfig;
    part tsquery;
    marks tsquery;
BEGIN
    FOREACH config IN ARRAY search_configs(NULL) LOOP
        part := websearch_to_tsquery(config, asked);
        CONTINUE WHEN numnode(part) = 0 OR querytree(part) IN ('', 'T');
        SELECT string_agg(quote_literal(search_mark(brand, config, week)), ' | ')::tsquery
            FROM unnest(coalesce(weeks, ARRAY[NULL::timestamptz])) AS week INTO marks;
        found := found || (part && marks);
    END LOOP;
    RETURN found;
END
$$
"""
# Row-level security would keep `@@` (which is not leakproof) from using the index. This function is the owner's, takes
# the brand from the transaction's own setting, and gives ids and times only. It reads the newest week first and then
# twice as many as before, so that a word of a million tickets costs no more than one of a few.
_MATCHES = """
CREATE FUNCTION search_matches(asked text, before_at timestamptz, before_id uuid, most integer)
RETURNS TABLE (opened_at timestamptz, found_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    own text := nullif(current_setting('pitboss.brand', true), '');
    oldest timestamptz;
    upto timestamptz;
    since timestamptz;
    span integer := 1;
    missing integer := most;
    found integer;
    wanted tsquery;
BEGIN
    SELECT d.created_at INTO oldest FROM search_documents AS d WHERE d.brand = own ORDER BY d.created_at LIMIT 1;
    SELECT d.created_at INTO upto FROM search_documents AS d WHERE d.brand = own ORDER BY d.created_at DESC LIMIT 1;
    upto := least(upto, before_at);
    WHILE upto >= oldest AND missing > 0 LOOP
        since := date_trunc('week', upto, 'UTC') - make_interval(days => 7 * (span - 1));
        wanted := search_query(own, asked, CASE WHEN span <= 32 THEN ARRAY(
            SELECT week FROM generate_series(since, upto, interval '7 days') AS week) END);
        EXIT WHEN numnode(wanted) = 0;
        IF span > 32 THEN
            since := oldest;
        END IF;
        RETURN QUERY
            WITH hits AS MATERIALIZED (
                SELECT d.created_at, d.ticket_id, d.brand FROM search_documents AS d WHERE d.document @@ wanted
            )
            SELECT h.created_at, h.ticket_id FROM hits AS h
            WHERE h.brand = own AND h.created_at >= since AND h.created_at <= upto
                AND (before_at IS NULL OR (h.created_at, h.ticket_id) < (before_at, before_id))
            ORDER BY h.created_at DESC, h.ticket_id DESC LIMIT missing;
        GET DIAGNOSTICS found = ROW_COUNT;
        missing := missing - found;
        upto := since - interval '1 microsecond';
        span := span * 2;
    END LOOP;
END
$$
"""
_GRAMS = """
CREATE FUNCTION search_grams(word text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(DISTINCT substr('  ' || word || ' ', place, 3)) FROM generate_series(1, length(word) + 1) AS place
$$
"""
# Known words that share half of their trigrams with the one asked for; arrays of our own, because the extension pg_trgm
# does not see letters beyond ASCII in a database of the C locale.
_SIMILAR = """
CREATE FUNCTION search_similar(asked text, most integer) RETURNS TABLE (word text, likeness double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
    WITH near AS MATERIALIZED (
        SELECT w.brand, w.word, w.grams, g.grams AS wanted
        FROM (SELECT search_grams(asked) AS grams) AS g, search_words AS w
        WHERE w.grams && g.grams
    ), rated AS (
        SELECT near.word, 2.0 * (SELECT count(*) FROM unnest(near.grams) AS gram WHERE gram = ANY (near.wanted))::float8
            / (cardinality(near.grams) + cardinality(near.wanted)) AS likeness
        FROM near
        WHERE near.brand = nullif(current_setting('pitboss.brand', true), '')
            AND length(near.word) BETWEEN length(asked) - 2 AND length(asked) + 2
    )
    SELECT rated.word, rated.likeness FROM rated WHERE rated.likeness >= 0.5
    ORDER BY rated.likeness DESC, rated.word LIMIT most
$$
"""
_FUNCTIONS = {
    "search_configs(text)": _CONFIGS,
    "search_mark(text, regconfig, timestamptz)": _MARK,
    "search_document(text, text, timestamptz, text, text)": _DOCUMENT,
    "search_query(text, text, timestamptz[])": _QUERY,
    "search_matches(text, timestamptz, uuid, integer)": _MATCHES,
    "search_grams(text)": _GRAMS,
    "search_similar(text, integer)": _SIMILAR,
}


def upgrade() -> None:
    _widen_tickets()
    _create_clocks_and_tags()
    _create_search()
    _create_views()
    for table in ("ticket_clocks", "ticket_tags", "search_documents", "search_words", "views"):
        isolate(op, table)
    isolate(op, "search_waiting", worker=True)
    for table in ("search_documents", "search_words"):
        op.execute(f"CREATE POLICY {table}_owner ON {table} TO tickets_owner USING (true)")
    for function, body in _FUNCTIONS.items():
        op.execute(body)
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO tickets_app")
    for statement in (_KEEP_TAGS, _KEEP_TAGS_OF_NEW, _KEEP_TAGS_OF_CHANGED):
        op.execute(statement)


def downgrade() -> None:
    for trigger in ("keep_tags_of_new", "keep_tags_of_changed"):
        op.execute(f"DROP TRIGGER {trigger} ON tickets")
    op.execute("DROP FUNCTION keep_ticket_tags()")
    for function in reversed(_FUNCTIONS):
        op.execute(f"DROP FUNCTION {function}")
    for table in ("views", "search_waiting", "search_words", "search_documents", "ticket_tags", "ticket_clocks"):
        op.drop_table(table)
    for name, _columns, _condition in _LISTS:
        op.drop_index(name, "tickets")
    op.drop_index("ix_tickets_number", "tickets")
    op.drop_index("ix_tickets_changed", "tickets")
    op.create_index("ix_tickets_updated", "tickets", ["brand", "updated_at"])
    op.drop_column("tickets", "waiting_since")
    op.drop_column("tickets", "next_due_at")


def _widen_tickets() -> None:
    op.add_column("tickets", sa.Column("next_due_at", _TIME))
    op.add_column("tickets", sa.Column("waiting_since", _TIME))
    for name, columns, condition in _LISTS:
        op.create_index(name, "tickets", list(columns), postgresql_where=sa.text(condition))
    op.create_index("ix_tickets_changed", "tickets", ["brand", "updated_at", "id"])
    op.drop_index("ix_tickets_updated", "tickets")
    op.create_index("ix_tickets_number", "tickets", ["brand", sa.text("number text_pattern_ops")])


def _create_clocks_and_tags() -> None:
    op.create_table(
        "ticket_clocks",
        sa.Column("clock_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("clock_id", name="pk_ticket_clocks"),
    )
    op.create_index("ix_ticket_clocks_ticket", "ticket_clocks", ["ticket_id"])
    op.create_table(
        "ticket_tags",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.PrimaryKeyConstraint("brand", "tag", "created_at", "ticket_id", name="pk_ticket_tags"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_ticket_tags_ticket_id_tickets"),
    )
    op.create_index("ix_ticket_tags_ticket", "ticket_tags", ["ticket_id"])


def _create_search() -> None:
    op.create_table(
        "search_documents",
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("document", postgresql.TSVECTOR, nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_search_documents"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_search_documents_ticket_id_tickets"),
    )
    op.create_index("ix_search_documents_newest", "search_documents", ["brand", "created_at"])
    op.create_index("ix_search_documents_words", "search_documents", ["document"], postgresql_using="gin")
    op.create_table(
        "search_words",
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("grams", postgresql.ARRAY(sa.Text), nullable=False),
        sa.PrimaryKeyConstraint("brand", "word", name="pk_search_words"),
    )
    op.create_index("ix_search_words_grams", "search_words", ["grams"], postgresql_using="gin")
    op.create_table(
        "search_waiting",
        sa.Column("entry_id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name="pk_search_waiting"),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.02"},
    )


def _create_views() -> None:
    op.create_table(
        "views",
        sa.Column("id", _UUID, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("owner_id", sa.Text, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("filters", postgresql.JSONB, nullable=False),
        sa.Column("sort", sa.Text, nullable=False),
        sa.Column("order", sa.Text, nullable=False),
        sa.Column("columns", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("id", name="pk_views"),
    )
    op.create_index("ix_views_owner", "views", ["brand", "owner_id"])
    op.create_index("ix_views_shared", "views", ["brand"], postgresql_where=sa.text("shared"))
