"""The store over PostgreSQL: transactions that journal themselves, and reads as of one instant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, func, or_, select, text
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError, TimeoutError

from alerts.alarm_load import AlertMoment
from alerts.model import Alert, PointState, Reading
from alerts.response_level import ResponseLevel
from core.clock import Clock, DrillTime, WallClock
from core.errors import InvalidInputError, UnavailableError
from core.events import Event, JournalRow
from dispatch.model import Assignment, Incident, Unit
from dispatch.recommendation import Recommendation
from operations.stored import (
    DispatchCounts,
    FailingRule,
    GradingLag,
    Keyframe,
    Lifespan,
    SentFor,
    Snapshot,
    Whereabouts,
)
from store import history, journal, past
from store import tables as t
from store.alert_rows import GRAVITY, AlertRows
from store.attachment_rows import AttachmentRows
from store.cap_rows import CapRows
from store.catalogue_rows import CatalogueRows
from store.closure_rows import ClosureRows, closures_in_force
from store.dispatch_rows import DispatchRows, assistance_waiting, forget_units
from store.drill_rows import DrillRows, read_drill_time
from store.handover_rows import HandOverRows
from store.move_up_rows import MoveUpRows
from store.reading_rows import GRADING, ReadingRows
from store.rows import from_row
from store.run import CURRENT_RUN
from store.terminal_rows import TerminalRows
from store.wall_rows import WallRows, wall_scenes

_GATE = 5_301_002
"""The advisory lock that every transaction shares and one that must be alone takes for itself."""


class SqlTransaction(
    ReadingRows,
    AlertRows,
    CapRows,
    DispatchRows,
    ClosureRows,
    MoveUpRows,
    TerminalRows,
    AttachmentRows,
    DrillRows,
    CatalogueRows,
    HandOverRows,
    WallRows,
):
    """One transaction; fulfils operations.store.Transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.last_seq = 0
        self.events: list[Event] = []

    def record(self, event: Event) -> None:
        self.events.append(event)


def make_engine(database_url: str, pool_size: int = 10, max_overflow: int = 10) -> Engine:
    """An engine whose sessions speak UTC and JSON by orjson. Accepts `postgresql://` URLs."""
    url = database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=5,
        pool_pre_ping=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={"options": "-c timezone=UTC -c lock_timeout=5s", "connect_timeout": 3},
    )
    event.listen(engine, "connect", lambda *_: forget_units())
    return engine


WAITED_TOO_LONG = ("55P03", "40P01")
"""lock_not_available and deadlock_detected: others were faster (PostgreSQL, appendix A)."""


@contextmanager
def translated() -> Iterator[None]:
    """Turns the driver's ways of saying that the database is away into UnavailableError, and what no column
    can hold (a NUL in a text, a number out of range) into InvalidInputError."""
    try:
        yield
    except (OperationalError, InterfaceError, TimeoutError) as error:
        if getattr(getattr(error, "orig", None), "sqlstate", None) in WAITED_TOO_LONG:
            raise UnavailableError(
                "数据库繁忙，未作任何更改，请重试 / the database is busy, nothing was changed, try again"
            ) from error
        raise UnavailableError(
            f"数据库不可用，未作任何更改 / the database is away, nothing was changed: {error.__class__.__name__}"
        ) from error
    except DataError as error:
        what = str(error.orig).partition("\n")[0]
        raise InvalidInputError(
            f"found something that cannot be stored: {what} / 含有无法保存的内容"
        ) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise UnavailableError("数据库连接中断 / the database connection broke") from error
        raise


def _by_drill(drill: DrillTime) -> datetime:
    """The city's instant by the drill's time that a transaction is written into."""
    return drill.at(datetime.now(UTC))


class SqlStore:
    """The database; fulfils operations.store.Store."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reading = engine.execution_options(isolation_level="REPEATABLE READ")
        self._drill_time_told_to: Callable[[DrillTime | None], None] | None = None
        self._now: Callable[[], datetime] = WallClock().now

    def timed_by(self, clock: Clock) -> None:
        """Journal rows say when the city knew them by this clock; by the wall's until one is named."""
        self._now = clock.now

    def tell_drill_time_to(self, follow: Callable[[DrillTime | None], None]) -> None:
        """Every transaction begins by telling the drill time it is written into; a clock follows that."""
        self._drill_time_told_to = follow

    @contextmanager
    def transaction(self, alone: bool = False) -> Iterator[SqlTransaction]:
        gate = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
        with translated(), self.engine.begin() as connection:
            connection.execute(select(gate(_GATE)))
            now = self._now
            if self._drill_time_told_to is not None:
                drill = read_drill_time(connection)
                self._drill_time_told_to(drill)
                if drill is not None:
                    now = partial(_by_drill, drill)
            tx = SqlTransaction(connection)
            yield tx
            if tx.events:
                last_seq = journal.append(connection, tx.events, now)
        if tx.events:
            tx.last_seq = last_seq

    def snapshot(self, closed_since: datetime) -> Snapshot:
        with translated(), self._reading.begin() as connection:
            # The first read of a REPEATABLE READ transaction fixes the instant all others see.
            seq = connection.execute(select(t.journal_head.c.seq)).scalar_one()
            alert, incident, assignment = t.alerts.c, t.incidents.c, t.assignments.c
            incidents = _all(
                connection,
                Incident,
                select(t.incidents)
                .where(or_(incident.status != "closed", incident.closed_at >= closed_since))
                .where(incident.run == CURRENT_RUN),
            )
            ids = [found.incident_id for found in incidents]
            return Snapshot(
                seq=seq,
                alerts=_all(
                    connection,
                    Alert,
                    select(t.alerts)
                    .where(or_(alert.status != "cleared", alert.cleared_at >= closed_since))
                    .where(alert.run == CURRENT_RUN),
                ),
                incidents=incidents,
                units=_all(connection, Unit, select(t.units).order_by(t.units.c.index)),
                assignments=_all(
                    connection, Assignment, select(t.assignments).where(assignment.incident_id.in_(ids))
                ),
                recommendations=_all(
                    connection,
                    Recommendation,
                    select(t.recommendations).where(t.recommendations.c.incident_id.in_(ids)),
                ),
                point_states=_all(connection, PointState, select(t.point_states)),
                drill_time=read_drill_time(connection),
                assistance=assistance_waiting(connection),
                response_levels=_all(
                    connection,
                    ResponseLevel,
                    # A row that only was locked says nothing yet.
                    select(t.response_levels)
                    .where(t.response_levels.c.version > 0)
                    .order_by(t.response_levels.c.jurisdiction),
                ),
                closures=closures_in_force(connection, closed_since),
                wall_scenes=wall_scenes(connection),
            )

    def head(self) -> int:
        with translated(), self.engine.connect() as connection:
            return int(connection.execute(select(t.journal_head.c.seq)).scalar_one())

    def journal_after(self, seq: int, limit: int) -> Sequence[JournalRow]:
        with translated(), self.engine.connect() as connection:
            return journal.after(connection, seq, limit)

    def journal_of(
        self, subjects: Collection[str], limit: int, up_to: int | None = None
    ) -> Sequence[JournalRow]:
        with translated(), self.engine.connect() as connection:
            return journal.about(connection, list(subjects), limit, up_to)

    def newest_known(self) -> tuple[int, datetime | None]:
        with translated(), self.engine.connect() as connection:
            return past.newest_known(connection)

    def first_row(self) -> JournalRow | None:
        with translated(), self.engine.connect() as connection:
            return past.first_row(connection)

    def first_keyframe_at(self) -> datetime | None:
        with translated(), self.engine.connect() as connection:
            return past.first_keyframe_at(connection)

    def newest_keyframe(self, at: datetime | None = None) -> Keyframe | None:
        with translated(), self.engine.connect() as connection:
            return past.newest_keyframe(connection, at)

    def save_keyframe(self, keyframe: Keyframe) -> None:
        with translated(), self.engine.begin() as connection:
            past.save_keyframe(connection, keyframe)

    def rows_known(self, after: int, until: datetime, limit: int | None = None) -> Sequence[JournalRow]:
        with translated(), self.engine.connect() as connection:
            return past.rows_known(connection, after, until, limit)

    def rows_begun(self, since: datetime, until: datetime, limit: int) -> Sequence[JournalRow]:
        with translated(), self.engine.connect() as connection:
            return past.rows_begun(connection, since, until, limit)

    def whereabouts(self, at: datetime) -> Sequence[Whereabouts]:
        with translated(), self.engine.connect() as connection:
            return past.whereabouts(connection, at)

    def alert_moments(self, since: datetime | None) -> Sequence[AlertMoment]:
        with translated(), self.engine.connect() as connection:
            return history.alert_moments(connection, since)

    def alerts_opened(self, since: datetime | None, until: datetime) -> Sequence[Alert]:
        with translated(), self.engine.connect() as connection:
            return history.alerts_opened(connection, since, until)

    def readings_of(
        self,
        point_ids: Collection[str],
        since: datetime | None,
        until: datetime,
        at_least: float | None = None,
    ) -> Sequence[Reading]:
        with translated(), self.engine.connect() as connection:
            return history.readings_of(connection, point_ids, since, until, at_least)

    def open_alerts(self) -> Sequence[Alert]:
        asked = select(t.alerts).where(t.alerts.c.status != "cleared", t.alerts.c.run == CURRENT_RUN)
        with translated(), self.engine.connect() as connection:
            return _all(connection, Alert, asked.order_by(GRAVITY.desc(), t.alerts.c.opened_at))

    def alert_history(self, cleared_since: datetime, types: Collection[str]) -> Sequence[JournalRow]:
        with translated(), self.engine.connect() as connection:
            return journal.of_alerts(connection, cleared_since, types)

    def lifespans(self, since: datetime, category: str) -> tuple[Sequence[Lifespan], Sequence[Lifespan]]:
        with translated(), self._reading.begin() as connection:
            return history.lifespans(connection, since, category)

    def incidents_reached_since(self, since: datetime) -> Sequence[Incident]:
        incident = t.incidents.c
        with translated(), self.engine.connect() as connection:
            return _all(
                connection,
                Incident,
                select(t.incidents).where(incident.first_on_scene_at >= since, incident.run == CURRENT_RUN),
            )

    def dispatches_since(self, since: datetime) -> DispatchCounts:
        assignment, incident = t.assignments.c, t.incidents.c
        asked = (
            select(func.count(), func.count(assignment.override_reason))
            .select_from(t.assignments)
            .join(t.incidents, incident.incident_id == assignment.incident_id)
            .where(assignment.dispatched_at >= since, incident.run == CURRENT_RUN)
        )
        with translated(), self.engine.connect() as connection:
            return DispatchCounts(*connection.execute(asked).one())

    def dispatches_by_reason(
        self, since: datetime | None, until: datetime, jurisdiction: str
    ) -> Sequence[SentFor]:
        with translated(), self.engine.connect() as connection:
            return history.dispatches_by_reason(connection, since, until, jurisdiction)

    def grading_lag(self) -> GradingLag:
        cursor = select(t.cursors.c.seq).where(t.cursors.c.name == GRADING).scalar_subquery()
        waiting = select(func.count(), func.min(t.journal.c.recorded_at)).where(
            t.journal.c.type == "readings.ingested", t.journal.c.seq > cursor
        )
        with translated(), self.engine.connect() as connection:
            count, oldest = connection.execute(waiting).one()
        return GradingLag(count, oldest)

    def failing_rules(self, since: datetime) -> Sequence[FailingRule]:
        failed = t.rule_failures.c
        asked = select(t.rule_failures).where(failed.last_at >= since).order_by(failed.last_at.desc())
        with translated(), self.engine.connect() as connection:
            return _all(connection, FailingRule, asked)

    def incidents_without_advice(self) -> Sequence[str]:
        incident, advice = t.incidents.c, t.recommendations.c
        asked = (
            select(incident.incident_id)
            .outerjoin(t.recommendations, advice.incident_id == incident.incident_id)
            .where(incident.status == "open", advice.incident_id.is_(None))
        )
        with translated(), self.engine.connect() as connection:
            return list(connection.execute(asked).scalars())

    def incidents_advised_nobody(self) -> Sequence[str]:
        incident, advice = t.incidents.c, t.recommendations.c
        asked = (
            select(incident.incident_id)
            .join(t.recommendations, advice.incident_id == incident.incident_id)
            .where(incident.status == "open")
            # Nobody fills a need: there may be a choice beside the package, but no advice.
            .where(~func.jsonb_path_exists(advice.candidates, text("'$[*] ? (@.need != null)'::jsonpath")))
        )
        with translated(), self.engine.connect() as connection:
            return list(connection.execute(asked).scalars())

    def assignments_without_route(self) -> Sequence[str]:
        assignment = t.assignments.c
        asked = select(assignment.assignment_id).where(
            assignment.status.in_(("dispatched", "en_route")), assignment.path == func.jsonb_build_array()
        )
        with translated(), self.engine.connect() as connection:
            return list(connection.execute(asked).scalars())

    def drill_time(self) -> DrillTime | None:
        """The drill's time as committed; for the clock of every process."""
        with translated(), self.engine.connect() as connection:
            return read_drill_time(connection)

    def points_ahead(self, of: datetime) -> int:
        """How many points have a reading of an instant later than this one."""
        asked = select(func.count()).where(t.point_states.c.last_observed_at > of)
        with translated(), self.engine.connect() as connection:
            return int(connection.execute(asked).scalar_one())

    def quarantined_count(self) -> int:
        """How many items are in quarantine."""
        with translated(), self.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(t.quarantine)).scalar_one())


def _all(connection: Connection, kind: type[Any], asked: Any) -> list[Any]:
    return [from_row(kind, row) for row in connection.execute(asked).mappings()]
