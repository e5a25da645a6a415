"""Rules about areas: they propose a flood response level and never set one, since that is for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from alerts.area import area_features
from alerts.lifecycle import Subject
from alerts.model import MonitoredPoint, PointState
from alerts.response_level import ResponseStep, highest, propose, proposes_response
from alerts.rules import Features, Rule
from core.actor import SYSTEM, Actor, Permission
from core.events import happened
from core.geo import LonLat
from operations.apply_rules import RuleWork
from operations.inhibit_alerts import settle_inhibitions
from operations.ports import Ports
from operations.public_state import changes
from operations.store import Transaction
from operations.transaction import committed, require

PREFIX = "area:"


def propose_response_levels(ports: Ports, actor: Actor = SYSTEM) -> int:
    """Judges the city and every district that has monitored points; answers how many areas that were.

    An area's rule makes alerts like any other, so that somebody is told and nobody forgets. Where its levels are
    steps of the flood response, the highest step that such rules have reached is proposed too.
    """
    require(actor, Permission.GRADE)
    rules = ports.catalogue.rule_index.about("area")
    areas = _areas(ports)
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        tx.lock_rules()
        states = _states(ports, tx)
        proposed = tx.areas_with_proposals()
        work = RuleWork(ports, tx, [PREFIX + code for code in areas], ports.catalogue)
        for code, points in areas.items():
            grades = [grade.code for grade in ports.catalogue.waterlogging.grades]
            features = area_features(points, states, grades, now)
            subject = _subject(ports, code, points)
            reached = [
                (rule, work.apply(rule, subject, features, now).level)
                for rule in rules
                if rule.watches.sees_area(code)
            ]
            proposing = [rule for rule, _ in reached if proposes_response(rule)]
            # Where no rule proposes any more, what one proposed before does not stand.
            step = highest(level for rule, level in reached if rule in proposing)
            if proposing or code in proposed:
                _propose(tx, code, step, features, proposing, now)
        work.finish()
        settle_inhibitions(ports, tx, work.changed.values())
    for incident_id in work.opened_incidents:
        ports.work.recommend_units(incident_id)
    return len(areas)


def _areas(ports: Ports) -> dict[str, list[MonitoredPoint]]:
    """The monitored points of the city and each of its districts, by code."""
    points = ports.catalogue.points.values()
    found = {code: [p for p in points if p.jurisdiction.startswith(code)] for code in ports.areas.names()}
    return {code: there for code, there in found.items() if there}


def _states(ports: Ports, tx: Transaction) -> Mapping[str, PointState]:
    gauges = [p.point_id for p in ports.catalogue.points.values() if p.quantity == "rain_mm"]
    rain = tx.point_states(gauges, lock=False) if gauges else {}
    return {**rain, **{state.point_id: state for state in tx.noteworthy_points()}}


def _subject(ports: Ports, code: str, points: Sequence[MonitoredPoint]) -> Subject:
    name_zh, name_en = ports.areas.names()[code]
    middle = LonLat(
        sum(p.place.lon for p in points) / len(points), sum(p.place.lat for p in points) / len(points)
    )
    return Subject(PREFIX + code, name_zh, name_en, middle, code)


def _propose(
    tx: Transaction,
    code: str,
    step: ResponseStep | None,
    features: Features,
    rules: Sequence[Rule],
    now: datetime,
) -> None:
    because = {name: round(v, 1) for name, v in features.items() if name != "value" and v > 0}
    before = tx.response_level(code)
    after = propose(before, step, because, now)
    if after is None:
        return
    tx.save_response_level(after)
    tx.record(
        happened(
            SYSTEM,
            "response_level.proposed",
            at=now,
            subject=code,
            data={
                "jurisdiction": code,
                "from": before.proposed_level,
                "to": step,
                "stands": before.level,
                "because": because,
                "rules": [f"{rule.rule_id}@{rule.version}" for rule in rules],
            },
            changes=changes(response_levels=[after]),
        )
    )
