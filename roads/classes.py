"""Kinds of road and the speed an emergency vehicle is assumed to keep on them."""

from __future__ import annotations

from enum import IntEnum


class RoadClass(IntEnum):
    """OpenStreetMap's highway classes, largest first; LINK covers every *_link (ramps)."""

    MOTORWAY = 0
    TRUNK = 1
    PRIMARY = 2
    SECONDARY = 3
    TERTIARY = 4
    UNCLASSIFIED = 5
    RESIDENTIAL = 6
    SERVICE = 7
    LINK = 8


SPEED_KMH: dict[RoadClass, float] = {
    RoadClass.MOTORWAY: 80.0,
    RoadClass.TRUNK: 60.0,
    RoadClass.PRIMARY: 45.0,
    RoadClass.SECONDARY: 38.0,
    RoadClass.TERTIARY: 32.0,
    RoadClass.UNCLASSIFIED: 28.0,
    RoadClass.RESIDENTIAL: 22.0,
    RoadClass.SERVICE: 15.0,
    RoadClass.LINK: 40.0,
}
"""Mean speed by class in km/h where the map says nothing: an assumption of this project, crossings included,
without traffic and without a bonus for blue lights. Measure against the force's own tracks before relying on it."""
