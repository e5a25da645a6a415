"""Alembic's entry: runs the migrations on the engine it is handed, one process at a time."""

from alembic import context
from sqlalchemy import text

from store import accounts_tables, catalogue_tables, tables  # noqa: F401 - they fill the metadata
from store.metadata import metadata

MIGRATION_LOCK = 5_301_001
"""Two processes that start together must not migrate together."""

with context.config.attributes["engine"].connect() as connection:
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
    connection.commit()
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
    connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
    connection.commit()
