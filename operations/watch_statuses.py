"""Says of units that they have been in one status for too long: on scene, going back, on a break, out of service."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from core.actor import SYSTEM, Actor
from core.events import happened
from dispatch.model import Unit
from dispatch.watching import lasts_too_long
from operations.ports import Ports
from operations.public_state import changes
from operations.transaction import committed


def watch_statuses(ports: Ports, actor: Actor = SYSTEM) -> None:
    """Commits the alarm of each unit in a transaction of its own; done twice it changes nothing. The limits are minutes
    and it looks at the whole force, so it is no work for every second."""
    now = ports.clock.now()
    with ports.store.transaction() as tx:
        units = tx.units()
    for unit in units:
        if _newly_too_long(ports, unit, now):
            _tell_too_long(ports, actor, unit.unit_id)


def _newly_too_long(ports: Ports, unit: Unit, now: datetime) -> bool:
    told = unit.overdue_status_at == unit.status_at
    return not told and lasts_too_long(unit, now, ports.catalogue.units.limits)


def _tell_too_long(ports: Ports, actor: Actor, unit_id: str) -> None:
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        unit = tx.lock_units([unit_id])[unit_id]
        if not _newly_too_long(ports, unit, now):
            return
        changed = replace(unit, overdue_status_at=unit.status_at)
        tx.save_unit(changed)
        tx.record(
            happened(
                actor,
                "unit.overdue",
                at=now,
                subject=unit_id,
                data={"callsign": unit.callsign, "status": unit.status.value},
                changes=changes(units=[changed]),
            )
        )
