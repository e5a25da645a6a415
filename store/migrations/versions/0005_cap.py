"""CAP messages that others sent"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "received_caps",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("sent_at", INSTANT, nullable=False),
        sa.Column("msg_type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("subject_id", sa.Text(), nullable=True),
        sa.Column("alert_id", sa.String(length=26), nullable=True),
        sa.Column("refs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("received_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run", "key"),
    )
    op.create_index("received_caps_refs", "received_caps", ["refs"], postgresql_using="gin")
    op.create_index(
        "received_caps_standing", "received_caps", ["ends_at"], postgresql_where=sa.text("standing")
    )
    op.create_index("received_caps_subject", "received_caps", ["subject_id"])


def downgrade() -> None:
    op.drop_table("received_caps")
