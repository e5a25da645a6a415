"""How much of the city a free unit reaches in time, held per grid so that one unit's change costs next to nothing."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

from core.geo import LonLat
from dispatch.response import TARGET_MAJOR_S, TARGET_RESPONSE_S

Reach: TypeAlias = Sequence[tuple[int, float]]
"""What one unit reaches: (row of a grid, seconds to its demand point), each row once, in any order."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A management grid 管理网格. `weight` is its share of the expected demand; all weights add up to 1.

    `code` follows GB/T 30428: 6 digits of the district, 3 of the street, 3 of the community, then a sequence.
    `place` is the middle, from which the demand point on the roads is found.
    """

    code: str
    place: LonLat
    weight: float

    @property
    def district(self) -> str:
        return self.code[:6]

    @property
    def street(self) -> str:
        """District and street, 9 digits."""
        return self.code[:9]


@dataclass(frozen=True, slots=True)
class CoverageFigures:
    """Shares are 0 to 1: of the grids, and of the demand expected in them. `within_*` are the city's 3:48 and
    3:00 (dispatch/response.py)."""

    grids: int
    grids_within_target: int
    share_within_target: float
    demand_within_target: float
    grids_within_major: int
    share_within_major: float
    demand_within_major: float


def coverage_figures(times_s: Sequence[float], grids: Sequence[Grid]) -> CoverageFigures:
    """Figures from the seconds the soonest unit needs to each grid (infinite where nobody comes)."""
    target = [t <= TARGET_RESPONSE_S for t in times_s]
    major = [t <= TARGET_MAJOR_S for t in times_s]
    count = len(grids)
    return CoverageFigures(
        grids=count,
        grids_within_target=sum(target),
        share_within_target=sum(target) / count if count else 0.0,
        demand_within_target=_demand(target, grids),
        grids_within_major=sum(major),
        share_within_major=sum(major) / count if count else 0.0,
        demand_within_major=_demand(major, grids),
    )


def _demand(covered: Sequence[bool], grids: Sequence[Grid]) -> float:
    return sum(grid.weight for grid, yes in zip(grids, covered, strict=True) if yes)


class CoverageBoard:
    """Which free units reach each grid, soonest first; all of them are remembered.

    A unit that comes, goes or moves changes only the grids it reaches, and the next unit of each stands ready:
    nothing is searched again. What one unit reaches comes from outside (operations.ports.GridTimes).
    """

    def __init__(self, grids: Sequence[Grid], nets: Iterable[str] = ("",)) -> None:
        self.grids = grids
        self._soonest: dict[str, list[list[tuple[float, str]]]] = {
            net: [[] for _ in grids] for net in dict.fromkeys(nets)
        }
        self._reach: dict[str, tuple[str, Reach]] = {}

    def __contains__(self, unit_id: str) -> bool:
        return unit_id in self._reach

    def put(self, unit_id: str, reach: Reach, net: str = "") -> None:
        """The unit is free and reaches this; what it reached before is forgotten. Raises KeyError for a net
        the board was not made with."""
        self.remove(unit_id)
        soonest = self._soonest[net]
        for row, time_s in reach:
            insort(soonest[row], (time_s, unit_id))
        self._reach[unit_id] = (net, reach)

    def remove(self, unit_id: str) -> None:
        """The unit is not free any more; one that was not there changes nothing."""
        net, reach = self._reach.pop(unit_id, ("", ()))
        for row, time_s in reach:
            units = self._soonest[net][row]
            del units[bisect_left(units, (time_s, unit_id))]

    def reach_of(self, unit_id: str) -> Reach:
        """What it reaches; empty for a unit that is not there."""
        return self._reach.get(unit_id, ("", ()))[1]

    def soonest(self, row: int, count: int = 2) -> list[tuple[float, str]]:
        """The `count` soonest units of a grid in all nets: (seconds, unit_id)."""
        nets = list(self._soonest.values())
        if len(nets) == 1:
            return nets[0][row][:count]
        return sorted(entry for net in nets for entry in net[row][:count])[:count]

    def soonest_all(self, row: int) -> list[tuple[float, str]]:
        """Every unit that reaches a grid, soonest first; not to be changed."""
        nets = list(self._soonest.values())
        return nets[0][row] if len(nets) == 1 else sorted(entry for net in nets for entry in net[row])

    def times_s(self, net: str | None = None) -> list[float]:
        """Seconds of the soonest unit to each grid, of one net or of all; infinite where nobody comes."""
        nets = self._soonest.values() if net is None else [self._soonest[net]]
        return [
            min((units[row][0][0] for units in nets if units[row]), default=inf)
            for row in range(len(self.grids))
        ]


@dataclass(frozen=True, slots=True)
class Uncovered:
    """What sending a unit would leave without anybody within 3:48: how many grids, how much of the demand (0 to 1),
    and for about how long the unit would be away, in seconds."""

    grids: int
    demand: float
    away_s: float


MEAN_ON_SCENE_S = 600.0
"""How long a unit is taken to stay (assumption: the middle of what drills assume, drills/responding.py)."""


def uncovered_without(
    unit_id: str,
    soonest_two: Sequence[Sequence[tuple[float, str]]],
    grids: Sequence[Grid],
    travel_time_s: float,
) -> Uncovered:
    """What-if: the grids that only this unit reaches in time. `soonest_two` are each grid's two soonest units."""
    rows = [
        row
        for row, units in enumerate(soonest_two)
        if units
        and units[0][1] == unit_id
        and units[0][0] <= TARGET_RESPONSE_S
        and (len(units) < 2 or units[1][0] > TARGET_RESPONSE_S)
    ]
    return Uncovered(len(rows), sum(grids[row].weight for row in rows), travel_time_s + MEAN_ON_SCENE_S)


# --- what an area usually has

USUAL_OVER_S = 7_200.0
USUAL_KNOWN_AFTER_S = 600.0
"""What is usual is the mean of two hours, and not known before ten minutes were seen (proposals of this project)."""

FALLEN_BY, FALLEN_COUNTS = 0.10, 0.25
"""While so much less than usual is reached it becomes usual four times as slowly (proposal): what is missing must not
count as normal within the hour in which somebody ought to mend it."""


@dataclass(frozen=True, slots=True)
class AreaCoverage:
    """One street's or district's memory. Shares of its demand, 0 to 1: `covered` is reached within 3:48 now, `usual`
    was on average while it was watched. `at_s` is the instant on the city's clock, `watched_s` for how long, in
    seconds. `weight` is the area's share of the city's demand."""

    weight: float
    covered: float
    usual: float
    at_s: float
    watched_s: float = 0.0

    @property
    def usual_known(self) -> float:
        """What is usual; 0 while that is not known."""
        return self.usual if self.watched_s >= USUAL_KNOWN_AFTER_S else 0.0


def follow_areas(
    before: Mapping[str, AreaCoverage],
    times_s: Sequence[float],
    grids: Sequence[Grid],
    at_s: float,
) -> dict[str, AreaCoverage]:
    """Each street's and each district's coverage at this instant with what is usual there, by code.

    Time that went backwards (a drill begun again) starts the memory anew.
    """
    total: dict[str, float] = {}
    reached: dict[str, float] = {}
    for grid, time_s in zip(grids, times_s, strict=True):
        for code in (grid.district, grid.street):
            total[code] = total.get(code, 0.0) + grid.weight
            reached[code] = reached.get(code, 0.0) + grid.weight * (time_s <= TARGET_RESPONSE_S)
    return {
        code: _followed(before.get(code), weight, reached[code] / weight if weight else 1.0, at_s)
        for code, weight in total.items()
    }


def _followed(before: AreaCoverage | None, weight: float, covered: float, at_s: float) -> AreaCoverage:
    if before is None or before.at_s > at_s:
        return AreaCoverage(weight, covered, covered, at_s)
    passed_s = at_s - before.at_s
    watched_s = before.watched_s + passed_s
    # The mean of what was seen, and of the last two hours once more was seen.
    share = passed_s / min(watched_s, USUAL_OVER_S) if passed_s else 0.0
    if covered < before.usual - FALLEN_BY:
        share *= FALLEN_COUNTS
    usual = before.usual + (covered - before.usual) * min(1.0, share)
    return AreaCoverage(weight, covered, usual, at_s, watched_s)
