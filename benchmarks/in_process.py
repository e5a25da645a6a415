"""The parts that grade readings, in this process, over a real PostgreSQL and a real Redis."""

from __future__ import annotations

from redis import Redis
from sqlalchemy import Engine

from core.actor import CITY, Actor, Permission, Role
from core.clock import Clock
from jobs.queue import RqWorkQueue
from live.coverage import RedisCoverage
from live.doorbell import RedisDoorbell
from live.positions import RedisPositionBoard
from operations.catalogue import Catalogue, StandingCatalogue
from operations.ports import Ports
from roads.areas import DistrictAreas
from roads.reach import StraightLineReach
from roads.straight_line import StraightLineTravelTimes
from store.database import SqlStore

GAUGES = Actor(
    "gauges", "gauges", Role.DEVICE, CITY, frozenset({Permission.REPORT_READINGS, Permission.GRADE})
)
"""Reports readings and has them graded."""


def ports_on(engine: Engine, redis: Redis, clock: Clock, catalogue: Catalogue) -> Ports:
    """Everything an operation gets; no roads, whose travel times are not what is measured here."""
    return Ports(
        store=SqlStore(engine),
        clock=clock,
        doorbell=RedisDoorbell(redis),
        work=RqWorkQueue(redis),
        positions=RedisPositionBoard(redis),
        travel_times=StraightLineTravelTimes(),
        areas=DistrictAreas(),
        catalogues=StandingCatalogue(catalogue),
        grid_times=StraightLineReach(()),
        coverage=RedisCoverage(redis),
    )
