"""Alarm load, verification, groups and one alert in full, over a real journal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.rules import Prediction
from core.actor import CITY, Permission
from core.errors import InvalidInputError, NotFoundError, PermissionDeniedError
from operations.acknowledge_alert import AcknowledgeAlert, acknowledge_alert
from operations.acknowledge_group import LARGEST_GROUP, AcknowledgeGroup, acknowledge_group
from operations.alarm_load import alarm_load_state, alarm_report
from operations.alert_detail import alert_detail
from operations.escalate_alert import EscalateAlert, escalate_alert
from operations.grade_readings import grade_readings
from operations.ports import Ports
from operations.queries import snapshot_state
from operations.shelve_alert import ShelveAlert, shelve_alert
from operations.unshelve_alert import UnshelveAlert, unshelve_alert
from operations.verify_rules import verify_rules
from tests.conftest import Bench
from tests.depth_rule import with_catalogue
from tests.integration.desk_work import GUANDU, PANLONG, POINT, reading, send, somebody, types


def flooded(ports: Ports, *point_ids: str, depth_cm: float = 12) -> list[str]:
    """Water at these points for longer than any delay; the ids of their alerts, in this order."""
    for seconds in range(0, 601, 60):
        send(ports, *(reading(ports, depth_cm, seconds - 600, p) for p in point_ids))
    grade_readings(ports)
    of_point = {a["point_id"]: a["alert_id"] for a in snapshot_state(ports, somebody())["state"]["alerts"]}
    return [of_point[p] for p in point_ids]


def points_in(ports: Ports, jurisdiction: str, count: int) -> list[str]:
    found = [p.point_id for p in ports.catalogue.points.values() if p.jurisdiction == jurisdiction]
    return found[:count]


def test_calls_answers_and_escalations_are_read_from_the_journal_for_each_seat(bench: Bench) -> None:
    ports = bench.ports
    first, second = flooded(ports, *points_in(ports, GUANDU, 2))
    escalate_alert(ports, somebody(), EscalateAlert(first))
    bench.clock.advance(90)
    acknowledge_alert(ports, somebody(), AcknowledgeAlert(first))
    load = alarm_load_state(ports, [CITY, GUANDU, PANLONG])
    assert load[GUANDU]["own"]["last_day"] == 2
    assert (load[GUANDU]["own"]["answered"], load[GUANDU]["own"]["unanswered"]) == (1, 1)
    assert load[CITY]["own"]["last_day"] == 1
    assert load[CITY]["own"]["acknowledged_median_s"] == 90
    assert load[CITY]["below"]["last_day"] == 3
    assert [seat["seat"] for seat in load[CITY]["seats"]] == [GUANDU]
    assert load[PANLONG]["below"]["last_day"] == 0
    assert second != first


def test_what_is_shelved_waits_for_nobody_until_it_comes_back(bench: Bench) -> None:
    ports = bench.ports
    [alert_id] = flooded(ports, POINT)
    shelve_alert(ports, somebody(), ShelveAlert(alert_id, 15, "pump under repair"))
    assert alarm_load_state(ports, [GUANDU])[GUANDU]["own"]["unanswered"] == 0
    unshelve_alert(ports, somebody(), UnshelveAlert(alert_id))
    load = alarm_load_state(ports, [GUANDU])[GUANDU]["own"]
    assert (load["unanswered"], load["last_day"]) == (1, 2)


def test_what_began_before_the_day_still_counts_as_standing(bench: Bench) -> None:
    ports = bench.ports
    flooded(ports, POINT)
    bench.clock.advance(26 * 3600)
    load = alarm_load_state(ports, [GUANDU])[GUANDU]["own"]
    assert (load["last_day"], load["stale"], load["unanswered"]) == (0, 1, 1)


def test_a_group_is_taken_whole_and_what_others_have_is_left(bench: Bench) -> None:
    ports = bench.ports
    ids = flooded(ports, *points_in(ports, GUANDU, 3))
    acknowledge_alert(ports, somebody("王芳"), AcknowledgeAlert(ids[1]))
    answer = acknowledge_group(ports, somebody("李强"), AcknowledgeGroup((*ids, "no such"), "on the radio"))
    assert [a.alert_id for a in answer.taken] == [ids[0], ids[2]]
    assert {a.note for a in answer.taken} == {"on the radio"}
    assert answer.left == (ids[1], "no such")
    assert types(ports).count("alert.acknowledged") == 3


@pytest.mark.parametrize("count", [0, LARGEST_GROUP + 1])
def test_a_group_has_at_least_one_and_not_endlessly_many(bench: Bench, count: int) -> None:
    with pytest.raises(InvalidInputError):
        acknowledge_group(bench.ports, somebody(), AcknowledgeGroup(("x",) * count))


def test_a_group_in_another_district_is_refused(bench: Bench) -> None:
    [alert_id] = flooded(bench.ports, POINT)
    with pytest.raises(PermissionDeniedError):
        acknowledge_group(bench.ports, somebody(jurisdiction=PANLONG), AcknowledgeGroup((alert_id,)))


def test_an_alert_says_why_it_is_there_and_what_was_measured(bench: Bench) -> None:
    ports = bench.ports
    [alert_id] = flooded(ports, POINT, depth_cm=55)
    found = alert_detail(ports, somebody(), alert_id)
    assert found["alert"]["because"] == {"depth_cm": 55}
    assert [level["code"] for level in found["rule"]["levels"]][-1] == found["alert"]["grade_code"]
    assert len(found["readings"]) == 11
    assert found["incident"]["incident_id"] == found["alert"]["incident_id"]
    assert found["timeline"][0]["type"] == "alert.opened"
    with pytest.raises(PermissionDeniedError):
        alert_detail(ports, somebody(jurisdiction=PANLONG), alert_id)
    with pytest.raises(NotFoundError):
        alert_detail(ports, somebody(), "no such")


def test_a_rule_that_predicts_is_held_against_the_readings(bench: Bench) -> None:
    rules = {
        rule_id: replace(rule, predicts=Prediction("depth_cm", 50, timedelta(minutes=25)))
        for rule_id, rule in bench.ports.catalogue.rules.items()
        if rule.grades_point
    }
    ports = with_catalogue(bench.ports, rules=rules)
    here, there = points_in(ports, GUANDU, 2)
    flooded(ports, here, there)
    bench.clock.advance(600)
    send(ports, reading(ports, 60, 0, here))
    bench.clock.advance(1800)
    [found] = verify_rules(ports, somebody(), None, ports.clock.now())
    assert (found.alerts, found.hits, found.false_alarms, found.events, found.misses) == (2, 1, 1, 1, 0)
    assert 600 <= found.leads_s[0] <= 1500
    [elsewhere] = verify_rules(ports, somebody(jurisdiction=PANLONG), None, ports.clock.now())
    assert elsewhere.alerts == 0


def test_the_report_is_for_who_may_analyse(bench: Bench) -> None:
    ports = bench.ports
    flooded(ports, POINT)
    now = ports.clock.now()
    assert len(alarm_report(ports, somebody(), None, now).calls) == 1
    assert len(alarm_report(ports, somebody(jurisdiction=PANLONG), None, now).calls) == 0
    outsider = somebody(without=Permission.VIEW_ANALYSIS)
    with pytest.raises(PermissionDeniedError):
        alarm_report(ports, outsider, None, now)
    with pytest.raises(PermissionDeniedError):
        verify_rules(ports, outsider, None, now)
