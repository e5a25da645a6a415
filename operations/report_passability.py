"""Whether a road can be driven, as a person or another system states it; a closed road opens an incident."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from alerts.model import WATERLOGGING, Passability, PointState
from core.actor import Actor, Permission
from core.errors import NotFoundError
from core.events import happened
from operations.close_road import AffectedWork, affected_work
from operations.instants import not_in_the_future
from operations.open_incident import incident_at_point
from operations.ports import Ports
from operations.public_state import changes, point_state
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class ReportPassability:
    """`source` says who states it: a traffic police bulletin, an officer on the desk."""

    point_id: str
    passability: Passability
    observed_at: datetime
    source: str
    note: str | None = None


def report_passability(ports: Ports, actor: Actor, command: ReportPassability) -> PointState:
    """Commits the fact; a repeated or older report changes nothing. Advice and ways under way are computed again.

    Raises NotFoundError for an unknown point, InvalidInputError for a future instant.
    """
    require(actor, Permission.SET_PASSABILITY)
    point = ports.catalogue.points.get(command.point_id)
    if point is None or point.road_kind is None:
        raise NotFoundError(
            f"found point {command.point_id!r}, expected one of the catalogue's points on a road / 没有这个道路监测点"
        )
    require(actor, Permission.SET_PASSABILITY, point.jurisdiction)
    now = ports.clock.now()
    command = replace(command, observed_at=not_in_the_future("observed_at", command.observed_at, now))
    opened, affected = None, AffectedWork()
    with committed(ports, as_of=now) as tx:
        before = tx.point_states([point.point_id]).get(point.point_id, PointState(point.point_id))
        if before.passability_at is not None and command.observed_at < before.passability_at:
            return before
        # A paused drill has one instant for everything; the last word in it counts.
        if command.observed_at == before.passability_at and command.passability is before.passability:
            return before
        after = replace(
            before,
            passability=command.passability,
            passability_at=command.observed_at,
            passability_by=command.source,
            passability_note=command.note,
        )
        tx.save_point_states([after])
        incidents = []
        if command.passability is Passability.CLOSED and before.passability is not Passability.CLOSED:
            incident, is_new = incident_at_point(
                ports,
                tx,
                point,
                category=WATERLOGGING,
                what_zh="断交",
                what_en="road closed",
                at=command.observed_at,
                origin="closure",
            )
            incidents.append(incident)
            opened = incident.incident_id if is_new else None
        tx.record(
            happened(
                actor,
                "passability.changed",
                at=command.observed_at,
                subject=point.point_id,
                data={
                    "from": before.passability.value,
                    "to": command.passability.value,
                    "source": command.source,
                    "note": command.note,
                },
                changes=changes(points=[point_state(after, point)], incidents=incidents),
            )
        )
        if after.passability is not before.passability:
            affected = affected_work(tx)
        if opened:
            tx.record(
                happened(
                    actor,
                    "incident.opened",
                    at=command.observed_at,
                    subject=opened,
                    data={"point_id": point.point_id, "because": "closed"},
                    changes=changes(incidents=incidents),
                )
            )
    affected.queue(ports)
    return after
