"""Units that enter, stay in and leave a geofence, from the real position board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.geofences import Geofence
from alerts.model import Alert, Passability, Severity
from alerts.rules import Level, Watch
from core.errors import UnavailableError
from core.geo import LonLat
from live.positions import RedisPositionBoard
from live.redis_client import connect
from operations.clear_left_behind import clear_left_behind
from operations.ports import Ports
from operations.watch_geofences import watch_geofences
from tests.alert_cases import RULE
from tests.conftest import Bench
from tests.depth_rule import with_catalogue, with_rules
from tests.integration.desk_work import POINT, close_road, fix, register, seen_at, types

INSIDE, OUTSIDE = LonLat(102.7655, 25.0158), LonLat(102.7668, 25.0158)


def level(code: str, severity: Severity, minutes: float) -> Level:
    def reached(features: Mapping[str, Any]) -> bool:
        closed = features["passability"] == "closed"
        return bool(features["inside"] and closed and features["minutes_inside"] >= minutes)

    return Level(code, code, code, severity, False, reached, reached, {})


ENTRY = replace(
    RULE,
    rule_id="geofence-entry",
    watches=Watch(subject="geofence"),
    levels=(level("entered", Severity.YELLOW, 0), level("staying", Severity.ORANGE, 5)),
    grades_point=False,
    off_delay=timedelta(0),
    uses=frozenset({"minutes_inside"}),
    clears_itself_after=dict.fromkeys(Severity, timedelta(0)),
)
FENCE = Geofence("GF01", "隧道口", "tunnel", "530111", INSIDE, 80.0, (), frozenset({"car"}), POINT)


@pytest.fixture
def ports(bench: Bench) -> Ports:
    register(bench.ports, 2)
    return with_catalogue(bench.ports, rules={ENTRY.rule_id: ENTRY}, geofences={"GF01": FENCE})


def drives(bench: Bench, ports: Ports, place: LonLat, seconds: float = 10) -> Alert | None:
    bench.clock.advance(seconds)
    seen_at(ports, fix("u000", bench.clock.now(), place))
    watch_geofences(ports)
    return next(iter(ports.store.open_alerts()), None)


def test_a_car_that_drives_into_a_closed_tunnel_has_one_alert_from_entering_to_leaving(
    bench: Bench, ports: Ports
) -> None:
    close_road(ports)
    assert drives(bench, ports, OUTSIDE) is None
    entered = drives(bench, ports, INSIDE)
    assert entered is not None
    assert (entered.subject_id, entered.grade_code, entered.place) == ("unit:u000@GF01", "entered", INSIDE)
    assert (entered.name_zh, entered.jurisdiction) == ("巡000 隧道口", "530111")
    staying = drives(bench, ports, INSIDE, 300)
    assert staying is not None and staying.alert_id == entered.alert_id
    assert (staying.grade_code, staying.because) == ("staying", {"minutes_inside": 5.0})
    assert drives(bench, ports, OUTSIDE) is None
    assert [t for t in types(ports) if t.startswith("alert.")] == [
        "alert.opened",
        "alert.raised",
        "alert.cleared",
    ]
    again = drives(bench, ports, INSIDE)
    assert again is not None and again.grade_code == "entered", "minutes count from the new entry"


def test_an_open_tunnel_may_be_driven_through_and_closing_it_warns_who_is_inside(
    bench: Bench, ports: Ports
) -> None:
    assert drives(bench, ports, INSIDE) is None
    close_road(ports)
    assert drives(bench, ports, INSIDE, 300) is not None
    close_road(ports, passability=Passability.OPEN, seconds=1)
    assert drives(bench, ports, INSIDE) is None


def test_whoever_only_crosses_the_bridge_above_is_gone_before_the_delay_is_over(
    bench: Bench, ports: Ports
) -> None:
    delayed = with_rules(ports, replace(ENTRY, on_delay=timedelta(seconds=20)))
    close_road(ports)
    assert drives(bench, delayed, INSIDE) is None
    assert drives(bench, delayed, INSIDE) is None
    assert drives(bench, delayed, OUTSIDE) is None
    assert drives(bench, delayed, INSIDE, 60) is None, "what was crossed before counts for nothing"
    for _ in range(2):
        stays = drives(bench, delayed, INSIDE)
    assert stays is not None and stays.grade_code == "entered"


def test_a_unit_that_falls_silent_inside_stays_what_it_was_known_to_be(bench: Bench, ports: Ports) -> None:
    close_road(ports)
    assert drives(bench, ports, INSIDE) is not None
    bench.clock.advance(3600)
    assert watch_geofences(ports) == 0
    assert len(ports.store.open_alerts()) == 1
    back = drives(bench, ports, INSIDE)
    assert back is not None and back.because["minutes_inside"] > 60


def test_without_the_position_board_nothing_is_known_and_nothing_changes(bench: Bench, ports: Ports) -> None:
    close_road(ports)
    drives(bench, ports, INSIDE)
    away = replace(ports, positions=RedisPositionBoard(connect("redis://127.0.0.1:9/0")))
    with pytest.raises(UnavailableError):
        watch_geofences(away)
    assert len(ports.store.open_alerts()) == 1


def test_a_geofence_that_left_the_catalogue_leaves_no_alert_behind(bench: Bench, ports: Ports) -> None:
    close_road(ports)
    drives(bench, ports, INSIDE)
    without = with_catalogue(ports, geofences={})
    assert clear_left_behind(without) == 1
    assert list(ports.store.open_alerts()) == []


def test_a_rule_that_looks_at_other_districts_or_at_calls_now_leaves_no_alert_of_a_fence_behind(
    bench: Bench, ports: Ports
) -> None:
    for watches in (Watch(subject="geofence", jurisdictions=("530102",)), Watch(subject="calls")):
        close_road(ports)
        drives(bench, ports, INSIDE)
        assert clear_left_behind(ports) == 0
        assert clear_left_behind(with_rules(ports, replace(ENTRY, watches=watches))) == 1
        assert list(ports.store.open_alerts()) == []
