"""Incidents, calls, units, assignments and recommendations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Select, Table, Text, func, literal, literal_column, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from core.errors import NotFoundError
from core.geo import BoundingBox
from dispatch.assistance import AssistanceRequest
from dispatch.model import Assignment, Call, Incident, Unit, UnitStatus
from dispatch.recommendation import Recommendation
from operations.stored import CallCounts
from store import tables as t
from store.rows import from_row, to_row
from store.run import CURRENT_RUN

T = TypeVar("T")

_ENDED = ("cleared", "stood_down")
_CALLS = 5_301_005
"""The advisory lock of whoever decides which incident a call belongs to."""


_BETWEEN = "\x1f"
_UNIT_COLUMNS = [
    # As one text: arrays of text are slow to read, and there are few different sets.
    func.array_to_string(t.units.c[f.name], _BETWEEN) if f.name == "capabilities" else t.units.c[f.name]
    for f in fields(Unit)
]
_STATUS = {status.value: status for status in UnitStatus}

_ROW = literal_column("xmin::text || ctid::text", Text)
"""Another text after every change of a row: which transaction wrote it and where it lies."""

_OF_UNIT, _BETWEEN_UNITS = "\x1e", "\x1f"
_ALL_ROWS = select(
    func.string_agg(
        t.units.c.unit_id + _OF_UNIT + _ROW, aggregate_order_by(literal(_BETWEEN_UNITS), t.units.c.unit_id)
    )
)
"""Every unit and its row as one text: as it is nearly always the same, it is compared as a whole."""


@dataclass(frozen=True, slots=True)
class _Force:
    """A look at all units: the text of their rows, each with its row, and all of them in order."""

    rows: str = ""
    by_id: Mapping[str, tuple[str, Unit]] = field(default_factory=dict)
    units: Sequence[Unit] = ()


_read_before: WeakKeyDictionary[Engine, _Force] = WeakKeyDictionary()
"""For each database the newest look at the whole force; replaced as a whole."""


def forget_units() -> None:
    """Called whenever a connection is opened: behind it may be a server that was put back to an earlier instant, or
    the one that took over from another, and such a one gives numbers of transactions out again."""
    _read_before.clear()


@lru_cache(1_000)
def _capabilities(joined: str) -> frozenset[str]:
    return frozenset(joined.split(_BETWEEN)) if joined else frozenset()


class DispatchRows:
    """Part of a transaction: what operations.store.Transaction asks about the desk's things."""

    connection: Connection

    # incidents and calls
    def open_incidents_at(self, point_ids: Collection[str]) -> Mapping[str, Incident]:
        asked = select(t.incidents).where(
            t.incidents.c.point_id.in_(list(point_ids)), t.incidents.c.status != "closed"
        )
        found = self._all(Incident, asked.with_for_update())
        return {incident.point_id: incident for incident in found if incident.point_id is not None}

    def incident(self, incident_id: str, lock: bool = True) -> Incident:
        asked = select(t.incidents).where(t.incidents.c.incident_id == incident_id)
        return self._one(Incident, asked.with_for_update() if lock else asked, "incident", incident_id)

    def save_incident(self, incident: Incident) -> None:
        self._save(t.incidents, "incident_id", {**to_row(incident), "run": CURRENT_RUN})

    def next_incident_number(self, day: date) -> int:
        new = insert(t.incident_numbers).values(run=CURRENT_RUN, day=day, last=1)
        counted = new.on_conflict_do_update(
            index_elements=["run", "day"], set_={"last": t.incident_numbers.c.last + 1}
        ).returning(t.incident_numbers.c.last)
        return int(self.connection.execute(counted).scalar_one())

    def lock_calls(self) -> None:
        self.connection.execute(select(func.pg_advisory_xact_lock(_CALLS)))

    def open_incidents_in(self, category: str, box: BoundingBox) -> Sequence[Incident]:
        incident = t.incidents.c
        asked = select(t.incidents).where(
            incident.category == category,
            incident.status != "closed",
            incident.lat.between(box.south, box.north),
            incident.lon.between(box.west, box.east),
        )
        return self._all(Incident, asked.order_by(incident.incident_id))

    def incidents(self, incident_ids: Collection[str]) -> Sequence[Incident]:
        asked = select(t.incidents).where(t.incidents.c.incident_id.in_(list(incident_ids)))
        return self._all(Incident, asked.order_by(t.incidents.c.incident_id))

    def save_call(self, call: Call) -> None:
        self._save(t.calls, "call_id", to_row(call))

    def calls_of(self, incident_id: str, limit: int) -> Sequence[Call]:
        call = t.calls.c
        asked = select(t.calls).where(call.incident_id == incident_id)
        return self._all(Call, asked.order_by(call.received_at.desc(), call.call_id.desc()).limit(limit))

    def call_counts(self, incident_ids: Collection[str], at: datetime) -> Mapping[str, CallCounts]:
        call = t.calls.c

        ten_minutes = func.count().filter(call.received_at > at - timedelta(minutes=10))
        asked = (
            select(call.incident_id, ten_minutes, func.count(), func.count(call.caller.distinct()))
            .where(call.incident_id.in_(list(incident_ids)), call.received_at > at - timedelta(hours=1))
            .group_by(call.incident_id)
        )
        return {row[0]: CallCounts(*row[1:]) for row in self.connection.execute(asked)}

    def incidents_called_since(self, since: datetime) -> Sequence[str]:
        incident = t.incidents.c
        asked = select(incident.incident_id).where(
            incident.status != "closed", incident.last_call_at >= since
        )
        return list(self.connection.execute(asked.order_by(incident.incident_id)).scalars())

    # units and assignments
    def units(self, unit_ids: Collection[str] | None = None) -> Sequence[Unit]:
        if unit_ids is not None:
            return [unit for _, unit in self._read_units(unit_ids)]
        # Thousands, while an officer waits: of those read before, only whether the row is the same is asked.
        before = _read_before.get(self.connection.engine, _Force())
        text_now = self.connection.execute(_ALL_ROWS).scalar_one() or ""
        if text_now and text_now == before.rows:
            return before.units
        rows = [part.split(_OF_UNIT) for part in text_now.split(_BETWEEN_UNITS)] if text_now else []
        same = {i: before.by_id[i] for i, row in rows if i in before.by_id and before.by_id[i][0] == row}
        changed = [unit_id for unit_id, _ in rows if unit_id not in same]
        fresh = {unit.unit_id: (row, unit) for row, unit in self._read_units(changed)} if changed else {}
        if any(fresh.get(i, ("",))[0] != row for i, row in rows if i not in same):
            # Somebody committed in between: all of it in one statement, or of two units of one event one would stand
            # before it and one after.
            text_now, now = "", {unit.unit_id: (row, unit) for row, unit in self._read_units(None)}
        else:
            now = {unit_id: same.get(unit_id) or fresh[unit_id] for unit_id, _ in rows}
        force = _Force(text_now, now, tuple(unit for _, unit in now.values()))
        _read_before[self.connection.engine] = force
        return force.units

    def _read_units(self, unit_ids: Collection[str] | None) -> list[tuple[str, Unit]]:
        asked = select(_ROW, *_UNIT_COLUMNS)
        if unit_ids is not None:
            asked = asked.where(t.units.c.unit_id.in_(list(unit_ids)))
        # Made directly, a fraction of the time that validated rows take.
        return [
            (
                row,
                Unit(
                    unit_id,
                    index,
                    callsign,
                    net,
                    kind,
                    _capabilities(can),
                    jurisdiction,
                    _STATUS[status],
                    *rest,
                ),
            )
            for (
                row,
                unit_id,
                index,
                callsign,
                net,
                kind,
                can,
                jurisdiction,
                status,
                *rest,
            ) in self.connection.execute(asked.order_by(t.units.c.unit_id)).all()
        ]

    def lock_units(self, unit_ids: Collection[str]) -> Mapping[str, Unit]:
        asked = select(t.units).where(t.units.c.unit_id.in_(list(unit_ids))).order_by(t.units.c.unit_id)
        return {unit.unit_id: unit for unit in self._all(Unit, asked.with_for_update())}

    def register_units(self, units: Sequence[Unit]) -> None:
        new = insert(t.units)
        keeps = ("unit_id", "index", "status", "status_at", "version", "assignment_id", "overdue_status_at")
        changed = {c.name: new.excluded[c.name] for c in t.units.columns if c.name not in keeps}
        upsert = new.on_conflict_do_update(index_elements=["unit_id"], set_=changed)
        self.connection.execute(upsert, [to_row(unit) for unit in units])

    def save_unit(self, unit: Unit) -> None:
        self._save(t.units, "unit_id", to_row(unit))

    def assignment(self, assignment_id: str) -> Assignment:
        asked = select(t.assignments).where(t.assignments.c.assignment_id == assignment_id)
        return self._one(Assignment, asked, "assignment", assignment_id)

    def assignments_of(self, incident_id: str) -> Sequence[Assignment]:
        asked = select(t.assignments).where(t.assignments.c.incident_id == incident_id)
        return self._all(Assignment, asked.order_by(t.assignments.c.dispatched_at))

    def open_assignments(self, unit_ids: Collection[str] | None = None) -> Sequence[Assignment]:
        asked = select(t.assignments).where(t.assignments.c.status.not_in(_ENDED))
        if unit_ids is not None:
            asked = asked.where(t.assignments.c.unit_id.in_(list(unit_ids)))
        return self._all(Assignment, asked.order_by(t.assignments.c.dispatched_at))

    def assignment_ended_at(self, unit_id: str, at: datetime) -> Assignment | None:
        ended = t.assignments.c
        asked = select(t.assignments).where(ended.unit_id == unit_id, ended.ended_at == at)
        return next(iter(self._all(Assignment, asked)), None)

    def save_assignment(self, assignment: Assignment) -> None:
        self._save(t.assignments, "assignment_id", to_row(assignment))

    # recommendations
    def latest_recommendation(self, incident_id: str) -> Recommendation | None:
        asked = select(t.recommendations).where(t.recommendations.c.incident_id == incident_id)
        return next(iter(self._all(Recommendation, asked)), None)

    def save_recommendation(self, recommendation: Recommendation) -> None:
        self._save(t.recommendations, "incident_id", to_row(recommendation))

    def advised_units(
        self, incident_ids: Collection[str], package_only: bool = False
    ) -> Mapping[str, frozenset[str]]:
        advice = t.recommendations.c
        path = "$[*] ? (@.need != null).unit_id" if package_only else "$[*].unit_id"
        asked = select(
            advice.incident_id, func.jsonb_path_query_array(advice.candidates, text(f"'{path}'::jsonpath"))
        ).where(advice.incident_id.in_(list(incident_ids)))
        return {row[0]: frozenset(row[1]) for row in self.connection.execute(asked)}

    # requests for units of another jurisdiction
    def assistance_request(self, request_id: str, lock: bool = True) -> AssistanceRequest:
        asked = select(t.assistance_requests).where(t.assistance_requests.c.request_id == request_id)
        locked = asked.with_for_update() if lock else asked
        return self._one(AssistanceRequest, locked, "assistance request", request_id)

    def assistance_of(self, incident_id: str) -> Sequence[AssistanceRequest]:
        asked = select(t.assistance_requests).where(t.assistance_requests.c.incident_id == incident_id)
        return self._all(AssistanceRequest, asked.order_by(t.assistance_requests.c.request_id))

    def assistance_waiting(self, answer_by: datetime | None = None) -> Sequence[AssistanceRequest]:
        return assistance_waiting(self.connection, answer_by)

    def save_assistance(self, request: AssistanceRequest) -> None:
        self._save(t.assistance_requests, "request_id", {**to_row(request), "run": CURRENT_RUN})

    def _all(self, kind: type[T], asked: Select[Any]) -> list[T]:
        return [from_row(kind, row) for row in self.connection.execute(asked).mappings()]

    def _one(self, kind: type[T], asked: Select[Any], noun: str, key: str) -> T:
        row = self.connection.execute(asked).mappings().one_or_none()
        if row is None:
            raise NotFoundError(f"found no {noun} {key!r}, expected an existing one / 没有这条记录")
        return from_row(kind, row)

    def _save(self, table: Table, key: str, row: Mapping[str, Any]) -> None:
        new = insert(table).values(**row)
        changed = {name: new.excluded[name] for name in row if name not in (key, "run")}
        self.connection.execute(new.on_conflict_do_update(index_elements=[key], set_=changed))


def assistance_waiting(
    connection: Connection, answer_by: datetime | None = None
) -> Sequence[AssistanceRequest]:
    request = t.assistance_requests.c
    asked = select(t.assistance_requests).where(request.status == "waiting", request.run == CURRENT_RUN)
    if answer_by is not None:
        asked = asked.where(request.answer_by <= answer_by)
    rows = connection.execute(asked.order_by(request.request_id)).mappings()
    return [from_row(AssistanceRequest, row) for row in rows]
