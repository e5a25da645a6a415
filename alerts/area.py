"""What rules about an area ask: how many of its points are under water, how many roads closed, how much rain."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from alerts.features import of_quantity, rain_sums
from alerts.model import DEAD_AFTER_S, MonitoredPoint, Passability, PointState

RAIN_WINDOWS = ("rain_mm_1h", "rain_mm_3h", "rain_mm_6h", "rain_mm_12h")


def area_features(
    points: Iterable[MonitoredPoint],
    states: Mapping[str, PointState],
    grades: Collection[str],
    at: datetime,
) -> dict[str, Any]:
    """The figures of an area at `at`, all floats (alerts/feature_names.py lists them).

    `points` are those of the area, `states` by point id; a point that has none there counts as dry and open, and the
    grade of one silent for over an hour counts no more (what an officer said of its road does).
    `grades` are the codes of the grading table. `value` is the number of points with a grade.
    """
    counted = dict.fromkeys(grades, 0)
    graded, closed = 0, 0
    rain = dict.fromkeys(RAIN_WINDOWS, 0.0)
    for point in points:
        state = states.get(point.point_id)
        if state is None:
            continue
        state = of_quantity(state, point.quantity)
        if point.quantity == "rain_mm":
            sums = rain_sums(state, at)
            rain = {window: max(most, sums[window]) for window, most in rain.items()}
            continue
        closed += state.passability is Passability.CLOSED
        if state.grade_code is not None and state.silent_s(at) <= DEAD_AFTER_S:
            graded += 1
            counted[state.grade_code] = counted.get(state.grade_code, 0) + 1
    return {
        "value": float(graded),
        **{f"points_{code}": float(count) for code, count in counted.items()},
        "points_graded": float(graded),
        "roads_closed": float(closed),
        **{f"{window}_max": most for window, most in rain.items()},
    }
