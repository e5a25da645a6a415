"""Who patrols: a synthetic shift in the three nets, the same for the same seed, size and road network."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from core.command_tree import CommandLevel, node_at
from core.errors import InvalidInputError
from core.geo import BoundingBox, LonLat
from drills.intake_api import Json
from drills.roads import Districts, Roads

BUILT_UP = BoundingBox(102.62, 24.93, 102.85, 25.12)
"""Roughly what lies inside the third ring road: where most people are."""

BUILT_UP_SHARE = 0.85
"""Share of the units whose beat begins inside BUILT_UP (assumption); the others are anywhere in the city."""

MOST_TRIES = 200


@dataclass(frozen=True, slots=True)
class PatrolKind:
    """One kind of unit. `beat_m` is how long the stretch is that it patrols up and down."""

    kind: str
    net: str
    share: float
    mark: str
    patrol_kmh: float
    beat_m: float
    capabilities: frozenset[str]


def _kind(
    kind: str, net: str, share: float, mark: str, kmh: float, beat_m: float, *capabilities: str
) -> PatrolKind:
    return PatrolKind(kind, net, share, mark, kmh, beat_m, frozenset(capabilities))


KINDS: tuple[PatrolKind, ...] = (
    _kind(
        "car", "city_counter_terror", 0.08, "突", 25, 5_000,
        "police", "rescue", "first_aid", "traffic_control",
    ),
    _kind("car", "county_key_area", 0.17, "巡", 25, 4_000, "police", "first_aid", "traffic_control"),
    _kind("motorcycle", "county_key_area", 0.15, "骑", 22, 3_000, "police", "traffic_control"),
    _kind("pump_crew", "county_key_area", 0.03, "排", 20, 3_000, "rescue", "pump"),
    _kind("car", "station_base", 0.15, "巡", 22, 3_000, "police", "first_aid", "traffic_control"),
    _kind("motorcycle", "station_base", 0.22, "骑", 20, 2_500, "police", "traffic_control"),
    _kind("foot", "station_base", 0.20, "步", 5, 800, "police"),
)  # fmt: skip
"""Assumptions of this project throughout: the city publishes the nets and the total, but no shares, no speeds
and no equipment. Shares add up to 1. Pump crews belong to the drainage company; they ride with the county net
here because the three nets are all the city names."""


@dataclass(frozen=True, slots=True)
class PatrolUnit:
    """One synthetic unit. Its id is its number in the shift, whatever the seed."""

    unit_id: str
    callsign: str
    kind: PatrolKind
    jurisdiction: str
    home: LonLat
    patrol_kmh: float

    def registration(self) -> Json:
        return {
            "unit_id": self.unit_id,
            "callsign": self.callsign,
            "net": self.kind.net,
            "kind": self.kind.kind,
            "capabilities": sorted(self.kind.capabilities),
            "jurisdiction": self.jurisdiction,
            "synthetic": True,
        }


def make_shift(
    count: int, seed: int, roads: Roads, districts: Districts, district_names: Mapping[str, str]
) -> list[PatrolUnit]:
    """`count` units at home on roads of the city, callsigns such as 官渡-巡-0123.

    `district_names` maps district codes to what callsigns begin with; without a name it is the code.
    Raises InvalidInputError when the network has no roads inside the city.
    """
    numbers: Counter[str] = Counter()
    shift = []
    for number, kind in enumerate(_kinds_of(count, seed), 1):
        # A generator for each unit: the first 1,300 of the full force are those of the small shift's seed.
        rng = random.Random(f"{seed}/unit/{number}")
        within = BUILT_UP if rng.random() < BUILT_UP_SHARE else None
        home, jurisdiction = _home(rng, within, roads, districts)
        series = f"{district_names.get(jurisdiction, jurisdiction)}-{kind.mark}"
        numbers[series] += 1
        shift.append(
            PatrolUnit(
                unit_id=f"sim-{number:04d}",
                callsign=f"{series}-{numbers[series]:04d}",
                kind=kind,
                jurisdiction=jurisdiction,
                home=home,
                patrol_kmh=kind.patrol_kmh * rng.uniform(0.8, 1.2),
            )
        )
    return shift


def _kinds_of(count: int, seed: int) -> list[PatrolKind]:
    rng = random.Random(f"{seed}/kinds")
    return rng.choices(KINDS, [kind.share for kind in KINDS], k=count)


def _home(
    rng: random.Random, within: BoundingBox | None, roads: Roads, districts: Districts
) -> tuple[LonLat, str]:
    for _ in range(MOST_TRIES):
        place = roads.random_place(rng, within)
        jurisdiction = districts.jurisdiction_of(place)
        if jurisdiction is not None:
            # The force is the districts': no unit belongs to a street.
            return place, node_at(CommandLevel.DISTRICT, jurisdiction)
    raise InvalidInputError(
        f"found no road inside the city in {MOST_TRIES} tries, expected the road network to cover it"
    )
