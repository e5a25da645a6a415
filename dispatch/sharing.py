"""Which units go to which incidents when several wait at once: one assignment, the urgent ones first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dispatch.matching import cheapest_matching
from dispatch.model import Priority, Unit
from dispatch.run_cards import Need

WEIGHT: Mapping[Priority, float] = {Priority.MAJOR: 9.0, Priority.URGENT: 3.0, Priority.NORMAL: 1.0}
"""What a second of waiting counts for (proposal)."""

OTHER_NET_S = 60.0
"""A unit of another net than the preferred one goes only where it is so much sooner (proposal)."""

EMPTY_S = 14_400.0
"""What a place nobody fills counts for: longer than any way, so that none stays empty that could be filled."""

_NEVER = 1e9


@dataclass(frozen=True, slots=True)
class Waiting:
    """An incident that units are sought for. `times_s` are the travel times of those that may be sent."""

    incident_id: str
    number: str
    priority: Priority
    needs: tuple[Need, ...]
    times_s: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Place:
    """One place of an incident's package, filled: `need` counts its needs from 0."""

    incident_id: str
    need: int
    unit_id: str


def share(waiting: Sequence[Waiting], units: Mapping[str, Unit]) -> tuple[Place, ...]:
    """Fills the packages so that the weighted sum of the travel times is least; no unit is named twice.

    A place that nobody left could fill stays empty, rather that of a less urgent incident.
    """
    places = [
        (one, number) for one in waiting for number, need in enumerate(one.needs) for _ in range(need.count)
    ]
    named = {unit_id for one in waiting for unit_id in one.times_s}
    columns = sorted(named, key=lambda unit_id: (units[unit_id].callsign, unit_id))
    costs = [
        [_cost(one, one.needs[number], units[unit_id]) for unit_id in columns]
        + [WEIGHT[one.priority] * EMPTY_S] * len(places)
        for one, number in places
    ]
    return tuple(
        Place(one.incident_id, number, columns[column])
        for (one, number), column in zip(places, cheapest_matching(costs), strict=True)
        if column < len(columns)
    )


def _cost(one: Waiting, need: Need, unit: Unit) -> float:
    time_s = one.times_s.get(unit.unit_id)
    if time_s is None or not need.capabilities <= unit.capabilities:
        return _NEVER
    other_net = need.net is not None and unit.net != need.net
    return WEIGHT[one.priority] * (time_s + (OTHER_NET_S if other_net else 0.0))
