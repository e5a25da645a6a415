"""Photos and voice notes, when a unit accepted its order, whose account speaks for which unit"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("unit_id", sa.Text(), nullable=True))
    op.add_column("assignments", sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "attachments",
        sa.Column("attachment_id", sa.String(26), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(26), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=True),
        sa.Column("height_px", sa.Integer(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("accuracy_m", sa.REAL(), nullable=True),
        sa.PrimaryKeyConstraint("attachment_id"),
    )
    op.create_index(op.f("ix_attachments_incident_id"), "attachments", ["incident_id"])
    op.create_table(
        "attachment_contents",
        sa.Column("attachment_id", sa.String(26), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("attachment_id"),
    )


def downgrade() -> None:
    op.drop_table("attachment_contents")
    op.drop_table("attachments")
    op.drop_column("assignments", "accepted_at")
    op.drop_column("accounts", "unit_id")
