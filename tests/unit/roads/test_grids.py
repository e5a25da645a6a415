"""The partition: 1,272 synthetic grids, and a city's own that is taken whole or refused in words."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import mapping, shape

from core.errors import InvalidInputError, NotFoundError
from roads.areas import district_of
from roads.grid_outlines import synthetic_outlines, write_outlines
from roads.grids import GRIDS, grids_in_use, grids_info, import_grids, load_synthetic


def test_there_are_1272_grids_with_codes_of_the_standards_form() -> None:
    grids = load_synthetic().grids
    assert len(grids) == 1_272
    assert len({grid.code for grid in grids}) == 1_272
    assert all(re.fullmatch(r"53\d{4}9\d{2}\d{3}\d{2}", grid.code) for grid in grids)
    assert [g.code for g in grids] == sorted(g.code for g in grids)


def test_demand_adds_up_to_one_and_every_grid_has_some() -> None:
    weights = [grid.weight for grid in load_synthetic().grids]
    assert sum(weights) == pytest.approx(1.0)
    assert min(weights) > 0


def test_a_grids_middle_lies_in_the_district_of_its_code() -> None:
    off = [g.code for g in load_synthetic().grids if district_of(g.place) != g.district]
    assert len(off) <= 13, "a middle may fall into a lake's or border's bend: at most one in a hundred"


def test_the_outlines_divide_the_land_without_overlap() -> None:
    outlines = synthetic_outlines()
    assert list(outlines) == [grid.code for grid in load_synthetic().grids]
    assert all(outline.is_valid and not outline.is_empty for outline in outlines.values())
    whole = shapely.union_all(list(outlines.values()))
    assert sum(o.area for o in outlines.values()) == pytest.approx(whole.area, rel=1e-3)


def test_it_is_small_enough_to_keep_in_the_repository() -> None:
    assert GRIDS.stat().st_size < 300_000


# ---------------------------------------------------------------- a city's own


def square(lon: float, code: str, **more: Any) -> dict[str, Any]:
    outline = mapping(shapely.box(lon, 25.0, lon + 0.01, 25.01))
    return {"type": "Feature", "properties": {"code": code, **more}, "geometry": outline}


def file_of(folder: Path, *features: Any) -> Path:
    path = folder / "own.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return path


def test_a_citys_own_grids_replace_the_synthetic_ones(tmp_path: Path) -> None:
    assert len(grids_in_use(tmp_path).grids) == 1_272
    path = file_of(
        tmp_path, square(102.72, "53010200100102", weight=1), square(102.70, "53010200100101", weight=3)
    )
    import_grids(path, tmp_path)
    found = grids_in_use(tmp_path)
    assert not found.synthetic
    assert [(g.code, g.weight) for g in found.grids] == [("53010200100101", 0.75), ("53010200100102", 0.25)]
    assert found.grids[0].place.lon == pytest.approx(102.705, abs=0.003)
    assert grids_info(tmp_path)["grids"] == 2
    outlines = json.loads(write_outlines(tmp_path, tmp_path / "..").read_text())
    assert [f["properties"]["code"] for f in outlines["features"]] == [g.code for g in found.grids]
    assert shape(outlines["features"][0]["geometry"]).is_valid


def test_without_weights_all_grids_count_alike(tmp_path: Path) -> None:
    import_grids(
        file_of(tmp_path, square(102.70, "53010200100101"), square(102.72, "53010200100102")), tmp_path
    )
    assert [g.weight for g in grids_in_use(tmp_path).grids] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("features", "says"),
    [
        ([square(102.7, "5301")], "found '5301', expected 14 to 16 digits"),
        ([square(102.7, "53010200100101", weight=-1)], "found -1, expected a number above 0"),
        ([square(102.7, "53010200100101", weight=True)], "found True, expected a number above 0"),
        ([square(116.4, "53010200100101")], "expected WGS-84 inside"),
        ([{"type": "Feature", "properties": {"code": "53010200100101"}}], "expected a polygon"),
        (["nonsense"], "expected 14 to 16 digits"),
        ([], "found 0, expected a FeatureCollection"),
        ([square(102.7, "53010200100101"), square(102.72, "53010200100101")], "2 times, expected it once"),
        ([square(102.7, "53010200100101"), square(102.7, "53010200100102")], "of their area in two of them"),
        (
            [square(102.7, "53010200100101", weight=1), square(102.72, "53010200100102")],
            "found on some grids only",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    tmp_path: Path, features: list[Any], says: str
) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(says)):
        import_grids(file_of(tmp_path, *features), tmp_path)
    assert grids_in_use(tmp_path).synthetic


def test_no_file_and_no_json_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="does not exist"):
        import_grids(tmp_path / "none.geojson", tmp_path)
    path = tmp_path / "text.geojson"
    path.write_text("grids")
    with pytest.raises(InvalidInputError, match="found no JSON"):
        import_grids(path, tmp_path)
