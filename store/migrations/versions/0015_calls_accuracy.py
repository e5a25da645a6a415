"""How far from its place a call may really be"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("accuracy_m", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("calls", "accuracy_m")
