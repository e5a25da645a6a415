"""Depth to grade, with hysteresis and delays, so that a jittering gauge makes one alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alerts.model import GradingTable, PointState, Reading


def grade_by_threshold(depth_cm: float, table: GradingTable) -> str | None:
    """The grade whose threshold the depth reaches, or None below the lowest."""
    reached = [grade.code for grade in table.grades if depth_cm >= grade.at_least_cm]
    return reached[-1] if reached else None


def grade_reading(state: PointState, reading: Reading, table: GradingTable) -> PointState:
    """The state of the point after one more reading.

    A reading older than the newest one seen changes nothing: late readings are kept as
    facts by the caller, but must not turn the clock of the delays back.
    """
    if state.last_observed_at is not None and reading.observed_at <= state.last_observed_at:
        return state
    seen = replace(state, last_observed_at=reading.observed_at, depth_cm=reading.depth_cm)
    wanted_up = grade_by_threshold(reading.depth_cm, table)
    wanted_down = grade_by_threshold(reading.depth_cm + table.set_back_cm, table)
    now_rank = table.rank(state.grade_code)
    if table.rank(wanted_up) > now_rank:
        return _rise(seen, wanted_up, reading.observed_at, table)
    if table.rank(wanted_down) < now_rank:
        return _fall(seen, wanted_down, reading.observed_at, table)
    return replace(seen, rising_to=None, rising_since=None, falling_to=None, falling_since=None)


def _rise(state: PointState, wanted: str | None, at: datetime, table: GradingTable) -> PointState:
    since = state.rising_since or at
    # The run began when some higher grade was first asked for; what is granted after the
    # delay is the lowest grade asked for meanwhile, since only that was held all along.
    held = wanted
    if state.rising_to is not None and table.rank(state.rising_to) < table.rank(wanted):
        held = state.rising_to
    if (at - since).total_seconds() < table.on_delay_s:
        return replace(state, rising_to=held, rising_since=since, falling_to=None, falling_since=None)
    granted = replace(
        state, grade_code=held, rising_to=None, rising_since=None, falling_to=None, falling_since=None
    )
    if held != wanted:
        return replace(granted, rising_to=wanted, rising_since=at)
    return granted


def _fall(state: PointState, wanted: str | None, at: datetime, table: GradingTable) -> PointState:
    since = state.falling_since or at
    held = wanted
    if state.falling_since is not None and table.rank(state.falling_to) > table.rank(wanted):
        held = state.falling_to
    if (at - since).total_seconds() < table.off_delay_s:
        return replace(state, falling_to=held, falling_since=since, rising_to=None, rising_since=None)
    granted = replace(
        state, grade_code=held, rising_to=None, rising_since=None, falling_to=None, falling_since=None
    )
    if held != wanted:
        return replace(granted, falling_to=wanted, falling_since=at)
    return granted
