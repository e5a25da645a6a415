"""Seeks units for an incident: its package, who reaches it when, what others wait for, and who is passed over."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, isinf

from core.geo import LonLat, distance_m
from dispatch.model import Assignment, AssignmentStatus, Incident, Unit
from dispatch.passed_over import TOLD, LeftFor, PassedOver, explain, nearer_units
from dispatch.preemption import ON_THE_WAY, Preemption, is_worth_it, loses, may_take
from dispatch.recommendation import Candidate, left_out, suitable
from dispatch.relief import Relief, arrives_in_s, may_be_relieved, reliefs
from dispatch.run_cards import Need, Package, able, still_needed
from dispatch.sharing import Place, Waiting, share
from dispatch.travel import RouteFound
from operations.ports import Ports
from operations.store import Transaction

MOST_LOOKED_AT = 40
"""So many waiting incidents, the most urgent and oldest, are looked at for the same units."""

MOST_TOGETHER = 8
"""So many are solved as one assignment: each is a search of its own while an officer waits."""

LOOKED_AT_FIRST = 500
"""So many of the nearest in a straight line are looked at first, and more while too few of them are suitable or one
further off could be sooner: of thousands most are too far off to matter."""


@dataclass(frozen=True, slots=True)
class Found:
    """What seeking found: the suitable units, where they are, how many were not compared and why, ways of the
    nearest, and who fills the package."""

    considered: int
    """How many suitable units have a place, and were compared."""
    left_out: dict[str, int]
    """How many of the others were not, and why."""
    suitable: list[Unit]
    """Those that stand no further off than the farthest with a way."""
    places: Mapping[str, LonLat]
    """Where these stand."""
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
        self._where = ports.positions.whereabouts(list(self._units))
        self._refusals: dict[str, frozenset[str]] = {}
        self._far_off: dict[str, Mapping[str, float]] = {}

    def package_of(self, incident: Incident) -> tuple[int, tuple[Need, ...]]:
        """Which alarm the incident has reached, and what is still to be sent for it."""
        package = self._package(incident)
        return package.alarm, still_needed(package.needs, self._units_on(incident))

    def _package(self, incident: Incident) -> Package:
        card = self._ports.catalogue.categories[incident.category].run_card
        severity = None
        if incident.point_id is not None and any(alarm.severities for alarm in card.further):
            alerts = self._tx.open_alerts_at([incident.point_id])
            severity = max((a.severity for a in alerts), key=lambda s: s.rank, default=None)
        return card.package(incident.priority, severity.value if severity else None)

    def _units_on(self, incident: Incident, but: Assignment | None = None) -> list[Unit]:
        """The units on this incident, without that of one assignment."""
        return [
            self._units[a.unit_id]
            for a in self._on_their_way_or_there
            if a.incident_id == incident.incident_id and a != but and a.unit_id in self._units
        ]

    def seek(self, incident: Incident, needs: tuple[Need, ...], more: int) -> Found:
        """Who fills the needs, with `more` others to choose from. Where nothing is needed any more, the others
        are those that could fill the package itself."""
        asked = needs or self._ports.catalogue.categories[incident.category].run_card.needs
        refused = self._refused(incident)
        could = {unit.unit_id for unit in suitable(self._units.values(), asked)}
        compared = {u for u in could if u in self._where and u not in refused}
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
        near = self._where.within(incident.place, self._farthest_m(incident, routes) + 1.0)
        suitable_ones = self._able(incident, near, asked)
        return Found(
            len(compared),
            left_out(self._units.values(), could, refused, compared),
            suitable_ones,
            {unit.unit_id: near[unit.unit_id] for unit in suitable_ones},
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
        farthest_m = max((candidate.straight_line_m for candidate in chosen), default=None)
        if farthest_m is None:
            around, _ = self._where.nearest(incident.place, TOLD)
        else:
            around = self._where.within(incident.place, farthest_m + 1.0)
        near = nearer_units(incident.place, ids, around)
        told = [*(u for u in left_for if u not in near), *near]
        places = self._places_of(told)
        could = suitable([self._units[u] for u in told], needs)
        ways = self._nearest(incident, {u.unit_id: places[u.unit_id] for u in could}, len(could))
        route_of = {route.unit_id: route for route in ways}
        latest_s = max((candidate.travel_time_s for candidate in chosen), default=0.0)
        return tuple(
            explain(
                incident.place,
                self._units[unit_id],
                places[unit_id],
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
            if a.status in ON_THE_WAY and a.unit_id in self._where
        }
        others = {i.incident_id: i for i in self._tx.incidents({a.incident_id for a in under_way.values()})}
        able_ones = self._places_of(
            unit_id
            for unit_id, a in under_way.items()
            if may_take(incident, others[a.incident_id], a)
            and any(need.capabilities <= self._units[unit_id].capabilities for need in needs)
        )
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

    def far_off(self, incident: Incident) -> Mapping[str, float]:
        """In how many seconds each unit on its way here arrives, by assignment: those that somebody could relieve.
        One that nothing was heard of for long is not among them."""
        if incident.incident_id not in self._far_off:
            self._far_off[incident.incident_id] = self._seek_far_off(incident)
        return self._far_off[incident.incident_id]

    def _seek_far_off(self, incident: Incident) -> Mapping[str, float]:
        on_it = [
            a
            for a in self._on_their_way_or_there
            if a.incident_id == incident.incident_id and a.status in ON_THE_WAY
        ]
        unheard = self._ports.positions.unheard_s([a.unit_id for a in on_it])
        places = self._places_of(a.unit_id for a in on_it if a.unit_id not in unheard)
        drives = {r.unit_id: r.travel_time_s for r in self._nearest(incident, places, len(places))}
        now = self._ports.clock.now()
        arrives = {
            a.assignment_id: arrives_in_s(
                drives[a.unit_id],
                None if a.status is AssignmentStatus.EN_ROUTE else (now - a.dispatched_at).total_seconds(),
            )
            for a in on_it
            if a.unit_id in drives
        }
        return {one: left_s for one, left_s in arrives.items() if may_be_relieved(left_s)}

    def reliefs(
        self, incident: Incident, far_off: Mapping[str, float], candidates: Sequence[Candidate]
    ) -> Mapping[str, Relief]:
        """Which candidates should take over from whom, by unit: those who can do what the other is sent for, were
        heard of, and are advised to nobody who still waits."""
        needs = self._package(incident).needs
        taken_over = {a.assignment_id: a for a in self._on_their_way_or_there if a.assignment_id in far_off}
        lacking = {one: still_needed(needs, self._units_on(incident, a)) for one, a in taken_over.items()}
        free = [c for c in candidates if c.unheard_s is None and c.unit_id not in self._awaited]

        def nearest(one: str) -> list[tuple[str, float]]:
            could = [c for c in free if able(self._units[c.unit_id], lacking[one])]
            return [(c.unit_id, c.travel_time_s) for c in could]

        return {
            unit_id: Relief(one, taken_over[one].callsign, gain_s)
            for one, (unit_id, gain_s) in reliefs(far_off, nearest).items()
        }

    def _next_s(self, other: Incident, spoken_for: Collection[str]) -> float | None:
        """How soon the next unit would be at the other incident; None when nobody is left."""
        card = self._ports.catalogue.categories[other.category].run_card

        def left(near: Iterable[str]) -> list[Unit]:
            return suitable([self._units[u] for u in near if u not in spoken_for], card.needs)

        return next((r.travel_time_s for r in self._soonest(other, left, 1)), None)

    @cached_property
    def _on_their_way_or_there(self) -> Sequence[Assignment]:
        return self._tx.open_assignments()

    @cached_property
    def _awaited(self) -> frozenset[str]:
        """The units advised to incidents nobody was sent to yet."""
        waiting = self._tx.advised_units(self._tx.undispatched_incidents(), package_only=True)
        return frozenset[str]().union(*waiting.values())

    def _number_of(self, unit_id: str) -> str | None:
        """The number of the incident a unit is on."""
        on = next((a.incident_id for a in self._on_their_way_or_there if a.unit_id == unit_id), None)
        return self._tx.incident(on, lock=False).number if on else None

    def _routes(self, incident: Incident, needs: Sequence[Need], count: int) -> list[RouteFound]:
        """Ways of the nearest units: so many for each need, and so many of the net it prefers."""
        found: dict[str, RouteFound] = {}
        for capabilities, net in {
            (need.capabilities, net): None for need in needs for net in (None, need.net)
        }:

            def able_ones(
                near: Iterable[str], can: frozenset[str] = capabilities, net: str | None = net
            ) -> list[Unit]:
                able = self._able(incident, near, [Need(1, can)])
                return [unit for unit in able if net in (None, unit.net)]

            for route in self._soonest(incident, able_ones, count):
                found[route.unit_id] = route
        return list(found.values())

    def _able(self, incident: Incident, unit_ids: Iterable[str], needs: Sequence[Need]) -> list[Unit]:
        """Those of these units that could fill one of the needs and were not refused."""
        refused = self._refused(incident)
        units = suitable([self._units[u] for u in unit_ids], needs)
        return [unit for unit in units if unit.unit_id not in refused] if refused else units

    def _soonest(
        self, incident: Incident, able_ones: Callable[[Iterable[str]], list[Unit]], count: int
    ) -> list[RouteFound]:
        """Ways of so many units that `able_ones` leaves; exact: it looks further off as long as anybody there could
        be sooner."""
        looked_at, least = LOOKED_AT_FIRST, min(count, len(self._where))
        while True:
            near, others_m = self._where.nearest(incident.place, looked_at)
            able = able_ones(near)
            if len(able) >= least or looked_at >= len(self._where):
                break
            looked_at *= 4
        routes = self._nearest(incident, {unit.unit_id: near[unit.unit_id] for unit in able}, count)
        latest_s = routes[-1].travel_time_s if len(routes) == count else inf
        could_be_m = self._ports.travel_times.within_m(latest_s)
        if could_be_m < others_m or isinf(others_m):
            return routes
        near = self._where.within(incident.place, could_be_m + 1.0)
        return self._nearest(incident, {unit.unit_id: near[unit.unit_id] for unit in able_ones(near)}, count)

    def _farthest_m(self, incident: Incident, routes: Sequence[RouteFound]) -> float:
        """How far off in a straight line the farthest of these stands; nothing for none."""
        places = self._places_of(route.unit_id for route in routes)
        return max((distance_m(place, incident.place) for place in places.values()), default=0.0)

    def _places_of(self, unit_ids: Iterable[str]) -> dict[str, LonLat]:
        """Where these are, of those that have a place."""
        return {u: place for u in unit_ids if (place := self._where.get(u)) is not None}

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
