"""When the city knew each journal row, keyframes to look back from, and hand-overs of shifts"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0016"
branch_labels = None
depends_on = None

BEGUN = "type IN ('incident.opened', 'alert.opened', 'alert.raised')"


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.add_column("journal", sa.Column("known_at", instant, nullable=True))
    # Of the rows that are there it is not known; the latest instant any row up to theirs tells of is the nearest.
    op.execute(
        "UPDATE journal SET known_at = so_far.known_at FROM (SELECT seq, max(at) OVER (PARTITION BY run ORDER BY seq)"
        " AS known_at FROM journal) AS so_far WHERE so_far.seq = journal.seq"
    )
    op.alter_column("journal", "known_at", nullable=False)
    op.create_index("journal_known", "journal", ["run", "known_at"])
    op.create_index("journal_begun", "journal", ["run", "known_at"], postgresql_where=sa.text(BEGUN))
    op.create_table(
        "keyframes",
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("known_at", instant, nullable=False),
        sa.Column("state", postgresql.JSONB(), nullable=False),
    )
    op.create_index("keyframes_known", "keyframes", ["run", "known_at"])
    op.create_table(
        "handovers",
        sa.Column("handover_id", sa.String(26), primary_key=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("since_at", instant, nullable=False),
        sa.Column("given_at", instant, nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_by_name", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("summary", postgresql.JSONB(), nullable=False),
        sa.Column("accepted_at", instant, nullable=True),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.Column("accepted_by_name", sa.Text(), nullable=True),
    )
    op.create_index("handovers_newest", "handovers", ["run", "jurisdiction", "given_at"])


def downgrade() -> None:
    op.drop_table("handovers")
    op.drop_table("keyframes")
    op.drop_index("journal_begun", "journal")
    op.drop_index("journal_known", "journal")
    op.drop_column("journal", "known_at")
