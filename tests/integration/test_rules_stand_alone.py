"""A rule that raises and a reading that breaks the arithmetic: the others go on, and both are seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from alerts import features
from alerts.model import PointState, Quantity, Reading, Sample, Severity
from alerts.rules import Features, Inhibition, Level, Rule, Watch
from operations.acknowledge_alert import AcknowledgeAlert, acknowledge_alert
from operations.catalogue import StandingCatalogue
from operations.close_incident import CloseIncident, close_incident
from operations.grade_readings import grade_readings
from operations.public_state import point_state
from operations.queries import failing_rules
from tests.conftest import Bench
from tests.depth_rule import depth_rule, with_rules
from tests.integration.desk_work import POINT, reading, send, somebody, types


def broken_rule() -> Rule:
    def raises(_figures: Features) -> bool:
        raise ZeroDivisionError("rise over nothing")

    whole = depth_rule().levels[0]
    level = Level("bad", "坏", "bad", whole.severity, False, raises, raises, {})
    return replace(depth_rule(), rule_id="broken", levels=(level,), grades_point=False)


def test_one_rule_that_raises_is_counted_and_shown_while_the_others_judge(bench: Bench) -> None:
    ports = with_rules(bench.ports, broken_rule(), depth_rule())
    send(ports, reading(ports, 55), reading(ports, 56, 1))
    assert grade_readings(ports) == 2
    assert "alert.opened" in types(ports)
    (failing,) = failing_rules(ports)
    assert (failing["rule_id"], failing["failures"]) == ("broken", 2)
    assert "rise over nothing" in failing["last_error"]
    bench.clock.advance(2 * 3600)
    assert failing_rules(ports) == [], "what has not failed for an hour is no news"


def test_a_reading_that_breaks_the_arithmetic_is_set_apart_and_the_batch_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = features.remember

    def breaks(state: PointState, one: Reading, quantity: Quantity) -> PointState:
        if one.value == 13:
            raise OverflowError("poisoned")
        return whole(state, one, quantity)

    monkeypatch.setattr("operations.grade_readings.remember", breaks)
    ports = with_rules(bench.ports, depth_rule())
    send(ports, reading(ports, 13), reading(ports, 55, 1), reading(ports, 55, 2, "KM02"))
    assert grade_readings(ports) == 3
    assert types(ports).count("alert.opened") == 2
    with bench.store.engine.connect() as connection:
        (kept,) = connection.execute(text("SELECT reason, detail, item FROM quarantine")).all()
        assert (kept.reason, kept.item["value"]) == ("ungradable", 13)
        assert connection.execute(text("SELECT count(*) FROM readings")).scalar_one() == 3, "nothing is lost"


def test_what_rates_need_is_remembered_across_batches_and_workers(bench: Bench) -> None:
    ports = with_rules(bench.ports, depth_rule())
    for minute in range(6):
        send(ports, reading(ports, 10 + minute, 60 * minute - 600))
        grade_readings(ports)
    with ports.store.transaction() as tx:
        state = tx.point_states([POINT])[POINT]
    assert [sample.value for sample in state.recent] == [10, 11, 12, 13, 14, 15]
    assert isinstance(state.recent[0], Sample)
    assert features.rise_per_min(state.recent) == pytest.approx(1.0)


def test_depths_are_no_rain_where_the_catalogue_makes_the_gauge_a_rain_gauge(bench: Bench) -> None:
    ports = with_rules(bench.ports, depth_rule())
    for minute in range(10):
        send(ports, reading(ports, 60, 60 * minute - 600))
    grade_readings(ports)
    with ports.store.transaction() as tx:
        deep = tx.point_states([POINT])[POINT]
    catalogue = ports.catalogue
    point = replace(catalogue.points[POINT], quantity="rain_mm", kind="rain_gauge")
    changed = replace(catalogue, points={**catalogue.points, POINT: point})
    ports = replace(ports, catalogues=StandingCatalogue(changed))
    shown = point_state(deep, point)
    assert (shown["rain_mm"], shown["grade_code"]) == (None, None), "a screen shows no depth as rain"
    send(ports, reading(ports, 2))
    grade_readings(ports)
    with ports.store.transaction() as tx:
        state = tx.point_states([POINT])[POINT]
    assert features.rain_sums(state, bench.clock.now())["rain_mm_1h"] == 2
    assert (state.quantity, state.grade_code) == ("rain_mm", None)


def test_a_rule_at_rest_leaves_no_row_behind(bench: Bench) -> None:
    ports = with_rules(
        bench.ports, replace(depth_rule(off_delay_s=0), watches=Watch(point_ids=frozenset({POINT})))
    )
    send(ports, reading(ports, 55))
    grade_readings(ports)
    send(ports, reading(ports, 0, 30), reading(ports, 55, 30, "KM02"))
    grade_readings(ports)
    with bench.store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM level_states")).scalar_one() == 0
    assert types(ports).count("alert.opened") == 1, "the rule watches one point only"


def test_an_alert_names_the_catalogue_and_the_rule_that_graded_it_and_why(bench: Bench) -> None:
    ports = with_rules(bench.ports, depth_rule(version="2026-11"))
    send(ports, reading(ports, 55))
    grade_readings(ports)
    (alert,) = ports.store.snapshot(ports.clock.now() - timedelta(hours=1)).alerts
    assert (alert.rule_version, alert.catalogue_version) == ("2026-11", ports.catalogue.digest)
    assert alert.because == {"depth_cm": 55.0}


def test_water_that_comes_back_after_its_incident_was_closed_has_an_open_incident_again(bench: Bench) -> None:
    ports = with_rules(bench.ports, depth_rule(clears_itself_after=None, off_delay_s=0))
    send(ports, reading(ports, 60))
    grade_readings(ports)
    (first,) = ports.store.snapshot(bench.clock.now()).incidents
    close_incident(ports, somebody(), CloseIncident(first.incident_id))
    bench.clock.advance(86_400)
    send(ports, reading(ports, 0))
    grade_readings(ports)
    bench.clock.advance(86_400)
    send(ports, reading(ports, 60))
    grade_readings(ports)
    assert [t for t in types(ports) if t.startswith("alert.")][-1] == "alert.resumed"
    snap = ports.store.snapshot(bench.clock.now())
    assert [i.status.value for i in snap.incidents] == ["open"]
    assert snap.alerts[0].incident_id == snap.incidents[0].incident_id != first.incident_id


def test_a_renamed_level_takes_nobodys_alert_away_and_calls_nobody_again(bench: Bench) -> None:
    rule = depth_rule(clears_itself_after=None)
    ports = with_rules(bench.ports, rule)
    send(ports, reading(ports, 60))
    grade_readings(ports)
    (alert,) = ports.store.open_alerts()
    acknowledge_alert(ports, somebody("甲"), AcknowledgeAlert(alert.alert_id))
    renamed = replace(rule, levels=(*rule.levels[:2], replace(rule.levels[2], code="severe")))
    ports = with_rules(ports, renamed)
    bench.clock.advance(60)
    send(ports, reading(ports, 61))
    grade_readings(ports)
    assert not {"alert.returned", "alert.raised"} & set(types(ports))
    assert [a.acknowledged_by for a in ports.store.open_alerts()] == ["甲"]


def test_many_open_alerts_are_settled_in_one_go_without_looking_at_every_pair(bench: Bench) -> None:
    ports = with_rules(
        bench.ports,
        depth_rule(clears_itself_after=None),
        replace(
            depth_rule(clears_itself_after=None),
            rule_id="echo",
            grades_point=False,
            inhibited_by=(Inhibition("waterlogging-depth", Severity.BLUE, 0.0),),
        ),
    )
    points = sorted(ports.catalogue.points)
    send(ports, *(reading(ports, 60, point_id=p) for p in points))
    grade_readings(ports)
    alerts = {(a.rule_id, a.subject_id): a for a in ports.store.open_alerts()}
    assert len(alerts) == 2 * len(points)
    assert all(
        alerts[("echo", p)].suppressed_by == alerts[("waterlogging-depth", p)].alert_id for p in points
    )
