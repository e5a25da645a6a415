"""Seeks units for an incident: its package, who reaches it when, what others wait for, and who is passed over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.geo import LonLat
from dispatch.model import Assignment, Incident, Unit
from dispatch.passed_over import LeftFor, PassedOver, explain, nearer_units
from dispatch.preemption import ON_THE_WAY, Preemption, is_worth_it, loses, may_take
from dispatch.recommendation import Candidate, left_out, suitable
from dispatch.run_cards import Need, still_needed
from dispatch.sharing import Place, Waiting, share
from dispatch.travel import RouteFound
from operations.ports import Ports
from operations.store import Transaction

MOST_LOOKED_AT = 40
"""So many waiting incidents, the most urgent and oldest, are looked at for the same units."""

MOST_TOGETHER = 8
"""So many are solved as one assignment: each is a search of its own while an officer waits."""


@dataclass(frozen=True, slots=True)
class Found:
    """What seeking found: the suitable units, where they are, how many were not compared and why, ways of the
    nearest, and who fills the package."""

    suitable: list[Unit]
    places: dict[str, LonLat]
    left_out: dict[str, int]
    routes: list[RouteFound]
    share: tuple[Place, ...]
    left_for: Mapping[str, LeftFor]
    """Units that would be sooner than the last one sent, and the incident each is left for."""
    advised_otherwise: tuple[str, ...]
    """Incidents whose advice names a unit that is recommended here now."""


class Seeker:
    """One look at units, positions and roads; closures are in force before it is made."""

    def __init__(self, ports: Ports, tx: Transaction) -> None:
        self._ports = ports
        self._tx = tx
        self._units = {unit.unit_id: unit for unit in tx.units()}
        self._places = ports.positions.places(list(self._units))
        self._refusals: dict[str, frozenset[str]] = {}
        self._able: dict[tuple[frozenset[str], str | None], dict[str, LonLat]] = {}

    def package_of(self, incident: Incident) -> tuple[int, tuple[Need, ...]]:
        """Which alarm the incident has reached, and what is still to be sent for it."""
        card = self._ports.catalogue.categories[incident.category].run_card
        severity = None
        if incident.point_id is not None and any(alarm.severities for alarm in card.further):
            alerts = self._tx.open_alerts_at([incident.point_id])
            severity = max((a.severity for a in alerts), key=lambda s: s.rank, default=None)
        package = card.package(incident.priority, severity.value if severity else None)
        on_it = [a.unit_id for a in self._on_their_way_or_there if a.incident_id == incident.incident_id]
        return package.alarm, still_needed(package.needs, [self._units[u] for u in on_it if u in self._units])

    def seek(self, incident: Incident, needs: tuple[Need, ...], more: int) -> Found:
        """Who fills the needs, with `more` others to choose from. Where nothing is needed any more, the others
        are those that could fill the package itself."""
        asked = needs or self._ports.catalogue.categories[incident.category].run_card.needs
        refused = self._refused(incident)
        could = suitable(self._units.values(), asked)
        units = [unit for unit in could if unit.unit_id not in refused]
        places = {u.unit_id: self._places[u.unit_id] for u in units if u.unit_id in self._places}
        wanted = _count(needs) + more
        routes = self._routes(incident, asked, wanted)
        rivals = self._rivals(incident, {route.unit_id for route in routes}) if needs else []
        if rivals:
            wanted += sum(_count(rival_needs) for _, rival_needs in rivals)
            routes = self._routes(incident, asked, wanted)
        waiting = [_waiting(incident, needs, routes)]
        waiting += [
            _waiting(rival, rival_needs, self._routes(rival, rival_needs, wanted))
            for rival, rival_needs in rivals
        ]
        shared = share(sorted(waiting, key=lambda w: (w.priority, w.incident_id)), self._units)
        own = tuple(place for place in shared if place.incident_id == incident.incident_id)
        return Found(
            units,
            places,
            left_out(self._units.values(), {unit.unit_id for unit in could}, refused, places),
            routes,
            own,
            _left_for(incident, own, shared, waiting),
            self._advised_otherwise(own, [rival.incident_id for rival, _ in rivals]),
        )

    def passed_over(
        self,
        incident: Incident,
        needs: Sequence[Need],
        chosen: Sequence[Candidate],
        left_for: Mapping[str, LeftFor],
    ) -> tuple[PassedOver, ...]:
        """Why the units nearer in a straight line are not recommended; each way is really sought."""
        if not needs:
            return ()
        ids = {candidate.unit_id for candidate in chosen}
        near = nearer_units(incident.place, ids, self._places)
        told = [*(u for u in left_for if u not in near), *near]
        could = {u.unit_id for u in suitable([self._units[u] for u in told], needs)}
        ways = self._nearest(incident, {u: self._places[u] for u in could}, len(could))
        route_of = {route.unit_id: route for route in ways}
        latest_s = max((candidate.travel_time_s for candidate in chosen), default=0.0)
        return tuple(
            explain(
                incident.place,
                self._units[unit_id],
                self._places[unit_id],
                needs,
                latest_s,
                route=route_of.get(unit_id),
                left_for=left_for.get(unit_id),
                busy_with=self._number_of(unit_id),
                refused=unit_id in self._refused(incident),
            )
            for unit_id in told
        )

    def preemptions(
        self, incident: Incident, needs: Sequence[Need], chosen: Sequence[Candidate]
    ) -> tuple[Preemption, ...]:
        """The one unit on its way to a less urgent incident that would be clearly sooner here, and its price."""
        under_way = {
            a.unit_id: a
            for a in self._on_their_way_or_there
            if a.status in ON_THE_WAY and a.unit_id in self._places and a.unit_id in self._units
        }
        others = {i.incident_id: i for i in self._tx.incidents({a.incident_id for a in under_way.values()})}
        able_ones = {
            unit_id: self._places[unit_id]
            for unit_id, a in under_way.items()
            if may_take(incident, others[a.incident_id], a)
            and any(need.capabilities <= self._units[unit_id].capabilities for need in needs)
        }
        if not able_ones:
            return ()
        best_s = min((candidate.travel_time_s for candidate in chosen), default=None)
        route = next(iter(self._nearest(incident, able_ones, 1)), None)
        if route is None or not is_worth_it(route.travel_time_s, best_s):
            return ()
        taken = under_way[route.unit_id]
        other = others[taken.incident_id]
        unit = self._units[route.unit_id]
        return (
            Preemption(
                assignment_id=taken.assignment_id,
                unit_id=unit.unit_id,
                callsign=unit.callsign,
                jurisdiction=unit.jurisdiction,
                travel_time_s=route.travel_time_s,
                distance_m=route.distance_m,
                path=route.path,
                straight_line=route.straight_line,
                gain_s=None if best_s is None else best_s - route.travel_time_s,
                from_incident_id=other.incident_id,
                from_number=other.number,
                from_priority=other.priority,
                loses_s=loses(
                    self._ports.clock.now(),
                    taken.eta_at,
                    self._next_s(other, {candidate.unit_id for candidate in chosen}),
                ),
            ),
        )

    def _next_s(self, other: Incident, spoken_for: Collection[str]) -> float | None:
        """How soon the next unit would be at the other incident; None when nobody is left."""
        card = self._ports.catalogue.categories[other.category].run_card
        left = [u for u in suitable(self._units.values(), card.needs) if u.unit_id not in spoken_for]
        places = {u.unit_id: self._places[u.unit_id] for u in left if u.unit_id in self._places}
        return next((r.travel_time_s for r in self._nearest(other, places, 1)), None)

    @cached_property
    def _on_their_way_or_there(self) -> Sequence[Assignment]:
        return self._tx.open_assignments()

    def _number_of(self, unit_id: str) -> str | None:
        """The number of the incident a unit is on."""
        on = next((a.incident_id for a in self._on_their_way_or_there if a.unit_id == unit_id), None)
        return self._tx.incident(on, lock=False).number if on else None

    def _routes(self, incident: Incident, needs: Sequence[Need], count: int) -> list[RouteFound]:
        """Ways of the nearest units: so many for each need, and so many of the net it prefers."""
        found: dict[str, RouteFound] = {}
        refused = self._refused(incident)
        searched: set[tuple[frozenset[str], str | None]] = set()
        for need in needs:
            for net in {None, need.net}:
                if (need.capabilities, net) in searched:
                    continue
                searched.add((need.capabilities, net))
                places = self._places_of(need, net)
                if refused:
                    places = {unit_id: place for unit_id, place in places.items() if unit_id not in refused}
                for route in self._nearest(incident, places, count):
                    found[route.unit_id] = route
        return list(found.values())

    def _refused(self, incident: Incident) -> frozenset[str]:
        """Units that their owners have refused for this incident, not long ago."""
        if incident.incident_id not in self._refusals:
            now = self._ports.clock.now()
            asked = self._tx.assistance_of(incident.incident_id)
            self._refusals[incident.incident_id] = frozenset(r.unit_id for r in asked if r.is_refused(now))
        return self._refusals[incident.incident_id]

    def _nearest(self, incident: Incident, places: Mapping[str, LonLat], count: int) -> list[RouteFound]:
        return self._ports.travel_times.nearest(
            incident.place, places, count, emergency=incident.priority.is_emergency
        )

    def _places_of(self, need: Need, net: str | None) -> Mapping[str, LonLat]:
        """Where the units are that could fill this need, of one net or of all; the same for every incident."""
        key = (need.capabilities, net)
        if key not in self._able:
            self._able[key] = {
                unit.unit_id: self._places[unit.unit_id]
                for unit in suitable(self._units.values(), [need])
                if unit.unit_id in self._places and net in (None, unit.net)
            }
        return self._able[key]

    def _rivals(
        self, incident: Incident, candidates: Collection[str]
    ) -> list[tuple[Incident, tuple[Need, ...]]]:
        """Other incidents nobody was sent to yet whose advice names one of the candidates, the most urgent and
        oldest first."""
        others = [
            other
            for other in self._tx.incidents(self._tx.undispatched_incidents())
            if other.incident_id != incident.incident_id
        ]
        first = sorted(others, key=lambda i: (i.priority, i.opened_at, i.incident_id))[:MOST_LOOKED_AT]
        advised = self._tx.advised_units([other.incident_id for other in first])
        rivals = [
            other for other in first if not advised.get(other.incident_id, frozenset()).isdisjoint(candidates)
        ]
        return [(rival, self.package_of(rival)[1]) for rival in rivals[: MOST_TOGETHER - 1]]

    def _advised_otherwise(self, own: Sequence[Place], rivals: Sequence[str]) -> tuple[str, ...]:
        if not rivals:
            return ()
        taken = {place.unit_id for place in own}
        recommended = self._tx.advised_units(rivals, package_only=True)
        return tuple(rival for rival in rivals if taken & recommended.get(rival, frozenset()))


def _count(needs: Sequence[Need]) -> int:
    return sum(need.count for need in needs)


def _waiting(incident: Incident, needs: tuple[Need, ...], routes: Sequence[RouteFound]) -> Waiting:
    times = {route.unit_id: route.travel_time_s for route in routes}
    return Waiting(incident.incident_id, incident.number, incident.priority, needs, times)


def _left_for(
    incident: Incident, own: Sequence[Place], shared: Sequence[Place], waiting: Sequence[Waiting]
) -> dict[str, LeftFor]:
    """Units that other incidents get although this one's last unit comes later, or stays out."""
    mine, *others = waiting
    by_id = {other.incident_id: other for other in others}
    is_full = len(own) == _count(mine.needs)
    latest_s = max((mine.times_s[place.unit_id] for place in own), default=0.0)
    return {
        place.unit_id: LeftFor(
            by_id[place.incident_id].number, by_id[place.incident_id].priority < incident.priority
        )
        for place in shared
        if place.incident_id in by_id
        and place.unit_id in mine.times_s
        and (not is_full or mine.times_s[place.unit_id] < latest_s)
    }
