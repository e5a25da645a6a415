"""Speeds learned from tracks: what they find, what they are careful about, and what the network does with them."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from bootstrap.settings import load_settings
from bootstrap.wiring import network_with_speeds
from core.clock import FixedClock
from core.errors import InvalidInputError, NotFoundError
from core.geo import LonLat
from dispatch.travel import Closure
from operations.open_incident import CITY_TIME
from roads import commands
from roads.classes import RoadClass
from roads.network import RoadNetwork
from roads.segments import RoadLine, assemble
from roads.speeds import (
    FASTEST,
    LONGEST_GAP_S,
    SLOWEST,
    TRUSTED_FROM,
    HourSpeeds,
    TrackFix,
    learn_speeds,
    read_tracks,
)

STREET = (LonLat(102.70, 25.0), LonLat(102.72, 25.0))
"""Two kilometres of residential street, 22 km/h, crossed in the middle."""
MORNING = datetime(2026, 8, 17, 8, 10, tzinfo=CITY_TIME)


def street(name: str = "street") -> RoadNetwork:
    lon = np.array([102.70, 102.71, 102.72, 102.71])
    lat = np.array([25.0, 25.0, 25.0, 25.01])
    lines = [RoadLine([0, 1, 2], RoadClass.RESIDENTIAL), RoadLine([1, 3], RoadClass.PRIMARY)]
    return RoadNetwork(name, assemble(lon, lat, lines), synthetic=True)


def drive(
    unit_id: str, kmh: float, *, at: datetime = MORNING, every_s: float = 10, waits_s: float = 0
) -> list[TrackFix]:
    """From west to east; with a wait in the middle."""
    fixes = []
    deg_s = kmh / 3.6 / (111_195 * np.cos(np.radians(25.0)))
    lon, second = STREET[0].lon, 0.0
    while lon < STREET[1].lon:
        fixes.append(TrackFix(unit_id, at + timedelta(seconds=second), LonLat(lon, 25.0)))
        if waits_s and 102.709 < lon < 102.71 and second < 10_000:
            for step in np.arange(every_s, waits_s, every_s).tolist():
                fixes.append(TrackFix(unit_id, at + timedelta(seconds=second + step), LonLat(lon, 25.0)))
            second += waits_s
            waits_s = 0
        lon, second = lon + deg_s * every_s, second + every_s
    return fixes


def learned(*tracks: list[TrackFix]) -> HourSpeeds:
    network = street()
    return learn_speeds(network.segments, network.index, [fix for track in tracks for fix in track])


def factor(speeds: HourSpeeds, hour: int) -> float:
    """Of the street's western half."""
    roads = street().segments
    (west,) = [i for i in range(roads.count) if roads.shape_lon[roads.shape_start[i]] == 102.70]
    return float(speeds.at(hour, roads)[west])


def test_a_street_that_takes_twice_as_long_in_the_morning_is_learned_for_that_hour_only() -> None:
    speeds = learned(
        *(drive(f"u{i}", 11) for i in range(20)),
        *(drive(f"v{i}", 22, at=MORNING + timedelta(hours=5)) for i in range(20)),
    )
    assert factor(speeds, 8) == pytest.approx(2.0, rel=0.03)
    assert factor(speeds, 13) == pytest.approx(1.0, rel=0.03)
    assert factor(speeds, 3) == 1.0


def test_little_seen_is_little_believed() -> None:
    one = drive("u", 11)[:3]
    speeds = learned(one)
    believed = (speeds.observations / (speeds.observations + TRUSTED_FROM)) * np.log(2)
    assert speeds.observations == 2
    assert 1.0 < factor(speeds, 8) < 1.6
    assert np.log(speeds.by_class[8, RoadClass.RESIDENTIAL]) == pytest.approx(believed, rel=0.05)
    assert speeds.by_class[8, RoadClass.PRIMARY] == 1.0


def test_one_odd_track_among_many_changes_next_to_nothing_and_none_closes_a_road() -> None:
    usual = [drive(f"u{i}", 22) for i in range(10)]
    assert factor(learned(*usual, drive("odd", 2)), 8) == pytest.approx(factor(learned(*usual), 8), rel=0.02)
    crawling = learned(*(drive(f"u{i}", 1.2, every_s=100) for i in range(60)))
    assert crawling.factor.min() >= FASTEST and crawling.factor.max() <= SLOWEST


def test_a_wait_at_a_light_counts_and_parking_does_not() -> None:
    flowing = factor(learned(*(drive(f"u{i}", 22) for i in range(30))), 8)
    parked = factor(learned(*(drive(f"u{i}", 22, waits_s=5 * LONGEST_GAP_S) for i in range(30))), 8)
    assert parked == pytest.approx(flowing, rel=0.02)
    rows = [learned(drive("u", 22, waits_s=waits_s)).observations for waits_s in (0, 60, 5 * LONGEST_GAP_S)]
    assert rows[1] >= rows[2], (
        "the stretch with a short wait is one observation, the one with a long wait none"
    )


def test_fixes_far_from_any_road_and_fixes_out_of_order_do_no_harm() -> None:
    track = drive("u", 11)
    off = [TrackFix("w", fix.at, LonLat(fix.place.lon, 25.005)) for fix in track]
    assert learned(track[::-1], off).observations == learned(track).observations
    assert learned().observations == 0


def test_the_network_answers_by_the_hour_and_keeps_its_closures() -> None:
    network = street()
    hour = 8
    network.use_speeds(learned(*(drive(f"u{i}", 11) for i in range(60))), lambda: hour)
    start, end = LonLat(102.702, 25.0), LonLat(102.708, 25.0)
    morning = network.route(start, end)
    network.close_roads([Closure("c", "缓行", LonLat(102.705, 25.0), "road", "slow", 30.0)])
    slow = network.route(start, end)
    hour = 3
    night = network.route(start, end)
    assert morning is not None and slow is not None and night is not None
    assert slow.travel_time_s == pytest.approx(3 * morning.travel_time_s)
    assert night.travel_time_s == pytest.approx(3 * night.distance_m / (22 / 3.6), rel=1e-3)
    assert morning.travel_time_s == pytest.approx(2 * morning.distance_m / (22 / 3.6), rel=0.03)


def test_speeds_survive_the_disk_and_are_refused_on_another_network(tmp_path: Path) -> None:
    before = learned(*(drive(f"u{i}", 11) for i in range(5)))
    before.save(tmp_path / "speeds.npz")
    after = HourSpeeds.load(tmp_path / "speeds.npz")
    assert (after.network, after.observations) == (before.network, before.observations)
    assert factor(after, 8) == factor(before, 8)
    lines = [RoadLine([0, 1], RoadClass.PRIMARY)]
    other = RoadNetwork("other", assemble(np.array([1.0, 2.0]), np.zeros(2), lines), synthetic=True)
    with pytest.raises(InvalidInputError, match="another network"):
        other.use_speeds(after, lambda: 0)
    (tmp_path / "speeds.npz").write_bytes(b"nothing of the kind")
    with pytest.raises(InvalidInputError, match="does not hold learned speeds"):
        HourSpeeds.load(tmp_path / "speeds.npz")


@pytest.mark.parametrize(
    "row",
    [
        "u,2026-08-17T08:00:00,102.7,25",
        "u,yesterday,102.7,25",
        "u,2026-08-17T08:00:00Z,east,25",
        "u",
        "u,2026-08-17T08:00:00Z,25,102.7",
    ],
)
def test_a_row_that_is_no_fix_is_refused_by_its_line(tmp_path: Path, row: str) -> None:
    path = tmp_path / "tracks.csv"
    path.write_text(f"unit_id,fixed_at,lon,lat\nu,2026-08-17T08:00:00Z,102.7,25\n{row}\n")
    with pytest.raises(InvalidInputError, match="line 3"):
        list(read_tracks(path))


def test_the_command_keeps_speeds_beside_the_network_and_a_worker_uses_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    network, tracks = commands.network_path(tmp_path), tmp_path / "tracks.csv"
    street().save(network)
    fixes = [fix for i in range(60) for fix in drive(f"u{i}", 11)]
    rows = [f"{f.unit_id},{f.at.isoformat()},{f.place.lon},{f.place.lat}" for f in fixes]
    tracks.write_text("\n".join(["unit_id,fixed_at,lon,lat", *rows]))
    kept = commands.learn(tracks, network)
    settings = load_settings(data_dir=tmp_path)
    morning, night = (network_with_speeds(settings, FixedClock(MORNING + timedelta(hours=h))) for h in (0, 12))
    sources = {"u": LonLat(102.702, 25.0)}
    by_hour = [t.nearest(LonLat(102.708, 25.0), sources, 1)[0].travel_time_s for t in (morning, night)]
    assert by_hour[0] == pytest.approx(2 * by_hour[1], rel=0.03)
    kept.write_bytes(b"damaged")
    with caplog.at_level(logging.ERROR):
        free_flow = network_with_speeds(settings, FixedClock(MORNING))
    assert "travel times are free flow" in caplog.text
    assert free_flow.nearest(LonLat(102.708, 25.0), sources, 1)[0].travel_time_s == pytest.approx(by_hour[1])
    with pytest.raises(NotFoundError):
        commands.learn(tmp_path / "absent.csv", network)
    tracks.write_text("unit_id,fixed_at,lon,lat\n")
    with pytest.raises(InvalidInputError, match="no unit that moves"):
        commands.learn(tracks, network)
