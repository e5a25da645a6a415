"""One simulated day: calls come, a policy sends units and says where they wait; SimPy keeps the time."""

from __future__ import annotations

import heapq
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from math import ceil, inf
from typing import Any

import numpy as np
import simpy

from core.geo import LonLat
from dispatch.coverage import CoverageBoard, Reach
from dispatch.model import Unit, UnitStatus
from dispatch.move_up import CoverStandby, MeanTimeStandby, best_moves, chance_taken
from dispatch.recommendation import rank_candidates, suitable
from dispatch.relief import arrives_in_s, reliefs
from dispatch.run_cards import Need
from dispatch.travel import RouteFound
from drills.simulator.city import Ints, SimulatedCity, Way
from drills.simulator.demand import DAY_S, STORM_PACE, WARM_UP_H, SimulatedCall, is_stormy

HORIZON_S = 480.0
"""As roads/reach.py: how far a unit's reach is known and how far one is sent to wait."""

RANKED = 3
"""How many of the nearest are handed to dispatch for ranking, as a desk sees them."""

IDLE_PACE = 1.3
"""A unit that goes home or to wait drives this much slower than to a call (assumption)."""

MOVE_UP_EVERY_S = 60.0
ASKED_SHARE = 0.01
"""Each minute at most this share of the force is asked to move (assumption: what officers and patrols bear)."""

RELIEF_EVERY_S = 5.0
"""So often it is looked whether somebody free is clearly sooner than one on its way, as workers do
(operations/watch_reliefs.py); what is advised is done at once (assumption)."""

MEAN_JOB_S = 1_100.0
"""Turn-out, drive, scene: for the probability that a unit is busy; about what the deciles and drives come to."""

GUESSED_MS = 30 / 3.6 / 1.4
"""Straight-line speed as roads/straight_line.py guesses it, metres a second."""

NOWHERE_S = 7_200.0
"""Driving time to a place that is cut off: as long as the longest search (assumption)."""

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
NEEDS = (Need(1, frozenset()),)


class Policy(StrEnum):
    """What is compared. All send whoever is free, standing or driving home; all take the fastest open roads."""

    STRAIGHT_LINE = "straight line"
    BY_ROAD = "by road"
    DMEXCLP = "by road + DMEXCLP"
    OURS = "ours"

    @property
    def moves_up(self) -> bool:
        return self in (Policy.DMEXCLP, Policy.OURS)


@dataclass(frozen=True, slots=True)
class DayResult:
    """Seconds for each counted call: `travel_s` from wheels turning to arrival, `response_s` from the call to it,
    waiting for a free unit and turn-out included.

    Wheels turn for a call when the unit sent first sets off, or would have; where it is relieved before that, when
    the other does, if that is sooner. So no relief begins the time anew: its own turn-out is travel of that call.
    """

    travel_s: Sequence[float]
    response_s: Sequence[float]
    turn_out_s: Sequence[float]
    major: Sequence[bool]
    moves: int
    """Idle units asked to move, over the day."""
    reliefs: int
    """Units relieved by a nearer one while on their way, over the day."""


def simulate(
    city: SimulatedCity,
    policy: Policy,
    posts: Ints,
    calls: Sequence[SimulatedCall],
    *,
    storm: bool,
) -> DayResult:
    """The day of a force at home at `posts` (destinations, one a unit)."""
    return _Day(city, policy, posts, calls, storm).run()


def busy_share(calls: Sequence[SimulatedCall], units: int) -> float:
    """The probability that a unit is not free, from the load of the day."""
    work_s = sum(call.units for call in calls) * MEAN_JOB_S
    return min(0.9, work_s / (units * (DAY_S + WARM_UP_H * 3600)))


def well_placed(city: SimulatedCity, count: int, busy: float, *, for_time: bool) -> Ints:
    """Posts chosen one after another, each where one more unit brings most; dry roads.

    For the most demand expected within 3:48 (MEXCLP, Daskin 1983), or for the shortest expected travel time, which
    is the best that posts alone can do by our own measure.
    """
    nodes = city.destination_node[city.point_of_grid].tolist()
    places = [city.reach(city.dry, node, HORIZON_S) for node in nodes]
    standby = _standby_for(for_time, CoverageBoard(city.grids), places, busy)
    everywhere = [(row, 0.0) for row in range(len(places))]
    chosen = []
    for number in range(count):
        best = standby.best_place(everywhere)
        assert best is not None
        standby.put(str(number), places[best[0]])
        chosen.append(city.point_of_grid[best[0]])
    return np.array(chosen)


def _standby_for(
    time: bool, board: CoverageBoard, places: Sequence[Reach], busy: float
) -> CoverStandby | MeanTimeStandby:
    return MeanTimeStandby(board, places, busy, HORIZON_S) if time else CoverStandby(board, places, busy)


@dataclass(slots=True, eq=False)
class _Job:
    """What one unit is sent for, whoever does it: `number` counts the units of a call from 0."""

    call: SimulatedCall
    number: int
    sent_s: float
    unit: int = -1
    given_s: float = 0.0
    """When its unit was sent, the first one or the one that relieved it."""
    reliefs: int = 0
    wheels_s: float = inf
    """When wheels first turn for it (DayResult)."""
    sets_off_s: float = inf
    way: Way | None = None
    """None where there is none: the unit stays where it is."""
    process: simpy.Process | None = None


class _Day:
    def __init__(
        self, city: SimulatedCity, policy: Policy, posts: Ints, calls: Sequence[SimulatedCall], storm: bool
    ) -> None:
        self._city, self._policy, self._calls, self._storm = city, policy, calls, storm
        self._posts = posts
        self._env = simpy.Environment(initial_time=-WARM_UP_H * 3600)
        self._node: Ints = city.destination_node[posts].copy()
        self._is_free = np.ones(len(posts), dtype=np.bool_)
        self._ways: dict[int, Way] = {}
        self._units = [
            Unit(str(i), i, f"{i:04d}", "", "car", frozenset(), "", UnitStatus.AVAILABLE, LONG_AGO, True)
            for i in range(len(posts))
        ]
        self._waiting: list[tuple[int, int, SimulatedCall]] = []
        self._queued = 0
        self._travel = city.dry
        self._pace = 1.0
        busy = busy_share(calls, len(posts))
        self._busy = chance_taken(busy) if policy is Policy.OURS else busy
        self._standby: CoverStandby | MeanTimeStandby | None = None
        self._travel_s: list[float] = []
        self._response_s: list[float] = []
        self._turn_out_s: list[float] = []
        self._major: list[bool] = []
        self._moves = 0
        self._reliefs = 0
        self._on_the_way: dict[_Job, None] = {}
        if policy.moves_up:
            self._look_anew(dict.fromkeys(range(len(posts))))

    def run(self) -> DayResult:
        self._env.process(self._callers())
        if self._storm:
            self._env.process(self._weather())
        if self._policy is Policy.OURS:
            self._env.process(self._move_up())
            self._env.process(self._relieve())
        self._env.run()
        return DayResult(
            self._travel_s, self._response_s, self._turn_out_s, self._major, self._moves, self._reliefs
        )

    # --- what happens

    def _callers(self) -> Generator[simpy.Event, Any, None]:
        for call in self._calls:
            yield self._env.timeout(call.at_s - self._env.now)
            if not self._answer(call):
                self._queued += 1
                heapq.heappush(self._waiting, (0 if call.major else 1, self._queued, call))

    def _weather(self) -> Generator[simpy.Event, Any, None]:
        for hour in range(24):
            yield self._env.timeout(hour * 3600 - self._env.now)
            stormy = is_stormy(self._env.now)
            travel = self._city.flooded if stormy else self._city.dry
            if travel is not self._travel:
                self._travel, self._pace = travel, STORM_PACE if stormy else 1.0
                if self._standby is not None:
                    self._look_anew(dict.fromkeys(np.flatnonzero(self._is_free).tolist()))

    def _move_up(self) -> Generator[simpy.Event, Any, None]:
        at_once = ceil(ASKED_SHARE * len(self._units))
        while self._calls and self._env.now < self._calls[-1].at_s:
            standby = self._standby
            assert isinstance(standby, MeanTimeStandby)
            for move in best_moves(standby, lambda unit_id: int(unit_id) not in self._ways, at_once):
                self._drive_idle(int(move.unit_id), int(self._city.point_of_grid[move.row]))
                standby.put(move.unit_id, standby.places[move.row])
                self._moves += 1
            yield self._env.timeout(MOVE_UP_EVERY_S)

    def _relieve(self) -> Generator[simpy.Event, Any, None]:
        while self._calls and self._env.now < self._calls[-1].at_s:
            yield self._env.timeout(RELIEF_EVERY_S)
            self._relieve_now()

    def _relieve_now(self) -> None:
        jobs = {str(number): job for number, job in enumerate(self._on_the_way)}
        free = self._free()
        left_s = {key: self._left_s(job) for key, job in jobs.items()}
        found = reliefs(left_s, lambda key: self._nearest(jobs[key].call, free))
        for key, (unit, _) in found.items():
            self._hand_over(jobs[key], int(unit))

    def _hand_over(self, job: _Job, unit: int) -> None:
        """The unit takes over; who was on its way is free where it is."""
        relieved = job.unit
        assert job.process is not None
        job.process.interrupt()
        if job.way is not None:
            self._node[relieved] = job.way.node_at(self._env.now)
        self._reliefs += 1
        job.reliefs += 1
        self._give(job, unit)
        self._become_free(relieved)

    def _job(self, job: _Job) -> Generator[simpy.Event, Any, None]:
        unit, call, now = job.unit, job.call, self._env.now
        start = int(self._node[unit])
        pace = call.pace * self._pace
        drive_s = min(NOWHERE_S, float(self._travel.seconds[call.site, start]))
        turn_out_s = call.turn_out_s[(job.number + 2 * job.reliefs) % len(call.turn_out_s)]
        job.sets_off_s = now + turn_out_s
        job.wheels_s = min(job.wheels_s, job.sets_off_s)
        has_way = np.isfinite(self._travel.seconds[call.site, start])
        job.way = Way(self._travel, start, call.site, job.sets_off_s, pace) if has_way else None
        self._on_the_way[job] = None
        try:
            yield self._env.timeout(turn_out_s + drive_s * pace)
        except simpy.Interrupt:
            return
        finally:
            del self._on_the_way[job]
        if job.number == 0 and 0 <= call.at_s < DAY_S:
            self._travel_s.append(self._env.now - job.wheels_s)
            self._response_s.append(self._env.now - call.at_s)
            self._turn_out_s.append(job.wheels_s - job.sent_s)
            self._major.append(call.major)
        yield self._env.timeout(call.scene_s[job.number])
        self._node[unit] = self._city.destination_node[call.site]
        self._become_free(unit)

    def _become_free(self, unit: int) -> None:
        self._is_free[unit] = True
        if self._waiting:
            _, _, waiting = heapq.heappop(self._waiting)
            self._send(unit, waiting, 0)
        else:
            self._go_and_wait(unit)

    # --- what is decided

    def _answer(self, call: SimulatedCall) -> bool:
        """Sends what the call asks for; False when nobody is free."""
        chosen = self._choose(call)
        for number, unit in enumerate(chosen[: call.units]):
            self._send(unit, call, number)
        return bool(chosen)

    def _choose(self, call: SimulatedCall) -> list[int]:
        """Free units, best first, as dispatch ranks them."""
        free = self._free()
        if not len(free):
            return []
        nodes = self._node[free]
        if self._policy is Policy.STRAIGHT_LINE:
            seconds = self._city.straight_m(call.site, nodes) / GUESSED_MS
        else:
            seconds = np.minimum(self._travel.seconds[call.site, nodes], NOWHERE_S)
        few = (
            np.argpartition(seconds, min(RANKED, len(free) - 1))[:RANKED] if len(free) > 1 else np.array([0])
        )
        units = suitable([self._units[int(free[i])] for i in few], NEEDS)
        places = {self._units[int(free[i])].unit_id: self._place(int(nodes[i])) for i in few}
        routes = [
            RouteFound(self._units[int(free[i])].unit_id, float(seconds[i]), 0.0, (), 0.0, False, ())
            for i in few
        ]
        target = self._place(int(self._city.destination_node[call.site]))
        return [int(candidate.unit_id) for candidate in rank_candidates(target, units, places, routes)]

    def _free(self) -> Ints:
        """Who is free, each brought to where it is now."""
        now = self._env.now
        for unit, way in list(self._ways.items()):
            self._node[unit] = way.node_at(now)
            if way.ends_s <= now:
                del self._ways[unit]
        return np.flatnonzero(self._is_free)

    def _left_s(self, job: _Job) -> float:
        """How long its unit takes to arrive, as a desk expects: the network's time, without the call's own pace."""
        now = self._env.now
        node = job.way.node_at(now) if job.way else int(self._node[job.unit])
        drive_s = min(NOWHERE_S, float(self._travel.seconds[job.call.site, node]))
        return arrives_in_s(drive_s, None if now >= job.sets_off_s else now - job.given_s)

    def _nearest(self, call: SimulatedCall, free: Ints) -> list[tuple[str, float]]:
        """The nearest of these by road, with the seconds each takes."""
        seconds = self._travel.seconds[call.site, self._node[free]]
        few = np.argsort(seconds, kind="stable")[:RANKED].tolist()
        return [(str(free[i]), float(seconds[i])) for i in few]

    def _place(self, node: int) -> LonLat:
        return LonLat(float(self._city.node_lon[node]), float(self._city.node_lat[node]))

    def _send(self, unit: int, call: SimulatedCall, number: int) -> None:
        self._give(_Job(call, number, self._env.now), unit)

    def _give(self, job: _Job, unit: int) -> None:
        way = self._ways.pop(unit, None)
        if way is not None:
            self._node[unit] = way.node_at(self._env.now)
        self._is_free[unit] = False
        if self._standby is not None:
            self._standby.remove(str(unit))
        job.unit, job.given_s = unit, self._env.now
        job.process = self._env.process(self._job(job))

    def _go_and_wait(self, unit: int) -> None:
        destination = int(self._posts[unit])
        if self._standby is not None:
            reach = self._city.reach(self._travel, int(self._node[unit]), HORIZON_S)
            place = self._standby.best_place(reach)
            if place is not None:
                destination = int(self._city.point_of_grid[place[0]])
                self._standby.put(str(unit), self._standby.places[place[0]])
            else:
                self._standby.put(str(unit), reach)
        self._drive_idle(unit, destination)

    def _drive_idle(self, unit: int, destination: int) -> None:
        start = int(self._node[unit])
        if np.isfinite(self._travel.seconds[destination, start]):
            self._ways[unit] = Way(self._travel, start, destination, self._env.now, IDLE_PACE * self._pace)

    def _look_anew(self, free: dict[int, None]) -> None:
        """The standby as roads are now: who drives counts where it is going."""
        city, travel = self._city, self._travel
        places = [city.reach(travel, int(n), HORIZON_S) for n in city.destination_node[city.point_of_grid]]
        board = CoverageBoard(city.grids)
        for unit in free:
            way = self._ways.get(unit)
            node = city.destination_node[way.destination] if way else self._node[unit]
            board.put(str(unit), city.reach(travel, int(node), HORIZON_S))
        self._standby = _standby_for(self._policy is Policy.OURS, board, places, self._busy)
