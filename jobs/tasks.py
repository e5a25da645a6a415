"""What workers run: each job takes ids, calls one operation and is safe to run twice."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from jobs.context import bound
from jobs.names import LAST_SWEEP_KEY, waiting_key
from operations import forget_tracks as forgetting
from operations import grade_readings as grading
from operations import recommend_units as recommending
from operations import record_tracks as tracking
from operations import route_assignment as routing
from operations import watch_units as watching
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


def sweep() -> None:
    """Once a second: queues what was committed but never worked on, and leaves word that workers work."""
    context = bound()
    find_lost_work(context.ports)
    network = context.ports.travel_times
    context.redis.hset(
        LAST_SWEEP_KEY,
        mapping={"at": time.time(), "network": network.name, "synthetic": int(network.synthetic)},
    )


def watch_units() -> None:
    """Once a second: what the positions of units on assignments and the clock say about these."""
    watching.watch_units(bound().ports)


def record_tracks() -> int:
    """Every few seconds: where units are goes into their tracks; answers how many points."""
    return tracking.record_tracks(bound().ports)


def forget_tracks(days: int) -> int:
    """Once an hour: tracks older than `days` are deleted; answers how many points."""
    return forgetting.forget_tracks(bound().ports, datetime.now(UTC) - timedelta(days=days))
