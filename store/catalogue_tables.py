"""The table of every content of the catalogue's folder that came into force or was refused."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, String, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from store.metadata import metadata

# `recorded_at` is when it was last taken over or refused: the newest adopted row is the one in force.
catalogue_versions = Table(
    "catalogue_versions",
    metadata,
    Column("digest", String(12), primary_key=True),
    Column("version", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("files", JSONB, nullable=False),
    Column("problems", JSONB, nullable=False),
)
