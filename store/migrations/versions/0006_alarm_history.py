"""An index over the history of alerts, which alarm load and verification read by time"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "journal_alerts", "journal", ["run", "at"], postgresql_where=sa.text("type LIKE 'alert.%'")
    )


def downgrade() -> None:
    op.drop_index("journal_alerts", "journal")
