"""The rest of an alert's life: response levels, visits of geofences, calls that join an incident"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "response_levels",
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("since_at", INSTANT, nullable=True),
        sa.Column("set_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("proposed_level", sa.Text(), nullable=True),
        sa.Column("proposed_at", INSTANT, nullable=True),
        sa.Column(
            "proposed_because",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("jurisdiction"),
    )
    op.create_table(
        "geofence_visits",
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("geofence_id", sa.Text(), nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("unit_id", "geofence_id"),
    )
    op.create_index("alerts_open", "alerts", ["alert_id"], postgresql_where=sa.text("status <> 'cleared'"))
    op.add_column("incidents", sa.Column("calls", sa.Integer(), server_default="0", nullable=False))
    op.add_column("incidents", sa.Column("last_call_at", INSTANT, nullable=True))
    op.execute(
        """
        UPDATE incidents SET calls = found.calls, last_call_at = found.last_call_at
        FROM (
            SELECT incident_id, count(*) AS calls, max(received_at) AS last_call_at
            FROM calls GROUP BY incident_id
        ) AS found
        WHERE found.incident_id = incidents.incident_id
        """
    )
    op.create_index(
        "incidents_around", "incidents", ["category", "lat"], postgresql_where=sa.text("status <> 'closed'")
    )
    op.create_index(op.f("ix_calls_received_at"), "calls", ["received_at"])
