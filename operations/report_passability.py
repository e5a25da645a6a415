"""Whether a road can be driven, as a person or another system states it; a closed road opens an incident, and a person
who opens one with water on it says why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from alerts.model import WATERLOGGING, Passability, PointState
from core.actor import Actor, Permission, Role
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.events import happened
from operations.close_road import AffectedWork, affected_work
from operations.instants import not_in_the_future
from operations.open_incident import incident_at_point
from operations.ports import Ports
from operations.public_state import changes, point_state
from operations.texts import readable_note
from operations.transaction import committed, require


@dataclass(frozen=True, slots=True)
class ReportPassability:
    """`source` says who states it: a traffic police bulletin, an officer on the desk. `note` is also the reason of
    whoever opens a road where water stands. `instead_of` takes a slip back: only what it says may stand."""

    point_id: str
    passability: Passability
    observed_at: datetime
    source: str
    note: str | None = None
    instead_of: Passability | None = None


@dataclass(frozen=True, slots=True)
class PassabilityReported:
    """What was known of the point before, and what is now: the same where the report changed nothing."""

    before: PointState
    after: PointState


def report_passability(ports: Ports, actor: Actor, command: ReportPassability) -> PassabilityReported:
    """Commits the fact; a repeated or older report changes nothing. Advice and ways under way are computed again.

    Raises NotFoundError for an unknown point, InvalidInputError for a future instant or when a person opens a road
    with water on it and does not say why, ConflictError when not `instead_of` stands or a person's is older than what
    stands.
    """
    require(actor, Permission.SET_PASSABILITY)
    point = ports.catalogue.points.get(command.point_id)
    if point is None or point.road_kind is None:
        raise NotFoundError(
            f"found point {command.point_id!r}, expected one of the catalogue's points on a road / 没有这个道路监测点"
        )
    require(actor, Permission.SET_PASSABILITY, point.jurisdiction)
    now = ports.clock.now()
    command = replace(
        command,
        observed_at=not_in_the_future("observed_at", command.observed_at, now),
        note=readable_note(command.note),
    )
    opened, affected = None, AffectedWork()
    with committed(ports, as_of=now) as tx:
        before = tx.point_states([point.point_id]).get(point.point_id, PointState(point.point_id))
        if before.passability_at is not None and command.observed_at < before.passability_at:
            _refuse_older(actor, before)
            return PassabilityReported(before, before)
        # A paused drill has one instant for everything; the last word in it counts.
        if command.observed_at == before.passability_at and command.passability is before.passability:
            return PassabilityReported(before, before)
        _refuse_another(command, before)
        _ask_why(actor, command, before)
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
    return PassabilityReported(before, after)


def _refuse_older(actor: Actor, before: PointState) -> None:
    """A device's late report is history; a person is told that what they stated is not what stands."""
    if actor.role is not Role.DEVICE:
        who = before.passability_by or "–"
        raise ConflictError(
            f"{who} 的设置时间更晚 / {who} has stated something later",
            found=before.passability.value,
            expected="a statement later than the one that stands",
        )


def _refuse_another(command: ReportPassability, before: PointState) -> None:
    if command.instead_of is None or before.passability is command.instead_of:
        return
    who = before.passability_by or "–"
    raise ConflictError(
        f"道路已由 {who} 改设 / {who} has stated otherwise since",
        found=before.passability.value,
        expected=command.instead_of.value,
    )


def _ask_why(actor: Actor, command: ReportPassability, before: PointState) -> None:
    """A device states what it measures and has no reasons; a person who sends cars into water has one."""
    stands = before.grade_code is not None and command.passability.opens(before.passability)
    if not stands or command.note is not None or actor.role is Role.DEVICE:
        return
    depth = "" if before.value is None else f" {before.value:.0f} cm"
    raise InvalidInputError(
        f"note: found none, expected why the road is opened while water{depth} stands there / "
        f"此处仍有积水{depth}，请写明重新开放的理由"
    )
