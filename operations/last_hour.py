"""The last hour as a trend: how many incidents were open and how many points stood under water, minute by minute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from alerts.model import WATERLOGGING
from operations.ports import Ports
from operations.public_state import Json
from operations.stored import Lifespan

HOUR = timedelta(hours=1)
STEP = timedelta(minutes=1)


def last_hour_state(ports: Ports) -> Json:
    """Counts at each whole minute of the last hour, the city's, the oldest first: 60 steps, 61 counts."""
    now = ports.clock.now()
    until = now.replace(second=0, microsecond=0)
    since = until - HOUR
    incidents, flooded = ports.store.lifespans(since, WATERLOGGING)
    marks = [since + n * STEP for n in range(int(HOUR / STEP) + 1)]
    return {
        "since": since.isoformat(),
        "step_s": STEP.total_seconds(),
        "incidents": standing_at(marks, incidents),
        "flooded": standing_at(marks, flooded),
    }


def standing_at(marks: Sequence[datetime], spans: Sequence[Lifespan]) -> list[int]:
    """How many different subjects stood at each instant; one that ended at the very instant no longer did."""
    return [
        len({s.subject for s in spans if s.began_at <= mark and (s.ended_at is None or s.ended_at > mark)})
        for mark in marks
    ]
