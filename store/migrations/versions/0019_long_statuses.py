"""A unit remembers which of its statuses was told to last too long"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("units", sa.Column("overdue_status_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("units", "overdue_status_at")
