"""Rules beyond depth grades: levels remembered by rule and subject, and the whole life of an alert"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.alter_column("readings", "depth_cm", new_column_name="value")
    op.create_table(
        "level_states",
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("rising_to", sa.Text(), nullable=True),
        sa.Column("rising_since", INSTANT, nullable=True),
        sa.Column("falling_to", sa.Text(), nullable=True),
        sa.Column("falling_since", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("rule_id", "subject_id"),
    )
    op.create_index("level_states_subject", "level_states", ["subject_id"])
    op.create_table(
        "rule_failures",
        sa.Column("rule_id", sa.Text(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("last_subject_id", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id"),
    )
    # The depth grades were the only rule before; what it remembered of a point goes on.
    op.execute(
        """
        INSERT INTO level_states
            (rule_id, subject_id, level, rising_to, rising_since, falling_to, falling_since)
        SELECT 'waterlogging-depth', point_id, grade_code, rising_to, rising_since, falling_to, falling_since
        FROM point_states
        WHERE grade_code IS NOT NULL OR rising_since IS NOT NULL OR falling_since IS NOT NULL
        """
    )
    op.alter_column("point_states", "depth_cm", new_column_name="value")
    for name in ("rising_to", "rising_since", "falling_to", "falling_since"):
        op.drop_column("point_states", name)
    op.add_column("point_states", sa.Column("unchanged_since", INSTANT, nullable=True))
    op.add_column(
        "point_states",
        sa.Column(
            "recent",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.drop_index("one_open_alert", "alerts")
    op.alter_column("alerts", "depth_cm", new_column_name="value", nullable=True)
    op.alter_column("alerts", "table_version", new_column_name="rule_version")
    op.alter_column("alerts", "point_id", nullable=True)
    filled = sa.table(
        "alerts",
        *(sa.column(n) for n in ("rule_id", "catalogue_version", "subject_id", "peak_grade_code", "told")),
        sa.column("point_id"),
        sa.column("grade_code"),
    )
    for name in ("rule_id", "catalogue_version", "subject_id", "peak_grade_code", "told"):
        op.add_column("alerts", sa.Column(name, sa.Text(), nullable=True))
    op.execute(
        filled.update().values(
            rule_id="waterlogging-depth",
            catalogue_version="",
            subject_id=filled.c.point_id,
            peak_grade_code=filled.c.grade_code,
            told="district",
        )
    )
    for name in ("rule_id", "catalogue_version", "subject_id", "peak_grade_code", "told"):
        op.alter_column("alerts", name, nullable=False)
    for name in ("group_zh", "group_en"):
        op.add_column("alerts", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("alerts", sa.Column("alarmed_at", INSTANT, nullable=True))
    op.execute("UPDATE alerts SET alarmed_at = opened_at")
    op.alter_column("alerts", "alarmed_at", nullable=False)
    op.add_column("alerts", sa.Column("quantity", sa.Text(), nullable=True))
    op.execute("UPDATE alerts SET quantity = 'depth_cm'")
    op.add_column(
        "alerts",
        sa.Column(
            "because",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    for name in ("cleared_by", "clear_note", "outcome", "shelved_by", "shelve_reason"):
        op.add_column("alerts", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("alerts", sa.Column("suppressed_by", sa.String(length=26), nullable=True))
    for name in ("returned_at", "shelved_until", "escalated_at", "escalate_at"):
        op.add_column("alerts", sa.Column(name, INSTANT, nullable=True))
    op.create_index(
        "one_open_alert",
        "alerts",
        ["rule_id", "subject_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'cleared'"),
    )
    op.create_index(
        "alerts_timed", "alerts", ["escalate_at"], postgresql_where=sa.text("escalate_at IS NOT NULL")
    )
    op.create_index("alerts_point", "alerts", ["point_id"], postgresql_where=sa.text("status <> 'cleared'"))


def downgrade() -> None:
    """Back to depth grades as the only rule: alerts and memories of other rules have no place there and go."""
    for name in ("alerts_point", "alerts_timed", "one_open_alert"):
        op.drop_index(name, "alerts")
    op.execute("DELETE FROM alerts WHERE rule_id <> 'waterlogging-depth' OR point_id IS NULL")
    op.execute("UPDATE alerts SET value = 0 WHERE value IS NULL")
    for name in (
        "rule_id",
        "catalogue_version",
        "subject_id",
        "peak_grade_code",
        "told",
        "group_zh",
        "group_en",
        "alarmed_at",
        "quantity",
        "because",
        "cleared_by",
        "clear_note",
        "outcome",
        "shelved_by",
        "shelve_reason",
        "suppressed_by",
        "returned_at",
        "shelved_until",
        "escalated_at",
        "escalate_at",
    ):
        op.drop_column("alerts", name)
    op.alter_column("alerts", "value", new_column_name="depth_cm", nullable=False)
    op.alter_column("alerts", "rule_version", new_column_name="table_version")
    op.alter_column("alerts", "point_id", nullable=False)
    op.create_index(
        "one_open_alert",
        "alerts",
        ["category", "point_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'cleared'"),
    )
    op.drop_column("point_states", "recent")
    op.drop_column("point_states", "unchanged_since")
    op.alter_column("point_states", "value", new_column_name="depth_cm")
    for name in ("rising_to", "falling_to"):
        op.add_column("point_states", sa.Column(name, sa.Text(), nullable=True))
    for name in ("rising_since", "falling_since"):
        op.add_column("point_states", sa.Column(name, INSTANT, nullable=True))
    op.drop_table("rule_failures")
    op.drop_table("level_states")
    op.alter_column("readings", "value", new_column_name="depth_cm")
