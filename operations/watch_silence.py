"""Rules about gauges that say nothing, judged by the clock: no reading comes to judge them by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from alerts.features import of_quantity, point_features
from core.actor import SYSTEM, Actor, Permission
from operations.apply_rules import RuleWork, subject_of
from operations.inhibit_alerts import settle_inhibitions
from operations.ports import Ports
from operations.store import Transaction
from operations.transaction import committed, require

LOOKS_AFTER = timedelta(minutes=1)
"""A gauge that spoke within the last minute is silent for no rule."""
POINTS_A_TRANSACTION = 500


def watch_silence(ports: Ports, actor: Actor = SYSTEM) -> int:
    """Judges every silent point by the rules that watch silence; answers how many points that were. A gauge that
    speaks again is judged by its reading; one that has never spoken is silent since it was looked for first."""
    require(actor, Permission.GRADE)
    rules, points = ports.catalogue.rule_index.watching_silence(), ports.catalogue.points
    if not rules:
        return 0
    now = ports.clock.now()
    seen = {i for i, point in points.items() if any(rule.watches.sees(point) for rule in rules)}
    with committed(ports, as_of=now) as tx:
        tx.await_points(seen, now)
        silent = tx.silent_points(now - LOOKS_AFTER)
    watched = [state.point_id for state in silent if state.point_id in seen]
    for first in range(0, len(watched), POINTS_A_TRANSACTION):
        with committed(ports, as_of=now) as tx:
            opened = _watch(ports, tx, watched[first : first + POINTS_A_TRANSACTION], now)
        for incident_id in opened:
            ports.work.recommend_units(incident_id)
    return len(watched)


def _watch(ports: Ports, tx: Transaction, point_ids: Sequence[str], now: datetime) -> list[str]:
    catalogue = ports.catalogue
    # Locked before the rules are, as grading does: a reading that comes in now waits, or has come in before.
    states = dict(tx.point_states(point_ids))
    around = catalogue.neighbours_of(point_ids) - set(point_ids) if catalogue.asks_for_neighbours else set()
    nearby = {**states, **(tx.neighbour_states(around) if around else {})}
    work = RuleWork(ports, tx, point_ids, catalogue)
    for point_id, state in states.items():
        point = catalogue.points[point_id]
        if state.silent_s(now) <= LOOKS_AFTER.total_seconds():
            continue
        state = of_quantity(state, point.quantity)
        neighbours = [nearby[i] for i in catalogue.neighbours_of((point_id,)) if i in nearby]
        features = point_features(state, state, point, now, catalogue.grade_thresholds, neighbours)
        for rule in catalogue.rule_index.watching_silence():
            if rule.watches.sees(point):
                work.apply(rule, subject_of(point), features, now)
    work.finish()
    settle_inhibitions(ports, tx, work.changed.values())
    return work.opened_incidents
