"""The storm's file says what was published, and a wrong file is refused with its faults."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import yaml

from alerts.model import Passability
from core.errors import InvalidInputError, NotFoundError
from drills.scenario import SCENARIOS, Scenario, load_scenario

STORM = "kunming-2026-08-18"


def test_the_storm_has_its_22_points_and_54_observations(storm: Scenario) -> None:
    assert len(storm.point_ids) == 22
    assert sum(len(moment.points) for moment in storm.observations) == 54
    assert [m.at.strftime("%H:%M") for m in storm.observations] == [
        "09:20",
        "09:50",
        "10:15",
        "11:00",
        "13:00",
        "17:00",
    ]


def test_a_road_where_mud_is_cleared_passes_as_slow_and_is_noted(storm: Scenario) -> None:
    seen = storm.observed("KM05")[datetime.fromisoformat("2026-08-18T17:00:00+08:00")]
    assert (seen.driven, seen.note) == (Passability.SLOW, "清淤")


def test_an_unknown_scenario_is_refused_with_those_there_are() -> None:
    with pytest.raises(NotFoundError, match=STORM):
        load_scenario("no-such-storm", [])


def test_a_point_that_the_catalogue_does_not_have_is_named() -> None:
    with pytest.raises(InvalidInputError, match="unknown points KM01"):
        load_scenario(STORM, [f"KM{n:02d}" for n in range(2, 23)])


def test_a_rain_gauge_that_the_catalogue_does_not_have_is_named(storm: Scenario) -> None:
    with pytest.raises(InvalidInputError, match="unknown points PS01, PS02, RG01"):
        load_scenario(STORM, storm.point_ids)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ends_at": "2026-08-18T09:00:00+08:00"}, "ends_at"),
        ({"starts_at": "2026-08-18T09:05:00"}, "starts_at"),
        ({"surprise": 1}, "surprise"),
        ({"assumed_beginnings": {}}, "assumed_beginnings"),
        ({"sumps": {"synthetic": False}}, "synthetic"),
        ({"readings": {"every_s": 0, "noise_cm": 1, "between_observations": "interpolated"}}, "every_s"),
        ({"readings": {"every_s": 60, "noise_cm": 0.5, "between_observations": "measured"}}, "between_obs"),
    ],
)
def test_a_wrong_file_is_refused_with_what_is_wrong(
    tmp_path: Path, storm: Scenario, change: dict[str, object], message: str
) -> None:
    content = yaml.safe_load((SCENARIOS / f"{STORM}.yaml").read_text(encoding="utf-8"))
    (tmp_path / f"{STORM}.yaml").write_text(yaml.safe_dump({**content, **change}, allow_unicode=True))
    with pytest.raises(InvalidInputError, match=message):
        load_scenario(STORM, storm.point_ids, tmp_path)
