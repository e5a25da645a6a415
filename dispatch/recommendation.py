"""Which units to send: the nearest suitable ones by road, each with the reason in facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.command_tree import CommandLevel, node_at
from core.geo import LonLat, distance_m
from dispatch.correlation import box_around
from dispatch.coverage import Uncovered
from dispatch.model import Unit, UnitStatus
from dispatch.passed_over import ON_FOOT, PassedOver
from dispatch.preemption import Preemption
from dispatch.relief import Relief
from dispatch.run_cards import Need, able
from dispatch.sharing import Place
from dispatch.travel import RouteFound


@dataclass(frozen=True, slots=True)
class Candidate:
    """One recommended unit. The reason is kept as facts, so that each language says it in its own words."""

    unit_id: str
    callsign: str
    net: str
    travel_time_s: float
    distance_m: float
    straight_line_m: float
    path: tuple[LonLat, ...]
    straight_line: bool
    """True when no road network was there and the time is a guess from the distance."""
    avoided: tuple[str, ...]
    """Closed roads that the route drives around."""
    nearer_passed_over: str | None
    """Callsign of a suitable unit nearer in a straight line, but later by road."""
    uncovers: Uncovered | None = None
    """What sending it leaves without anybody in time; None where coverage is not measured."""
    need: int | None = None
    """Which need of the package it fills, from 0; None for one that is offered beside the package."""
    jurisdiction: str = ""
    must_ask: str | None = None
    """The jurisdiction that has to be asked for it, where it is another one than the incident's."""
    unheard_s: float | None = None
    """How long nothing has been heard of it, in seconds, where that is so long that it may be elsewhere by now."""
    relieves: Relief | None = None
    """Whom it should take over from, being clearly sooner."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Advice for one incident; commits nothing."""

    recommendation_id: str
    incident_id: str
    made_at: datetime
    network: str
    candidates: tuple[Candidate, ...]
    considered: int
    """How many suitable available units with a position were compared."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many others of the force were not, by why: the first reason of `left_out` that holds."""
    alarm: int = 1
    """Which alarm of the run card this is."""
    needs: tuple[Need, ...] = ()
    """What is still to be sent; candidates name the need they fill by its place here."""
    passed_over: tuple[PassedOver, ...] = ()
    preemptions: tuple[Preemption, ...] = ()

    @property
    def package(self) -> tuple[Candidate, ...]:
        """The recommended units; the other candidates are a choice beside them."""
        return tuple(candidate for candidate in self.candidates if candidate.need is not None)


def suitable(units: Iterable[Unit], needs: Sequence[Need]) -> list[Unit]:
    """Units that are available, can fill one of the needs, and drive.

    Patrols on foot are not compared: travel times are those of vehicles and would flatter them.
    """
    # Thousands of units have a few sets of capabilities: each set is judged once.
    can: dict[frozenset[str], bool] = {}
    found = []
    for unit in units:
        if unit.status is not UnitStatus.AVAILABLE or unit.kind == ON_FOOT:
            continue
        is_able = can.get(unit.capabilities)
        if is_able is None:
            is_able = can[unit.capabilities] = able(unit, needs)
        if is_able:
            found.append(unit)
    return found


def left_out(
    units: Iterable[Unit], could: Collection[str], refused: Collection[str], compared: Collection[str]
) -> dict[str, int]:
    """How many of the force are not compared and why: `busy` (not available), `on_foot`, `unable` (lacks what is
    needed), `refused` (by their owners, not long ago), `unplaced` (nobody knows where). `could` are the suitable."""

    def why(unit: Unit) -> str:
        if unit.status is not UnitStatus.AVAILABLE:
            return "busy"
        if unit.unit_id not in could:
            return "on_foot" if unit.kind == ON_FOOT else "unable"
        return "refused" if unit.unit_id in refused else "unplaced"

    return dict(Counter(why(unit) for unit in units if unit.unit_id not in compared))


def rank_candidates(
    target: LonLat, units: Sequence[Unit], places: Mapping[str, LonLat], routes: Sequence[RouteFound]
) -> tuple[Candidate, ...]:
    """Candidates by travel time, then by callsign and id so that equal times have one order.

    `routes` are the nearest by road; `places` the newest positions of all suitable units, by unit_id.
    """
    by_id = {unit.unit_id: unit for unit in units}
    crow = {r.unit_id: distance_m(places[r.unit_id], target) for r in routes}
    # Nobody further off than the farthest of them can be passed over.
    box = box_around(target, max(crow.values(), default=0.0) + 1.0)
    for unit_id, place in places.items():
        if unit_id not in crow and unit_id in by_id and box.contains(place):
            crow[unit_id] = distance_m(place, target)
    ordered = sorted(routes, key=lambda r: (r.travel_time_s, by_id[r.unit_id].callsign, r.unit_id))
    found = []
    chosen: set[str] = set()
    for route in ordered:
        chosen.add(route.unit_id)
        nearer = min(
            (u for u, m in crow.items() if u not in chosen and m < crow[route.unit_id]),
            key=lambda u: (crow[u], by_id[u].callsign, u),
            default=None,
        )
        unit = by_id[route.unit_id]
        found.append(
            Candidate(
                unit_id=unit.unit_id,
                callsign=unit.callsign,
                net=unit.net,
                travel_time_s=route.travel_time_s,
                distance_m=route.distance_m,
                straight_line_m=crow[route.unit_id],
                path=route.path,
                straight_line=route.straight_line,
                avoided=route.avoided,
                nearer_passed_over=by_id[nearer].callsign if nearer else None,
                jurisdiction=unit.jurisdiction,
            )
        )
    return tuple(found)


def with_package(
    ranked: Sequence[Candidate],
    places: Iterable[Place],
    left: Collection[str],
    incident_jurisdiction: str,
    alternatives: int,
) -> tuple[Candidate, ...]:
    """The package first, then so many others; each group by travel time as it was ranked.

    The units that are `left` for other incidents come after all others. A unit of the incident's own district is asked
    for by nobody, whichever street the incident lies in.
    """
    district = node_at(CommandLevel.DISTRICT, incident_jurisdiction)
    fills = {place.unit_id: place.need for place in places}
    marked = [
        replace(
            candidate,
            need=fills.get(candidate.unit_id),
            must_ask=None if candidate.jurisdiction.startswith(district) else candidate.jurisdiction,
        )
        for candidate in ranked
    ]
    package = [candidate for candidate in marked if candidate.need is not None]
    others = sorted((c for c in marked if c.need is None), key=lambda c: c.unit_id in left)
    return (*package, *others[:alternatives])
