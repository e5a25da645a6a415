"""Looking back: how soon a past second is there, with 1,300 units and a stormy hour in the journal."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import orjson

from bootstrap.catalogue import load_catalogue
from bootstrap.embedded import EmbeddedServers
from core.actor import CITY, Actor, Permission, Role
from core.clock import FixedClock
from core.events import happened
from core.geo import LonLat
from dispatch.fixes import Fix
from jobs.queue import RqWorkQueue
from live.coverage import RedisCoverage
from live.doorbell import RedisDoorbell
from live.positions import RedisPositionBoard
from live.redis_client import connect
from live.replay import past_frame
from operations.catalogue import StandingCatalogue
from operations.keep_keyframe import keep_keyframe
from operations.ports import Ports
from operations.public_state import changes
from operations.register_units import RegisterUnits, UnitRegistration, register_units
from operations.replay import replay_state, replay_whereabouts
from operations.set_drill_time import SetDrillTime, set_drill_time
from roads.areas import DistrictAreas
from roads.grids import load_synthetic
from roads.reach import StraightLineReach
from roads.straight_line import StraightLineTravelTimes
from store.database import SqlStore, make_engine
from store.migrate import migrate

UNITS, SEEKS = 1_300, 60
STEP_S, ROWS_A_STEP = 15, 45
"""Three rows a second, as in a storm, and a track point of each unit every fifteen seconds."""
BEGAN = datetime(2026, 8, 18, 1, 0, tzinfo=UTC)
HOUR_S = 3600
SOMEBODY = Actor("bench", "bench", Role.ADMINISTRATOR, CITY, frozenset(Permission))


def main() -> None:
    """Fills the hour, then seeks."""
    dice = random.Random(1)
    with (
        tempfile.TemporaryDirectory(prefix="command-centre-bench-") as folder,
        EmbeddedServers(Path(folder)) as servers,
    ):
        engine = make_engine(servers.database_url)
        migrate(engine)
        redis = connect(servers.redis_url)
        clock = FixedClock(BEGAN)
        store = SqlStore(engine)
        store.timed_by(clock)
        grids = load_synthetic().grids
        ports = Ports(
            store=store,
            clock=clock,
            doorbell=RedisDoorbell(redis),
            work=RqWorkQueue(redis),
            positions=RedisPositionBoard(redis),
            travel_times=StraightLineTravelTimes(),
            areas=DistrictAreas(),
            catalogues=StandingCatalogue(load_catalogue()),
            grid_times=StraightLineReach(grids),
            coverage=RedisCoverage(redis),
            mode="drill",
        )
        rows = _an_hour(ports, clock, dice)
        print(f"{rows} journal rows, {UNITS} units, one hour")
        instants = [BEGAN + timedelta(seconds=dice.uniform(1, HOUR_S - 1)) for _ in range(SEEKS)]
        sizes = [len(orjson.dumps(replay_state(ports, SOMEBODY, at))) for at in instants[:5]]
        _print("state as JSON", instants, lambda at: orjson.dumps(replay_state(ports, SOMEBODY, at)))
        _print("positions", instants, lambda at: past_frame(replay_whereabouts(ports, SOMEBODY, at), at))
        print(f"a state is {median(sizes) / 1024:.0f} KB before compression")
        redis.close()
        engine.dispose()


def _an_hour(ports: Ports, clock: FixedClock, dice: random.Random) -> int:
    set_drill_time(ports, SOMEBODY, SetDrillTime("bench", BEGAN, 1, BEGAN, restart=True))
    net = min(ports.catalogue.nets)
    kind = min(ports.catalogue.units.kinds)
    fleet = tuple(
        UnitRegistration(f"u{n:05d}", f"巡{n:05d}", net, kind, frozenset(), "530111") for n in range(UNITS)
    )
    units = register_units(ports, SOMEBODY, RegisterUnits(fleet))
    places = {unit.unit_id: [dice.uniform(102.6, 102.9), dice.uniform(24.9, 25.1)] for unit in units}
    for _ in range(0, HOUR_S, STEP_S):
        clock.advance(STEP_S)
        with ports.store.transaction() as tx:
            for unit in dice.sample(units, ROWS_A_STEP):
                told = changes(units=[unit])
                event = happened(
                    SOMEBODY, "unit.status_changed", at=clock.now(), subject=unit.unit_id, changes=told
                )
                tx.record(event)
            tx.store_track([_moved(places, unit.unit_id, clock.now(), dice) for unit in units])
        keep_keyframe(ports)
    return ports.store.head()


def _moved(places: dict[str, list[float]], unit_id: str, at: datetime, dice: random.Random) -> Fix:
    place = places[unit_id]
    place[0] += dice.uniform(-0.002, 0.002)
    place[1] += dice.uniform(-0.002, 0.002)
    return Fix(unit_id, LonLat(place[0], place[1]), 90.0, 30.0, at)


def _print(what: str, instants: Sequence[datetime], ask: Callable[[datetime], Any]) -> None:
    took_ms = []
    for at in instants:
        began = time.perf_counter()
        ask(at)
        took_ms.append((time.perf_counter() - began) * 1000)
    print(f"{what}: p50 {median(took_ms):.0f} ms, p95 {quantiles(took_ms, n=20)[-1]:.0f} ms (bar: p95 < 1 s)")


if __name__ == "__main__":
    main()
