"""What an officer types while somebody is on the phone finds the place that is meant, first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bootstrap.catalogue import load_catalogue
from operations.catalogue import StandingCatalogue
from operations.places import NamedPlace
from roads.gazetteer import RoadGazetteer
from roads.grids import load_synthetic
from roads.network import RoadNetwork


@pytest.fixture(scope="session")
def gazetteer(built: RoadNetwork, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoadGazetteer]:
    path = tmp_path_factory.mktemp("network") / "roads.npz"
    built.save(path)
    yield RoadGazetteer(path, StandingCatalogue(load_catalogue()), load_synthetic().grids)


def first(gazetteer: RoadGazetteer, text: str) -> NamedPlace:
    found = gazetteer.find(text, 8)
    assert found, f"nothing for {text!r}"
    return found[0]


@pytest.mark.parametrize("text", ["北京路", "bjl", "BJL", "beijinglu", "Beijing R"])
def test_a_road_is_found_by_name_pinyin_initials_and_in_english(gazetteer: RoadGazetteer, text: str) -> None:
    assert (first(gazetteer, text).kind, first(gazetteer, text).name_zh) == ("road", "北京路")


def test_a_road_of_several_districts_is_offered_once_for_each(gazetteer: RoadGazetteer) -> None:
    roads = [found for found in gazetteer.find("北京路", 8) if found.kind == "road"]
    areas = [found.area_zh for found in roads]
    assert len(areas) == len(set(areas)) > 1
    assert all(found.accuracy_m >= 100 for found in roads), "a road is no point"


@pytest.mark.parametrize(
    "text",
    ["北京路 东风东路", "北京路与东风东路交叉口", "东风东路×北京路", "bjl dfdl", "Beijing and Dongfeng East"],
)
def test_two_roads_mean_their_crossing(gazetteer: RoadGazetteer, text: str) -> None:
    found = first(gazetteer, text)
    assert found.kind == "crossing"
    assert set(found.name_zh.split(" × ")) == {"北京路", "东风东路"}


def test_points_waters_districts_and_grids_are_places_too(gazetteer: RoadGazetteer) -> None:
    assert first(gazetteer, "牛街庄隧道").kind == "point"
    assert first(gazetteer, "翠湖").kind == "water"
    assert first(gazetteer, "官渡区").kind == "district"
    code = load_synthetic().grids[7].code
    assert first(gazetteer, code).code == code
    assert first(gazetteer, code[:12]).kind == "grid"


def test_what_nobody_named_is_not_found_and_nothing_typed_finds_nothing(gazetteer: RoadGazetteer) -> None:
    assert list(gazetteer.find("没有这样的地方", 8)) == []
    assert list(gazetteer.find("  ", 8)) == []


def test_without_a_network_the_rest_is_found_still(tmp_path: Path) -> None:
    bare = RoadGazetteer(tmp_path / "none.npz", StandingCatalogue(load_catalogue()), ())
    assert first(bare, "官渡区").kind == "district"
    assert all(found.kind != "road" for found in bare.find("北京路", 8))
