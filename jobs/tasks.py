"""What workers run: each job takes ids, calls one operation and is safe to run twice."""

from __future__ import annotations

import time

from jobs.context import bound
from jobs.names import LAST_SWEEP_KEY, waiting_key
from operations import grade_readings as grading
from operations import measure_coverage as measuring
from operations import recommend_units as recommending
from operations import route_assignment as routing
from operations.find_lost_work import find_lost_work


def grade_readings() -> int:
    """Grades everything that waits; answers how many readings."""
    context = bound()
    context.redis.delete(waiting_key("grade"))
    return grading.grade_readings(context.ports)


def recommend_units(incident_id: str) -> None:
    """Computes advice for one incident."""
    context = bound()
    context.redis.delete(waiting_key(f"recommend:{incident_id}"))
    recommending.recommend_units(context.ports, incident_id)


def route_assignment(assignment_id: str) -> None:
    """Finds the way of one dispatched unit."""
    context = bound()
    context.redis.delete(waiting_key(f"route:{assignment_id}"))
    routing.route_assignment(context.ports, assignment_id)


def measure_coverage() -> None:
    """Measures the coverage of the grids."""
    context = bound()
    context.redis.delete(waiting_key("coverage"))
    measuring.measure_coverage(context.ports)


def sweep() -> None:
    """Once a second: queues what was committed but never worked on, and leaves word that workers work."""
    context = bound()
    find_lost_work(context.ports)
    network = context.ports.travel_times
    context.redis.hset(
        LAST_SWEEP_KEY,
        mapping={"at": time.time(), "network": network.name, "synthetic": int(network.synthetic)},
    )
