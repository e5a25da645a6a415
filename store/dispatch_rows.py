"""Incidents, calls, units, assignments and recommendations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, Table, select
from sqlalchemy.dialects.postgresql import insert

from core.errors import NotFoundError
from dispatch.model import Assignment, Call, Incident, Unit
from dispatch.recommendation import Recommendation
from store import tables as t
from store.rows import from_row, to_row
from store.run import CURRENT_RUN

T = TypeVar("T")

_ENDED = ("cleared", "stood_down")


class DispatchRows:
    """Part of a transaction: what operations.ports.Transaction asks about the desk's things."""

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

    def save_call(self, call: Call) -> None:
        self._save(t.calls, "call_id", to_row(call))

    # units and assignments
    def units(self, unit_ids: Collection[str] | None = None) -> Sequence[Unit]:
        asked = select(t.units).order_by(t.units.c.unit_id)
        return self._all(
            Unit, asked if unit_ids is None else asked.where(t.units.c.unit_id.in_(list(unit_ids)))
        )

    def lock_units(self, unit_ids: Collection[str]) -> Mapping[str, Unit]:
        asked = select(t.units).where(t.units.c.unit_id.in_(list(unit_ids))).order_by(t.units.c.unit_id)
        return {unit.unit_id: unit for unit in self._all(Unit, asked.with_for_update())}

    def register_units(self, units: Sequence[Unit]) -> None:
        new = insert(t.units)
        keeps = ("unit_id", "index", "status", "status_at", "version", "assignment_id")
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

    def save_assignment(self, assignment: Assignment) -> None:
        self._save(t.assignments, "assignment_id", to_row(assignment))

    # recommendations
    def latest_recommendation(self, incident_id: str) -> Recommendation | None:
        asked = select(t.recommendations).where(t.recommendations.c.incident_id == incident_id)
        return next(iter(self._all(Recommendation, asked)), None)

    def save_recommendation(self, recommendation: Recommendation) -> None:
        self._save(t.recommendations, "incident_id", to_row(recommendation))

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
