"""Speeds that were learned while a worker runs: taken up with the next question, and never damaged ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.settings import load_settings
from bootstrap.wiring import network_with_speeds
from core.clock import FixedClock
from core.geo import LonLat
from roads import commands
from roads.network import RoadNetwork
from tests.unit.roads.test_speeds import MORNING, drive, learned, street

START, END = LonLat(102.702, 25.0), LonLat(102.708, 25.0)


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RoadNetwork:
    """A worker's network, in the morning; it looks at the file before each question."""
    monkeypatch.setattr("roads.speeds_file.LOOK_EVERY_S", 0.0)
    street().save(commands.network_path(tmp_path))
    network = network_with_speeds(load_settings(data_dir=tmp_path), FixedClock(MORNING))
    assert network is not None
    return network


def seconds(network: RoadNetwork) -> float:
    found = network.route(START, END)
    assert found is not None
    return found.travel_time_s


def test_what_is_learned_is_taken_up_replaced_and_given_up_without_a_restart(
    running: RoadNetwork, tmp_path: Path
) -> None:
    file = commands.speeds_path(commands.network_path(tmp_path))
    free_s = seconds(running)
    learned(*(drive(f"u{i}", 11) for i in range(60))).save(file)
    assert seconds(running) == pytest.approx(2 * free_s, rel=0.03)
    learned(*(drive(f"u{i}", 5.5) for i in range(60))).save(file)
    assert seconds(running) == pytest.approx(4 * free_s, rel=0.05)
    file.unlink()
    assert seconds(running) == pytest.approx(free_s)


def test_a_damaged_file_changes_nothing_and_is_told(
    running: RoadNetwork, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = commands.speeds_path(commands.network_path(tmp_path))
    learned(*(drive(f"u{i}", 11) for i in range(60))).save(file)
    slow_s = seconds(running)
    file.write_bytes(b"damaged")
    assert seconds(running) == pytest.approx(slow_s)
    assert "travel times are as learned before" in caplog.text


def test_between_two_looks_the_file_is_left_alone(
    running: RoadNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free_s = seconds(running)
    monkeypatch.setattr("roads.speeds_file.LOOK_EVERY_S", 3600.0)
    learned(*(drive(f"u{i}", 11) for i in range(60))).save(
        commands.speeds_path(commands.network_path(tmp_path))
    )
    assert seconds(running) == pytest.approx(free_s)
