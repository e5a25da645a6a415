"""The wall: every figure follows the live feed in the browser; nobody acts here."""

from __future__ import annotations

from dash import Dash

from dashboard.callbacks.following import follow
from dashboard.ids import Wall


def register(app: Dash) -> None:
    """Ties the live stores of the wall to what it shows."""
    follow(
        app,
        {
            (Wall.LIVE_LINK, Wall.LIVE_HEALTH, Wall.LIVE_GAUGES): (Wall.TRUTH, "wall", "truth"),
            (Wall.LIVE_SCENE,): (Wall.SCENE, "wall", "scene"),
            (Wall.LIVE_CLOCK,): (Wall.DRILL, "shared", "drill"),
            (Wall.LIVE_HEALTH, Wall.LIVE_LINK, Wall.LIVE_GAUGES): (Wall.FEEDS, "wall", "feeds"),
            (Wall.LIVE_METRICS,): (Wall.RESPONSE, "wall", "response"),
            (Wall.LIVE_INCIDENTS,): (Wall.QUEUE, "wall", "queue"),
            (Wall.LIVE_INCIDENTS, Wall.LIVE_ALERTS): (Wall.GRADES, "wall", "grades"),
            (Wall.LIVE_LOAD,): (Wall.LOAD, "wall", "load"),
            (Wall.LIVE_LEVELS,): (Wall.LEVEL, "wall", "level"),
            (Wall.LIVE_UNITS,): (Wall.UNITS, "wall", "units"),
            (Wall.LIVE_COVERAGE,): (Wall.COVERAGE, "wall", "coverage"),
        },
    )
    follow(app, {(Wall.LIVE_METRICS,): (Wall.TREND, "wall", "trend")}, prop="figure")
