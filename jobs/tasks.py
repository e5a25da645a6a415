"""What workers run: each job takes ids, calls one operation and is safe to run twice."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import ParamSpec

from core.errors import ClockSetBackError
from jobs.context import bound
from jobs.names import LAST_SWEEP_KEY, waiting_key
from operations import ask_assistance as asking
from operations import clear_left_behind as clearing
from operations import expire_cap as expiring
from operations import forget_tracks as forgetting
from operations import grade_readings as grading
from operations import judge_calls as calling
from operations import keep_alerts as keeping
from operations import measure_coverage as measuring
from operations import propose_response_levels as proposing
from operations import recommend_units as recommending
from operations import record_tracks as tracking
from operations import route_assignment as routing
from operations import watch_geofences as fencing
from operations import watch_reliefs as relieving
from operations import watch_silence as silence
from operations import watch_statuses as statuses
from operations import watch_units as watching
from operations.expire_closures import expire_closures
from operations.find_lost_work import find_lost_work
from operations.keep_keyframe import keep_keyframe as keep

log = logging.getLogger(__name__)
P = ParamSpec("P")
WAITS = "%s waits for its next turn: %s"


def by_turns(task: Callable[P, None]) -> Callable[P, None]:
    """A task that comes again in seconds: where a drill is begun anew under it, its next turn judges instead."""

    @wraps(task)
    def turn(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            task(*args, **kwargs)
        except ClockSetBackError as error:
            log.info(WAITS, task.__name__, error)

    return turn


def grade_readings() -> int:
    """Grades everything that waits; answers how many readings."""
    context = bound()
    context.redis.delete(waiting_key("grade"))
    return grading.grade_readings(context.ports)


def recommend_units(incident_id: str) -> None:
    """Computes advice for one incident."""
    context = bound()
    context.redis.delete(
        waiting_key(f"recommend:{incident_id}"), waiting_key(f"recommend-at-once:{incident_id}")
    )
    recommending.recommend_units(context.ports, incident_id)


def route_assignment(assignment_id: str) -> None:
    """Finds the way of one dispatched unit."""
    context = bound()
    context.redis.delete(waiting_key(f"route:{assignment_id}"))
    routing.route_assignment(context.ports, assignment_id)


@by_turns
def judge_calls(incident_id: str) -> None:
    """Judges the calls about one incident; by the clock they are judged again."""
    context = bound()
    context.redis.delete(waiting_key(f"calls:{incident_id}"))
    calling.judge_calls(context.ports, incident_id)


@by_turns
def keep_alerts() -> None:
    """Once a second: the timers of alerts."""
    keeping.keep_alerts(bound().ports)


def judge_by_the_clock() -> None:
    """Every ten seconds: what no reading and no call judges. One that fails keeps no other from its turn."""
    ports = bound().ports
    failed: list[Exception] = []
    for step in (
        silence.watch_silence,
        calling.judge_calls,
        proposing.propose_response_levels,
        clearing.clear_left_behind,
        statuses.watch_statuses,
        expiring.expire_cap,
    ):
        try:
            step(ports)
        except ClockSetBackError as error:
            log.info(WAITS, step.__name__, error)
        except Exception as error:
            log.exception("%s failed", step.__name__)
            failed.append(error)
    if failed:
        raise ExceptionGroup("judging by the clock", failed)


@by_turns
def watch_geofences() -> None:
    """Every five seconds: units that enter or leave a geofence."""
    fencing.watch_geofences(bound().ports)


@by_turns
def watch_reliefs() -> None:
    """Every five seconds: whether a free unit would be clearly sooner than one on its way."""
    relieving.watch_reliefs(bound().ports)


@by_turns
def measure_coverage() -> None:
    """Measures the coverage of the grids."""
    context = bound()
    context.redis.delete(waiting_key("coverage"))
    measuring.measure_coverage(context.ports)


@by_turns
def sweep() -> None:
    """Once a second: queues what was committed but never worked on, ends closures whose time is over, and leaves word
    that workers work. Little work, as the other task of each second: an officer may wait behind it."""
    context = bound()
    find_lost_work(context.ports)
    expire_closures(context.ports)
    network = context.ports.travel_times
    context.redis.hset(
        LAST_SWEEP_KEY,
        mapping={"at": time.time(), "network": network.name, "synthetic": int(network.synthetic)},
    )


@by_turns
def watch_units() -> None:
    """Once a second: what the positions of units on assignments say about these, and which requests for units of
    others have run out."""
    asking.lapse_assistance(bound().ports)
    watching.watch_units(bound().ports)


def record_tracks() -> int:
    """Every few seconds: where units are goes into their tracks; answers how many points."""
    return tracking.record_tracks(bound().ports)


def keep_keyframe() -> None:
    """Every ten seconds: the journal's next keyframe, when one is due."""
    keep(bound().ports)


def forget_tracks(days: int) -> int:
    """Once an hour: tracks older than `days` are deleted; answers how many points."""
    return forgetting.forget_tracks(bound().ports, datetime.now(UTC) - timedelta(days=days))
