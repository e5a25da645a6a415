"""Prints what dispatch policies are worth: a simulated day through the same dispatch code, side by side.

Run: python -m benchmarks.dispatch_policies [--units 260 1300] [--seeds 2] [--quick] [--embedded] [--processes 1]
     [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from operator import attrgetter
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from alerts.model import Passability
from benchmarks.networks import kunming, shared_data
from bootstrap.catalogue import load_catalogue
from core.geo import LonLat
from dispatch.response import TARGET_MAJOR_S, TARGET_RESPONSE_S
from dispatch.travel import Closure
from drills.scenario import load_scenario
from drills.shift import BUILT_UP, BUILT_UP_SHARE
from drills.simulator.city import SimulatedCity, Travel
from drills.simulator.day import DayResult, Policy, busy_share, simulate, well_placed
from drills.simulator.demand import OWN_RHYTHM, Rhythm, SimulatedCall, draw_calls, rhythm_of
from roads.classes import RoadClass
from roads.grids import load_synthetic
from roads.metric import Ints, mercator
from roads.network import RoadNetwork
from roads.reach import RoadReach
from roads.travel_matrix import travel_matrix

SCENARIO = "kunming-2026-08-18"
SITES_A_GRID = 2
FLOOD_SITE_M = 800.0
FORCES = (260, 520, 1_300, 5_200)
BELOW_STRAIGHT, BELOW_ROAD, MAJOR_BAR = 0.35, 0.15, 0.90
BARRED = (260, 1_300)
"""The forces that the bars are about."""

PLACEMENTS = ("random", "by demand", "for 3:48", "for time")
"""Posts at random, drawn at demand points by their weight, and chosen one after another for the demand within 3:48
or for the shortest expected time (drills/simulator/day.py: well_placed)."""

PATROL_TURN_OUT_S = 25.0
"""A patrol that is driving already: the middle of what drills assume (drills/responding.py)."""


@dataclass(frozen=True, slots=True)
class Case:
    """One day to simulate."""

    units: int
    placement: str
    storm: bool
    policy: Policy
    seed: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Of all days of a case together; times in seconds, shares 0 to 1, moves for each unit and day, reliefs for each
    day."""

    travel_mean_s: float
    travel_p90_s: float
    response_mean_s: float
    response_p90_s: float
    within_major: float
    within_target: float
    major_within: float
    major_within_driving: float
    moves: float
    reliefs: float


@dataclass(frozen=True)
class Stage:
    """What all days share; processes inherit it by fork."""

    city: SimulatedCity
    rhythm: Rhythm


_stage: list[Stage] = []


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--units", type=int, nargs="+", default=list(FORCES))
    parser.add_argument("--seeds", type=int, default=1, help="days of each case")
    parser.add_argument("--quick", action="store_true", help="260 and 1,300 units, one day each")
    parser.add_argument("--network", type=Path, help="a stored network")
    parser.add_argument(
        "--embedded", action="store_true", help="the embedded city even beside the real roads"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="days at once")
    parser.add_argument(
        "--keep", type=Path, help="a folder for the days simulated: the same command goes on where it was cut"
    )
    given = parser.parse_args()
    units, seeds = (list(BARRED), 1) if given.quick else (given.units, given.seeds)
    began = time.perf_counter()
    network = kunming(given.network, embedded=given.embedded)
    _stage[:] = [Stage(build_city(network), _rhythm())]
    print(
        f"{network.name}: {network.node_count} nodes, {network.length_km:.0f} km; calls by {_stage[0].rhythm.source}; "
        f"ways ready in {time.perf_counter() - began:.0f} s"
    )
    cases = [
        Case(n, placement, storm, policy, seed)
        for n in sorted(units, reverse=True)
        for storm in (False, True)
        for placement in PLACEMENTS
        for policy in Policy
        for seed in range(1, seeds + 1)
    ]
    found = _simulated(cases, given.processes, given.keep)
    print(f"{len(cases)} days simulated, {time.perf_counter() - began:.0f} s in all\n")
    _print_table(found)
    _print_limits()
    _print_bars(found)
    _print_curve(found)


def build_city(network: RoadNetwork) -> SimulatedCity:
    """The grids on a network, dry and with the storm's roads closed."""
    grids = load_synthetic().grids
    roads = network.segments
    points = RoadReach(network, grids).demand_nodes
    rng = random.Random(20260818)
    middles = np.c_[mercator([g.place.lon for g in grids], [g.place.lat for g in grids])]
    street = (roads.road_class != RoadClass.MOTORWAY) & (roads.level <= 0)
    nodes = np.unique(np.r_[roads.tail[street], roads.head[street]])
    at = np.c_[mercator(roads.node_lon[nodes], roads.node_lat[nodes])]
    grid_of_node = cKDTree(middles).query(at)[1]
    site_nodes = []
    for row, point in enumerate(points.tolist()):
        own = [n for n in nodes[grid_of_node == row].tolist() if n != point] or [point]
        site_nodes.append(rng.sample(own, min(SITES_A_GRID, len(own))))
    places = load_catalogue().points
    closures = storm_closures()
    near = cKDTree(at)
    reach_m = FLOOD_SITE_M / np.cos(np.radians(25.0))
    flood_nodes = sorted(
        {
            int(nodes[i])
            for c in closures
            for i in near.query_ball_point(np.r_[mercator(*places[c.closure_id].place)], reach_m)
        }
    )
    flood_nodes = rng.sample(flood_nodes, min(200, len(flood_nodes)))
    all_nodes = np.unique(np.r_[points, [n for own in site_nodes for n in own], flood_nodes])
    row_of = {int(node): row for row, node in enumerate(all_nodes)}
    network.close_roads([])
    dry = Travel(*travel_matrix(network, all_nodes))
    network.close_roads(closures)
    flooded = Travel(*travel_matrix(network, all_nodes))
    network.close_roads([])
    # A site the water cuts off altogether is no test of dispatch: nobody gets there.
    reached = np.isfinite(flooded.seconds).mean(axis=1) > 0.9
    sites = [
        np.array([row_of[n] for n in own if reached[row_of[n]]] or [row_of[point]])
        for own, point in zip(site_nodes, points.tolist(), strict=True)
    ]
    inside = [BUILT_UP.contains(LonLat(roads.node_lon[n], roads.node_lat[n])) for n in all_nodes]
    return SimulatedCity(
        name=network.name,
        synthetic=network.synthetic,
        grids=grids,
        node_lon=roads.node_lon,
        node_lat=roads.node_lat,
        destination_node=all_nodes,
        point_of_grid=np.array([row_of[int(p)] for p in points]),
        sites=sites,
        flood_sites=np.array([row_of[n] for n in flood_nodes if reached[row_of[n]]]),
        posts=_posts(np.array(inside), rng),
        dry=dry,
        flooded=flooded,
    )


def storm_closures() -> list[Closure]:
    """Every road that a bulletin of the storm called closed, and those it called slow, all day long."""
    catalogue = load_catalogue()
    scenario = load_scenario(SCENARIO, catalogue.points)
    found = []
    for point_id in scenario.point_ids:
        states = {o.driven for o in scenario.observed(point_id).values()}
        state = "closed" if Passability.CLOSED in states else "slow" if Passability.SLOW in states else None
        if state is not None:
            point = catalogue.points[point_id]
            radius_m = catalogue.closure_radius_m[point.kind]
            found.append(Closure(point_id, point.name_zh, point.place, point.kind, state, radius_m))  # type: ignore[arg-type]
    return found


def _posts(inside: np.ndarray, rng: random.Random) -> Ints:
    """Where random patrols are at home: as a drill's shift, 85 % in the built-up middle, else anywhere."""
    town, all_rows = np.flatnonzero(inside).tolist(), list(range(len(inside)))
    return np.array(
        [rng.choice(town if rng.random() < BUILT_UP_SHARE else all_rows) for _ in range(max(FORCES))]
    )


def _rhythm() -> Rhythm:
    shared = shared_data()
    path = shared / "sf-fire-calls" / "calls_first_half.csv" if shared else None
    return rhythm_of(path) if path is not None and path.is_file() else OWN_RHYTHM


# --- days


def _simulated(cases: Sequence[Case], processes: int, folder: Path | None) -> dict[Case, DayResult]:
    found = {case: day for case in cases if folder and (day := _kept(folder, case))}
    missing = [case for case in cases if case not in found]
    if not missing:
        return found
    # A forked process shares the travel times with this one; two of them would not fit twice everywhere.
    with multiprocessing.get_context("fork").Pool(min(len(missing), processes)) as pool:
        for case, day in zip(missing, pool.imap(_day, missing), strict=True):
            found[case] = day
            if folder:
                _keep(folder, case, day)
            said = f"{case.units} {case.placement}, {'storm' if case.storm else 'normal'}, {case.policy}, {case.seed}"
            print(
                f"{len(found)}/{len(cases)} {said}: {_clock(float(np.mean(day.travel_s)))}", file=sys.stderr
            )
    return {case: found[case] for case in cases}


def _file(folder: Path, case: Case) -> Path:
    day = "storm" if case.storm else "normal"
    return folder / f"{case.units}-{case.placement}-{day}-{case.policy.name}-{case.seed}.json".replace(
        " ", "_"
    )


def _keep(folder: Path, case: Case, day: DayResult) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    partial = _file(folder, case).with_suffix(".part")
    partial.write_text(json.dumps(asdict(day)))
    partial.replace(_file(folder, case))


def _kept(folder: Path, case: Case) -> DayResult | None:
    file = _file(folder, case)
    return DayResult(**json.loads(file.read_text())) if file.is_file() else None


def _day(case: Case) -> DayResult:
    calls = _calls(case.seed, case.storm)
    posts = _places(case.units, case.placement, case.seed)
    return simulate(_stage[0].city, case.policy, posts, calls, storm=case.storm)


@cache
def _calls(seed: int, storm: bool) -> list[SimulatedCall]:
    return draw_calls(_stage[0].city, _stage[0].rhythm, seed, storm=storm)


@cache
def _places(units: int, placement: str, seed: int) -> Ints:
    city = _stage[0].city
    if placement == "random":
        return np.random.default_rng([seed, 2]).choice(city.posts, units)
    if placement == "by demand":
        weight = np.array([grid.weight for grid in city.grids])
        return np.random.default_rng([seed, 3]).choice(city.point_of_grid, units, p=weight / weight.sum())
    busy = busy_share(_calls(1, False), units)
    return well_placed(city, units, busy, for_time=placement == "for time")


# --- what is printed


def _figures(found: dict[Case, DayResult], case: Case) -> Figures:
    days = [
        day
        for other, day in found.items()
        if (other.units, other.placement, other.storm, other.policy)
        == (case.units, case.placement, case.storm, case.policy)
    ]
    travel, response, turn_out = (
        np.concatenate([getattr(day, name) for day in days])
        for name in ("travel_s", "response_s", "turn_out_s")
    )
    major = np.concatenate([day.major for day in days])
    return Figures(
        float(travel.mean()),
        float(np.percentile(travel, 90)),
        float(response.mean()),
        float(np.percentile(response, 90)),
        float((response <= TARGET_MAJOR_S).mean()),
        float((response <= TARGET_RESPONSE_S).mean()),
        float((response[major] <= TARGET_MAJOR_S).mean()),
        float(((response - turn_out + PATROL_TURN_OUT_S)[major] <= TARGET_MAJOR_S).mean()),
        sum(day.moves for day in days) / len(days) / case.units,
        sum(day.reliefs for day in days) / len(days),
    )


def _print_table(found: dict[Case, DayResult]) -> None:
    print(
        "travel: wheels first turning for a call to arrival; response: call to arrival with waiting and turn-out; min:s"
    )
    print(
        f"{'units':>6} {'posts':<12} {'day':<7} {'policy':<18} {'travel mean':>11} {'P90':>6} "
        f"{'response':>9} {'P90':>6} {'<=3:00':>7} {'<=3:48':>7} {'major <=3:00':>12} {'moves/unit':>11} "
        f"{'reliefs':>8}"
    )
    for case in _one_seed(found):
        f = _figures(found, case)
        print(
            f"{case.units:>6} {case.placement:<12} {'storm' if case.storm else 'normal':<7} {case.policy.value:<18} "
            f"{_clock(f.travel_mean_s):>11} {_clock(f.travel_p90_s):>6} {_clock(f.response_mean_s):>9} "
            f"{_clock(f.response_p90_s):>6} {f.within_major:>7.1%} {f.within_target:>7.1%} {f.major_within:>12.1%} "
            f"{f.moves:>11.1f} {f.reliefs:>8.0f}"
        )


def _print_limits() -> None:
    """What no policy can do better: somebody at every demand point, and nobody who drives at all."""
    city, calls = _stage[0].city, [call for call in _calls(1, storm=False) if call.at_s >= 0]
    points = city.destination_node[city.point_of_grid]
    drive_s = [call.pace * float(city.dry.seconds[call.site, points].min()) for call in calls]
    turn_out_s = np.array([call.turn_out_s[0] for call in calls])
    together = (turn_out_s + drive_s <= TARGET_MAJOR_S).mean()
    print(
        f"\nlimits: a free unit at each of {len(points):,} demand points, always: mean travel "
        f"{_clock(float(np.mean(drive_s)))}, P90 {_clock(np.percentile(drive_s, 90))}, within 3:00 {together:.1%}; "
        f"turn-out alone within 3:00: {(turn_out_s <= TARGET_MAJOR_S).mean():.1%}"
    )


def _print_bars(found: dict[Case, DayResult]) -> None:
    print("\nbars, travel times of ours against the others")
    by_key = {(c.units, c.placement, c.storm, c.policy): _figures(found, c) for c in _one_seed(found)}
    for units, placement, storm, policy in by_key:
        if policy is not Policy.OURS or units not in BARRED:
            continue
        ours = by_key[units, placement, storm, Policy.OURS]
        straight = by_key[units, placement, storm, Policy.STRAIGHT_LINE]
        road = by_key[units, placement, storm, Policy.BY_ROAD]
        below_straight = 1 - ours.travel_mean_s / straight.travel_mean_s
        below_road = 1 - ours.travel_mean_s / road.travel_mean_s
        said = [
            f"mean {-below_straight:+.0%} to straight line (bar -35 %) {_met(below_straight >= BELOW_STRAIGHT)}",
            f"{-below_road:+.0%} to by road (bar -15 %) {_met(below_road >= BELOW_ROAD)}",
            f"P90 {_clock(ours.travel_p90_s)} to {_clock(road.travel_p90_s)} (bar: no worse) "
            f"{_met(ours.travel_p90_s <= road.travel_p90_s)}",
        ]
        if storm and units == 1_300:
            said.append(
                f"mean response {_clock(ours.response_mean_s)} (bar 3:48) "
                f"{_met(ours.response_mean_s <= TARGET_RESPONSE_S)}"
            )
        said.append(
            f"major within 3:00 {ours.major_within:.1%} (target 90 %) {_met(ours.major_within >= MAJOR_BAR)}"
        )
        print(f"{units:>6} {placement:<12} {'storm' if storm else 'normal':<7} {'; '.join(said)}")


def _print_curve(found: dict[Case, DayResult]) -> None:
    """How many units it takes: share of major calls within 3:00 by force and placement."""
    by_key = {(c.units, c.placement, c.storm, c.policy): _figures(found, c) for c in _one_seed(found)}
    forces = sorted({case.units for case in found})
    for what, share in (
        ("turn-out as measured at fire stations", attrgetter("major_within")),
        (f"patrols that drive already, {PATROL_TURN_OUT_S:.0f} s", attrgetter("major_within_driving")),
    ):
        print(f"\nmajor calls within 3:00, ours (by road), by force; target 90 %; {what}")
        print(f"{'':<22}" + "".join(f"{units:>18,}" for units in forces))
        for storm in (False, True):
            for placement in PLACEMENTS:
                row = [
                    f"{share(by_key[n, placement, storm, Policy.OURS]):.1%} "
                    f"({share(by_key[n, placement, storm, Policy.BY_ROAD]):.1%})"
                    for n in forces
                ]
                print(
                    f"{placement:<12} {'storm' if storm else 'normal':<9}" + "".join(f"{c:>18}" for c in row)
                )


def _one_seed(found: dict[Case, DayResult]) -> list[Case]:
    return [case for case in found if case.seed == 1]


def _met(yes: bool) -> str:
    return "held" if yes else "MISSED"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


if __name__ == "__main__":
    main()
