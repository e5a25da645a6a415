"""Closes or slows roads for the search for ways, until somebody lifts it or it runs out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import get_args

from core.actor import Actor, Permission
from core.errors import InvalidInputError
from core.events import happened
from core.geo import LonLat
from core.ids import new_id
from dispatch.travel import ClosureKind, ClosureState, RoadClosure
from operations.ports import Ports
from operations.public_state import changes
from operations.route_assignment import STILL_TO_DRIVE
from operations.store import Transaction
from operations.texts import LONGEST_KEY, LONGEST_LINE, LONGEST_REASON, refuse_longer
from operations.transaction import committed, require

LONGEST_CLOSURE = timedelta(days=7)
"""What is closed for longer belongs into the map (proposal)."""

POINTED_AT_M = 60.0
"""A click further than this from any road means none (proposal)."""

MOST_CORNERS = 500


@dataclass(frozen=True, slots=True)
class CloseRoad:
    """`place` for a road, underpass, culvert or the segment pointed at; `outline`, a ring, for an area.

    For a road, `name` decides which: the roads whose names it contains, all within reach where none is named.
    """

    idempotency_key: str
    name: str
    kind: ClosureKind
    state: ClosureState
    expires_at: datetime
    place: LonLat | None = None
    outline: tuple[LonLat, ...] = ()
    reason: str | None = None

    @property
    def digest(self) -> str:
        """What makes two requests with one key the same request."""
        corners = ([self.place] if self.place else []) + list(self.outline)
        parts = (
            self.name,
            self.kind,
            self.state,
            self.expires_at.astimezone(UTC).isoformat(),
            " ".join(f"{corner.lon:.6f},{corner.lat:.6f}" for corner in corners),
            self.reason or "",
        )
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ClosedRoad:
    """`repeated` says that the key came before; the closure is that one, as it is now."""

    closure: RoadClosure
    repeated: bool


def close_road(ports: Ports, actor: Actor, command: CloseRoad) -> ClosedRoad:
    """Commits the closure; advice and ways under way are computed again.

    Workers read the closures in force for each piece of work, so the next one heeds it. Raises
    InvalidInputError for a place outside the city, an outline that is none, an end in the past or too far away,
    ConflictError when the key came before with another closure.
    """
    require(actor, Permission.SET_PASSABILITY)
    refuse_longer(LONGEST_LINE, name=command.name)
    refuse_longer(LONGEST_REASON, reason=command.reason)
    refuse_longer(LONGEST_KEY, idempotency_key=command.idempotency_key)
    where = _where(ports, actor, command)
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        answer = tx.remembered_answer(actor.actor_id, command.idempotency_key, command.digest)
        if answer is not None:
            return ClosedRoad(tx.closure(answer["closure_id"]), repeated=True)
        if not now < command.expires_at <= now + LONGEST_CLOSURE:
            raise InvalidInputError(
                f"expires_at: found {command.expires_at.isoformat()}, expected later than {now.isoformat()} and "
                f"at most {LONGEST_CLOSURE.days} days / 截止时间须晚于现在且不超过 {LONGEST_CLOSURE.days} 天"
            )
        closure = RoadClosure(
            closure_id=new_id(),
            name=command.name,
            kind=command.kind,
            state=command.state,
            place=where.place,
            radius_m=_radius_m(ports, command.kind),
            outline=command.outline,
            jurisdiction=where.jurisdiction,
            closed_at=now,
            closed_by=actor.name,
            expires_at=command.expires_at.astimezone(UTC),
            reason=command.reason,
        )
        tx.save_closure(closure)
        tx.remember_answer(
            actor.actor_id, command.idempotency_key, command.digest, {"closure_id": closure.closure_id}, now
        )
        tx.record(
            happened(
                actor,
                "road.closed",
                at=now,
                subject=closure.closure_id,
                data={"name": closure.name, "state": closure.state, "reason": closure.reason},
                changes=changes(closures=[closure]),
            )
        )
        affected = affected_work(tx)
    affected.queue(ports)
    return ClosedRoad(closure, repeated=False)


@dataclass(frozen=True, slots=True)
class AffectedWork:
    """What was computed on the roads as they were: advice not followed yet, ways still to drive."""

    incident_ids: Sequence[str] = field(default_factory=tuple)
    assignment_ids: Sequence[str] = field(default_factory=tuple)

    def queue(self, ports: Ports) -> None:
        """To be called after the commit."""
        for incident_id in self.incident_ids:
            ports.work.recommend_units(incident_id)
        for assignment_id in self.assignment_ids:
            ports.work.route_assignment(assignment_id)


def affected_work(tx: Transaction) -> AffectedWork:
    driving = [a.assignment_id for a in tx.open_assignments() if a.status in STILL_TO_DRIVE]
    return AffectedWork(tx.undispatched_incidents(), driving)


@dataclass(frozen=True, slots=True)
class _Where:
    place: LonLat
    jurisdiction: str


def _where(ports: Ports, actor: Actor, command: CloseRoad) -> _Where:
    """Where it stands. The actor must cover all of the city that an outline reaches, wherever its corners are."""
    if command.kind not in get_args(ClosureKind) or command.state not in get_args(ClosureState):
        raise InvalidInputError(
            f"kind, state: found {command.kind!r}, {command.state!r}, expected one of "
            f"{', '.join(get_args(ClosureKind))} and one of {', '.join(get_args(ClosureState))}"
        )
    is_area = command.kind == "area"
    if is_area != bool(command.outline) or is_area == bool(command.place):
        raise InvalidInputError(
            f"place, outline: found kind {command.kind}, expected an outline for an area and a place for "
            "everything else"
        )
    corners = list(command.outline) if command.place is None else [command.place]
    if is_area and not 3 <= len(set(corners)) == len(corners) <= MOST_CORNERS:
        raise InvalidInputError(
            f"outline: found {len(corners)} corners, expected 3 to {MOST_CORNERS} different ones, the first not "
            "repeated"
        )
    reached = _reached(ports, corners)
    if not reached:
        raise InvalidInputError(
            f"place: found {corners[0].lon:.5f},{corners[0].lat:.5f}, expected a place inside the city (WGS-84; "
            "was another frame meant?) / 地点不在本市范围内，请检查坐标系"
        )
    for code in sorted(reached):
        require(actor, Permission.SET_PASSABILITY, code)
    middle = LonLat(
        sum(corner.lon for corner in corners) / len(corners),
        sum(corner.lat for corner in corners) / len(corners),
    )
    return _Where(middle, ports.areas.jurisdiction_of(middle) or min(reached))


def _reached(ports: Ports, corners: Sequence[LonLat]) -> frozenset[str]:
    if len(corners) == 1:
        code = ports.areas.jurisdiction_of(corners[0])
        return frozenset({code} if code else ())
    reached = ports.areas.jurisdictions_within(corners)
    if reached is None:
        # Nobody can say what is inside, and mending one of hundreds of corners would stop every search for minutes.
        raise InvalidInputError(
            "outline: found a ring that crosses itself or encloses nothing, expected an area / "
            "轮廓自相交或没有围出区域，请重新画出"
        )
    return reached


def _radius_m(ports: Ports, kind: ClosureKind) -> float:
    return {**ports.catalogue.closure_radius_m, "segment": POINTED_AT_M, "area": 0.0}[kind]
