"""What stood in the catalogue's folder, kept so that an alert's digest can be looked up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from operations.catalogue import CatalogueSeen
from store.catalogue_tables import catalogue_versions

_ADOPTION = 5_301_003
"""The advisory lock that lets one process at a time say what came into force."""


class CatalogueRows:
    """Part of a transaction: versions of the catalogue."""

    connection: Connection

    def keep_catalogue(self, seen: CatalogueSeen, at: datetime) -> bool:
        self.connection.execute(select(func.pg_advisory_xact_lock(_ADOPTION)))
        c = catalogue_versions.c
        newest = select(c.digest, c.outcome).order_by(c.recorded_at.desc()).limit(1)
        if not seen.problems:
            newest = newest.where(c.outcome == "adopted")
        outcome = "refused" if seen.problems else "adopted"
        if self.connection.execute(newest).one_or_none() == (seen.digest, outcome):
            return False
        row = {
            "digest": seen.digest,
            "version": seen.version,
            "outcome": outcome,
            "at": at,
            "files": dict(seen.files),
            "problems": [str(problem) for problem in seen.problems],
        }
        again = {**row, "recorded_at": func.clock_timestamp()}
        asked = insert(catalogue_versions).values(**row)
        self.connection.execute(asked.on_conflict_do_update(index_elements=[c.digest], set_=again))
        return True
