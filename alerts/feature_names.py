"""The figures a rule may ask about, by what it watches: the one list for the engine, the loader and the pages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from alerts.rules import SubjectKind

Form = Literal["figure", "text", "yes_no", "by_grade"]
"""A float; a text; true or false; a map from the code of each depth grade to a float."""


@dataclass(frozen=True, slots=True)
class FeatureName:
    """A named figure: what it means and in which unit. `for_quantity` limits it to gauges that measure that."""

    name: str
    zh: str
    en: str
    unit: str = ""
    form: Form = "figure"
    for_quantity: str | None = None


DEPTH, RAIN = "depth_cm", "rain_mm"

_POINT = (
    FeatureName("value", "最新读数", "newest reading, in the unit of the gauge"),
    FeatureName("kind", "监测点类型", "kind of point", form="text"),
    FeatureName("passability", "通行情况", "passability: open, slow, closed", form="text"),
    FeatureName("silent_s", "距最近收到读数", "time since the newest reading came in", "s"),
    FeatureName("unchanged_s", "读数未变时长", "how long the reading has not changed", "s"),
    FeatureName("jump", "与上次读数之差", "newest reading minus the one before"),
    FeatureName("since_previous_s", "距上次读数", "time since the reading before the newest", "s"),
    FeatureName("depth_cm", "积水深度", "depth of standing water", "cm", for_quantity=DEPTH),
    FeatureName("rise_cm_per_min", "上涨速度", "rate of rise over ten minutes", "cm/min", for_quantity=DEPTH),
    FeatureName(
        "minutes_to",
        "预计到达各等级",
        "minutes until each depth grade if it rises on as now: 0 reached, 9999 not rising",
        "min",
        "by_grade",
        DEPTH,
    ),
    FeatureName("neighbours", "邻近监测点数", "depth gauges within 500 m", for_quantity=DEPTH),
    FeatureName("neighbours_graded", "邻近积水点数", "of these, how many have a grade", for_quantity=DEPTH),
    FeatureName("neighbours_highest", "邻近最大水深", "greatest depth among these", "cm", for_quantity=DEPTH),
    FeatureName("rain_mm", "最新雨量", "rain since the reading before", "mm", for_quantity=RAIN),
    *(
        FeatureName(f"rain_mm_{h}h", f"{h}小时雨量", f"rain in the last {h} h", "mm", for_quantity=RAIN)
        for h in (1, 3, 6, 12, 24)
    ),
)

FEATURES: Mapping[SubjectKind, tuple[FeatureName, ...]] = {
    "point": _POINT,
    "calls": (
        FeatureName("calls_10min", "10分钟来电数", "calls in one place in ten minutes"),
        FeatureName("calls_60min", "60分钟来电数", "calls in one place in an hour"),
        FeatureName("callers", "来电人数", "different callers"),
        FeatureName("category", "类别", "category of the calls", form="text"),
    ),
    "area": (
        FeatureName("points_light", "轻度积水点数", "points at grade light"),
        FeatureName("points_medium", "中度积水点数", "points at grade medium"),
        FeatureName("points_heavy", "重度积水点数", "points at grade heavy"),
        FeatureName("points_graded", "积水点数", "points at any grade"),
        FeatureName("roads_closed", "断交道路数", "points whose road is closed"),
        *(
            FeatureName(f"rain_mm_{h}h_max", f"最大{h}小时雨量", f"greatest {h} h rain of any gauge", "mm")
            for h in (1, 3, 6, 12)
        ),
    ),
    "geofence": (
        FeatureName("inside", "在区域内", "whether the unit is inside", form="yes_no"),
        FeatureName("unit_kind", "单位类型", "kind of the unit", form="text"),
        FeatureName("geofence", "区域", "id of the geofence", form="text"),
        FeatureName("minutes_inside", "在区域内时长", "how long it has been inside", "min"),
        FeatureName(
            "on_assignment",
            "正在执行任务",
            "whether the unit was sent somewhere and has not finished",
            form="yes_no",
        ),
        FeatureName(
            "passability",
            "通行情况",
            "passability of the monitored point the geofence belongs to; open where it has none",
            form="text",
        ),
    ),
    "coverage": (
        FeatureName(
            "covered_pct",
            "需求覆盖率",
            "demand in reach: share of the street's demand that a free unit reaches in time",
            "%",
        ),
        FeatureName(
            "usual_pct",
            "通常覆盖率",
            "usual reach: the same over two hours, on average; 0 until it was watched for ten minutes",
            "%",
        ),
        FeatureName("demand_pct", "占区内需求", "the street's share of the demand of its district", "%"),
        FeatureName(
            "district_covered_pct",
            "全区覆盖率",
            "district in reach: share of its district's demand reached in time",
            "%",
        ),
        FeatureName(
            "district_usual_pct",
            "全区通常覆盖率",
            "district's usual reach: the same over two hours, as for the street",
            "%",
        ),
    ),
    "cap": (),
}


def features_of(subject: SubjectKind, quantity: str = DEPTH) -> dict[str, FeatureName]:
    """Name → what it is, for rules that watch this; `quantity` counts for points only."""
    known = FEATURES[subject]
    return {f.name: f for f in known if f.for_quantity in (None, quantity)}


def sample_features(
    subject: SubjectKind, quantity: str = DEPTH, grades: Collection[str] = ()
) -> Iterator[dict[str, Any]]:
    """Figures to try a condition on before it meets real ones: all low, all high, and each one alone different
    from the rest, so that every part of `a && b || c` is reached."""
    known = features_of(subject, quantity)
    low = {name: _example(feature, False, grades) for name, feature in known.items()}
    high = {name: _example(feature, True, grades) for name, feature in known.items()}
    yield low
    yield high
    for name in known:
        yield {**low, name: high[name]}
        yield {**high, name: low[name]}


def _example(feature: FeatureName, high: bool, grades: Collection[str]) -> Any:
    match feature.form:
        case "figure":
            return 9999.0 if high else 0.0
        case "text":
            return "text" if high else ""
        case "yes_no":
            return high
        case "by_grade":
            return {code: 9999.0 if high else 0.0 for code in grades}
