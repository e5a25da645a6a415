"""Reads the roads of an OpenStreetMap extract into a road network."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import osmium

from core.errors import InvalidInputError
from core.geo import BoundingBox
from roads.classes import RoadClass
from roads.network import RoadNetwork
from roads.segments import RoadLine, assemble

CLASS_OF_HIGHWAY = {
    "motorway": RoadClass.MOTORWAY,
    "trunk": RoadClass.TRUNK,
    "primary": RoadClass.PRIMARY,
    "secondary": RoadClass.SECONDARY,
    "tertiary": RoadClass.TERTIARY,
    "unclassified": RoadClass.UNCLASSIFIED,
    "residential": RoadClass.RESIDENTIAL,
    "living_street": RoadClass.SERVICE,
    "service": RoadClass.SERVICE,
    "motorway_link": RoadClass.LINK,
    "trunk_link": RoadClass.LINK,
    "primary_link": RoadClass.LINK,
    "secondary_link": RoadClass.LINK,
    "tertiary_link": RoadClass.LINK,
}

MPH_KMH = 1.609344


def import_osm(path: Path, bbox: BoundingBox | None = None) -> RoadNetwork:
    """The roads of an .osm.pbf (or .osm) file, their largest part in which everything reaches everything.

    Reads highway class, one-way streets (also -1, roundabouts and motorways by implication), maxspeed (km/h
    or mph, else the default of the class), access, bridges and tunnels, Chinese or default names. Ways that
    leave `bbox` are cut there. Roads closed to motor vehicles, and private ones, are left out. Turn
    restrictions are NOT read: a route may contain a forbidden turn.
    Raises InvalidInputError when the file cannot be read or holds no roads.
    """
    index_of: dict[int, int] = {}
    lon: list[float] = []
    lat: list[float] = []
    lines: list[RoadLine] = []
    reader = osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("highway"))
    try:
        for way in reader:
            if not isinstance(way, osmium.osm.Way):
                continue
            tags = dict(way.tags)
            road_class = CLASS_OF_HIGHWAY.get(tags["highway"])
            if road_class is None or not _may_drive(tags):
                continue
            forward, backward = directions(tags)
            run: list[int] = []
            runs = [run]
            for node in way.nodes:
                if not node.location.valid() or not _inside(bbox, node.lon, node.lat):
                    if run:
                        run = []
                        runs.append(run)
                    continue
                index = index_of.setdefault(node.ref, len(lon))
                if index == len(lon):
                    lon.append(node.lon)
                    lat.append(node.lat)
                run.append(index)
            lines += [
                RoadLine(
                    nodes=nodes,
                    road_class=road_class,
                    name=tags.get("name:zh") or tags.get("name", ""),
                    forward=forward,
                    backward=backward,
                    speed_kmh=speed_kmh(tags.get("maxspeed", "")),
                    level=level(tags),
                )
                for nodes in runs
                if len(nodes) >= 2
            ]
    except RuntimeError as error:
        raise InvalidInputError(f"{path} cannot be read as OpenStreetMap data: {error}") from error
    name = path.name.removesuffix(".pbf").removesuffix(".osm")
    return RoadNetwork(name, assemble(np.array(lon), np.array(lat), lines), synthetic=False)


def directions(tags: dict[str, str]) -> tuple[bool, bool]:
    """Whether a way may be driven along its nodes and against them."""
    oneway = tags.get("oneway", "")
    if oneway in ("-1", "reverse"):
        return False, True
    if oneway in ("yes", "true", "1"):
        return True, False
    if oneway in ("no", "false", "0"):
        return True, True
    implied = tags.get("junction") in ("roundabout", "circular") or tags["highway"].startswith("motorway")
    return True, not implied


def speed_kmh(maxspeed: str) -> float | None:
    """A maxspeed value in km/h, or None where it says nothing usable (the class default applies)."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(km/h|kmh|mph)?\s*", maxspeed)
    if not match or float(match[1]) < 5:
        return None
    return float(match[1]) * (MPH_KMH if match[2] == "mph" else 1.0)


def level(tags: dict[str, str]) -> int:
    """-1 for what dips below (tunnel, negative layer), 1 for what is carried above, 0 else."""
    layer = re.fullmatch(r"[+-]?\d+", tags.get("layer", ""))
    number = int(layer[0]) if layer else 0
    if number < 0 or tags.get("tunnel", "no") not in ("no", "building_passage"):
        return -1
    return 1 if number > 0 and tags.get("bridge", "no") != "no" else 0


def _may_drive(tags: dict[str, str]) -> bool:
    for key in ("motor_vehicle", "vehicle", "access"):
        if key in tags:
            return tags[key] not in ("no", "private", "agricultural", "forestry")
    return tags.get("area") != "yes"


def _inside(bbox: BoundingBox | None, lon: float, lat: float) -> bool:
    return bbox is None or (bbox.west <= lon <= bbox.east and bbox.south <= lat <= bbox.north)
