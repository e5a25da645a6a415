"""Looks at every assignment: set off, arrived or left by its unit's fixes, frozen, overdue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from core.actor import SYSTEM, Actor
from core.errors import ConflictError
from core.events import happened
from dispatch.fixes import Fix, is_frozen
from dispatch.model import Assignment, AssignmentStatus, UnitStatus
from dispatch.watching import Crossing, crossed, crossing, has_set_off, is_inside, overdue
from operations.ports import Ports
from operations.public_state import changes
from operations.record_status import GPS, RecordStatus, record_status
from operations.store import Transaction
from operations.transaction import committed


def watch_units(ports: Ports, actor: Actor = SYSTEM) -> None:
    """Commits what follows for each assignment in a transaction of its own; done twice it changes nothing.

    Fixes that are doubted or frozen say nothing. Raises UnavailableError.
    """
    now = ports.clock.now()
    with ports.store.transaction() as tx:
        assignments = tx.open_assignments()
    sightings = ports.positions.sightings([a.unit_id for a in assignments])
    frozen = {
        a.unit_id for a in assignments if a.unit_id in sightings and is_frozen(sightings[a.unit_id], a, now)
    }
    ports.positions.mark_frozen(frozen)
    for assignment in assignments:
        sighting = sightings.get(assignment.unit_id)
        if sighting is not None and sighting.doubted is None and assignment.unit_id not in frozen:
            _follow(ports, actor, assignment, sighting.fix)
        if overdue(assignment, now, ports.catalogue.units.limits) not in (None, assignment.overdue):
            _raise_overdue(ports, actor, assignment)


def _follow(ports: Ports, actor: Actor, assignment: Assignment, fix: Fix) -> None:
    fence = ports.catalogue.units.geofence
    if crossing(assignment, fix, fence) is not None:
        assignment = _cross(ports, actor, assignment, fix)
    if is_inside(assignment) and assignment.status is not AssignmentStatus.ON_SCENE:
        _advance(ports, actor, assignment, UnitStatus.ON_SCENE, assignment.entered_at or fix.fixed_at)
    elif has_set_off(assignment, fix, fence):
        _advance(ports, actor, assignment, UnitStatus.EN_ROUTE, fix.fixed_at)


def _cross(ports: Ports, actor: Actor, seen: Assignment, fix: Fix) -> Assignment:
    with _as_it_is_now(ports, seen) as (tx, assignment):
        how = crossing(assignment, fix, ports.catalogue.units.geofence)
        if how is None or not assignment.status.is_open:
            return assignment
        changed = crossed(assignment, how, fix.fixed_at)
        tx.save_assignment(changed)
        tx.record(
            happened(
                actor,
                "unit.entered" if how is Crossing.ENTERED else "unit.left",
                at=fix.fixed_at,
                subject=changed.incident_id,
                data={"callsign": changed.callsign},
                changes=changes(assignments=[changed]),
            )
        )
    return changed


def _raise_overdue(ports: Ports, actor: Actor, seen: Assignment) -> None:
    with _as_it_is_now(ports, seen) as (tx, assignment):
        now = ports.clock.now()
        late = overdue(assignment, now, ports.catalogue.units.limits)
        if late is None or late == assignment.overdue:
            return
        changed = replace(assignment, overdue=late.value)
        tx.save_assignment(changed)
        tx.record(
            happened(
                actor,
                "assignment.overdue",
                at=now,
                subject=changed.incident_id,
                data={"callsign": changed.callsign, "waits_for": late.value},
                changes=changes(assignments=[changed]),
            )
        )


@contextmanager
def _as_it_is_now(ports: Ports, seen: Assignment) -> Iterator[tuple[Transaction, Assignment]]:
    """A transaction that holds the assignment's unit, and the assignment in it: others may have been faster."""
    with committed(ports, as_of=ports.clock.now()) as tx:
        tx.lock_units([seen.unit_id])
        yield tx, tx.assignment(seen.assignment_id)


def _advance(ports: Ports, actor: Actor, assignment: Assignment, to: UnitStatus, at: datetime) -> None:
    command = RecordStatus(assignment.unit_id, to, at, GPS, assignment.assignment_id)
    try:
        record_status(ports, actor, command)
    except ConflictError:
        # The unit or the desk was faster: what they said stands.
        return
