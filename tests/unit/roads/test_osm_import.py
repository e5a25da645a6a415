"""Reading OpenStreetMap: a tiny town written here, and the shared roads of Kunming where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import InvalidInputError, NotFoundError
from core.geo import BoundingBox, LonLat
from roads import commands
from roads.classes import RoadClass
from roads.osm_import import directions, import_osm, level, may_drive, speed_kmh

TOWN = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
 <node id="1" lat="25.00" lon="102.70"/><node id="2" lat="25.00" lon="102.71"/>
 <node id="3" lat="25.01" lon="102.71"/><node id="4" lat="25.01" lon="102.70"/>
 <node id="5" lat="25.005" lon="102.715"/><node id="6" lat="25.00" lon="102.72"/>
 <node id="7" lat="25.20" lon="102.70"/><node id="8" lat="25.20" lon="102.71"/>
 <way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/><tag k="name" v="北京路"/></way>
 <way id="2"><nd ref="2"/><nd ref="5"/><nd ref="3"/><tag k="highway" v="residential"/><tag k="oneway" v="-1"/></way>
 <way id="3"><nd ref="3"/><nd ref="4"/><nd ref="1"/><tag k="highway" v="tertiary"/><tag k="maxspeed" v="30"/></way>
 <way id="4"><nd ref="2"/><nd ref="6"/><tag k="highway" v="service"/><tag k="access" v="private"/></way>
 <way id="5"><nd ref="7"/><nd ref="8"/><tag k="highway" v="primary"/></way>
 <way id="6"><nd ref="1"/><nd ref="3"/><tag k="highway" v="footway"/></way>
</osm>
"""


@pytest.fixture
def town(tmp_path: Path) -> Path:
    path = tmp_path / "town.osm"
    path.write_text(TOWN, encoding="utf-8")
    return path


def test_the_largest_connected_part_is_kept_without_paths(town: Path) -> None:
    network = import_osm(town)
    assert not network.synthetic
    assert network.name == "town"
    assert network.node_count == 4
    assert network.edge_count == 7
    assert set(network.segments.names[i] for i in network.segments.name) == {"", "北京路"}


def test_a_private_road_is_for_emergency_vehicles_only(town: Path) -> None:
    network = import_osm(town)
    start, inside = LonLat(102.705, 25.0), LonLat(102.72, 25.0)
    emergency, ordinary = network.route(start, inside), network.route(start, inside, emergency=False)
    assert emergency is not None and ordinary is not None
    assert emergency.walk_m == 0
    assert ordinary.walk_m > 500, "it stops where the private road begins"


def test_shape_points_are_kept_and_the_reversed_one_way_is_obeyed(town: Path) -> None:
    found = import_osm(town).route(LonLat(102.71, 25.0), LonLat(102.71, 25.01))
    back = import_osm(town).route(LonLat(102.71, 25.01), LonLat(102.71, 25.0))
    assert found is not None and back is not None
    assert LonLat(102.715, 25.005) in back.path
    assert LonLat(102.715, 25.005) not in found.path


def test_a_stated_speed_goes_before_the_class(town: Path) -> None:
    roads = import_osm(town).segments
    (tertiary,) = [i for i in range(roads.count) if roads.road_class[i] == RoadClass.TERTIARY]
    assert roads.length_m[tertiary] / roads.time_s[tertiary] * 3.6 == pytest.approx(30)


def test_an_area_without_roads_is_refused(town: Path) -> None:
    with pytest.raises(InvalidInputError, match="no roads found"):
        import_osm(town, BoundingBox(100, 20, 101, 21))


def test_a_file_that_is_no_map_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(b"nothing of the kind")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        import_osm(broken)
    with pytest.raises(NotFoundError):
        commands.import_file(tmp_path / "absent.osm.pbf", None, tmp_path)


def test_the_command_keeps_network_and_base_map_and_tells_of_them(town: Path, tmp_path: Path) -> None:
    told: list[str] = []
    path = commands.import_file(town, None, tmp_path / "data", lambda message, _: told.append(message))
    about = commands.info(path)
    assert (about["name"], about["synthetic"], about["nodes"]) == ("town", False, 4)
    assert (tmp_path / "data" / "basemap" / "main_roads.geojson").is_file()
    assert told[:2] == ["reading town.osm", "0 turn restrictions applied"]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "primary"}, (True, True)),
        ({"highway": "primary", "oneway": "yes"}, (True, False)),
        ({"highway": "primary", "oneway": "-1"}, (False, True)),
        ({"highway": "primary", "junction": "roundabout"}, (True, False)),
        ({"highway": "motorway"}, (True, False)),
        ({"highway": "motorway", "oneway": "no"}, (True, True)),
    ],
)
def test_directions(tags: dict[str, str], expected: tuple[bool, bool]) -> None:
    assert directions(tags) == expected


@pytest.mark.parametrize(
    ("tags", "everybody", "emergency"),
    [
        ({"highway": "primary"}, True, True),
        ({"highway": "primary", "access": "destination"}, True, True),
        ({"highway": "service", "access": "private"}, False, True),
        ({"highway": "service", "access": "private", "motor_vehicle": "yes"}, True, True),
        ({"highway": "service", "access": "no"}, False, False),
        ({"highway": "service", "access": "no", "emergency": "yes"}, False, True),
        ({"highway": "service", "access": "private", "emergency": "no"}, False, False),
        ({"highway": "primary", "motor_vehicle": "no", "bus": "designated"}, False, True),
        ({"highway": "busway"}, False, True),
        ({"highway": "pedestrian"}, False, True),
        ({"highway": "pedestrian", "area": "yes"}, False, False),
        ({"highway": "pedestrian", "motor_vehicle": "destination"}, True, True),
    ],
)
def test_who_may_drive(tags: dict[str, str], everybody: bool, emergency: bool) -> None:
    assert may_drive(tags) == (everybody, emergency)


def test_speeds_and_levels() -> None:
    assert speed_kmh("60") == 60
    assert speed_kmh("30 mph") == pytest.approx(48.28, abs=0.01)
    assert speed_kmh("none") is None
    assert speed_kmh("0") is None
    assert level({"tunnel": "yes"}) == -1
    assert level({"layer": "-1"}) == -1
    assert level({"bridge": "yes", "layer": "1"}) == 1
    assert level({"layer": "1"}) == 0


def test_the_shared_roads_of_kunming_are_read_whole() -> None:
    shared = Path(os.environ.get("COMMAND_CENTRE_SHARED", Path(__file__).parents[4] / "shared"))
    path = shared / "data" / "kunming-roads" / "kunming-bus-roads.osm.pbf"
    if not path.is_file():
        pytest.skip("the shared Kunming roads are not here (set COMMAND_CENTRE_SHARED)")
    network = import_osm(path)
    assert network.length_km == pytest.approx(3282, rel=0.01)
