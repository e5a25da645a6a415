"""Between bulletins depths are interpolated, at bulletins they are exact, and all of it is repeatable."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from alerts.model import MonitoredPoint, Passability
from core.geo import distance_m
from drills.scenario import Scenario
from drills.storyline import Basis, CitizenCall, DepthCurve, GaugeReading, PassabilityReport, Storyline


def test_every_published_depth_is_sent_exactly_at_its_instant(storm: Scenario, storyline: Storyline) -> None:
    sent = {
        (i.reading.point_id, i.at): (i.reading.value, i.basis)
        for i in storyline.items
        if isinstance(i, GaugeReading)
    }
    published = {
        (point_id, at): (o.depth_cm, Basis.PUBLISHED)
        for point_id in storm.point_ids
        for at, o in storm.observed(point_id).items()
        if o.depth_cm is not None
    }
    assert published.items() <= sent.items()
    assert {key for key, (_, basis) in sent.items() if basis is Basis.PUBLISHED} == published.keys()


def test_every_published_passability_is_reported_at_its_instant(
    storm: Scenario, storyline: Storyline
) -> None:
    sent = {(i.point_id, i.at, i.passability) for i in storyline.items if isinstance(i, PassabilityReport)}
    for point_id in storm.point_ids:
        assert {(point_id, at, o.driven) for at, o in storm.observed(point_id).items()} <= sent


def test_a_depth_that_was_not_published_lies_on_the_line_between_its_neighbours(storm: Scenario) -> None:
    curve = DepthCurve(storm, "KM08")  # 40 cm at 09:20, null at 11:00, 20 cm at 13:00
    at = storm.observations[3].at
    assert abs(curve.depth_cm(at) - (40 - 20 * 100 / 220)) < 1e-9
    assert curve.basis(at) is Basis.INTERPOLATED


def test_after_its_last_published_depth_a_point_keeps_it_and_says_it_is_assumed(storm: Scenario) -> None:
    curve = DepthCurve(storm, "KM16")
    assert (curve.depth_cm(storm.ends_at), curve.basis(storm.ends_at)) == (30.0, Basis.ASSUMED)


def test_roads_close_one_after_another_before_the_first_bulletin(
    storm: Scenario, storyline: Storyline
) -> None:
    first_bulletin = storm.observations[0].at
    closed = [
        i.at
        for i in storyline.items
        if isinstance(i, PassabilityReport) and i.passability is Passability.CLOSED and i.at < first_bulletin
    ]
    assert len(closed) == len(set(closed)) == 10
    assert closed[0] - storm.starts_at <= timedelta(minutes=1)


def test_noise_stays_within_what_the_file_says(storm: Scenario, storyline: Storyline) -> None:
    for item in storyline.items:
        if isinstance(item, GaugeReading):
            true_cm = DepthCurve(storm, item.reading.point_id).depth_cm(item.at)
            assert abs(item.reading.value - true_cm) <= storm.readings.noise_cm + 0.051
            assert item.reading.value >= 0


def test_each_gauge_reports_every_minute_and_each_instant_once(storm: Scenario, storyline: Storyline) -> None:
    instants = [i.at for i in storyline.items if isinstance(i, GaugeReading) and i.reading.point_id == "KM02"]
    assert len(instants) == len(set(instants))
    gaps = {b - a for a, b in pairwise(instants)}
    assert max(gaps) <= timedelta(seconds=storm.readings.every_s)


def test_calls_are_labelled_near_a_point_and_within_the_scenario(
    storm: Scenario, storyline: Storyline, points: dict[str, MonitoredPoint]
) -> None:
    calls = [i for i in storyline.items if isinstance(i, CitizenCall)]
    assert len(calls) == 40 == len({call.key for call in calls})
    for call in calls:
        assert "合成" in call.caller and "合成" in call.text
        nearest_m = min(distance_m(call.place, point.place) for point in points.values())
        assert nearest_m <= storm.calls.within_m + 1
        assert storm.starts_at <= call.at <= storm.ends_at


def test_the_same_scenario_gives_the_same_items_and_another_seed_other_noise(
    storm: Scenario, storyline: Storyline, points: dict[str, MonitoredPoint]
) -> None:
    assert Storyline(storm, points).items == storyline.items
    assert Storyline(storm.model_copy(update={"seed": 1}), points).items != storyline.items
