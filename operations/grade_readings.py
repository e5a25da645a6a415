"""The rules on readings: remembers what came in, lets every rule that watches the point judge it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from alerts.features import of_quantity, point_features, remember
from alerts.model import MonitoredPoint, PointState, Reading
from alerts.rules import Rule
from core.actor import SYSTEM, Actor, Permission
from core.events import happened
from operations.apply_rules import RuleWork, subject_of
from operations.catalogue import Catalogue
from operations.inhibit_alerts import settle_inhibitions
from operations.ports import Ports
from operations.public_state import Json, depth_state, point_state
from operations.store import Transaction
from operations.stored import QuarantinedItem
from operations.transaction import committed, require

READINGS_A_TRANSACTION = 2_000
"""A micro-batch: large enough to share one commit, small enough to stay under a tenth of a second."""

log = logging.getLogger(__name__)


def grade_readings(ports: Ports, actor: Actor = SYSTEM) -> int:
    """Grades every batch that waits; answers how many readings that were.

    Results and the mark of what is graded are committed together, so a killed worker repeats
    nothing and skips nothing; only one worker grades at a time. After each commit the incidents
    it opened are handed to the dispatch computation.
    """
    require(actor, Permission.GRADE)
    graded = 0
    while True:
        with committed(ports) as tx:
            batches = tx.ungraded_batches(READINGS_A_TRANSACTION)
            if not batches:
                return graded
            readings = [reading for batch in batches for reading in batch.readings]
            opened = _grade(ports, tx, readings)
            tx.mark_graded(batches[-1].seq)
        graded += len(readings)
        for incident_id in opened:
            ports.work.recommend_units(incident_id)


def _grade(ports: Ports, tx: Transaction, readings: list[Reading]) -> list[str]:
    catalogue = ports.catalogue
    sent = {reading.point_id for reading in readings if reading.point_id in catalogue.points}
    states = dict(tx.point_states(sent))
    work = RuleWork(ports, tx, sent, catalogue)
    around = catalogue.neighbours_of(sent) - sent if catalogue.asks_for_neighbours else set()
    states.update(tx.neighbour_states(around) if around else {})
    touched: dict[str, PointState] = {}
    odd: list[QuarantinedItem] = []
    now = ports.clock.now()
    for reading in sorted(readings, key=lambda r: r.observed_at):
        point = catalogue.points.get(reading.point_id)
        if point is None:
            log.warning("point %s left the catalogue before its reading was graded", reading.point_id)
            continue
        before = of_quantity(states.get(point.point_id, PointState(point.point_id)), point.quantity)
        try:
            after = remember(before, reading, point.quantity)
            if after is before:
                continue
            after = _judge(work, point, before, replace(after, received_at=now), states)
        except (ArithmeticError, ValueError, TypeError, LookupError) as error:
            # A reading that breaks the arithmetic stays stored and is set apart; the batch goes on.
            log.warning(
                "reading of %s at %s cannot be graded: %s", point.point_id, reading.observed_at, error
            )
            odd.append(_ungradable(reading, error))
            continue
        states[point.point_id] = touched[point.point_id] = after
    tx.quarantine(odd, SYSTEM.actor_id, now)
    work.finish()
    settle_inhibitions(ports, tx, work.changed.values())
    tx.save_point_states(list(touched.values()))
    _record_depths(tx, touched, catalogue)
    return work.opened_incidents


def _judge(
    work: RuleWork,
    point: MonitoredPoint,
    before: PointState,
    after: PointState,
    states: Mapping[str, PointState],
) -> PointState:
    """Every rule that watches the point, on the figures of its newest reading; answers the state with its grade."""
    catalogue = work.catalogue
    at = after.last_observed_at
    assert at is not None, "remember sets it"
    neighbours = [states[i] for i in catalogue.neighbours_of((point.point_id,)) if i in states]
    features = point_features(after, before, point, at, catalogue.grade_thresholds, neighbours)
    subject = subject_of(point)
    for rule in catalogue.rule_index.of_point(point):

        def shown(level: str | None, rule: Rule = rule, state: PointState = after) -> list[Json]:
            return [point_state(replace(state, grade_code=level) if rule.grades_point else state, point)]

        level = work.apply(rule, subject, features, at, shown).level
        if rule.grades_point and level != after.grade_code:
            after = replace(after, grade_code=level)
    return after


def _ungradable(reading: Reading, error: Exception) -> QuarantinedItem:
    item = {
        "point_id": reading.point_id,
        "observed_at": reading.observed_at.isoformat(),
        "value": reading.value,
    }
    return QuarantinedItem("reading", "ungradable", f"{type(error).__name__}: {error}", item)


def _record_depths(tx: Transaction, touched: Mapping[str, PointState], catalogue: Catalogue) -> None:
    """One compact row with the newest value of every point the batch touched, for the screens."""
    if not touched:
        return
    newest = max(s.last_observed_at for s in touched.values() if s.last_observed_at is not None)
    points = catalogue.points
    tx.record(
        happened(
            SYSTEM,
            "readings.graded",
            at=newest,
            subject="grading",
            changes={"depths": [depth_state(state, points[state.point_id]) for state in touched.values()]},
        )
    )
