"""Measures how much of the city a free unit reaches in time, has rules judge it, and advises what would mend it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from core.actor import SYSTEM, Actor
from core.geo import LonLat
from dispatch.coverage import CoverageBoard, coverage_figures, follow_areas
from dispatch.model import Unit, UnitStatus
from dispatch.move_up import MeanTimeStandby, best_moves, chance_taken
from dispatch.move_up_order import MoveUpOrder
from dispatch.passed_over import ON_FOOT
from dispatch.response import TARGET_MAJOR_S, TARGET_RESPONSE_S
from operations.judge_coverage import judge_coverage
from operations.ports import CoverageRecord, MoveUpAdvice, Ports
from operations.recommend_units import road_closures
from operations.transaction import committed

MOVES_ADVISED = 3
WORTH_S = 1.0
"""A move that reaches no further grid in time is advised if the mean of all calls falls by so much (proposal): a unit
that drives for minutes for less is sent about for noise."""

MOVES_FOR_GAPS = 3
"""How many more for the streets that alerts are about, where the city's best moves leave them as they are."""

SOONEST_KEPT = 4
"""How many of the soonest units of a grid are weighed; a fifth changes nothing that matters."""


def measure_coverage(ports: Ports, actor: Actor = SYSTEM) -> CoverageRecord | None:
    """Measures and keeps the result; None while another measurement is fresh or under way.

    Patrols on foot are left out as everywhere in dispatch, and units without a position. Everybody moves all the
    time, so each measurement is whole: one search for each net.
    """
    if not ports.coverage.claim():
        return None
    now = ports.clock.now()
    with committed(ports) as tx:
        driving = [unit for unit in tx.units() if unit.kind != ON_FOOT]
        closures = road_closures(ports, tx)
        orders = tx.move_up_orders(now)
    free = [unit for unit in driving if unit.status is UnitStatus.AVAILABLE]
    places = ports.positions.places([unit.unit_id for unit in free])
    placed = [(unit, places[unit.unit_id]) for unit in free if unit.unit_id in places]
    grid_times = ports.grid_times
    grid_times.close_roads(closures)
    by_net = {
        net: grid_times.soonest_s([place for unit, place in placed if unit.net == net])
        for net in dict.fromkeys([*ports.catalogue.nets, *(unit.net for unit, _ in placed)])
    }
    times_s = [min(times) for times in zip(*by_net.values(), strict=True)]
    busy_share = 1 - len(free) / len(driving) if driving else 0.0
    standby = _standby(ports, placed, chance_taken(busy_share))
    areas = ports.coverage.areas()
    lacking: Collection[str] = ()
    # Before a shift is there, and when Redis has lost the positions, nobody is seen to reach anything: that is no gap.
    if driving and len(placed) * 2 >= len(free):
        areas = follow_areas(areas, times_s, grid_times.grids, now.timestamp())
        lacking = judge_coverage(ports, areas, now, actor)
    record = CoverageRecord(
        measured_at=now,
        network=grid_times.name,
        straight_line=grid_times.straight_line,
        units=len(placed),
        overall=coverage_figures(times_s, grid_times.grids),
        nets={net: coverage_figures(times, grid_times.grids) for net, times in by_net.items()},
        reached="".join(str((t <= TARGET_RESPONSE_S) + (t <= TARGET_MAJOR_S)) for t in times_s),
        # As they stand: the advice below counts those on their way where they are going.
        soonest_two=tuple(tuple(standby.board.soonest(row)) for row in range(len(times_s))),
        areas=areas,
        moves=_advice(ports, standby, {unit.unit_id: unit for unit, _ in placed}, orders, lacking),
        orders=tuple(orders),
    )
    ports.coverage.keep(record)
    return record


def _standby(ports: Ports, placed: Sequence[tuple[Unit, LonLat]], busy: float) -> MeanTimeStandby:
    board = CoverageBoard(ports.grid_times.grids)
    reaches = ports.grid_times.reach([place for _, place in placed], among=SOONEST_KEPT)
    for (unit, _), reach in zip(placed, reaches, strict=True):
        board.put(unit.unit_id, reach)
    waiting = ports.grid_times.reach_of_waiting()
    return MeanTimeStandby(board, waiting, busy, ports.grid_times.horizon_s)


def _advice(
    ports: Ports,
    standby: MeanTimeStandby,
    units: Mapping[str, Unit],
    orders: Sequence[MoveUpOrder],
    lacking: Collection[str],
) -> tuple[MoveUpAdvice, ...]:
    """What pays most in the city, then what pays most in the streets that alerts are about. Who was told to move
    counts where it is going to wait: nobody else is sent to mend the same gap."""
    going = [order for order in orders if order.unit_id in units]
    for order, reach in zip(going, ports.grid_times.reach([order.place for order in going]), strict=True):
        standby.put(order.unit_id, reach)
    ordered = {*ports.coverage.ordered(list(units)), *(order.unit_id for order in going)}
    places = ports.grid_times.waiting_places

    def idle(unit_id: str) -> bool:
        return unit_id not in ordered

    moves = [m for m in best_moves(standby, idle, MOVES_ADVISED) if m.grids > 0 or m.gain_s >= WORTH_S]
    if lacking:
        for move in moves:
            standby.put(move.unit_id, standby.places[move.row])
        moved = {move.unit_id for move in moves}
        rows = {row for row, grid in enumerate(ports.grid_times.grids) if grid.street in lacking}
        moves += best_moves(
            standby, lambda unit_id: idle(unit_id) and unit_id not in moved, MOVES_FOR_GAPS, rows.__contains__
        )
    return tuple(
        MoveUpAdvice(
            unit_id=move.unit_id,
            callsign=units[move.unit_id].callsign,
            jurisdiction=units[move.unit_id].jurisdiction,
            grid=ports.grid_times.grids[move.row].code,
            place=places[move.row],
            travel_time_s=move.travel_time_s,
            gain_s=move.gain_s,
            grids=move.grids,
        )
        for move in moves
    )
