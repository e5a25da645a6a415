"""Sends units to an incident: all of them or none, and never one that somebody else has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from core.actor import Actor, Permission
from core.errors import ConflictError, InvalidInputError, NotFoundError, UnitTakenError
from core.events import happened
from core.ids import new_id
from dispatch.model import (
    Assignment,
    AssignmentStatus,
    Incident,
    IncidentStatus,
    Unit,
    UnitStatus,
    advance_incident,
)
from dispatch.preemption import Preemption, refuse_taking
from dispatch.recommendation import Candidate
from operations.ask_assistance import ask_for
from operations.end_assignment import release
from operations.ports import Ports
from operations.public_state import changes
from operations.store import Transaction
from operations.texts import LONGEST_KEY, LONGEST_REASON, refuse_longer
from operations.transaction import committed, require

PREEMPTED, REASSIGNED, REPLACED = "preempted", "reassigned", "replaced"
"""Why an assignment ended as another began: for a more urgent incident, for another one, by another unit."""


@dataclass(frozen=True, slots=True)
class DispatchUnits:
    """`override_reason` is asked for when a unit is sent that was not the first recommended.

    `preempts` names the assignment that the unit sent is taken off, to a less urgent incident; `replaces` one that
    ends as these units go: another unit's on the same incident, or the unit's own elsewhere, with a reason.

    `seen` holds the versions of the units that the officer's screen showed: one that is free, but has been
    elsewhere since, is not sent by what was known before.
    """

    incident_id: str
    unit_ids: tuple[str, ...]
    recommendation_id: str | None = None
    override_reason: str | None = None
    preempts: str | None = None
    replaces: str | None = None
    seen: Mapping[str, int] = field(default_factory=dict)


def dispatch_units(ports: Ports, actor: Actor, command: DispatchUnits) -> tuple[Assignment, ...]:
    """Commits the assignments. The same units for the same incident again answers what stands already.

    Units that belong to a jurisdiction the actor does not cover are not among them: they are asked for in the same
    transaction (operations/answer_assistance.py). Raises UnitTakenError saying who has the unit, ConflictError when
    the incident is closed or a unit may not be taken off, InvalidInputError when others are sent than advised and
    nobody says why, NotFoundError, PermissionDeniedError.
    """
    require(actor, Permission.DISPATCH)
    if not command.unit_ids:
        raise InvalidInputError("unit_ids: found none, expected at least one unit / 请至少选择一个单位")
    if command.preempts and command.replaces:
        raise InvalidInputError("preempts: found beside replaces, expected the one or the other")
    refuse_longer(LONGEST_REASON, override_reason=command.override_reason)
    refuse_longer(
        LONGEST_KEY,
        recommendation_id=command.recommendation_id,
        preempts=command.preempts,
        replaces=command.replaces,
    )
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        ends = command.preempts or command.replaces
        ending = tx.assignment(ends) if ends else None
        units = dict(tx.lock_units([*command.unit_ids, *([ending.unit_id] if ending else [])]))
        missing = [unit_id for unit_id in command.unit_ids if unit_id not in units]
        if missing:
            raise NotFoundError(f"unit_ids: found {', '.join(missing)}, expected registered units")
        # In one order: two officers may move units between the same two incidents.
        involved = {command.incident_id, *([ending.incident_id] if ending else [])}
        incidents = {incident_id: tx.incident(incident_id) for incident_id in sorted(involved)}
        incident = incidents[command.incident_id]
        require(actor, Permission.DISPATCH, incident.jurisdiction)
        if incident.status is IncidentStatus.CLOSED:
            raise ConflictError(
                f"警情 {incident.number} 已由 {incident.closed_by} 销警 / closed by {incident.closed_by}",
                incident_id=incident.incident_id,
            )
        wanted = {unit_id: units[unit_id] for unit_id in sorted(set(command.unit_ids))}
        standing = [_standing(tx, unit, incident) for unit in wanted.values()]
        if all(standing):
            return tuple(assignment for assignment in standing if assignment is not None)
        if ending is not None:
            freed = _take_off(tx, actor, command, incidents, units, ending.assignment_id, now)
            units[freed.unit_id] = freed
            if freed.unit_id in wanted:
                wanted[freed.unit_id] = freed
        for unit in wanted.values():
            if unit.status is not UnitStatus.AVAILABLE:
                raise taken(tx, unit)
            if unit.unit_id in command.seen and not _is_lent(ending, unit):
                _refuse_changed(unit, command.seen[unit.unit_id])
        if ending is None:
            _ask_why(tx, command, incident)
        lent = {ending.unit_id} if ending else set()
        own = [u for u in wanted.values() if actor.covers(u.jurisdiction) or u.unit_id in lent]
        for unit in wanted.values():
            if unit not in own:
                if command.replaces:
                    # The owner may say no after the first has turned round.
                    raise ConflictError(
                        f"{unit.callsign} 属其他辖区，须对方同意，不能直接接替；请先请求增派，到手后再撤回原单位"
                        " / has to be asked for and may be refused: found it in place of a unit on its way, "
                        "expected it beside that one",
                        unit_id=unit.unit_id,
                    )
                ask_for(tx, actor, unit, incident, command.override_reason, now)
        assignments = send(tx, actor, incident, own, command.override_reason, command.recommendation_id, now)
    for assignment in assignments:
        ports.work.route_assignment(assignment.assignment_id)
    if ending is not None and ending.incident_id != incident.incident_id:
        ports.work.recommend_units(ending.incident_id)
    ports.work.measure_coverage()
    return assignments


def _is_lent(ending: Assignment | None, unit: Unit) -> bool:
    """Freed just now by this very request."""
    return ending is not None and ending.unit_id == unit.unit_id


def _refuse_changed(unit: Unit, seen: int) -> None:
    if unit.version != seen:
        since = unit.status_at.isoformat()
        raise ConflictError(
            f"{unit.callsign} 的状态刚刚变过，没有派出；请看新的推荐再派 / changed since your screen showed it: "
            f"found version {unit.version} ({unit.status} since {since}), expected {seen}",
            unit_id=unit.unit_id,
            unit_version=unit.version,
        )


def _ask_why(tx: Transaction, command: DispatchUnits, incident: Incident) -> None:
    """The first to be sent by no advice, while there is one that names others: it is counted by its reason."""
    if incident.status is not IncidentStatus.OPEN or command.recommendation_id or command.override_reason:
        return
    advice = tx.latest_recommendation(incident.incident_id)
    advised = {candidate.unit_id for candidate in advice.package} if advice else set()
    if advised and not advised.issuperset(command.unit_ids):
        raise InvalidInputError(
            f"override_reason: found none, expected why another unit goes than {', '.join(sorted(advised))} / "
            "不按推荐派出，请写明理由"
        )


def send(
    tx: Transaction,
    actor: Actor,
    incident: Incident,
    units: Sequence[Unit],
    override_reason: str | None,
    recommendation_id: str | None,
    now: datetime,
) -> tuple[Assignment, ...]:
    """Saves and records the assignments of these (locked, available) units to the (locked) incident."""
    if not units:
        return ()
    advice = _ways(tx, incident.incident_id)
    assignments, sent = [], []
    for unit in units:
        assignment = _assign(unit, incident, actor, override_reason, advice.get(unit.unit_id), now)
        tx.save_assignment(assignment)
        changed = replace(
            unit,
            status=UnitStatus.DISPATCHED,
            status_at=now,
            version=unit.version + 1,
            assignment_id=assignment.assignment_id,
        )
        tx.save_unit(changed)
        assignments.append(assignment)
        sent.append(changed)
    incident = advance_incident(incident, list(tx.assignments_of(incident.incident_id)), now)
    tx.save_incident(incident)
    tx.record(
        happened(
            actor,
            "units.dispatched",
            at=now,
            subject=incident.incident_id,
            data={
                "by": actor.name,
                "callsigns": [unit.callsign for unit in sent],
                "recommendation_id": recommendation_id,
                "override_reason": override_reason,
            },
            changes=changes(units=sent, assignments=assignments, incidents=[incident]),
        )
    )
    return tuple(assignments)


def _take_off(
    tx: Transaction,
    actor: Actor,
    command: DispatchUnits,
    incidents: Mapping[str, Incident],
    units: Mapping[str, Unit],
    assignment_id: str,
    now: datetime,
) -> Unit:
    """Ends the assignment that is preempted or replaced, reopens its incident and records who lost what to whom;
    the unit, free."""
    assignment = tx.assignment(assignment_id)
    incident, other = incidents[command.incident_id], incidents[assignment.incident_id]
    require(actor, Permission.DISPATCH, assignment.jurisdiction)
    if command.preempts:
        if command.unit_ids != (assignment.unit_id,):
            raise InvalidInputError(
                f"unit_ids: found {', '.join(command.unit_ids)}, expected the preempted unit {assignment.unit_id} "
                "alone"
            )
        refuse_taking(incident, other, assignment)
        reason = PREEMPTED
    else:
        moves = assignment.unit_id in command.unit_ids
        if moves is (other.incident_id == incident.incident_id):
            raise InvalidInputError(
                f"replaces: found {assignment.callsign} on {other.number}, expected another unit on "
                f"{incident.number} or the unit's own assignment elsewhere"
            )
        if moves and not command.override_reason:
            raise InvalidInputError(
                "override_reason: found none, expected why the unit leaves its incident / 请写明改派理由"
            )
        reason = REASSIGNED if moves else REPLACED
    ended, freed = release(tx, units[assignment.unit_id], assignment, reason, now)
    other = advance_incident(other, list(tx.assignments_of(other.incident_id)), now)
    tx.save_incident(other)
    tx.record(
        happened(
            actor,
            "assignment.preempted" if command.preempts else "assignment.reassigned",
            at=now,
            subject=other.incident_id,
            data={
                "by": actor.name,
                "callsign": ended.callsign,
                "for": incident.number,
                "reason": reason,
                "override_reason": command.override_reason,
            },
            changes=changes(units=[freed], assignments=[ended], incidents=[other]),
        )
    )
    return freed


def _standing(tx: Transaction, unit: Unit, incident: Incident) -> Assignment | None:
    """The unit's open assignment to this very incident: a repeated dispatch is harmless."""
    if unit.assignment_id is None:
        return None
    assignment = tx.assignment(unit.assignment_id)
    return assignment if assignment.incident_id == incident.incident_id else None


def taken(tx: Transaction, unit: Unit) -> UnitTakenError:
    if unit.assignment_id is None:
        return UnitTakenError(
            f"{unit.callsign} 不可派（{unit.status}） / not available: {unit.status}",
            unit_id=unit.unit_id,
            callsign=unit.callsign,
            unit_status=unit.status.value,
        )
    assignment = tx.assignment(unit.assignment_id)
    number = tx.incident(assignment.incident_id, lock=False).number
    return UnitTakenError(
        f"{unit.callsign} 已由 {assignment.dispatched_by} 派往 {number} / "
        f"dispatched by {assignment.dispatched_by} to {number}",
        unit_id=unit.unit_id,
        callsign=unit.callsign,
        held_by=assignment.dispatched_by,
        incident_number=number,
        since=assignment.dispatched_at.isoformat(),
    )


def _ways(tx: Transaction, incident_id: str) -> dict[str, Candidate | Preemption]:
    """The ways that the newest advice knows, by unit."""
    advice = tx.latest_recommendation(incident_id)
    ways: list[Candidate | Preemption] = [*advice.preemptions, *advice.candidates] if advice else []
    return {way.unit_id: way for way in ways}


def _assign(
    unit: Unit,
    incident: Incident,
    actor: Actor,
    override_reason: str | None,
    candidate: Candidate | Preemption | None,
    now: datetime,
) -> Assignment:
    return Assignment(
        assignment_id=new_id(),
        incident_id=incident.incident_id,
        unit_id=unit.unit_id,
        callsign=unit.callsign,
        status=AssignmentStatus.DISPATCHED,
        dispatched_at=now,
        dispatched_by=actor.name,
        place=incident.place,
        jurisdiction=incident.jurisdiction,
        travel_time_s=candidate.travel_time_s if candidate else None,
        distance_m=candidate.distance_m if candidate else None,
        eta_at=now + timedelta(seconds=candidate.travel_time_s) if candidate else None,
        path=candidate.path if candidate else (),
        straight_line=candidate.straight_line if candidate else True,
        override_reason=override_reason,
    )
