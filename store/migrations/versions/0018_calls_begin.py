"""Looking back finds where incidents of calls began, too"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0013"
branch_labels = None
depends_on = None

BEFORE = "type IN ('incident.opened', 'alert.opened', 'alert.raised')"
BEGUN = "type IN ('incident.opened', 'call.taken', 'alert.opened', 'alert.raised')"


def _index(condition: str) -> None:
    op.drop_index("journal_begun", "journal")
    op.create_index("journal_begun", "journal", ["run", "known_at"], postgresql_where=sa.text(condition))


def upgrade() -> None:
    _index(BEGUN)


def downgrade() -> None:
    _index(BEFORE)
