"""The tables of accounts, sessions, device tokens and sign-ins; secrets are kept as hashes only."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from store.metadata import metadata

Instant = DateTime(timezone=True)

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("password_hash", Text),
    Column("demo", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    Column("unit_id", Text),
    Column("issuer", Text),
    Column("subject", Text),
    Index("accounts_identity", "issuer", "subject", unique=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.account_id"), nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("origin", Text, nullable=False),
    Column("revoked_at", Instant),
    Index("sessions_account", "account_id"),
    Index("sessions_expiry", "expires_at"),
)

tokens = Table(
    "device_tokens",
    metadata,
    Column("token_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("permissions", ARRAY(Text), nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("revoked_at", Instant),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("login", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("failed_at", Instant, nullable=False),
    Column("locked_until", Instant),
)

sign_ins_under_way = Table(
    "sign_ins_under_way",
    metadata,
    Column("state_hash", Text, primary_key=True),
    Column("browser_hash", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("next_path", Text, nullable=False),
    Column("expires_at", Instant, nullable=False),
)
