"""What the list of figures promises to rules is what the engine hands them, name by name and form by form."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.area import area_features
from alerts.feature_names import features_of
from alerts.features import point_features
from alerts.geofences import Geofence
from alerts.model import MonitoredPoint, PointState, Quantity
from alerts.rules import SubjectKind
from core.geo import LonLat
from dispatch.coverage import AreaCoverage
from dispatch.model import Incident, IncidentStatus, Priority, Unit, UnitStatus
from operations.judge_calls import _features as call_features
from operations.judge_coverage import _features as coverage_features
from operations.stored import CallCounts
from operations.watch_geofences import _features as geofence_features

AT = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
PLACE = LonLat(102.7, 25.0)
GRADES = {"light": 5.0, "medium": 30.0, "heavy": 50.0}
FORMS: dict[str, type] = {"figure": float, "text": str, "yes_no": bool, "by_grade": dict}


def of_point(quantity: Quantity) -> dict[str, Any]:
    point = MonitoredPoint("P", "点", "point", "road", PLACE, "530111", quantity)
    return point_features(PointState("P"), PointState("P"), point, AT, GRADES, [])


def of_calls() -> Any:
    incident = Incident(
        "I", "1", "trapped", "", "", PLACE, "530111", Priority.MAJOR, IncidentStatus.OPEN, AT, AT, "call"
    )
    return call_features(incident, CallCounts(1, 2, 2))


def of_geofence() -> Any:
    unit = Unit("U", 1, "U", "n", "car", frozenset(), "530111", UnitStatus.AVAILABLE, AT, True)
    fence = Geofence("G", "隧道口", "tunnel", "530111", PLACE, 80.0, (), frozenset(), None)
    return geofence_features(unit, fence, AT, AT, {})


def of_coverage() -> Any:
    area = AreaCoverage(0.1, 0.4, 0.9, 0.0, 3_600.0)
    return coverage_features({"530111": area, "530111905": area}, "530111905")


@pytest.mark.parametrize(
    ("subject", "quantity", "handed"),
    [
        ("point", "depth_cm", of_point("depth_cm")),
        ("point", "rain_mm", of_point("rain_mm")),
        ("calls", "depth_cm", of_calls()),
        ("geofence", "depth_cm", of_geofence()),
        ("coverage", "depth_cm", of_coverage()),
        ("area", "depth_cm", area_features([], {}, GRADES, AT)),
    ],
)
def test_rules_get_every_figure_the_list_names_in_its_form(
    subject: SubjectKind, quantity: str, handed: dict[str, Any]
) -> None:
    promised = features_of(subject, quantity)
    assert set(handed) - {"value"} == set(promised) - {"value"}
    wrong = {
        n: handed[n] for n, f in promised.items() if n in handed and type(handed[n]) is not FORMS[f.form]
    }
    assert wrong == {}
