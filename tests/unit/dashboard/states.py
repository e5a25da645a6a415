"""Public states as the operations give them, for the tests of the faces."""

from __future__ import annotations

from typing import Any

from alerts.model import Severity
from alerts.tables import Grade, GradingTable
from dispatch.model import Priority
from dispatch.run_cards import Need, RunCard
from dispatch.watching import IncidentGeofence, StatusLimits
from operations.catalogue import Catalogue, Category, Net, UnitRules

HEAVY = Grade("heavy", "重度", "heavy", Severity.ORANGE, {"depth_cm": 50})
CATALOGUE = Catalogue(
    version="1",
    points={},
    waterlogging=GradingTable("depth", "1", "test", (HEAVY,)),
    digest="0",
    rules={},
    categories={
        "road_flood": Category(
            "road_flood",
            "道路积水",
            "Road flooding",
            Priority.MAJOR,
            {},
            RunCard("road_flood", (Need(1, frozenset()),)),
            "test",
        )
    },
    nets={"county_key_area": Net("county_key_area", "县级重点区域控制网", "county key-area control net")},
    closure_radius_m={},
    units=UnitRules({}, IncidentGeofence(100, 200, 300), StatusLimits(120, 1.5, 180, 3600, {}), "test"),
)


def a_candidate(**changes: Any) -> dict[str, Any]:
    return {
        "unit_id": "U1",
        "callsign": "巡控0042",
        "net": "county_key_area",
        "travel_time_s": 128.4,
        "distance_m": 1240.0,
        "straight_line_m": 700.0,
        "path": [[102.7, 25.0], [102.71, 25.01]],
        "straight_line": False,
        "avoided": [],
        "nearer_passed_over": None,
        "need": None,
        "must_ask": None,
        **changes,
    }


def an_incident(**changes: Any) -> dict[str, Any]:
    return {
        "incident_id": "I1",
        "number": "260818-003",
        "category": "road_flood",
        "title_zh": "国贸路积水断交",
        "title_en": "Guomao Road closed by water",
        "place": [102.7385, 25.0184],
        "jurisdiction": "530111",
        "priority": 1,
        "status": "open",
        "opened_at": "2026-08-18T01:30:00+00:00",
        "changed_at": "2026-08-18T01:30:00+00:00",
        "origin": "closure",
        "point_id": "KM03",
        "first_dispatched_at": None,
        "first_on_scene_at": None,
        "closed_at": None,
        "closed_by": None,
        "note": None,
        "response_s": None,
        **changes,
    }
