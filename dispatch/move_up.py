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
from typing import Generic, TypeVar

from dispatch.coverage import CoverageBoard, Reach
from dispatch.response import TARGET_RESPONSE_S

State = TypeVar("State")

CANDIDATES = 6
"""How many of the nearest idle units are weighed for one place."""

WORTH_MOVING = 0.0004
"""A move must shorten the expected travel time by this share of it (proposal): a unit drives for it."""


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
        self._from: list[list[tuple[int, float]]] = [[] for _ in board.grids]
        for place, reach in enumerate(places):
            for row, time_s in reach:
                self._from[row].append((place, time_s))
        self.gain = [0.0] * len(places)
        """For each place what one more unit waiting there brings, in the goal's measure."""
        self._state: list[State | None] = [None] * len(board.grids)
        self._refresh(range(len(board.grids)))

    def put(self, unit_id: str, reach: Reach) -> None:
        """The unit is free and reaches this from where it is or is going to wait."""
        before = self.board.reach_of(unit_id)
        self.board.put(unit_id, reach)
        self._refresh(row for row, _ in (*before, *reach))

    def remove(self, unit_id: str) -> None:
        """The unit is not free any more."""
        reach = self.board.reach_of(unit_id)
        self.board.remove(unit_id)
        self._refresh(row for row, _ in reach)

    def best_place(
        self, within: Reach, cost: Callable[[float], float] = lambda _: 0.0
    ) -> tuple[int, float] | None:
        """The place that brings most among those in reach of a unit, and the seconds to it; None without any.

        `cost` is what a drive of so many seconds costs, in the goal's measure. Of equals the nearest is taken.
        """
        return max(within, key=lambda p: (self.gain[p[0]] - cost(p[1]), -p[1], -p[0]), default=None)

    def _refresh(self, rows: Iterable[int]) -> None:
        for row in rows:
            state = self._state_of(row)
            if state != self._state[row]:
                self._spread(row, self._state[row], state)
                self._state[row] = state

    def _state_of(self, row: int) -> State:
        raise NotImplementedError

    def _spread(self, row: int, before: State | None, now: State) -> None:
        """Corrects `gain` of every place that reaches the grid."""
        raise NotImplementedError


class CoverStandby(_Standby[int]):
    """DMEXCLP: gain is the share of demand expected to be reached within the target (0 to 1)."""

    def _state_of(self, row: int) -> int:
        return bisect_right(self.board.soonest_all(row), TARGET_RESPONSE_S, key=lambda entry: entry[0])

    def _spread(self, row: int, before: int | None, now: int) -> None:
        weight = self._weight[row] * (1 - self.busy)
        change = weight * (self.busy**now - (0.0 if before is None else self.busy**before))
        for place, time_s in self._from[row]:
            if time_s <= TARGET_RESPONSE_S:
                self.gain[place] += change


class MeanTimeStandby(_Standby[tuple[float, float]]):
    """Ours: gain is seconds of expected travel time, the soonest unit counted when free, else the second.

    Whoever is further than `horizon_s` counts as that far.
    """

    def __init__(self, board: CoverageBoard, places: Sequence[Reach], busy: float, horizon_s: float) -> None:
        self.horizon_s = horizon_s
        super().__init__(board, places, busy)

    @property
    def expected_s(self) -> float:
        """Expected travel time to the next call, in seconds."""
        return sum(
            weight * self._expected(*state)
            for weight, state in zip(self._weight, self._state, strict=True)
            if state is not None
        )

    def loss_of_leaving(self, unit_id: str) -> float:
        """Seconds by which the expected travel time grows when this unit is not there."""
        return sum(
            self._weight[row]
            * (self._expected(*self._state_of(row, unit_id)) - self._expected(*self._state_of(row)))
            for row, _ in self.board.reach_of(unit_id)
            if any(entry[1] == unit_id for entry in self.board.soonest(row, 2))
        )

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
        for place, t in self._from[row]:
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
    standby: MeanTimeStandby, may_move: Callable[[str], bool], count: int, tries: int | None = None
) -> list[MoveUp]:
    """The moves that pay most, best place first, at most `count`; each is weighed with those before it made.

    A move counts what the unit leaves behind. `may_move` says whether a unit is idle and may be asked;
    `tries` bounds how many places are looked at. The standby is left as it was.
    """
    moves: list[MoveUp] = []
    undo: list[tuple[str, Reach]] = []
    worth = WORTH_MOVING * standby.expected_s
    tried: set[int] = set()
    moved: set[str] = set()
    for _ in range(count * 2 if tries is None else tries):
        if len(moves) >= count:
            break
        row = max(
            (p for p in range(len(standby.gain)) if p not in tried),
            key=standby.gain.__getitem__,
            default=None,
        )
        if row is None or standby.gain[row] <= worth:
            break
        tried.add(row)
        near = [entry for entry in standby.board.soonest(row, 4 * CANDIDATES) if entry[1] not in moved]
        found = None
        for time_s, unit_id in [entry for entry in near if may_move(entry[1])][:CANDIDATES]:
            if standby.loss_of_leaving(unit_id) >= standby.gain[row]:
                continue
            left = standby.board.reach_of(unit_id)
            before_s = standby.loss_of_leaving(unit_id)
            standby.remove(unit_id)
            gain_s = standby.gain[row] - before_s
            standby.put(unit_id, left)
            if gain_s > worth and (found is None or gain_s > found[0]):
                found = (gain_s, time_s, unit_id)
        if found is None:
            continue
        gain_s, time_s, unit_id = found
        left = standby.board.reach_of(unit_id)
        covered = _within_target(standby.board)
        undo.append((unit_id, left))
        standby.put(unit_id, standby.places[row])
        moved.add(unit_id)
        moves.append(MoveUp(unit_id, row, time_s, gain_s, _within_target(standby.board) - covered))
    for unit_id, left in reversed(undo):
        standby.put(unit_id, left)
    return moves


def _within_target(board: CoverageBoard) -> int:
    return sum(time_s <= TARGET_RESPONSE_S for time_s in board.times_s())
