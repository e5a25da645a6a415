"""How each thing looks outside: the JSON that the journal, the snapshot, the sockets and the API share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from enum import Enum, IntEnum
from typing import Any

from alerts.features import of_quantity
from alerts.model import Alert, MonitoredPoint, PointState
from alerts.response_level import ResponseLevel
from core.clock import DrillTime
from core.command_tree import CommandLevel, level_of
from core.geo import LonLat
from dispatch.assistance import AssistanceRequest
from dispatch.attachments import Attachment
from dispatch.coverage import CoverageFigures
from dispatch.model import Assignment, Call, Incident, Unit
from dispatch.move_up_order import MoveUpOrder
from dispatch.recommendation import Recommendation
from dispatch.response import TARGET_MAJOR_S, TARGET_RESPONSE_S, ResponseFigures
from dispatch.travel import RoadClosure
from operations.cap import CapMessage
from operations.ports import CoverageRecord, MoveUpAdvice
from operations.wall_scene import WallScene

Json = dict[str, Any]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()  # one spelling, whatever zone it came in
    if isinstance(value, LonLat):
        return [round(value.lon, 6), round(value.lat, 6)]
    if isinstance(value, IntEnum):
        return int(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, float):
        return round(value, 1)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return _fields(value)
    return value


_known: dict[type[Any], tuple[str, ...]] = {}


def _names(kind: type[Any]) -> tuple[str, ...]:
    """Names of a dataclass's fields; asked for thousands of times a second, and looking them up is slow."""
    if kind not in _known:
        _known[kind] = tuple(field.name for field in fields(kind))
    return _known[kind]


def _fields(thing: Any) -> Json:
    return {name: _plain(getattr(thing, name)) for name in _names(type(thing))}


def alert_state(alert: Alert) -> Json:
    """An alert with its measurement under the name of its quantity too, as points have it."""
    return {**_fields(alert), **_measured(alert.quantity, alert.value)}


def _measured(quantity: str | None, value: float | None) -> Json:
    """The value under the name that says its unit: `depth_cm` or `rain_mm`."""
    return {} if quantity is None else {quantity: _plain(value)}


def incident_state(incident: Incident) -> Json:
    return {**_fields(incident), "response_s": incident.response_s}


def call_state(call: Call) -> Json:
    return _fields(call)


def unit_state(unit: Unit) -> Json:
    return _fields(unit)


def assignment_state(assignment: Assignment) -> Json:
    return _fields(assignment)


def recommendation_state(recommendation: Recommendation, incident: Incident) -> Json:
    """Advice, with where it belongs: it is for who sees its incident."""
    return {**_fields(recommendation), "jurisdiction": incident.jurisdiction}


def assistance_state(request: AssistanceRequest) -> Json:
    return _fields(request)


def attachment_state(attachment: Attachment) -> Json:
    return _fields(attachment)


def closure_state(closure: RoadClosure) -> Json:
    return _fields(closure)


def move_up_state(order: MoveUpOrder) -> Json:
    return _fields(order)


def point_state(state: PointState, point: MonitoredPoint) -> Json:
    """A monitored point with what was last read there; the memory of the delays stays inside."""
    state = of_quantity(state, point.quantity)
    return {
        **_fields(point),
        **_measured(point.quantity, state.value),
        "observed_at": _plain(state.last_observed_at),
        "grade_code": state.grade_code,
        "passability": state.passability.value,
        "passability_at": _plain(state.passability_at),
        "passability_by": state.passability_by,
        "passability_note": state.passability_note,
    }


def depth_state(state: PointState, point: MonitoredPoint) -> Json:
    """Only what a reading changes of a point, because it changes many times a second."""
    return {
        "point_id": state.point_id,
        **_measured(point.quantity, state.value),
        "observed_at": _plain(state.last_observed_at),
        "grade_code": state.grade_code,
    }


def response_level_state(level: ResponseLevel) -> Json:
    return _fields(level)


def wall_scene_state(scene: WallScene) -> Json:
    return _fields(scene)


def cap_state(message: CapMessage) -> Json:
    """A message of others, whole."""
    return _fields(message)


def drill_state(drill: DrillTime | None) -> Json | None:
    return _fields(drill) if drill else None


def response_state(figures: ResponseFigures) -> Json:
    """The figures with the targets they are held against, in seconds and shares of 1."""
    return {
        **{f.name: getattr(figures, f.name) for f in fields(figures)},
        "target_s": TARGET_RESPONSE_S,
        "target_major_s": TARGET_MAJOR_S,
    }


def coverage_state(record: CoverageRecord) -> Json:
    """The figures, advice, how many streets are covered to less than a half, and a digit for each grid: 2 within
    3:00, 1 within 3:48, 0 not."""
    return {
        "at": _plain(record.measured_at),
        "units": record.units,
        "straight_line": record.straight_line,
        "overall": coverage_figures_state(record.overall),
        "nets": {net: coverage_figures_state(figures) for net, figures in record.nets.items()},
        "grids": record.reached,
        "streets_below_half": sum(
            area.covered < 0.5 for code, area in record.areas.items() if level_of(code) is CommandLevel.STREET
        ),
        "moves": [move_state(move) for move in record.moves],
        "orders": [move_up_state(order) for order in record.orders],
    }


def move_state(move: MoveUpAdvice) -> Json:
    """Advice to move up, as the faces are told it."""
    return {**_fields(move), "gain_s": round(move.gain_s, 2)}


def coverage_figures_state(figures: CoverageFigures) -> Json:
    """Figures of coverage with shares to a tenth of a percent."""
    return {f.name: round(getattr(figures, f.name), 3) for f in fields(figures)}


def changes(
    *,
    alerts: Iterable[Alert] = (),
    incidents: Iterable[Incident] = (),
    units: Iterable[Unit] = (),
    assignments: Iterable[Assignment] = (),
    recommendations: Iterable[Json] = (),
    points: Iterable[Json] = (),
    response_levels: Iterable[ResponseLevel] = (),
    closures: Iterable[RoadClosure] = (),
    assistance: Iterable[AssistanceRequest] = (),
    wall_scenes: Iterable[WallScene] = (),
) -> Mapping[str, Sequence[Json]]:
    """The `changes` of an event: only the kinds that changed."""
    found: dict[str, list[Json]] = {
        "alerts": [alert_state(a) for a in alerts],
        "incidents": [incident_state(i) for i in incidents],
        "units": [unit_state(u) for u in units],
        "assignments": [assignment_state(a) for a in assignments],
        "recommendations": list(recommendations),
        "points": list(points),
        "response_levels": [response_level_state(level) for level in response_levels],
        "closures": [closure_state(c) for c in closures],
        "assistance": [assistance_state(request) for request in assistance],
        "wall_scenes": [wall_scene_state(scene) for scene in wall_scenes],
    }
    return {kind: states for kind, states in found.items() if states}
