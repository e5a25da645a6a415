"""What officers and timers do with alerts, over the real database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.model import Alert, AlertStatus, Outcome, Severity
from alerts.rules import Inhibition, Level, Rule, Watch
from core.actor import Permission
from core.command_tree import CommandLevel
from core.errors import (
    CommandCentreError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from operations.acknowledge_alert import AcknowledgeAlert, acknowledge_alert
from operations.acknowledge_group import AcknowledgeGroup, acknowledge_group
from operations.alert_detail import alert_detail
from operations.all_clear_alert import AllClearAlert, all_clear_alert
from operations.clear_left_behind import clear_left_behind
from operations.escalate_alert import EscalateAlert, escalate_alert
from operations.grade_readings import grade_readings
from operations.keep_alerts import keep_alerts
from operations.ports import Ports
from operations.queries import open_alerts
from operations.shelve_alert import ShelveAlert, shelve_alert
from operations.unacknowledge_alert import UnacknowledgeAlert, unacknowledge_alert
from operations.unshelve_alert import UnshelveAlert, unshelve_alert
from operations.watch_silence import watch_silence
from tests.alert_cases import RULE
from tests.conftest import Bench
from tests.depth_rule import in_a_community, with_catalogue, with_rules
from tests.integration.desk_work import (
    GUANDU,
    PANLONG,
    POINT,
    at_once,
    journal,
    raised,
    reading,
    send,
    somebody,
    types,
)


@pytest.fixture
def ports(bench: Bench) -> Ports:
    """With one rule, which escalates every five minutes and lets blue clear itself after thirty."""
    return in_a_community(with_rules(bench.ports, RULE))


def read(ports: Ports, depth_cm: float, point_id: str = POINT) -> None:
    send(ports, reading(ports, depth_cm, point_id=point_id))
    grade_readings(ports)


def only(ports: Ports) -> Alert:
    (alert,) = ports.store.open_alerts()
    return alert


def alert_of(ports: Ports, alert_id: str) -> Alert:
    with ports.store.transaction() as tx:
        return tx.alert(alert_id)


def data_of(ports: Ports, kind: str) -> list[Mapping[str, Any]]:
    return [row.event.data for row in journal(ports) if row.event.type == kind]


def over(bench: Bench, ports: Ports) -> Alert:
    """A yellow alert whose water has gone."""
    read(ports, 35)
    bench.clock.advance(60)
    read(ports, 0)
    bench.clock.advance(301)
    read(ports, 0)
    assert only(ports).returned_at is not None
    return only(ports)


# ---------------------------------------------------------------- timers


def test_while_nobody_acknowledges_each_level_is_told_at_its_time_and_once(
    bench: Bench, ports: Ports
) -> None:
    read(ports, 35)
    told = []
    for _ in range(20):
        keep_alerts(ports)
        keep_alerts(ports)
        told.append(only(ports).told.value)
        bench.clock.advance(60)
    assert told == ["community"] * 5 + ["street"] * 5 + ["district"] * 5 + ["city"] * 5
    assert [row["told"] for row in data_of(ports, "alert.escalated")] == ["street", "district", "city"]
    assert {row["because"] for row in data_of(ports, "alert.escalated")} == {"timer"}


def test_two_workers_at_once_escalate_an_alert_once(bench: Bench, ports: Ports) -> None:
    for point_id in list(ports.catalogue.points)[:20]:
        read(ports, 35, point_id)
    bench.clock.advance(300)
    answers = at_once(*[lambda: keep_alerts(ports)] * 4)
    assert raised(answers) == [] and sum(answers) == 20
    assert types(ports).count("alert.escalated") == 20


def test_more_alerts_than_one_transaction_takes_are_all_kept(
    bench: Bench, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.keep_alerts.ALERTS_A_TRANSACTION", 3)
    for point_id in list(ports.catalogue.points)[:10]:
        read(ports, 35, point_id)
    bench.clock.advance(300)
    assert keep_alerts(ports) == 10
    assert keep_alerts(ports) == 0


def test_acknowledged_in_time_nobody_further_is_told(bench: Bench, ports: Ports) -> None:
    read(ports, 35)
    acknowledge_alert(ports, somebody("甲"), AcknowledgeAlert(only(ports).alert_id))
    bench.clock.advance(3600)
    assert keep_alerts(ports) == 0


def test_a_rule_clears_blue_by_itself_and_never_what_was_yellow(bench: Bench, ports: Ports) -> None:
    over(bench, ports)
    bench.clock.advance(86_400)
    keep_alerts(ports)
    assert only(ports).status is AlertStatus.ACTIVE, "yellow waits for a person"
    read(ports, 6, "KM02")
    bench.clock.advance(60)
    read(ports, 0, "KM02")
    bench.clock.advance(301)
    read(ports, 0, "KM02")
    bench.clock.advance(1799)
    assert keep_alerts(ports) == 0
    bench.clock.advance(2)
    assert keep_alerts(ports) == 1
    assert only(ports).point_id == POINT
    assert data_of(ports, "alert.cleared")[-1] == {"because": "rule", "rule": "waterlogging-depth@7"}


# ---------------------------------------------------------------- acts


def test_an_acknowledgement_is_undone_and_the_steps_due_meanwhile_are_told_at_once(
    bench: Bench, ports: Ports
) -> None:
    read(ports, 35)
    alert_id = only(ports).alert_id
    acknowledge_alert(ports, somebody("甲"), AcknowledgeAlert(alert_id, "来了"))
    again = acknowledge_alert(ports, somebody("甲"), AcknowledgeAlert(alert_id, "来了"))
    assert (again.acknowledged_by, types(ports).count("alert.acknowledged")) == ("甲", 1)
    with pytest.raises(ConflictError, match="甲"):
        acknowledge_alert(ports, somebody("乙"), AcknowledgeAlert(alert_id))
    bench.clock.advance(3600)
    free = unacknowledge_alert(ports, somebody("甲"), UnacknowledgeAlert(alert_id))
    assert (free.status, free.acknowledged_by) == (AlertStatus.ACTIVE, None)
    unacknowledge_alert(ports, somebody("甲"), UnacknowledgeAlert(alert_id))
    assert data_of(ports, "alert.unacknowledged") == [{"by": "甲", "from": "甲"}]
    assert free.escalate_at is not None and free.escalate_at < bench.clock.now()
    assert keep_alerts(ports) == 1
    assert only(ports).told is CommandLevel.CITY


def test_an_officer_tells_the_next_level_and_a_repeated_request_tells_nobody_else(
    bench: Bench, ports: Ports
) -> None:
    read(ports, 35)
    command = EscalateAlert(only(ports).alert_id, "车被困", CommandLevel.COMMUNITY)
    for _ in range(2):
        assert escalate_alert(ports, somebody("甲"), command).told is CommandLevel.STREET
    assert data_of(ports, "alert.escalated") == [
        {"from": "community", "told": "street", "by": "甲", "note": "车被困"}
    ]
    for expected in (CommandLevel.DISTRICT, CommandLevel.CITY):
        assert escalate_alert(ports, somebody(), EscalateAlert(command.alert_id)).told is expected
    with pytest.raises(ConflictError, match="no higher level"):
        escalate_alert(ports, somebody(), EscalateAlert(command.alert_id))


def test_set_aside_it_is_quiet_until_its_time_is_over_and_then_calls_again(
    bench: Bench, ports: Ports
) -> None:
    read(ports, 35)
    command = ShelveAlert(only(ports).alert_id, 30, "已派人看守")
    for _ in range(2):
        shelved = shelve_alert(ports, somebody("甲"), command)
    assert shelved.shelved_until == bench.clock.now() + timedelta(minutes=30)
    assert types(ports).count("alert.shelved") == 1
    bench.clock.advance(1799)
    assert keep_alerts(ports) == 0
    bench.clock.advance(1)
    assert keep_alerts(ports) == 1
    back = only(ports)
    assert (back.shelved_until, back.alarmed_at, back.told) == (
        None,
        bench.clock.now(),
        CommandLevel.COMMUNITY,
    )
    assert data_of(ports, "alert.unshelved") == [{"because": "expired", "by": "甲", "reason": "已派人看守"}]
    bench.clock.advance(300)
    keep_alerts(ports)
    assert only(ports).told is CommandLevel.STREET


def test_taken_back_by_hand_it_waits_again(bench: Bench, ports: Ports) -> None:
    read(ports, 35)
    alert_id = only(ports).alert_id
    shelve_alert(ports, somebody(), ShelveAlert(alert_id, 60, "检修"))
    bench.clock.advance(60)
    for _ in range(2):
        back = unshelve_alert(ports, somebody("乙"), UnshelveAlert(alert_id))
    assert back.escalate_at == bench.clock.now() + timedelta(minutes=5)
    assert types(ports).count("alert.unshelved") == 1


@pytest.mark.parametrize(("minutes", "reason"), [(0, "检修"), (481, "检修"), (30, "  ")])
def test_a_shelf_without_an_end_or_a_reason_is_refused(
    bench: Bench, ports: Ports, minutes: int, reason: str
) -> None:
    read(ports, 35)
    with pytest.raises(InvalidInputError, match="expected"):
        shelve_alert(ports, somebody(), ShelveAlert(only(ports).alert_id, minutes, reason))
    assert "alert.shelved" not in types(ports)


def test_the_all_clear_is_a_record_with_who_when_what_and_why(bench: Bench, ports: Ports) -> None:
    alert_id = over(bench, ports).alert_id
    for _ in range(2):
        cleared = all_clear_alert(ports, somebody("甲"), AllClearAlert(alert_id, Outcome.REAL, "已抽排"))
    assert (cleared.status, cleared.cleared_by, cleared.clear_note) == (AlertStatus.CLEARED, "甲", "已抽排")
    assert cleared.cleared_at == bench.clock.now()
    assert data_of(ports, "alert.cleared") == [
        {"by": "甲", "outcome": "real", "note": "已抽排", "stood": False}
    ]
    bench.clock.advance(60)
    read(ports, 35)
    assert only(ports).alert_id != alert_id


def test_a_false_alarm_is_cleared_while_it_stands_and_opens_again_for_a_higher_level_only(
    bench: Bench, ports: Ports
) -> None:
    read(ports, 35)
    alert_id = only(ports).alert_id
    with pytest.raises(ConflictError, match="still stands"):
        all_clear_alert(ports, somebody(), AllClearAlert(alert_id, Outcome.REAL, None))
    all_clear_alert(ports, somebody(), AllClearAlert(alert_id, Outcome.FALSE_ALARM, "枯枝"))
    for depth_cm in (36, 33, 40):
        bench.clock.advance(60)
        read(ports, depth_cm)
    assert list(ports.store.open_alerts()) == []
    bench.clock.advance(60)
    read(ports, 55)
    assert only(ports).grade_code == "heavy"


def test_two_officers_give_the_all_clear_at_once_and_one_is_told_who_did(bench: Bench, ports: Ports) -> None:
    alert_id = over(bench, ports).alert_id
    answers = at_once(
        *[
            lambda name=name: all_clear_alert(
                ports, somebody(name), AllClearAlert(alert_id, Outcome.REAL, None)
            )
            for name in ("甲", "乙")
        ]
    )
    (refused,) = raised(answers)
    assert isinstance(refused, ConflictError)
    assert types(ports).count("alert.cleared") == 1


ACTS: dict[Permission, Any] = {
    Permission.ESCALATE_ALERT: lambda p, a, i: escalate_alert(p, a, EscalateAlert(i)),
    Permission.SHELVE_ALERT: lambda p, a, i: shelve_alert(p, a, ShelveAlert(i, 30, "检修")),
    Permission.ALL_CLEAR: lambda p, a, i: all_clear_alert(p, a, AllClearAlert(i, Outcome.FALSE_ALARM, None)),
    Permission.ACKNOWLEDGE_ALERT: lambda p, a, i: unacknowledge_alert(p, a, UnacknowledgeAlert(i)),
}


@pytest.mark.parametrize("permission", ACTS)
def test_acts_need_the_permission_and_the_jurisdiction_and_an_alert(
    bench: Bench, ports: Ports, permission: Permission
) -> None:
    read(ports, 35)
    act, alert = ACTS[permission], only(ports)
    with pytest.raises(PermissionDeniedError, match=str(permission)):
        act(ports, somebody(without=permission), alert.alert_id)
    with pytest.raises(PermissionDeniedError, match="jurisdiction"):
        act(ports, somebody(jurisdiction=PANLONG), alert.alert_id)
    with pytest.raises(NotFoundError):
        act(ports, somebody(), "no such alert")
    assert only(ports) == alert


def test_open_alerts_are_told_within_the_jurisdiction_the_gravest_first(bench: Bench, ports: Ports) -> None:
    read(ports, 35)
    read(ports, 60, "KM02")
    assert [a["severity"] for a in open_alerts(ports, somebody())] == ["orange", "yellow"]
    assert open_alerts(ports, somebody(jurisdiction=PANLONG)) == []
    with pytest.raises(PermissionDeniedError):
        open_alerts(ports, somebody(without=Permission.READ_ALERTS))


# ---------------------------------------------------------------- explained by another

PUMP = replace(
    RULE,
    rule_id="pump",
    watches=Watch(point_ids=frozenset({"KM02"})),
    grades_point=False,
    inhibited_by=(Inhibition("waterlogging-depth", Severity.YELLOW, 1e6),),
)


def test_cleared_by_a_person_an_alert_explains_no_other_any_more(bench: Bench) -> None:
    ports = in_a_community(
        with_rules(bench.ports, replace(RULE, watches=Watch(point_ids=frozenset({POINT}))), PUMP)
    )
    read(ports, 35)
    road = only(ports)
    read(ports, 35, "KM02")
    pump = next(a for a in ports.store.open_alerts() if a.rule_id == "pump")
    assert pump.suppressed_by == road.alert_id
    bench.clock.advance(3600)
    keep_alerts(ports)
    assert alert_of(ports, pump.alert_id).told is CommandLevel.COMMUNITY, "nobody is called for both"
    all_clear_alert(ports, somebody(), AllClearAlert(road.alert_id, Outcome.FALSE_ALARM, None))
    freed = alert_of(ports, pump.alert_id)
    assert (freed.suppressed_by, freed.alarmed_at) == (None, bench.clock.now())
    assert types(ports)[-2:] == ["alert.cleared", "alert.unsuppressed"]


def test_of_an_explanation_in_another_district_only_that_there_is_one_is_told(bench: Bench) -> None:
    points = dict(bench.ports.catalogue.points)
    points["KM02"] = replace(points["KM02"], jurisdiction=PANLONG)
    road = replace(RULE, watches=Watch(point_ids=frozenset({POINT})))
    ports = with_catalogue(bench.ports, rules={road.rule_id: road, "pump": PUMP}, points=points)
    read(ports, 35)
    cause = only(ports)
    read(ports, 35, "KM02")
    pump = next(a.alert_id for a in ports.store.open_alerts() if a.rule_id == "pump")
    assert alert_detail(ports, somebody(), pump)["cause"]["name_zh"] == cause.name_zh
    told = alert_detail(ports, somebody(jurisdiction=PANLONG), pump)["cause"]
    assert told == {
        "alert_id": None,
        "name_zh": "其他辖区的预警",
        "name_en": "an alert of another jurisdiction",
    }


def test_a_rule_that_lists_no_explanation_any_more_frees_its_alerts(bench: Bench) -> None:
    road = replace(RULE, watches=Watch(point_ids=frozenset({POINT})))
    ports = with_rules(bench.ports, road, PUMP)
    read(ports, 35)
    read(ports, 35, "KM02")
    later = with_rules(bench.ports, road, replace(PUMP, inhibited_by=()))
    assert clear_left_behind(later) == 1
    assert {a.suppressed_by for a in later.store.open_alerts()} == {None}


# ---------------------------------------------------------------- the catalogue changes


def test_an_alert_whose_rule_left_the_catalogue_is_cleared_by_the_system_which_says_so(
    bench: Bench, ports: Ports
) -> None:
    read(ports, 35)
    alert_id = only(ports).alert_id
    assert clear_left_behind(ports) == 0
    without = with_rules(bench.ports)
    assert clear_left_behind(without) == 1
    cleared = alert_of(ports, alert_id)
    assert (cleared.cleared_by, cleared.outcome) == ("系统", Outcome.UNKNOWN)
    assert cleared.clear_note is not None and "waterlogging-depth left the catalogue" in cleared.clear_note
    bench.clock.advance(60)
    read(ports, 35)
    assert only(ports).alert_id != alert_id, "the rule came back and begins anew"


def test_an_alert_whose_point_left_the_catalogue_is_cleared_too(bench: Bench, ports: Ports) -> None:
    read(ports, 35)
    points = {i: p for i, p in ports.catalogue.points.items() if i != POINT}
    without = with_catalogue(ports, points=points)
    assert clear_left_behind(without) == 1
    assert list(ports.store.open_alerts()) == []


def test_over_a_gauge_that_fell_silent_a_person_gives_the_all_clear_and_it_calls_when_it_speaks(
    bench: Bench, ports: Ports
) -> None:
    read(ports, 55)
    first = only(ports).alert_id
    bench.clock.advance(3500)
    with pytest.raises(ConflictError):
        all_clear_alert(ports, somebody(), AllClearAlert(first, Outcome.REAL, None))
    assert alert_detail(ports, somebody(), first)["stands"]
    bench.clock.advance(200)
    assert not alert_detail(ports, somebody(), first)["stands"], "the desk offers what it would take"
    cleared = all_clear_alert(ports, somebody(), AllClearAlert(first, Outcome.REAL, "已干"))
    assert cleared.status is AlertStatus.CLEARED
    assert not ports.store.open_alerts()
    read(ports, 55)
    assert only(ports).alert_id != first


def test_the_alert_about_the_silence_itself_stands_as_long_as_it_lasts(bench: Bench) -> None:
    ports = with_rules(bench.ports, watching(POINT))
    read(ports, 0)
    bench.clock.advance(4000)
    watch_silence(ports)
    with pytest.raises(ConflictError):
        all_clear_alert(ports, somebody(), AllClearAlert(only(ports).alert_id, Outcome.REAL, None))


def test_of_a_group_with_an_alert_of_others_none_is_taken(bench: Bench, ports: Ports) -> None:
    read(ports, 55)
    own = only(ports).alert_id
    read(
        ports, 55, next(i for i, p in ports.catalogue.points.items() if not p.jurisdiction.startswith(GUANDU))
    )
    (other,) = {alert.alert_id for alert in ports.store.open_alerts()} - {own}
    with pytest.raises(PermissionDeniedError):
        acknowledge_group(ports, somebody(jurisdiction=GUANDU), AcknowledgeGroup([own, other]))
    assert {alert.status for alert in ports.store.open_alerts()} == {AlertStatus.ACTIVE}


@pytest.mark.parametrize(
    ("note", "kept"), [("检修\u202e中", "检修中"), ("\u200b \u202e", None), (None, None)]
)
def test_a_note_reads_as_it_was_written_and_one_that_shows_nothing_is_none(
    bench: Bench, ports: Ports, note: str | None, kept: str | None
) -> None:
    read(ports, 35)
    alert_id = only(ports).alert_id
    acknowledge_alert(ports, somebody(), AcknowledgeAlert(alert_id, note))
    assert data_of(ports, "alert.acknowledged")[-1]["note"] == kept


@pytest.mark.parametrize("reason", ["\u200b\u2060", "\u202e \u3000", "\ufeff"])
def test_a_reason_that_nobody_can_see_is_none(bench: Bench, ports: Ports, reason: str) -> None:
    read(ports, 55)
    with pytest.raises(InvalidInputError, match="reason"):
        shelve_alert(ports, somebody(), ShelveAlert(only(ports).alert_id, 30, reason))


def test_signs_that_turn_the_direction_of_writing_are_taken_out_of_a_reason(
    bench: Bench, ports: Ports
) -> None:
    read(ports, 55)
    shelved = shelve_alert(ports, somebody(), ShelveAlert(only(ports).alert_id, 30, "检修\u202e中"))
    assert shelved.shelve_reason == "检修中"


# ---------------------------------------------------------------- silence


def silence_level(code: str, severity: Severity, least_s: float) -> Level:
    def reached(features: Mapping[str, Any]) -> bool:
        return bool(features["silent_s"] >= least_s)

    return Level(code, code, code, severity, False, reached, reached, {"silent_s": least_s})


SILENT = replace(
    RULE,
    rule_id="gauge-silent",
    levels=(silence_level("silent", Severity.BLUE, 900), silence_level("dead", Severity.YELLOW, 3600)),
    grades_point=False,
    silence=True,
    off_delay=timedelta(0),
    uses=frozenset({"silent_s"}),
    clears_itself_after={Severity.BLUE: timedelta(0), Severity.YELLOW: timedelta(0)},
)


def watching(point_id: str) -> Rule:
    return replace(SILENT, watches=replace(SILENT.watches, point_ids=frozenset({point_id})))


def test_a_gauge_that_says_nothing_has_one_alert_that_grows_and_ends_when_it_speaks(bench: Bench) -> None:
    ports = with_rules(bench.ports, watching(POINT))
    read(ports, 0)
    seen = []
    for _ in range(70):
        bench.clock.advance(60)
        watch_silence(ports)
        watch_silence(ports)
        seen.append(next((a.grade_code for a in ports.store.open_alerts()), None))
    assert seen == [None] * 14 + ["silent"] * 45 + ["dead"] * 11
    alert = only(ports)
    assert (alert.point_id, alert.because["silent_s"]) == (POINT, 3600.0)
    read(ports, 0)
    assert list(ports.store.open_alerts()) == []
    assert [t for t in types(ports) if t.startswith("alert.")] == [
        "alert.opened",
        "alert.raised",
        "alert.cleared",
    ]


def alarms(ports: Ports) -> list[str]:
    return [kind for kind in types(ports) if kind.startswith("alert.")]


def test_a_gauge_that_speaks_now_is_silent_for_no_rule(bench: Bench) -> None:
    ports = with_rules(bench.ports, watching(POINT))
    read(ports, 0)
    assert watch_silence(ports) == 0


def test_a_gauge_that_never_spoke_is_silent_since_it_was_looked_for_first(bench: Bench) -> None:
    ports = with_rules(bench.ports, watching(POINT))
    for _ in range(15):
        watch_silence(ports)
        assert not ports.store.open_alerts()
        bench.clock.advance(60)
    assert watch_silence(ports) == 1
    assert (only(ports).point_id, only(ports).because) == (POINT, {"silent_s": 900.0})
    read(ports, 0)
    assert not ports.store.open_alerts()
    watch_silence(ports)
    assert alarms(ports) == ["alert.opened", "alert.cleared"]


def test_a_gauge_whose_clock_is_late_is_not_silent(bench: Bench) -> None:
    ports = with_rules(bench.ports, watching(POINT))
    for minute in range(40):
        send(ports, reading(ports, minute % 2, seconds=-1200))
        grade_readings(ports)
        bench.clock.advance(30)
        watch_silence(ports)
        bench.clock.advance(30)
    assert alarms(ports) == []


def test_a_gauge_that_sends_its_minutes_together_is_silent_in_between_only(bench: Bench) -> None:
    ports = with_rules(bench.ports, watching(POINT))
    for _ in range(6):
        send(ports, *(reading(ports, minute % 3, seconds=-60 * minute - 300) for minute in range(10)))
        grade_readings(ports)
        for _ in range(10):
            bench.clock.advance(60)
            watch_silence(ports)
    assert alarms(ports) == []


def test_many_silent_gauges_are_watched_in_parts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.watch_silence.POINTS_A_TRANSACTION", 3)
    ports = with_rules(bench.ports, SILENT)
    for point_id in list(ports.catalogue.points)[:8]:
        read(ports, 0, point_id)
    bench.clock.advance(901)
    assert watch_silence(ports) == 8
    bench.clock.advance(62)
    assert watch_silence(ports) == len(ports.catalogue.points), "those that never spoke too"
    assert len(ports.store.open_alerts()) == 8


def test_a_silence_rule_that_raises_is_noted_and_stops_no_other(bench: Bench) -> None:
    def breaks(features: Mapping[str, Any]) -> bool:
        raise ZeroDivisionError("by nothing")

    broken = replace(SILENT, rule_id="broken", levels=(replace(SILENT.levels[0], reached=breaks),))
    ports = with_rules(bench.ports, broken, SILENT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("operations.apply_rules.log.warning", lambda *_: None)
        read(ports, 0)
        bench.clock.advance(901)
        watch_silence(ports)
    assert only(ports).rule_id == "gauge-silent"


def test_nobody_but_the_system_moves_the_timers(bench: Bench, ports: Ports) -> None:
    officer = somebody(without=Permission.GRADE)
    for act in (keep_alerts, clear_left_behind, watch_silence):
        with pytest.raises(CommandCentreError, match="grade"):
            act(ports, officer)
