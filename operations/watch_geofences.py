"""Rules about geofences: which units enter, stay and leave, from their newest positions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from alerts.geofence_entry import units_inside
from alerts.geofences import Geofence
from alerts.lifecycle import Subject
from alerts.model import Passability
from alerts.rules import Features
from core.actor import SYSTEM, Actor, Permission
from core.geo import LonLat
from dispatch.model import Unit
from operations.apply_rules import RuleWork
from operations.inhibit_alerts import settle_inhibitions
from operations.ports import Ports
from operations.store import Transaction
from operations.stored import GeofenceVisit
from operations.transaction import committed, require

PREFIX = "unit:"
FRESH = timedelta(minutes=5)
"""Where a unit was longer ago than this says nothing about where it is: what was known of it stays."""


def watch_geofences(ports: Ports, actor: Actor = SYSTEM) -> int:
    """Judges every unit that is in a geofence or was; answers how many pairs of unit and geofence that were.

    Raises UnavailableError when the position board is away: then nothing is known and nothing changes.
    """
    require(actor, Permission.GRADE)
    fences = ports.catalogue.geofences
    rules = ports.catalogue.rule_index.about("geofence")
    if not fences or not rules:
        return 0
    now = ports.clock.now()
    with ports.store.transaction() as tx:
        units = {unit.unit_id: unit for unit in tx.units()}
    places = {
        unit_id: fix.place
        for unit_id, fix in ports.positions.newest(units).items()
        if now - fix.fixed_at <= FRESH
    }
    inside = units_inside(fences.values(), places, {unit_id: unit.kind for unit_id, unit in units.items()})
    with committed(ports, as_of=now) as tx:
        tx.lock_rules()
        since = _follow_visits(tx, inside, places, fences, now)
        remembered = {_pair(subject_id) for subject_id in tx.subjects_with_levels(PREFIX)}
        asked = sorted(
            (unit_id, fence_id)
            for unit_id, fence_id in inside | remembered
            if unit_id in places and fence_id in fences
        )
        passability = _passability(tx, {fences[fence_id] for _, fence_id in asked})
        work = RuleWork(ports, tx, [_subject_id(*pair) for pair in asked], ports.catalogue)
        for unit_id, fence_id in asked:
            unit, fence = units[unit_id], fences[fence_id]
            features = _features(unit, fence, since.get((unit_id, fence_id)), now, passability)
            subject = _subject(unit, fence, places[unit_id])
            for rule in rules:
                if rule.watches.sees_geofence(fence.jurisdiction):
                    work.apply(rule, subject, features, now)
        work.finish()
        settle_inhibitions(ports, tx, work.changed.values())
    for incident_id in work.opened_incidents:
        ports.work.recommend_units(incident_id)
    return len(asked)


def _follow_visits(
    tx: Transaction,
    inside: set[tuple[str, str]],
    places: Mapping[str, LonLat],
    fences: Mapping[str, Geofence],
    now: datetime,
) -> dict[tuple[str, str], datetime]:
    """Writes down who entered and who left; answers since when each unit is in."""
    known = {(visit.unit_id, visit.geofence_id): visit for visit in tx.geofence_visits()}
    entered = [GeofenceVisit(*pair, now) for pair in sorted(inside - known.keys())]
    left = [
        visit
        for pair, visit in known.items()
        if pair not in inside and (visit.unit_id in places or visit.geofence_id not in fences)
    ]
    tx.save_geofence_visits(entered, left)
    still = [visit for pair, visit in known.items() if pair in inside]
    return {(visit.unit_id, visit.geofence_id): visit.entered_at for visit in (*still, *entered)}


def _passability(tx: Transaction, fences: set[Geofence]) -> Mapping[str, Passability]:
    """Of the monitored points these fences belong to, by point id."""
    point_ids = {fence.point_id for fence in fences if fence.point_id is not None}
    states = tx.point_states(point_ids, lock=False) if point_ids else {}
    return {point_id: state.passability for point_id, state in states.items()}


def _features(
    unit: Unit,
    fence: Geofence,
    since: datetime | None,
    now: datetime,
    passability: Mapping[str, Passability],
) -> Features:
    return {
        "inside": since is not None,
        "unit_kind": unit.kind,
        "on_assignment": unit.assignment_id is not None,
        "geofence": fence.geofence_id,
        "minutes_inside": (now - since).total_seconds() / 60 if since is not None else 0.0,
        "passability": passability.get(fence.point_id or "", Passability.OPEN).value,
    }


def _subject_id(unit_id: str, fence_id: str) -> str:
    return f"{PREFIX}{unit_id}@{fence_id}"


def _pair(subject_id: str) -> tuple[str, str]:
    unit_id, _, fence_id = subject_id.removeprefix(PREFIX).rpartition("@")
    return unit_id, fence_id


def _subject(unit: Unit, fence: Geofence, place: LonLat) -> Subject:
    return Subject(
        subject_id=_subject_id(unit.unit_id, fence.geofence_id),
        name_zh=f"{unit.callsign} {fence.name_zh}",
        name_en=f"{unit.callsign} {fence.name_en}",
        place=place,
        jurisdiction=fence.jurisdiction,
    )
