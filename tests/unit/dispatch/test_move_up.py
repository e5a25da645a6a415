"""Where a unit should wait and which should move: kept gains equal gains worked out anew, and moves that pay."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.geo import LonLat
from dispatch.coverage import CoverageBoard, Grid, Reach
from dispatch.move_up import CoverStandby, MeanTimeStandby, best_moves

HORIZON_S = 480.0
STEP_S = 100.0


def street(count: int) -> tuple[list[Grid], list[Reach]]:
    """Grids in a row, each STEP_S from the next, and what is reached from each."""
    grids = [Grid(f"530102901001{i:02d}", LonLat(102.7 + i / 100, 25.0), 1 / count) for i in range(count)]
    return grids, [reach_from(float(i), count) for i in range(count)]


def reach_from(at: float, count: int) -> Reach:
    """What is reached from a place along the row, in grids from its beginning."""
    times = [(i, abs(i - at) * STEP_S) for i in range(count)]
    return [(i, t) for i, t in times if t <= HORIZON_S]


def everybody(_: str) -> bool:
    return True


def mean_time(count: int, *units: float, busy: float = 0.0) -> MeanTimeStandby:
    grids, places = street(count)
    board = CoverageBoard(grids)
    for number, at in enumerate(units):
        board.put(f"u{number}", reach_from(at, count))
    return MeanTimeStandby(board, places, busy, HORIZON_S)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), busy=st.sampled_from([0.0, 0.1, 0.5]))
def test_gains_kept_through_changes_equal_gains_worked_out_anew(seed: int, busy: float) -> None:
    rng = random.Random(seed)
    grids, places = street(12)
    time = MeanTimeStandby(CoverageBoard(grids), places, busy, HORIZON_S)
    cover = CoverStandby(CoverageBoard(grids), places, busy)
    for _ in range(20):
        unit, at = f"u{rng.randrange(6)}", rng.uniform(0, 11)
        for standby in (time, cover):
            if at < 3:
                standby.remove(unit)
            else:
                standby.put(unit, reach_from(at, 12))
    afresh = MeanTimeStandby(time.board, places, busy, HORIZON_S)
    assert time.gain == pytest.approx(afresh.gain, abs=1e-6)
    assert time.expected_s == pytest.approx(afresh.expected_s, abs=1e-6)
    assert cover.gain == pytest.approx(CoverStandby(cover.board, places, busy).gain, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), busy=st.sampled_from([0.0, 0.3]))
def test_what_a_move_is_said_to_bring_is_what_it_brings(seed: int, busy: float) -> None:
    rng = random.Random(seed)
    standby = mean_time(12, *(rng.uniform(0, 11) for _ in range(5)), busy=busy)
    unit, row = f"u{rng.randrange(5)}", rng.randrange(12)
    before_s, covered = standby.expected_s, sum(t <= 228 for t in standby.board.times_s())
    gain_s, grids = standby.weigh(unit, row)
    standby.put(unit, standby.places[row])
    assert before_s - standby.expected_s == pytest.approx(gain_s, abs=1e-6)
    assert sum(t <= 228 for t in standby.board.times_s()) - covered == grids


def test_of_two_units_side_by_side_one_is_sent_to_the_empty_end() -> None:
    standby = mean_time(8, 0.0, 0.0)
    (move,) = best_moves(standby, everybody, 1)
    assert move.row in (3, 4)
    assert move.gain_s > 0
    assert move.grids > 0
    assert move.travel_time_s == move.row * STEP_S


def test_advice_leaves_the_standby_as_it_was() -> None:
    standby = mean_time(8, 0.0, 0.1, 0.2)
    before = ([list(standby.board.soonest_all(row)) for row in range(8)], list(standby.gain))
    assert len(best_moves(standby, everybody, 2)) == 2
    assert [list(standby.board.soonest_all(row)) for row in range(8)] == before[0]
    assert standby.gain == pytest.approx(before[1])


def test_the_second_move_is_weighed_with_the_first_made() -> None:
    standby = mean_time(12, 0.0, 0.0, 0.0)
    first, second = best_moves(standby, everybody, 2)
    assert first.unit_id != second.unit_id
    assert first.row != second.row
    before_s = standby.expected_s
    for move in (first, second):
        standby.put(move.unit_id, standby.places[move.row])
    assert before_s - standby.expected_s == pytest.approx(first.gain_s + second.gain_s)


def test_who_may_not_move_is_not_asked() -> None:
    standby = mean_time(8, 0.0, 0.0)
    assert best_moves(standby, lambda unit: unit == "u1", 3)[0].unit_id == "u1"
    assert best_moves(standby, lambda unit: False, 3) == []


def test_well_spread_units_stay_where_they_are() -> None:
    assert best_moves(mean_time(6, 1.0, 4.0), everybody, 3) == []


def test_a_place_nobody_is_near_does_not_end_the_search() -> None:
    standby = mean_time(30, 0.0, 0.0)
    assert best_moves(standby, everybody, 1), "the far end lacks most, but the near one can be helped"


def test_a_free_unit_goes_where_it_brings_most_and_of_equals_to_the_nearest() -> None:
    grids, places = street(9)
    standby = CoverStandby(CoverageBoard(grids), places, busy=0.2)
    standby.put("u0", places[1])
    best = standby.best_place(reach_from(4.0, 9))
    assert best is not None
    assert best[0] == 6
    assert standby.best_place([]) is None
