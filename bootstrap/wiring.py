"""The only place that chooses concrete parts: from settings to the ports every operation gets."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from sqlalchemy import Engine

from bootstrap.cap_map import load_cap_map
from bootstrap.catalogue import FolderCatalogue
from bootstrap.settings import Settings
from core.clock import Clock, DrillTime, WallClock
from core.errors import CommandCentreError
from jobs.queue import RqWorkQueue
from live.coverage import RedisCoverage
from live.doorbell import RedisDoorbell
from live.positions import RedisPositionBoard
from live.redis_client import connect
from operations.adopt_catalogue import adopt_catalogue
from operations.catalogue import CatalogueSeen
from operations.open_incident import CITY_TIME
from operations.ports import Ports
from roads.areas import DistrictAreas
from roads.commands import network_path, speeds_path
from roads.grids import grids_in_use
from roads.network import RoadNetwork
from roads.reach import RoadReach, StraightLineReach
from roads.speeds_file import SpeedsFile
from roads.straight_line import StraightLineTravelTimes
from store.clock import DrillClock
from store.database import SqlStore, make_engine
from store.migrate import migrate as migrate_engine

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """The concrete parts of one process, with the ports made of them."""

    settings: Settings
    engine: Engine
    store: SqlStore
    redis: Redis
    board: RedisPositionBoard
    clock: Clock
    ports: Ports
    catalogues: FolderCatalogue
    coverage: RedisCoverage

    def drill_time(self) -> DrillTime | None:
        """How the drill's time runs, as this process last read it; None in service."""
        return self.clock.drill_time if isinstance(self.clock, DrillClock) else None

    def refresh_clock(self) -> None:
        """Reads the drill's time again now."""
        if isinstance(self.clock, DrillClock):
            self.clock.refresh()

    def close(self) -> None:
        """Ends what goes on beside the work, then the connections: none is in use when its pool goes."""
        if isinstance(self.clock, DrillClock):
            self.clock.stop()
        self.catalogues.stop_telling()
        self.redis.close()
        self.engine.dispose()


def wire(settings: Settings, *, with_roads: bool) -> Parts:
    """The parts of this process. `with_roads` loads the road network, which only workers need; without
    it travel times are straight lines and say so."""
    engine = make_engine(_required(settings.database_url, "DATABASE_URL"))
    redis = connect(_required(settings.redis_url, "REDIS_URL"))
    store = SqlStore(engine)
    board = RedisPositionBoard(redis, in_real_time=settings.mode == "live")
    clock: Clock = WallClock()
    if settings.mode == "drill":
        clock = drill_clock = DrillClock(store.drill_time)
        store.tell_drill_time_to(drill_clock.follow)
    store.timed_by(clock)
    catalogues = FolderCatalogue(settings.catalogue_dir)
    network = network_with_speeds(settings, clock) if with_roads else None
    grids = grids_in_use(settings.data_dir).grids
    coverage = RedisCoverage(redis)
    ports = Ports(
        store=store,
        clock=clock,
        doorbell=RedisDoorbell(redis),
        work=RqWorkQueue(redis),
        positions=board,
        travel_times=StraightLineTravelTimes() if network is None else network,
        areas=DistrictAreas(),
        catalogues=catalogues,
        grid_times=StraightLineReach(grids) if network is None else RoadReach(network, grids),
        coverage=coverage,
        mode=settings.mode,
        cap=load_cap_map(settings.catalogue_dir),
    )

    def record(seen: CatalogueSeen) -> None:
        adopt_catalogue(ports, seen)

    catalogues.tell(record)
    return Parts(settings, engine, store, redis, board, clock, ports, catalogues, coverage)


def network_with_speeds(settings: Settings, clock: Clock) -> RoadNetwork | None:
    """The road network in use with the speeds learned for it, the newest ones as they are learned; None when there is
    none that can be read."""
    network = load_network(settings)
    if network is None:
        return None
    learned = SpeedsFile(
        speeds_path(settings.road_network or network_path(settings.data_dir)), network.segments
    )
    learned.newest()  # whoever starts this process reads at once what is wrong with the file
    network.follow_speeds(learned.newest, lambda: clock.now().astimezone(CITY_TIME).hour)
    return network


def load_network(settings: Settings) -> RoadNetwork | None:
    """The road network in use; None, logged, when there is none that can be read."""
    path: Path = settings.road_network or network_path(settings.data_dir)
    try:
        return RoadNetwork.load(path)
    except (OSError, ValueError, KeyError, CommandCentreError) as error:
        # Chosen degradation: advice by straight line, which every screen says, beats none.
        log.error("no road network from %s (%s): travel times are straight-line guesses", path, error)
        return None


def migrate(settings: Settings) -> None:
    """Brings the tables to what this version needs."""
    engine = make_engine(_required(settings.database_url, "DATABASE_URL"))
    try:
        migrate_engine(engine)
    finally:
        engine.dispose()


def _required(url: str | None, name: str) -> str:
    if url is None:
        raise CommandCentreError(f"{name}: found none, expected a URL (a role started alone needs it)")
    return url
