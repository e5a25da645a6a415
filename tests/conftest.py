"""What most tests share: a real PostgreSQL and Redis, emptied for each test, and the ports over them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import shapely
from redis import Redis
from sqlalchemy import Engine, text

from bootstrap.cap_map import load_cap_map
from bootstrap.catalogue import CATALOGUE_DIR, load_catalogue
from bootstrap.embedded import EmbeddedServers
from core.actor import CITY, Actor, Permission, Role
from core.clock import FixedClock
from core.geo import LonLat
from jobs.queue import RqWorkQueue
from live.coverage import RedisCoverage
from live.doorbell import RedisDoorbell
from live.positions import RedisPositionBoard
from live.redis_client import connect
from operations.cap import CapArea
from operations.catalogue import Catalogue, StandingCatalogue
from operations.ports import PartOfCity, Ports
from roads.grids import load_synthetic
from roads.reach import StraightLineReach
from roads.straight_line import StraightLineTravelTimes
from store.database import SqlStore, make_engine
from store.metadata import metadata
from store.migrate import migrate
from tests.depth_rule import AT_ONCE
from tests.running_system import running_system

__all__ = ["running_system"]

STORM = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
"""09:20 in Kunming on the day of the storm."""


@pytest.fixture(scope="session")
def servers() -> Iterator[EmbeddedServers]:
    """One PostgreSQL and one Redis for the whole run."""
    # Not pytest's own folder: a second run closes that to the user PostgreSQL runs as when we are root.
    with TemporaryDirectory(prefix="command-centre-") as folder, EmbeddedServers(Path(folder)) as running:
        yield running


@pytest.fixture(scope="session")
def migrated_engine(servers: EmbeddedServers) -> Iterator[Engine]:
    engine = make_engine(servers.database_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(migrated_engine: Engine) -> Engine:
    """The database, with its tables as a migration leaves them."""
    with migrated_engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):  # truncating takes thirty times as long
            connection.execute(table.delete())
        connection.execute(text("INSERT INTO journal_head (seq) VALUES (0)"))
        connection.execute(text("INSERT INTO cursors (name, seq) VALUES ('grading', 0)"))
        connection.execute(text("INSERT INTO drill_clock (run) VALUES (0)"))
    return migrated_engine


@pytest.fixture
def redis(servers: EmbeddedServers) -> Iterator[Redis]:
    """An empty Redis."""
    client = connect(servers.redis_url)
    client.flushall()
    yield client
    client.close()


def depth_only(catalogue: Catalogue) -> Catalogue:
    """The catalogue with gauges on roads only and depth grades as its only rule, and all-clear at once, for tests
    about something else."""
    rule = replace(catalogue.rules["waterlogging-depth"], clears_itself_after=AT_ONCE)
    points = {point_id: p for point_id, p in catalogue.points.items() if p.road_kind is not None}
    return replace(catalogue, points=points, rules={rule.rule_id: rule}, geofences={})


class GuanduEverywhere:
    """Areas for tests that are not about areas: the city's box is one district."""

    def names(self) -> Mapping[str, tuple[str, str]]:
        return {CITY: ("昆明市", "Kunming"), "530111": ("官渡区", "Guandu"), "530103": ("盘龙区", "Panlong")}

    def names_below(self) -> Mapping[str, tuple[str, str]]:
        return {}

    def jurisdiction_of(self, place: LonLat) -> str | None:
        return "530111" if 102 < place.lon < 104 and 24 < place.lat < 27 else None

    def jurisdictions_within(self, outline: Sequence[LonLat]) -> frozenset[str] | None:
        if not shapely.Polygon(outline).is_valid:
            return None
        return frozenset(code for corner in outline if (code := self.jurisdiction_of(corner)))

    def part_in_city(self, areas: Sequence[CapArea], codes: Collection[str]) -> PartOfCity | None:
        corners = [place for area in areas for ring in area.polygons for place in ring]
        centres = [circle.centre for area in areas for circle in area.circles]
        inside = [place for place in corners + centres if self.jurisdiction_of(place)]
        return PartOfCity(frozenset({"530111"}), inside[0]) if inside else None


@dataclass(frozen=True)
class Bench:
    """Ports over the real database and Redis, with a clock that stands still."""

    ports: Ports
    clock: FixedClock
    store: SqlStore
    redis: Redis


@pytest.fixture
def bench(engine: Engine, redis: Redis) -> Bench:
    clock = FixedClock(STORM)
    store = SqlStore(engine)
    store.timed_by(clock)
    ports = Ports(
        store=store,
        clock=clock,
        doorbell=RedisDoorbell(redis),
        work=RqWorkQueue(redis),
        positions=RedisPositionBoard(redis),
        travel_times=StraightLineTravelTimes(),
        areas=GuanduEverywhere(),
        catalogues=StandingCatalogue(depth_only(load_catalogue())),
        grid_times=StraightLineReach(load_synthetic().grids),
        coverage=RedisCoverage(redis),
        mode="drill",
        cap=load_cap_map(CATALOGUE_DIR),
    )
    return Bench(ports, clock, store, redis)


@pytest.fixture
def everyone() -> Actor:
    """Somebody who may do everything everywhere, for tests that are not about permission."""
    return Actor("tester", "测试员", Role.ADMINISTRATOR, CITY, frozenset(Permission))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real data beside the project; tests that need it skip where it is absent."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("COMMAND_CENTRE_SHARED", default)) / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set COMMAND_CENTRE_SHARED to the folder that holds data/")
    return folder
