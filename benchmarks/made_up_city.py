"""A city of as many made-up gauges as a measurement asks for, and the readings they send."""

from __future__ import annotations

import random
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from bootstrap.settings import REPOSITORY

JURISDICTION = "530111"
"""官渡区 Guandu (GB/T 2260)."""


def catalogue_of(points: int, folder: Path) -> Path:
    """The project's catalogue in `folder`, with so many synthetic gauges instead of the city's."""
    target = folder / "catalogue"
    shutil.copytree(REPOSITORY / "catalogue", target)
    rng = random.Random(1)
    gauges = [
        {
            "id": point_id(number),
            "name_zh": f"合成测点{number}",
            "name_en": f"synthetic gauge {number}",
            "kind": "road",
            "lon": round(rng.uniform(102.66, 102.80), 5),
            "lat": round(rng.uniform(24.96, 25.09), 5),
            "jurisdiction": JURISDICTION,
        }
        for number in range(points)
    ]
    (target / "points.yaml").write_text(yaml.safe_dump({"points": gauges}, allow_unicode=True))
    return target


def point_id(number: int) -> str:
    return f"B{number:05d}"


def reading(number: int, at: datetime, depth_cm: float) -> dict[str, Any]:
    """One reading as the intake takes it."""
    return {"point_id": point_id(number), "observed_at": at.isoformat(), "depth_cm": round(depth_cm, 1)}
