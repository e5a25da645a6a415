"""Packages and their reasons in advice; requests for units of another jurisdiction"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "recommendations", sa.Column("alarm", sa.SmallInteger(), server_default="1", nullable=False)
    )
    for name in ("needs", "passed_over", "preemptions"):
        op.add_column(
            "recommendations",
            sa.Column(name, postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        )
    op.create_table(
        "assistance_requests",
        sa.Column("request_id", sa.String(26), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.String(26), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("callsign", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("asked_by_jurisdiction", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("override_reason", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("assignment_id", sa.String(26), nullable=True),
        sa.PrimaryKeyConstraint("request_id"),
    )
    op.create_index(
        op.f("ix_assistance_requests_incident_id"), "assistance_requests", ["incident_id"], unique=False
    )
    op.create_index(
        "one_waiting_request",
        "assistance_requests",
        ["incident_id", "unit_id"],
        unique=True,
        postgresql_where=sa.text("status = 'waiting'"),
    )


def downgrade() -> None:
    op.drop_table("assistance_requests")
    for name in ("preemptions", "passed_over", "needs", "alarm"):
        op.drop_column("recommendations", name)
