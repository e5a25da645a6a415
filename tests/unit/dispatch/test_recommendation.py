"""Who is suitable, in which order they are offered, and the reason given for it."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest

from core.geo import LonLat, distance_m
from dispatch.model import Unit, UnitStatus
from dispatch.recommendation import rank_candidates, suitable
from dispatch.run_cards import Need
from dispatch.travel import RouteFound

START = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
TARGET = LonLat(102.70, 25.00)


def unit(
    unit_id: str,
    callsign: str = "",
    status: UnitStatus = UnitStatus.AVAILABLE,
    can: frozenset[str] = frozenset({"police"}),
) -> Unit:
    return Unit(unit_id, 0, callsign or unit_id, "110", "car", can, "530111", status, START, True)


def route(unit_id: str, travel_time_s: float, avoided: tuple[str, ...] = ()) -> RouteFound:
    return RouteFound(unit_id, travel_time_s, travel_time_s * 8, (TARGET,), 0.0, False, avoided)


def east(metres: float) -> LonLat:
    return LonLat(TARGET.lon + metres / 100_900, TARGET.lat)


@pytest.mark.parametrize("status", list(UnitStatus))
def test_only_an_available_unit_is_suitable(status: UnitStatus) -> None:
    found = suitable([unit("u", status=status)], [Need(1, frozenset())])
    assert bool(found) is (status is UnitStatus.AVAILABLE)


@pytest.mark.parametrize(
    ("can", "asked", "is_suitable"),
    [
        ({"police"}, set(), True),
        ({"police"}, {"police"}, True),
        ({"police", "rescue"}, {"rescue"}, True),
        ({"police"}, {"rescue"}, False),
        ({"police"}, {"police", "rescue"}, False),
        (set(), {"police"}, False),
    ],
)
def test_a_suitable_unit_can_do_all_the_run_card_asks(
    can: set[str], asked: set[str], is_suitable: bool
) -> None:
    needs = [Need(1, frozenset(asked))]
    assert bool(suitable([unit("u", can=frozenset(can))], needs)) is is_suitable


def test_the_fastest_by_road_comes_first_and_says_which_nearer_unit_it_passes_over() -> None:
    units = [unit("near", "巡近"), unit("far", "巡远")]
    places = {"near": east(200), "far": east(900)}
    first, second = rank_candidates(TARGET, units, places, [route("near", 600, ("隧道",)), route("far", 120)])
    assert (first.unit_id, first.travel_time_s) == ("far", 120)
    assert first.nearer_passed_over == "巡近"
    assert first.straight_line_m == pytest.approx(distance_m(east(900), TARGET))
    assert (second.nearer_passed_over, second.avoided) == (None, ("隧道",))


def test_a_nearer_unit_without_a_route_among_the_nearest_is_named_too() -> None:
    units = [unit("cut off", "巡孤"), unit("there", "巡到")]
    (only,) = rank_candidates(TARGET, units, {"cut off": east(50), "there": east(900)}, [route("there", 90)])
    assert only.nearer_passed_over == "巡孤"


def test_of_several_nearer_units_the_nearest_is_named() -> None:
    units = [unit("a"), unit("b"), unit("c")]
    places = {"a": east(300), "b": east(100), "c": east(900)}
    (only,) = rank_candidates(TARGET, units, places, [route("c", 90)])
    assert only.nearer_passed_over == "b"


def test_nobody_is_passed_over_when_the_nearest_is_the_fastest() -> None:
    units = [unit("a"), unit("b")]
    found = rank_candidates(TARGET, units, {"a": east(1), "b": east(2)}, [route("a", 10), route("b", 20)])
    assert [candidate.nearer_passed_over for candidate in found] == [None, None]


def test_equal_times_have_one_order_whatever_order_they_came_in() -> None:
    """Two units may even share a callsign: two nets number their own."""
    units = [
        unit("u1", "巡01"),
        unit("u2", "巡01"),
        unit("u0", "巡02"),
        unit("near1", "甲"),
        unit("near2", "甲"),
    ]
    places = {u.unit_id: east(10 if u.unit_id.startswith("near") else 500) for u in units}
    routes = [route(u.unit_id, 60) for u in units[:3]]
    orders = {
        tuple(
            (c.unit_id, c.nearer_passed_over)
            for c in rank_candidates(
                TARGET, some_units, {u.unit_id: places[u.unit_id] for u in some_units}, some
            )
        )
        for some_units in permutations(units, 5)
        for some in permutations(routes)
    }
    assert orders == {(("u1", "甲"), ("u2", "甲"), ("u0", "甲"))}


def test_of_nearer_units_equally_near_one_is_named_whatever_order_they_came_in() -> None:
    units = [unit("x", "巡X"), unit("y", "巡Y"), unit("far", "巡远")]
    places = {"x": east(10), "y": east(10), "far": east(500)}
    named = {
        rank_candidates(TARGET, some, {u.unit_id: places[u.unit_id] for u in some}, [route("far", 9)])[
            0
        ].nearer_passed_over
        for some in permutations(units)
    }
    assert named == {"巡X"}


def test_no_route_means_no_candidate() -> None:
    assert rank_candidates(TARGET, [unit("a")], {"a": east(1)}, []) == ()
