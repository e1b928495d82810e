"""Two letters that changed places are the commonest typing error, and in a short word they cost most of its trigrams.

Revision ID: 20261124_1613
Revises: 20261124_1612
"""

from alembic import op

revision = "20261124_1613"
down_revision = "20261124_1612"
branch_labels = None
depends_on = None

# `{alike}` says how alike a known word must be to the one asked for.
_SIMILAR = """
CREATE OR REPLACE FUNCTION search_similar(asked text, most integer) RETURNS TABLE (word text, likeness double precision)
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
    SELECT rated.word, rated.likeness FROM rated WHERE {alike}
    ORDER BY rated.likeness DESC, rated.word LIMIT most
$$
"""
_LETTERS = "(SELECT array_agg(letter ORDER BY letter) FROM unnest(string_to_array({word}, NULL)) AS letter)"
_SWAPPED = f"{_LETTERS.format(word='rated.word')} = {_LETTERS.format(word='lower(asked)')}"


def upgrade() -> None:
    op.execute(_SIMILAR.format(alike=f"CASE WHEN rated.likeness >= 0.25 THEN rated.likeness >= 0.5 OR {_SWAPPED} END"))


def downgrade() -> None:
    op.execute(_SIMILAR.format(alike="rated.likeness >= 0.5"))
