"""Between bulletins depths are interpolated, at bulletins they are exact, and all of it is repeatable."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

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
        if isinstance(item, GaugeReading) and item.basis is not Basis.SYNTHETIC:
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


def sent_by(storyline: Storyline, point_id: str) -> list[GaugeReading]:
    return [i for i in storyline.items if isinstance(i, GaugeReading) and i.reading.point_id == point_id]


def city_time(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-08-18T{clock}:00+08:00")


def test_the_published_rain_fell_at_night_to_the_tenth_of_a_millimetre(
    storm: Scenario, storyline: Storyline
) -> None:
    rain = sent_by(storyline, "RG03")
    assert round(sum(i.reading.value for i in rain), 1) == 158.1
    wet = [i.at for i in rain if i.reading.value > 0]
    assert city_time("00:00") - timedelta(hours=1) < wet[0] and wet[-1] == city_time("06:00")
    assert {i.reading.quantity for i in rain} == {"rain_mm"}
    assert {i.basis for i in rain} == {Basis.SYNTHETIC}


def test_the_rain_of_the_night_is_due_when_the_drill_begins(storm: Scenario, storyline: Storyline) -> None:
    at_once = storyline.items[: storyline.count_until(storm.starts_at)]
    fell = [i.reading.value for i in at_once if isinstance(i, GaugeReading) and i.reading.point_id == "RG03"]
    assert round(sum(fell), 1) == 158.1


def test_rain_of_the_last_hours_grades_yellow_when_the_drill_begins_and_has_been_orange(
    storyline: Storyline,
) -> None:
    rain = {i.at: i.reading.value for i in sent_by(storyline, "RG03")}

    def fallen(until: datetime, hours: float) -> float:
        return sum(mm for at, mm in rain.items() if until - timedelta(hours=hours) < at <= until)

    assert fallen(city_time("09:05"), 6) >= 50 > fallen(city_time("09:05"), 3)
    assert 50 <= max(fallen(at, 3) for at in rain) < 100


def test_a_sump_runs_full_before_its_underpass_is_heavy_and_stays_full_after(storyline: Storyline) -> None:
    full = [i.at for i in sent_by(storyline, "PS02") if i.reading.value >= 250]
    heavy = [i.at for i in sent_by(storyline, "KM02") if i.reading.value >= 50]
    assert full[0] < heavy[0] == city_time("11:00") < full[-1]
    assert all(i.reading.value < 250 for i in sent_by(storyline, "PS01"))


def test_a_gauge_is_silent_for_as_long_as_the_file_says_and_no_other_is(
    storm: Scenario, storyline: Storyline
) -> None:
    def longest(point_id: str) -> timedelta:
        return max(b.at - a.at for a, b in pairwise(sent_by(storyline, point_id)))

    assert storm.silences is not None
    assert [p for p in storm.point_ids if longest(p) > timedelta(minutes=2)] == list(storm.silences.points)
    assert longest("KM22") > timedelta(minutes=30)


def test_a_silence_never_hides_what_was_published(storm: Scenario) -> None:
    found = storm.model_dump()
    found["silences"]["points"]["KM22"]["begins_at"] = city_time("09:00")
    with pytest.raises(ValueError, match="expected a time without observations"):
        Scenario.model_validate(found)
