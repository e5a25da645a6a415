"""When a point was heard, since when one that never spoke is waited for, and what its state was measured in"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("received_at", "awaited_since"):
        op.add_column("point_states", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("point_states", sa.Column("quantity", sa.Text(), nullable=True))
    op.execute("UPDATE point_states SET received_at = last_observed_at")


def downgrade() -> None:
    for name in ("quantity", "awaited_since", "received_at"):
        op.drop_column("point_states", name)
