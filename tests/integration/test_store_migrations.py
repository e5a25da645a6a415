"""Migrations make just the tables the program knows, and leave what it starts with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from bootstrap.embedded import EmbeddedServers
from store.database import make_engine
from store.metadata import metadata
from store.migrate import alembic_config

ROOT = Path(__file__).resolve().parents[2]


def test_the_migrated_database_is_what_the_program_knows(migrated_engine: Engine) -> None:
    with migrated_engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_the_migrations_are_one_line_without_a_fork(migrated_engine: Engine) -> None:
    assert len(ScriptDirectory.from_config(alembic_config(migrated_engine)).get_heads()) == 1


def test_several_processes_that_start_together_migrate_once_and_can_go_back(servers: EmbeddedServers) -> None:
    """In a database of its own, from nothing to the newest tables and to nothing again."""
    admin = make_engine(servers.database_url).execution_options(isolation_level="AUTOCOMMIT")
    name = "migrated_from_nothing"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = servers.database_url.rpartition("/")[0] + f"/{name}"
    engine = make_engine(url)
    program = (
        "import os; from store.database import make_engine; from store.migrate import migrate; "
        "migrate(make_engine(os.environ['DATABASE_URL']))"
    )
    try:
        started = [
            subprocess.Popen(
                [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "DATABASE_URL": url}
            )
            for _ in range(2)
        ]
        assert [process.wait(timeout=60) for process in started] == [0, 0]
        with engine.connect() as connection:
            started_with = [
                connection.execute(text(asked)).all()
                for asked in (
                    "SELECT seq FROM journal_head",
                    "SELECT name, seq FROM cursors",
                    "SELECT run FROM drill_clock",
                )
            ]
        assert started_with == [[(0,)], [("grading", 0)], [(0,)]]
        command.downgrade(alembic_config(engine), "base")
        with engine.connect() as connection:
            left = connection.execute(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            ).scalars()
            assert set(left) <= {"alembic_version"}
    finally:
        engine.dispose()
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()
