"""A city of as many made-up gauges as a measurement asks for, and the readings they send."""

from __future__ import annotations

import random
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from bootstrap.settings import REPOSITORY
from core.geo import LonLat

JURISDICTION = "530111901001"
"""A made-up community of 官渡区 Guandu (GB/T 2260), so that every level of the command tree can be told."""
CENTRE = LonLat(102.73, 25.03)
HUNDRED_GAUGES_DEG = 0.042
"""Side of the square that holds a hundred gauges, about 4.5 km."""


def catalogue_of(points: int, folder: Path) -> Path:
    """The project's catalogue in `folder`, with so many synthetic gauges instead of the city's.

    A larger city covers more ground: the gauges stand equally dense, 5 to a square kilometre, in any.
    """
    target = folder / "catalogue"
    shutil.copytree(REPOSITORY / "catalogue", target)
    rng = random.Random(1)
    half_deg = 0.5 * HUNDRED_GAUGES_DEG * (points / 100) ** 0.5
    gauges = [
        {
            "id": point_id(number),
            "name_zh": f"合成测点{number}",
            "name_en": f"synthetic gauge {number}",
            "kind": "road",
            "lon": round(CENTRE.lon + rng.uniform(-half_deg, half_deg), 5),
            "lat": round(CENTRE.lat + rng.uniform(-half_deg, half_deg), 5),
            "jurisdiction": JURISDICTION,
        }
        for number in range(points)
    ]
    said = {"source": "synthetic"}
    for name, kept in (("points", {"points": gauges}), ("geofences", {"geofences": []})):
        (target / f"{name}.yaml").write_text(yaml.safe_dump(said | kept, allow_unicode=True))
    return target


def point_id(number: int) -> str:
    return f"B{number:05d}"


def reading(number: int, at: datetime, depth_cm: float) -> dict[str, Any]:
    """One reading as the intake takes it."""
    return {"point_id": point_id(number), "observed_at": at.isoformat(), "depth_cm": round(depth_cm, 1)}
