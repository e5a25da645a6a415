"""The embedded city: the published flood points lie on its roads, and it is drawn small enough for browsers."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from core.geo import LonLat, distance_m
from dispatch.travel import Closure
from roads.areas import district_of, load_districts
from roads.basemap import write_areas, write_basemap
from roads.classes import RoadClass
from roads.layout import load_layout, load_waters
from roads.network import RoadNetwork

# Places and streets as the Kunming traffic police published them on 2026-08-18 (WGS-84).
FLOOD_POINTS = [
    ("KM01", "贵昆路", "underpass", 102.76531, 25.01575),
    ("KM02", "民航路", "underpass", 102.73472, 25.02505),
    ("KM03", "国贸路", "road", 102.73852, 25.01845),
    ("KM04", "春城路", "underpass", 102.7306, 25.0062),
    ("KM05", "二环东路", "underpass", 102.7418, 25.0347),
    ("KM06", "二环东路", "underpass", 102.7423, 25.0231),
    ("KM07", "民航路", "road", 102.74244, 25.0146),
    ("KM08", "东风东路", "road", 102.73412, 25.04375),
    ("KM09", "二环东路", "underpass", 102.73932, 25.03075),
    ("KM10", "东郊路", "underpass", 102.75171, 25.04655),
    ("KM11", "昌宏路", "road", 102.76219, 24.99768),
    ("KM12", "彩云北路", "road", 102.75391, 24.99455),
    ("KM13", "雨龙路", "road", 102.75971, 24.99275),
    ("KM14", "二环东路", "underpass", 102.73752, 25.05015),
    ("KM15", "经东路", "road", 102.77091, 25.00716),
    ("KM16", "河岸村路", "culvert", 102.78012, 25.00917),
    ("KM17", "贵昆路", "culvert", 102.75431, 25.02935),
    ("KM18", "云大西路", "culvert", 102.78232, 24.98417),
    ("KM19", "景润路", "road", 102.77691, 25.05476),
    ("KM20", "珥季路", "road", 102.74731, 24.99145),
    ("KM21", "人民东路", "road", 102.74232, 25.05455),
    ("KM22", "云秀路", "road", 102.72713, 25.00216),
]


@pytest.mark.parametrize(("point", "street", "kind", "lon", "lat"), FLOOD_POINTS)
def test_a_flood_point_lies_on_its_street(
    city: RoadNetwork, point: str, street: str, kind: str, lon: float, lat: float
) -> None:
    near = city.index.around(LonLat(lon, lat), 60.0)
    named = [s for s in near if city.segments.name_of(s) == street]
    assert named, f"{street} is not within 60 m of {point}"
    if kind != "road":
        assert any(city.segments.level[s] < 0 for s in named), f"{point} is not tagged as a lower carriageway"


def test_the_whole_storm_closes_little_and_leaves_every_point_reachable(city: RoadNetwork) -> None:
    city.close_roads(
        [
            Closure(point, street, LonLat(lon, lat), kind, "closed", 60.0)  # type: ignore[arg-type]
            for point, street, kind, lon, lat in FLOOD_POINTS
        ]
    )
    assert city.closures_without_road == ()
    rng = random.Random(1)
    units = {f"u{i}": city.random_place(rng) for i in range(300)}
    for _, street, _, lon, lat in FLOOD_POINTS:
        target = LonLat(lon, lat)
        first, *_ = city.nearest(target, units, 3)
        assert first.walk_m < 250, f"{street}: the water's edge is {first.walk_m:.0f} m away"
        assert distance_m(first.path[-1], target) <= first.walk_m + 30


def test_a_flooded_lower_carriageway_leaves_the_expressway_above_open(city: RoadNetwork) -> None:
    city.close_roads(
        [Closure("KM05", "二环东路下层南屏苑段", LonLat(102.7418, 25.0347), "underpass", "closed", 60.0)]
    )
    expressway = [s for s in range(city.segments.count) if city.segments.name_of(s) == "二环快速路"]
    near = city.index.around(LonLat(102.7418, 25.0347), 40.0)
    above = [s for s in near if s in expressway]
    segment, _, offset = city.on_open_roads(np.array([102.7420]), np.array([25.0347]))
    assert above
    assert offset[0] < 400
    found = city.route(LonLat(102.7353, 25.0580), LonLat(102.7425, 25.0225))
    assert found is not None
    assert found.travel_time_s < 900
    assert segment[0] >= 0


def test_it_has_the_size_and_the_classes_of_a_city(city: RoadNetwork) -> None:
    assert city.synthetic
    assert 15_000 <= city.node_count <= 40_000
    assert 3_000 <= city.length_km <= 8_000
    present = set(city.segments.road_class.tolist())
    assert {RoadClass.MOTORWAY, RoadClass.TRUNK, RoadClass.PRIMARY, RoadClass.RESIDENTIAL} <= present


def test_every_road_laid_out_is_in_the_network(city: RoadNetwork) -> None:
    inside = {city.segments.names[i] for i in set(city.segments.name.tolist())}
    assert {road.name for road in load_layout().roads} <= inside


def test_no_street_runs_through_a_lake(city: RoadNetwork) -> None:
    import shapely

    roads = city.segments
    streets = np.isin(roads.road_class, [RoadClass.RESIDENTIAL, RoadClass.TERTIARY]) & (roads.name == 0)
    lakes = shapely.unary_union([shapely.polygons(w.points) for w in load_waters() if w.is_lake])
    wet = shapely.contains_xy(lakes, roads.node_lon[roads.tail[streets]], roads.node_lat[roads.tail[streets]])
    assert not wet.any()


def test_elevated_roads_meet_streets_only_at_ramps(city: RoadNetwork) -> None:
    roads = city.segments
    raised, surface = roads.level > 0, (roads.level <= 0) & (roads.road_class != RoadClass.LINK)
    high = set(np.r_[roads.tail[raised], roads.head[raised]].tolist())
    low = set(np.r_[roads.tail[surface], roads.head[surface]].tolist())
    assert high
    assert not high & low


def test_the_city_can_be_crossed_in_a_sensible_time(city: RoadNetwork) -> None:
    centre, chenggong, airport = LonLat(102.7178, 25.0405), LonLat(102.833, 24.88), LonLat(102.929, 25.099)
    for start, end, least_min, most_min in ((centre, chenggong, 17, 40), (centre, airport, 15, 40)):
        found = city.route(start, end)
        assert found is not None
        assert least_min * 60 < found.travel_time_s < most_min * 60


def test_the_base_map_is_small_and_complete(city: RoadNetwork, tmp_path: Path) -> None:
    write_basemap(city, tmp_path)
    limits = {"districts": 120_000, "water": 60_000, "main_roads": 350_000, "local_streets": 900_000}
    for name, limit in limits.items():
        path = tmp_path / f"{name}.geojson"
        assert path.stat().st_size < limit, name
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        assert features, name
    main = json.loads((tmp_path / "main_roads.geojson").read_text(encoding="utf-8"))["features"]
    assert {"北京路", "二环快速路", "彩云北路"} <= {f["properties"]["name"] for f in main}
    assert {f["properties"]["class"] for f in main} == {"motorway", "trunk", "primary", "secondary"}


def test_places_lie_in_the_districts_they_are_known_to_lie_in() -> None:
    assert len(load_districts()) == 14
    assert district_of(LonLat(102.703, 25.049)) == "530102"  # Cuihu, Wuhua
    assert district_of(LonLat(102.7325, 25.087)) == "530103"  # Beichen, Panlong
    assert district_of(LonLat(102.74244, 25.0146)) == "530111"  # Guandu square
    assert district_of(LonLat(102.67, 25.02)) == "530112"  # Daguan park, Xishan
    assert district_of(LonLat(102.833, 24.88)) == "530114"  # city hall, Chenggong
    assert district_of(LonLat(100.23, 26.87)) is None  # Lijiang


def test_districts_and_water_are_drawn_without_any_road(tmp_path: Path) -> None:
    write_areas(tmp_path / "basemap")
    assert sorted(path.name for path in (tmp_path / "basemap").iterdir()) == [
        "districts.geojson",
        "water.geojson",
    ]
