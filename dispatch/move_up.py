"""Move-up: where a free unit should wait, and which idle one should move, so that the next call is reached sooner.

Two goals. `CoverStandby` is DMEXCLP (Jagtenberg, Bhulai & van der Mei 2015, Operations Research for Health Care 4,
27-35): the expected demand within the target. `MeanTimeStandby` is ours: the expected travel time to the next
call, which goes on improving where everything is covered already. Both keep, for every place to wait at, what one
more unit there would bring, and touch only what a change touches.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from dispatch.coverage import CoverageBoard, Reach
from dispatch.response import TARGET_RESPONSE_S

State = TypeVar("State")

CANDIDATES = 6
"""How many of the nearest idle units are weighed for one place."""

WORTH_MOVING = 0.0004
"""A move must shorten the expected travel time by this share of it (proposal): a unit drives for it."""


def chance_taken(busy_share: float) -> float:
    """The probability that a unit which is free now is not when it is called on: half the share of units that are
    busy (0 to 1).

    Assumption. Of all, a half, a quarter and none of it, a half made the shortest simulated days, by 1 to 2 %.
    """
    return busy_share / 2


@dataclass(frozen=True, slots=True)
class MoveUp:
    """Advice: this idle unit should wait at the demand point of grid `row`, `travel_time_s` away.

    `gain_s` is by how many seconds the expected travel time to the next call falls, over the whole city, and
    `grids` how many grids more are within 3:48 then.
    """

    unit_id: str
    row: int
    travel_time_s: float
    gain_s: float
    grids: int


class _Standby(Generic[State]):
    """A coverage board that also knows what one more unit at each waiting place would bring.

    `places` are the waiting places by what a unit there reaches; place i is the demand point of grid i.
    `busy` is the probability that a unit is not free when called on (0 to 1).
    """

    def __init__(self, board: CoverageBoard, places: Sequence[Reach], busy: float) -> None:
        self.board = board
        self.places = places
        self.busy = busy
        self._weight = [grid.weight for grid in board.grids]
        self._from: list[list[tuple[float, int]]] = [[] for _ in board.grids]
        """For each grid who may wait in reach of it, nearest first: (seconds, place)."""
        for place, reach in enumerate(places):
            for row, time_s in reach:
                self._from[row].append((time_s, place))
        for column in self._from:
            column.sort()
        self.gain = [0.0] * len(places)
        """For each place what one more unit waiting there brings, in the goal's measure."""
        self._state: list[State | None] = [None] * len(board.grids)
        self._refresh(range(len(board.grids)))

    def put(self, unit_id: str, reach: Reach) -> None:
        """The unit is free and reaches this from where it is or is going to wait."""
        before = self.board.reach_of(unit_id)
        rows = [row for row, time_s in (*before, *reach) if self._counts(row, time_s)]
        self.board.put(unit_id, reach)
        self._refresh(rows)

    def remove(self, unit_id: str) -> None:
        """The unit is not free any more."""
        rows = [row for row, time_s in self.board.reach_of(unit_id) if self._counts(row, time_s)]
        self.board.remove(unit_id)
        self._refresh(rows)

    def best_place(self, within: Reach) -> tuple[int, float] | None:
        """The place that brings most among those in reach of a unit, and the seconds to it; None without any.

        Of equals the nearest is taken.
        """
        return max(within, key=lambda p: (self.gain[p[0]], -p[1], -p[0]), default=None)

    def _refresh(self, rows: Iterable[int]) -> None:
        for row in rows:
            state = self._state_of(row)
            if state != self._state[row]:
                self._spread(row, self._state[row], state)
                self._state[row] = state

    def _counts(self, row: int, time_s: float) -> bool:
        """Whether a unit so far from the grid can change its state by coming or going; True in doubt."""
        raise NotImplementedError

    def _state_of(self, row: int) -> State:
        raise NotImplementedError

    def _spread(self, row: int, before: State | None, now: State) -> None:
        """Corrects `gain` of every place that reaches the grid."""
        raise NotImplementedError


class CoverStandby(_Standby[int]):
    """DMEXCLP: gain is the share of demand expected to be reached within the target (0 to 1)."""

    def _counts(self, row: int, time_s: float) -> bool:
        return time_s <= TARGET_RESPONSE_S

    def _state_of(self, row: int) -> int:
        return bisect_right(self.board.soonest_all(row), TARGET_RESPONSE_S, key=lambda entry: entry[0])

    def _spread(self, row: int, before: int | None, now: int) -> None:
        weight = self._weight[row] * (1 - self.busy)
        change = weight * (self.busy**now - (0.0 if before is None else self.busy**before))
        for time_s, place in self._from[row]:
            if time_s > TARGET_RESPONSE_S:
                break
            self.gain[place] += change


class MeanTimeStandby(_Standby[tuple[float, float]]):
    """Ours: gain is seconds of expected travel time, the soonest unit counted when free, else the second.

    Whoever is further than `horizon_s` counts as that far.
    """

    def __init__(self, board: CoverageBoard, places: Sequence[Reach], busy: float, horizon_s: float) -> None:
        self.horizon_s = horizon_s
        self.expected_s = 0.0
        """Expected travel time to the next call, in seconds."""
        super().__init__(board, places, busy)

    def weigh(self, unit_id: str, row: int) -> tuple[float, int]:
        """What it brings to move a unit to the place of grid `row`: (seconds of expected travel time, grids more
        within 3:48), what it leaves behind counted."""
        left: dict[int, tuple[float, float]] = {}
        gain_s, grids = 0.0, 0
        for near, time_s in self.board.reach_of(unit_id):
            if not self._counts(near, time_s):
                continue
            now, then = self._known(near), self._state_of(near, unit_id)
            left[near] = then
            gain_s -= self._weight[near] * (self._expected(*then) - self._expected(*now))
            grids -= now[0] <= TARGET_RESPONSE_S < then[0]
        for near, t in self.places[row]:
            first, second = left.get(near) or self._known(near)
            if t < first:
                gain_s += self._weight[near] * ((1 - self.busy) * (first - t) + self.busy * (second - first))
                grids += t <= TARGET_RESPONSE_S < first
            elif t < second:
                gain_s += self._weight[near] * self.busy * (second - t)
        return gain_s, grids

    def _known(self, row: int) -> tuple[float, float]:
        state = self._state[row]
        assert state is not None
        return state

    def _counts(self, row: int, time_s: float) -> bool:
        return time_s <= self._known(row)[1]

    def _expected(self, first_s: float, second_s: float) -> float:
        return (1 - self.busy) * first_s + self.busy * second_s

    def _state_of(self, row: int, without: str | None = None) -> tuple[float, float]:
        times = [time_s for time_s, unit_id in self.board.soonest(row, 3) if unit_id != without]
        times += [self.horizon_s, self.horizon_s]
        return min(times[0], self.horizon_s), min(times[1], self.horizon_s)

    def _spread(self, row: int, before: tuple[float, float] | None, now: tuple[float, float]) -> None:
        weight, busy, gain = self._weight[row], self.busy, self.gain
        first, second = now
        old_first, old_second = before if before is not None else (0.0, 0.0)
        self.expected_s += weight * (self._expected(*now) - self._expected(old_first, old_second))
        beyond = max(second, old_second)
        for t, place in self._from[row]:
            if t >= beyond:
                break
            # What a unit t seconds away saves of the first and of the second to come, now and before.
            if t < first:
                change = (1 - busy) * (first - t) + busy * (second - first)
            elif t < second:
                change = busy * (second - t)
            else:
                change = 0.0
            if t < old_first:
                change -= (1 - busy) * (old_first - t) + busy * (old_second - old_first)
            elif t < old_second:
                change -= busy * (old_second - t)
            gain[place] += weight * change


def best_moves(
    standby: MeanTimeStandby,
    may_move: Callable[[str], bool],
    count: int,
    counts: Callable[[int], bool] = lambda _row: True,
) -> list[MoveUp]:
    """The moves that pay most, at most `count`, each weighed with those before it made.

    Looks at the places that lack a unit most, and for each at the nearest idle ones, what they leave behind
    counted. `may_move` says whether a unit is idle and may be asked, `counts` whether the place of this row is asked
    about. The standby is left as it was.
    """
    moves: list[MoveUp] = []
    undo: list[tuple[str, Reach]] = []
    worth = WORTH_MOVING * standby.expected_s
    tried: set[int] = set()
    while len(moves) < count:
        move = _next_move(
            standby, may_move, worth, {unit_id for unit_id, _ in undo}, tried, 2 * count, counts
        )
        if move is None:
            break
        undo.append((move.unit_id, standby.board.reach_of(move.unit_id)))
        standby.put(move.unit_id, standby.places[move.row])
        moves.append(move)
    for unit_id, left in undo:
        standby.put(unit_id, left)
    return moves


def _next_move(
    standby: MeanTimeStandby,
    may_move: Callable[[str], bool],
    worth_s: float,
    moved: set[str],
    tried: set[int],
    tries: int,
    counts: Callable[[int], bool],
) -> MoveUp | None:
    for row in sorted(filter(counts, range(len(standby.gain))), key=standby.gain.__getitem__, reverse=True):
        if len(tried) >= tries or standby.gain[row] <= worth_s:
            return None
        idle = (e for e in standby.board.soonest(row, 4 * CANDIDATES) if e[1] not in moved and may_move(e[1]))
        near = list(islice(idle, CANDIDATES))
        # A place that nobody idle is near is passed over; one that was weighed is not weighed again.
        if row in tried or not near:
            continue
        tried.add(row)
        weighed = [MoveUp(unit_id, row, time_s, *standby.weigh(unit_id, row)) for time_s, unit_id in near]
        best = max(weighed, key=lambda move: (move.gain_s, move.unit_id), default=None)
        if best is not None and best.gain_s > worth_s:
            return best
    return None
