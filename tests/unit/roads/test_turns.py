"""Turn restrictions, from the relation in the map to the way that is driven."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.geo import LonLat, distance_m
from roads.network import RoadNetwork
from roads.osm_import import import_osm, turn_rules

# A cross of two streets, its arms joined by a square around it; 5 is the middle, one side is 1 km.
NODES = {
    1: (102.70, 25.01), 2: (102.71, 25.02), 3: (102.72, 25.01), 4: (102.71, 25.00), 5: (102.71, 25.01),
}  # fmt: skip
WAYS = {1: (1, 5), 2: (5, 2), 3: (5, 3), 4: (4, 5), 10: (1, 2), 11: (2, 3), 12: (3, 4), 13: (4, 1)}

WEST, NORTH, EAST = LonLat(102.705, 25.01), LonLat(102.71, 25.015), LonLat(102.715, 25.01)


def crossing(folder: Path, *restrictions: str, oneway: int | None = None) -> tuple[RoadNetwork, str]:
    """The crossing with these relations, and what the import said."""
    path = folder / "crossing.osm"
    path.write_text(
        '<osm version="0.6">'
        + "".join(f'<node id="{n}" lon="{x}" lat="{y}"/>' for n, (x, y) in NODES.items())
        + "".join(
            f'<way id="{w}">'
            + "".join(f'<nd ref="{n}"/>' for n in nodes)
            + '<tag k="highway" v="residential"/>'
            + ('<tag k="oneway" v="yes"/>' if w == oneway else "")
            + "</way>"
            for w, nodes in WAYS.items()
        )
        + "".join(restrictions)
        + "</osm>",
        encoding="utf-8",
    )
    told: list[str] = []
    network = import_osm(path, report=lambda message, _: told.append(message))
    return network, told[0]


def relation(start: int, via: str, end: int, *tags: str) -> str:
    stated = "".join('<tag k="{}" v="{}"/>'.format(*tag.split("=")) for tag in tags)
    kind, ref = via.split()
    return (
        f'<relation id="{start}{end}"><member type="way" ref="{start}" role="from"/>'
        f'<member type="{kind}" ref="{ref}" role="via"/><member type="way" ref="{end}" role="to"/>'
        f'<tag k="type" v="restriction"/>{stated}</relation>'
    )


def drives_through(network: RoadNetwork, start: LonLat, end: LonLat, place: LonLat) -> bool:
    found = network.route(start, end, emergency=False)
    assert found is not None
    assert found.distance_m == pytest.approx(
        sum(distance_m(a, b) for a, b in zip(found.path, found.path[1:], strict=False)), rel=1e-3
    ), "the path is the way that was timed"
    return any(distance_m(place, stop) < 5 for stop in found.path)


MIDDLE = LonLat(102.71, 25.01)


def test_without_restrictions_it_turns_at_the_crossing(tmp_path: Path) -> None:
    network, told = crossing(tmp_path)
    assert drives_through(network, WEST, NORTH, MIDDLE)
    assert told == "0 turn restrictions applied"


def test_a_forbidden_left_turn_is_driven_around_and_the_other_ways_on_stay(tmp_path: Path) -> None:
    network, told = crossing(tmp_path, relation(1, "node 5", 2, "restriction=no_left_turn"))
    assert not drives_through(network, WEST, NORTH, MIDDLE)
    assert drives_through(network, WEST, EAST, MIDDLE)
    assert drives_through(network, EAST, NORTH, MIDDLE)
    assert drives_through(network, NORTH, WEST, MIDDLE)
    assert told == "1 turn restrictions applied"


def test_the_only_way_on_forbids_all_others(tmp_path: Path) -> None:
    network, _ = crossing(tmp_path, relation(1, "node 5", 3, "restriction=only_straight_on"))
    assert drives_through(network, WEST, EAST, MIDDLE)
    assert not drives_through(network, WEST, NORTH, MIDDLE)


def test_a_forbidden_turn_does_not_bind_an_emergency_vehicle_nor_one_that_begins_at_the_crossing(
    tmp_path: Path,
) -> None:
    network, _ = crossing(tmp_path, relation(1, "node 5", 2, "restriction=no_left_turn"))
    emergency = network.route(WEST, NORTH)
    ordinary = network.route(WEST, NORTH, emergency=False)
    assert emergency is not None and ordinary is not None
    assert emergency.travel_time_s < ordinary.travel_time_s
    start = network.route(MIDDLE, NORTH, emergency=False)
    assert start is not None and start.distance_m == pytest.approx(distance_m(MIDDLE, NORTH), rel=0.01)


def test_a_target_at_the_crossing_is_reached_whatever_may_not_be_turned_there(tmp_path: Path) -> None:
    network, _ = crossing(tmp_path, relation(1, "node 5", 2, "restriction=no_left_turn"))
    found = network.route(WEST, MIDDLE, emergency=False)
    assert found is not None and found.distance_m == pytest.approx(distance_m(WEST, MIDDLE), rel=0.01)


def test_a_forbidden_way_back_is_not_driven(tmp_path: Path) -> None:
    turn_back = relation(1, "node 5", 1, "restriction=no_u_turn")
    network, _ = crossing(tmp_path, turn_back, oneway=1)
    free, told = crossing(tmp_path, turn_back)
    assert told == "1 turn restrictions applied"
    assert crossing(tmp_path, turn_back, oneway=1)[1].startswith("0 turn restrictions applied, 1 about turns")
    assert network.edge_count == free.edge_count - 1


@pytest.mark.parametrize(
    ("restriction", "said"),
    [
        (relation(1, "way 3", 12, "restriction=no_u_turn"), "1 with a way between (not supported)"),
        (
            relation(1, "node 5", 2, "restriction:conditional=no_left_turn @ (07:00-09:00)"),
            "1 at certain hours (not supported)",
        ),
        (relation(1, "node 5", 2, "restriction=no_left_turn", "except=bus;motorcar"), "1 not for cars"),
        (relation(1, "node 5", 2, "restriction=of the king"), "1 unclear"),
        (relation(1, "node 1", 2, "restriction=no_left_turn"), "1 about turns that are not on this map"),
        (relation(1, "node 5", 99, "restriction=no_left_turn"), "1 about turns that are not on this map"),
    ],
)
def test_what_is_not_applied_is_told(tmp_path: Path, restriction: str, said: str) -> None:
    assert said in crossing(tmp_path, restriction)[1]


def test_a_network_keeps_its_turns_on_disk(tmp_path: Path) -> None:
    network, _ = crossing(tmp_path, relation(1, "node 5", 2, "restriction=no_left_turn"))
    network.save(tmp_path / "roads.npz")
    again = RoadNetwork.load(tmp_path / "roads.npz")
    assert not drives_through(again, WEST, NORTH, MIDDLE)


def test_several_roads_may_be_named_by_one_relation() -> None:
    members = [("from", "w", 1), ("from", "w", 2), ("via", "n", 5), ("to", "w", 3)]
    rules, kind = turn_rules({"restriction": "no_entry"}, members)
    assert (rules, kind) == ([(1, 5, 3, False), (2, 5, 3, False)], "node")
