"""Reads the roads of an OpenStreetMap extract into a road network."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import osmium

from core.errors import InvalidInputError
from core.geo import BoundingBox
from roads.classes import RoadClass
from roads.embedded import Report, silent
from roads.network import RoadNetwork
from roads.segments import RoadLine, TurnRule, assemble

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
    "busway": RoadClass.TERTIARY,
    "pedestrian": RoadClass.SERVICE,
}

EMERGENCY_HIGHWAYS = ("busway", "pedestrian")
"""Built for others, wide enough for a vehicle (proposal, docs/decisions/0021-what-emergency-vehicles-may-do.md)."""

OTHERS_ONLY = ("private", "agricultural", "forestry")
"""Access values that keep the public out but not a vehicle with a blue light (proposal, the same page)."""

RESTRICTIONS = ("restriction:motorcar", "restriction:motor_vehicle", "restriction")
"""The most special first."""

Rules = list[tuple[Any, Any, Any, bool]]
"""Way arrived on, node, way left on (all by OpenStreetMap's ids), and whether this turn is the only one."""

MPH_KMH = 1.609344


def import_osm(path: Path, bbox: BoundingBox | None = None, report: Report = silent) -> RoadNetwork:
    """The roads of an .osm.pbf (or .osm) file, their largest part in which everything reaches everything.

    Reads highway class, one-way streets (also -1, roundabouts and motorways by implication), maxspeed (km/h
    or mph, else the default of the class), access, bridges and tunnels, Chinese or default names, and turn
    restrictions with a node between. Restrictions with a way between or with hours are not applied; `report`
    is told how many there were of each. Ways that leave `bbox` are cut there. Roads closed to everybody are
    left out, those that only emergency vehicles may drive are marked.
    Raises InvalidInputError when the file cannot be read or holds no roads.
    """
    index_of: dict[int, int] = {}
    lon: list[float] = []
    lat: list[float] = []
    lines: list[RoadLine] = []
    lines_of: dict[int, list[int]] = {}
    restrictions: Rules = []
    found: Counter[str] = Counter()
    wanted = osmium.filter.KeyFilter("highway", *RESTRICTIONS, "restriction:conditional")
    reader = osmium.FileProcessor(str(path)).with_locations().with_filter(wanted)
    try:
        for thing in reader:
            if isinstance(thing, osmium.osm.Relation):
                rules, kind = turn_rules(dict(thing.tags), [(m.role, m.type, m.ref) for m in thing.members])
                found[kind] += 1
                restrictions += rules
            if not isinstance(thing, osmium.osm.Way):
                continue
            tags = dict(thing.tags)
            road_class = CLASS_OF_HIGHWAY.get(tags.get("highway", ""))
            ordinary, emergency = may_drive(tags)
            if road_class is None or not emergency:
                continue
            forward, backward = directions(tags)
            run: list[int] = []
            runs = [run]
            for node in thing.nodes:
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
            for nodes in runs:
                if len(nodes) < 2:
                    continue
                lines_of.setdefault(thing.id, []).append(len(lines))
                lines.append(
                    RoadLine(
                        nodes=nodes,
                        road_class=road_class,
                        name=tags.get("name:zh") or tags.get("name", ""),
                        forward=forward,
                        backward=backward,
                        speed_kmh=speed_kmh(tags.get("maxspeed", "")),
                        level=level(tags),
                        emergency_only=not ordinary,
                    )
                )
    except RuntimeError as error:
        raise InvalidInputError(f"{path} cannot be read as OpenStreetMap data: {error}") from error
    on_map = _on_lines(restrictions, lines_of, index_of, lines)
    unused: list[TurnRule] = []
    segments = assemble(np.array(lon), np.array(lat), lines, on_map, unused)
    report(_said(found, len(on_map) - len(unused), len(restrictions)), 0.5)
    name = path.name.removesuffix(".pbf").removesuffix(".osm")
    return RoadNetwork(name, segments, synthetic=False)


def turn_rules(tags: Mapping[str, str], members: Sequence[tuple[str, str, int]]) -> tuple[Rules, str]:
    """The rules of a restriction relation, members as (role, type, id), and what kind of relation it is.

    The kinds: `node` and `way` for what lies between, `hours` for one that is not always in force, `exempt`
    for one that does not bind cars, `unclear` for what does not say from where to where.
    """
    named = next((tags[key] for key in RESTRICTIONS if key in tags), None)
    if named is None:
        return [], "hours"
    if {"motorcar", "motor_vehicle"} & {part.strip() for part in tags.get("except", "").split(";")}:
        return [], "exempt"
    if tags.get("day_on") or tags.get("hour_on"):
        return [], "hours"
    start, end = ([ref for role, kind, ref in members if role == r and kind == "w"] for r in ("from", "to"))
    via = [(kind, ref) for role, kind, ref in members if role == "via"]
    if any(kind == "w" for kind, _ in via):
        return [], "way"
    only = named.startswith("only_")
    if not start or not end or len(via) != 1 or not (only or named.startswith("no_")):
        return [], "unclear"
    return [(a, via[0][1], b, only) for a in start for b in end], "node"


def _on_lines(
    restrictions: Rules,
    lines_of: Mapping[int, Sequence[int]],
    index_of: Mapping[int, int],
    lines: Sequence[RoadLine],
) -> list[TurnRule]:
    """The restrictions whose ways and node are on the map; of a way in pieces, the piece that ends there."""
    rules = []
    for start, via, end, only in restrictions:
        node = index_of.get(via)
        if node is None:
            continue
        a, b = (
            [i for i in lines_of.get(way, []) if node in (lines[i].nodes[0], lines[i].nodes[-1])]
            for way in (start, end)
        )
        if len(a) == 1 and len(b) == 1:
            rules.append(TurnRule(a[0], node, b[0], only))
    return rules


def _said(found: Counter[str], applied: int, asked: int) -> str:
    words = {
        "way": "with a way between (not supported)",
        "hours": "at certain hours (not supported)",
        "exempt": "not for cars",
        "unclear": "unclear",
    }
    said = [f"{applied} turn restrictions applied"]
    if asked > applied:
        said.append(f"{asked - applied} about turns that are not on this map")
    return ", ".join(said + [f"{found[kind]} {what}" for kind, what in words.items() if found[kind]])


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


def may_drive(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Whether a road is open to everybody, and whether to emergency vehicles.

    The most special of the access tags decides. What is closed to the public is open to emergency vehicles when
    it is private, a bus road, a pedestrian street, or tagged so.
    """
    if tags.get("area") == "yes":
        return False, False
    stated = next((tags[k] for k in ("motorcar", "motor_vehicle", "vehicle", "access") if k in tags), "yes")
    for_others = tags.get("highway") in EMERGENCY_HIGHWAYS
    ordinary = stated not in ("no", *OTHERS_ONLY) and not (for_others and stated == "yes")
    buses = {tags.get("bus"), tags.get("psv")} & {"yes", "designated"}
    if "emergency" in tags:
        return ordinary, ordinary or tags["emergency"] != "no"
    return ordinary, bool(ordinary or stated in OTHERS_ONLY or for_others or buses)


def _inside(bbox: BoundingBox | None, lon: float, lat: float) -> bool:
    return bbox is None or (bbox.west <= lon <= bbox.east and bbox.south <= lat <= bbox.north)
