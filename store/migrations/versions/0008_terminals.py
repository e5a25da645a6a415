"""Terminals, tracks, shifts, and what positions say about assignments"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "terminals",
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("terminal_id", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=True),
        sa.Column("identity", sa.Text(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("protocol", "terminal_id"),
    )
    op.create_table(
        "tracks",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("heading_deg", sa.SmallInteger(), nullable=False),
        sa.Column("speed_kmh", sa.REAL(), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("run", "unit_id", "at"),
    )
    op.create_index("tracks_at", "tracks", ["at"], postgresql_using="brin")
    op.create_index("tracks_recorded_at", "tracks", ["recorded_at"], postgresql_using="brin")
    op.add_column("units", sa.Column("shift", sa.Text(), server_default="", nullable=False))
    op.add_column("assignments", sa.Column("entered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("assignments", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("assignments", sa.Column("overdue", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("assignments", "overdue")
    op.drop_column("assignments", "left_at")
    op.drop_column("assignments", "entered_at")
    op.drop_column("units", "shift")
    op.drop_index("tracks_recorded_at", table_name="tracks")
    op.drop_index("tracks_at", table_name="tracks")
    op.drop_table("tracks")
    op.drop_table("terminals")
