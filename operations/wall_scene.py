"""What the wall of a jurisdiction shows: its scenes by turns, or the one that a desk has locked it to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scene(StrEnum):
    """What fills the map of a wall."""

    CITY = "city"
    DISTRICT = "district"
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True)
class WallScene:
    """The wall of `jurisdiction` is locked to `scene`, or cycles when that is None. `subject` is the district's code or
    the incident's id. `set_by` and `since_at` say who asked for what stands, and since when (the city's instant)."""

    jurisdiction: str
    scene: Scene | None = None
    subject: str | None = None
    set_by: str | None = None
    since_at: datetime | None = None
    version: int = 0
