"""Accounts of an identity provider, sign-ins under way there, and failed sign-ins counted by name and address"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("accounts", "password_hash", nullable=True)
    op.add_column("accounts", sa.Column("issuer", sa.Text(), nullable=True))
    op.add_column("accounts", sa.Column("subject", sa.Text(), nullable=True))
    op.create_index("accounts_identity", "accounts", ["issuer", "subject"], unique=True)
    op.create_table(
        "sign_ins_under_way",
        sa.Column("state_hash", sa.Text(), primary_key=True),
        sa.Column("browser_hash", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("next_path", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    # Names that failed are counted anew: what is locked now is free once.
    op.drop_table("sign_in_failures")
    op.create_table(
        "sign_in_failures",
        sa.Column("login", sa.Text(), primary_key=True),
        sa.Column("address", sa.Text(), primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
    )


def downgrade() -> None:
    op.drop_table("sign_in_failures")
    op.create_table(
        "sign_in_failures",
        sa.Column("login", sa.Text(), primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
    )
    op.drop_table("sign_ins_under_way")
    op.drop_index("accounts_identity", "accounts")
    # Without a provider nobody of it can sign in: a hash that no password has keeps the row.
    op.execute("UPDATE accounts SET password_hash = '!' WHERE password_hash IS NULL")
    op.drop_column("accounts", "subject")
    op.drop_column("accounts", "issuer")
    op.alter_column("accounts", "password_hash", nullable=False)
