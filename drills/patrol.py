"""The patrol shift at work: it moves, says where it is, answers dispatches and goes home again."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from core.errors import UnavailableError
from core.geo import LonLat, distance_m
from dispatch.model import AssignmentStatus
from drills.city_time import SettlingClock
from drills.intake_api import IntakeApi, Json, RefusedError
from drills.motion import Beats, Polyline
from drills.responding import Response, plan_response
from drills.roads import Roads
from drills.shift import PatrolUnit

log = logging.getLogger(__name__)

TICK_S = 1.0
"""Wall seconds between two looks at the assignments and two batches of positions."""

ALL_AT_ONCE = 1300
"""A shift up to this size reports every second; a larger one a fifth each second, as the city's terminals do
(5,200 every 5 s are 1,040 a second)."""

SHARES = 5
REGISTERED_AT_ONCE = 2000
SAME_PLACE_M = 30.0


@dataclass(slots=True)
class _Way:
    """A unit off its beat: along a line from one instant to another (seconds since 1970), then standing."""

    line: Polyline
    from_s: float
    to_s: float
    assignment_id: str | None
    order_id: str | None = None
    """The order to move up that it follows; it stands at the end for as long as the order does."""

    def at(self, now_s: float) -> tuple[LonLat, float, float]:
        """Place, heading in degrees and speed in km/h."""
        duration_s = max(self.to_s - self.from_s, 1e-6)
        share = min(1.0, max(0.0, (now_s - self.from_s) / duration_s))
        place, heading_deg = self.line.at(share * self.line.length_m)
        moving = self.from_s <= now_s < self.to_s
        return place, heading_deg, min(200.0, 3.6 * self.line.length_m / duration_s) if moving else 0.0


class PatrolShift:
    """All simulated units of a drill.

    On patrol a unit's place follows from the scenario's time alone; on the way to an incident from its
    assignment as the server tells it. So after a restart of this program everybody goes on.
    """

    def __init__(
        self, api: IntakeApi, units: Sequence[PatrolUnit], roads: Roads, seed: int, starts_at: datetime
    ) -> None:
        self._api, self._units, self._roads, self._seed = api, units, roads, seed
        self._row_of = {unit.unit_id: row for row, unit in enumerate(units)}
        paths, began_s = [], []
        for unit in units:
            rng = random.Random(f"{seed}/beat/{unit.unit_id}")
            paths.append(roads.wander(rng, unit.home, unit.kind.beat_m))
            # Somewhere on the beat when the scenario starts, not all at its beginning.
            began_s.append(starts_at.timestamp() - rng.uniform(0, 7200))
        self._starts_of_beats = [path[0] for path in paths]
        self._speed_ms = np.array([unit.patrol_kmh for unit in units]) / 3.6
        self._began_s = np.array(began_s)
        self._beats = Beats(paths, self._speed_ms, self._began_s)
        self._paths = paths
        self._away: dict[int, _Way] = {}
        self._clock = SettlingClock()
        self._tick = 0

    @property
    def responding(self) -> int:
        """How many units are on an assignment."""
        return sum(way.assignment_id is not None for way in self._away.values())

    async def register(self) -> None:
        for start in range(0, len(self._units), REGISTERED_AT_ONCE):
            some = self._units[start : start + REGISTERED_AT_ONCE]
            await self._api.register_units([unit.registration() for unit in some])

    async def run(self) -> None:
        """For ever; while the server is away a tick is left out, nothing of it is made up for."""
        is_away = False
        while True:
            try:
                await self.step()
                is_away = False
            except UnavailableError as error:
                log.log(logging.DEBUG if is_away else logging.WARNING, "patrols wait: %s", error.message)
                is_away = True
            except RefusedError as error:
                log.error("patrols refused: %s", error.message)
            await asyncio.sleep(TICK_S)

    async def step(self) -> None:
        """One tick: follow the assignments, post milestones and positions."""
        settled = self._clock.take(await self._api.clock())
        if settled.set_back:
            self._away.clear()
            self._beats = Beats(self._paths, self._speed_ms, self._began_s)
        if settled.now is None:
            return
        await self._follow(await self._api.open_assignments(), settled.now)
        self._wait_where_told(await self._api.standing_move_ups(), settled.now)
        await self._post_positions(settled.now)

    async def _follow(self, assignments: Sequence[Json], now: datetime) -> None:
        mine = {self._row_of[a["unit_id"]]: a for a in assignments if a["unit_id"] in self._row_of}
        for row, way in list(self._away.items()):
            if way.assignment_id is not None and row not in mine:
                self._go_home(row, now)
            elif way.assignment_id is way.order_id is None and way.to_s <= now.timestamp():
                del self._away[row]
                self._beats.begin_again(row, way.to_s)
        for row, assignment in mine.items():
            response = self._respond(row, assignment, now)
            await self._post_milestones(row, assignment, response, now)

    def _wait_where_told(self, orders: Sequence[Json], now: datetime) -> None:
        """Whoever was told to move up drives there at a patrol's speed and waits; an order that ended sends it home."""
        told = {self._row_of[o["unit_id"]]: o for o in orders if o["unit_id"] in self._row_of}
        for row, way in list(self._away.items()):
            if way.order_id is not None and row not in told:
                self._go_home(row, now)
        for row, order in told.items():
            before = self._away.get(row)
            if before is not None and (
                before.assignment_id is not None or before.order_id == order["order_id"]
            ):
                continue
            # From where it was when it was told: after a restart of this program it is on its way still.
            left_at = now if before is not None else datetime.fromisoformat(order["ordered_at"])
            self._drive(row, LonLat(*order["place"]), left_at, order["order_id"])

    def _respond(self, row: int, assignment: Json, now: datetime) -> Response:
        here = self.place_of(row, now)
        response = plan_response(assignment, self._units[row].kind.kind, here, self._seed)
        way = self._away.get(row)
        if way is None or way.assignment_id != assignment["assignment_id"]:
            path = list(response.path)
            if assignment["status"] == AssignmentStatus.DISPATCHED:
                path = [*self._between(here, path[0]), *path]
            way = self._away[row] = _Way(Polyline(path), 0.0, 0.0, assignment["assignment_id"])
        way.from_s, way.to_s = response.en_route_at.timestamp(), response.on_scene_at.timestamp()
        return response

    async def _post_milestones(self, row: int, assignment: Json, response: Response, now: datetime) -> None:
        if assignment["accepted_at"] is not None:
            return  # somebody holds this unit's phone and presses the buttons
        unit = self._units[row]
        for said, at in response.due(AssignmentStatus(assignment["status"]), now):
            status = {
                "status": said.value,
                "observed_at": at.isoformat(),
                "source": "simulated",
                "assignment_id": assignment["assignment_id"],
            }
            try:
                await self._api.send_status(unit.unit_id, status)
            except RefusedError as error:
                # Taken back or advanced by a person meanwhile: the next poll shows how it stands.
                log.info("%s: %s", unit.callsign, error.message)
                return

    def place_of(self, row: int, now: datetime) -> LonLat:
        way = self._away.get(row)
        if way is not None:
            return way.at(now.timestamp())[0]
        seen = self._beats.at(now.timestamp())
        return LonLat(float(seen.lon[row]), float(seen.lat[row]))

    def _go_home(self, row: int, now: datetime) -> None:
        self._drive(row, self._starts_of_beats[row], now)

    def _drive(self, row: int, to: LonLat, at: datetime, order_id: str | None = None) -> None:
        """Sets off from where it is at this instant, at its patrol speed."""
        line = Polyline(self._between(self.place_of(row, at), to))
        began_s = at.timestamp()
        ends_s = began_s + line.length_m / float(self._speed_ms[row])
        self._away[row] = _Way(line, began_s, ends_s, None, order_id)

    def _between(self, start: LonLat, end: LonLat) -> list[LonLat]:
        """By road when it is far enough for one; in a straight line when there is none."""
        if distance_m(start, end) > SAME_PLACE_M:
            found = self._roads.route(start, end)
            if found is not None:
                return [start, *found.path, end]
        return [start, end]

    async def _post_positions(self, now: datetime) -> None:
        everybody = len(self._units) <= ALL_AT_ONCE
        rows = range(0 if everybody else self._tick % SHARES, len(self._units), 1 if everybody else SHARES)
        self._tick += 1
        positions = self.positions([*rows, *(row for row in self._away if row not in rows)], now)
        await self._api.send_positions(positions)

    def positions(self, rows: Sequence[int], now: datetime) -> list[Json]:
        """What the intake is told about these units."""
        now_s, at = now.timestamp(), now.isoformat()
        seen = self._beats.at(now_s)
        lon, lat, heading = (np.round(a, 6).tolist() for a in seen)
        told = []
        for row in rows:
            way = self._away.get(row)
            place, heading_deg, kmh = (
                way.at(now_s)
                if way
                else (LonLat(lon[row], lat[row]), heading[row], self._units[row].patrol_kmh)
            )
            told.append(
                {
                    "unit_id": self._units[row].unit_id,
                    "lon": round(place.lon, 6),
                    "lat": round(place.lat, 6),
                    "heading_deg": round(heading_deg, 1),
                    "speed_kmh": round(kmh, 1),
                    "fixed_at": at,
                }
            )
        return told
