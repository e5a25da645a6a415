"""What is counted of an area."""

from __future__ import annotations

from alerts.area import area_features
from alerts.model import MonitoredPoint, Passability, PointState, Sample
from core.geo import LonLat
from tests.alert_cases import START, minute

GRADES = ("light", "medium", "heavy")


def point(name: str, rain: bool = False) -> MonitoredPoint:
    kind, quantity = ("rain_gauge", "rain_mm") if rain else ("road", "depth_cm")
    return MonitoredPoint(name, name, name, kind, LonLat(102.7, 25.0), "530111", quantity)  # type: ignore[arg-type]


def test_points_are_counted_by_grade_and_closed_roads_beside_it() -> None:
    points = [point(name) for name in "ABCDE"]
    states = {
        "A": PointState("A", grade_code="heavy"),
        "B": PointState("B", grade_code="light", passability=Passability.CLOSED),
        "C": PointState("C", grade_code="light", passability=Passability.SLOW),
        "D": PointState("D", passability=Passability.CLOSED),
        "elsewhere": PointState("elsewhere", grade_code="heavy"),
    }
    found = area_features(points, states, GRADES, START)
    assert (found["points_light"], found["points_medium"], found["points_heavy"]) == (2.0, 0.0, 1.0)
    assert (found["points_graded"], found["roads_closed"], found["value"]) == (3.0, 2.0, 3.0)


def test_the_grade_of_a_point_that_was_silent_for_over_an_hour_counts_no_more() -> None:
    said = {"A": START, "B": minute(10)}
    states = {
        name: PointState(name, grade_code="heavy", passability=Passability.CLOSED, received_at=at)
        for name, at in said.items()
    }
    found = area_features([point("A"), point("B")], states, GRADES, minute(61))
    assert (found["points_heavy"], found["points_graded"], found["roads_closed"]) == (1.0, 1.0, 2.0)


def test_rain_is_that_of_the_wettest_gauge_in_each_window() -> None:
    at_s = START.timestamp()
    states = {
        "R1": PointState("R1", recent=(Sample(at_s - 5 * 3600, 40.0), Sample(at_s - 600, 5.0))),
        "R2": PointState("R2", recent=(Sample(at_s - 600, 12.0),)),
    }
    found = area_features([point("R1", rain=True), point("R2", rain=True)], states, GRADES, START)
    assert [found[f"rain_mm_{h}h_max"] for h in (1, 3, 6, 12)] == [12.0, 12.0, 45.0, 45.0]
    later = area_features([point("R2", rain=True)], states, GRADES, minute(240))
    assert later["rain_mm_3h_max"] == 0.0, "rain that fell long ago is over, though no gauge said so"


def test_an_area_of_which_nothing_is_known_is_dry_and_open() -> None:
    found = area_features([point("A")], {}, GRADES, START)
    assert {v for v in found.values()} == {0.0}
