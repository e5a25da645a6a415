"""From remembered readings to the named figures that rules ask about: rates, sums, silence, neighbours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from alerts.model import MonitoredPoint, PointState, Quantity, Reading, Sample

RATE_OVER_S = 600.0
"""A rate of rise is fitted over the last ten minutes: long enough to even out ±1 cm, short enough for a flash."""
RATE_NEEDS_S = 120.0
DEPTH_APART_S = 20.0
RAIN_BUCKET_S = 300.0
RAIN_HOURS = (1, 3, 6, 12, 24)
NOT_RISING_MIN = 9999.0
"""`minutes_to` when the water does not rise: later than anybody asks about."""
UNCHANGED_WITHIN = 0.05
"""Readings that differ by less than half a millimetre (or 0.05 mm of rain) are the same reading."""

_KEPT_S: Mapping[Quantity, float] = {"depth_cm": RATE_OVER_S, "rain_mm": RAIN_HOURS[-1] * 3600.0}


def of_quantity(state: PointState, quantity: Quantity) -> PointState:
    """The state without what was read of another quantity: a gauge that the catalogue makes a rain gauge has not
    rained what it was deep."""
    if state.quantity in (None, quantity):
        return state
    return replace(
        state,
        last_observed_at=None,
        value=None,
        grade_code=None,
        unchanged_since=None,
        recent=(),
        quantity=None,
    )


def remember(state: PointState, reading: Reading, quantity: Quantity) -> PointState:
    """The state of the point after one more reading.

    A reading older than the newest one seen turns no clock back: a late depth changes nothing (the caller keeps
    it as a fact), late rain is added to the sum of its five minutes.
    """
    at, last = reading.observed_at, state.last_observed_at
    if last is not None and at <= last:
        if quantity != "rain_mm" or at == last:
            return state
        return replace(
            state, recent=_with_rain(state.recent, at.timestamp(), reading.value, last.timestamp())
        )
    at_s = at.timestamp()
    if quantity == "rain_mm":
        recent = _with_rain(state.recent, at_s, reading.value, at_s)
    else:
        recent = _with_depth(state.recent, at_s, reading.value)
    same = state.value is not None and abs(reading.value - state.value) < UNCHANGED_WITHIN
    since = state.unchanged_since if same and state.unchanged_since is not None else at
    return replace(
        state,
        last_observed_at=at,
        value=reading.value,
        recent=recent,
        unchanged_since=since,
        quantity=quantity,
    )


def _with_depth(recent: Sequence[Sample], at_s: float, value: float) -> tuple[Sample, ...]:
    kept = [sample for sample in recent if sample.at_s > at_s - _KEPT_S["depth_cm"]]
    # The newest reading is always the last one; what came too close before it gives way.
    if len(kept) >= 2 and kept[-1].at_s - kept[-2].at_s < DEPTH_APART_S:
        kept.pop()
    return (*kept, Sample(at_s, value))


def _with_rain(recent: Sequence[Sample], at_s: float, value: float, newest_s: float) -> tuple[Sample, ...]:
    bucket_s = at_s - at_s % RAIN_BUCKET_S
    sums = {sample.at_s: sample.value for sample in recent if sample.at_s > newest_s - _KEPT_S["rain_mm"]}
    if bucket_s > newest_s - _KEPT_S["rain_mm"]:
        sums[bucket_s] = sums.get(bucket_s, 0.0) + value
    return tuple(Sample(s, sums[s]) for s in sorted(sums))


def rise_per_min(recent: Sequence[Sample]) -> float:
    """Slope of the least-squares line through the samples, per minute; 0 where they span too little."""
    if len(recent) < 3 or recent[-1].at_s - recent[0].at_s < RATE_NEEDS_S:
        return 0.0
    origin_s, count = recent[-1].at_s, len(recent)
    mean_t = sum(s.at_s - origin_s for s in recent) / count
    mean_v = sum(s.value for s in recent) / count
    spread = sum((s.at_s - origin_s - mean_t) ** 2 for s in recent)
    together = sum((s.at_s - origin_s - mean_t) * (s.value - mean_v) for s in recent)
    return 60.0 * together / spread if spread > 0 else 0.0


def minutes_to(value: float, rise: float, threshold: float) -> float:
    """Minutes until the value reaches the threshold if it goes on as now; 0 when it has."""
    if value >= threshold:
        return 0.0
    return min((threshold - value) / rise, NOT_RISING_MIN) if rise > 0 else NOT_RISING_MIN


def point_features(
    state: PointState,
    before: PointState,
    point: MonitoredPoint,
    at: datetime,
    thresholds: Mapping[str, float],
    neighbours: Iterable[PointState],
) -> dict[str, Any]:
    """The figures of one point at instant `at`, all numbers as floats (alerts/feature_names.py lists them).

    `before` is the state before the newest reading; `thresholds` maps grade codes to the depth (cm) each
    begins at; `neighbours` are the states of the depth gauges around.
    """
    value = state.value if state.value is not None else 0.0
    found: dict[str, Any] = {
        "value": value,
        point.quantity: value,
        "kind": point.kind,
        "passability": state.passability.value,
        "silent_s": state.silent_s(at),
        "unchanged_s": _seconds(state.unchanged_since, at),
        "jump": value - before.value if before.value is not None else 0.0,
        "since_previous_s": _seconds(before.last_observed_at, at),
    }
    if point.quantity == "rain_mm":
        return {**found, **rain_sums(state, at)}
    rise = rise_per_min(state.recent)
    neighbours = [of_quantity(n, point.quantity) for n in neighbours]
    around = [n.value for n in neighbours if n.value is not None]
    found["rise_cm_per_min"] = rise
    found["minutes_to"] = {code: minutes_to(value, rise, t) for code, t in thresholds.items()}
    found["neighbours"] = float(len(around))
    found["neighbours_graded"] = float(sum(1 for n in neighbours if n.grade_code is not None))
    found["neighbours_highest"] = max(around, default=0.0)
    return found


def rain_sums(state: PointState, at: datetime) -> dict[str, float]:
    """Rain (mm) at one gauge in the windows before `at`, as `rain_mm_1h` to `rain_mm_24h`."""
    found: dict[str, float] = {}
    for hours in RAIN_HOURS:
        since_s = at.timestamp() - hours * 3600.0
        # A bucket counts whole while any of it lies inside the window.
        found[f"rain_mm_{hours}h"] = math.fsum(
            s.value for s in state.recent if s.at_s + RAIN_BUCKET_S > since_s
        )
    return found


def _seconds(since: datetime | None, at: datetime) -> float:
    return max(0.0, (at - since).total_seconds()) if since is not None else 0.0
