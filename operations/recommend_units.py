"""Advice: the package of the run card filled with the nearest suitable units by road; computed in a worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alerts.model import Passability
from core.actor import SYSTEM, Actor
from core.events import happened
from core.ids import new_id
from dispatch.coverage import uncovered_without
from dispatch.model import Incident, IncidentStatus
from dispatch.recommendation import Candidate, Recommendation, rank_candidates, with_package
from dispatch.run_cards import Need
from dispatch.travel import Closure
from operations.ports import Ports
from operations.public_state import changes, recommendation_state
from operations.seek_units import Found, Seeker
from operations.store import Transaction
from operations.transaction import committed

ALTERNATIVES = 2
"""How many units beyond the package are offered, so that the officer has a choice."""


def recommend_units(ports: Ports, incident_id: str, actor: Actor = SYSTEM) -> Recommendation | None:
    """Computes and commits advice for one incident; None when it is closed already.

    Positions come from the board and times from the road network as they are now; units without a position are not
    considered, and the advice says how many were and why the others were not. Incidents that wait for the same units
    are solved together with this one, and those whose advice thereby changes are advised anew.
    """
    with committed(ports) as tx:
        incident = tx.incident(incident_id, lock=False)
        if incident.status is IncidentStatus.CLOSED:
            return None
        ports.travel_times.close_roads(road_closures(ports, tx))
        seeker = Seeker(ports, tx)
        alarm, needs = seeker.package_of(incident)
        found = seeker.seek(incident, needs, ALTERNATIVES)
        candidates = candidates_of(ports, seeker, incident, found, needs)
        chosen = [candidate for candidate in candidates if candidate.need is not None]
        recommendation = Recommendation(
            recommendation_id=new_id(),
            incident_id=incident_id,
            made_at=ports.clock.now(),
            network=ports.travel_times.name,
            candidates=_with_what_if(ports, candidates),
            considered=found.considered,
            left_out=found.left_out,
            alarm=alarm,
            needs=needs,
            passed_over=seeker.passed_over(incident, needs, chosen, found.left_for),
            preemptions=seeker.preemptions(incident, needs, chosen),
        )
        before = tx.latest_recommendation(incident_id)
        if before is not None and _says_the_same_nothing(before, recommendation):
            return before
        tx.save_recommendation(recommendation)
        tx.record(
            happened(
                actor,
                "recommendation.made",
                at=recommendation.made_at,
                subject=incident_id,
                data={
                    "network": recommendation.network,
                    "considered": recommendation.considered,
                    "callsigns": [candidate.callsign for candidate in chosen],
                    "alarm": alarm,
                },
                changes=changes(recommendations=[recommendation_state(recommendation, incident)]),
            )
        )
    for rival in found.advised_otherwise:
        ports.work.recommend_units(rival)
    return recommendation


def candidates_of(
    ports: Ports, seeker: Seeker, incident: Incident, found: Found, needs: Sequence[Need]
) -> tuple[Candidate, ...]:
    """Whom advice offers: the package and so many others, or, once nothing is needed any more, the nearest, each with
    whom it should relieve."""
    candidates = _with_silence(
        ports,
        with_package(
            rank_candidates(incident.place, found.suitable, found.places, found.routes),
            found.share,
            found.left_for,
            incident.jurisdiction,
            ALTERNATIVES,
        ),
    )
    far_off = {} if needs else seeker.far_off(incident)
    if not far_off:
        return candidates
    relieves = seeker.reliefs(incident, far_off, candidates)
    return tuple(replace(c, relieves=relieves.get(c.unit_id)) for c in candidates)


def _with_silence(ports: Ports, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Each with how long it has not been heard of, where that is long: the officer may know better where it is."""
    unheard = ports.positions.unheard_s([candidate.unit_id for candidate in candidates])
    return tuple(replace(c, unheard_s=unheard.get(c.unit_id)) for c in candidates)


def _with_what_if(ports: Ports, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Each with what sending it would uncover, by the newest measurement; as they are without one."""
    coverage = ports.coverage.newest()
    if coverage is None or len(coverage.soonest_two) != len(ports.grid_times.grids):
        return candidates
    return tuple(
        replace(
            candidate,
            uncovers=uncovered_without(
                candidate.unit_id, coverage.soonest_two, ports.grid_times.grids, candidate.travel_time_s
            ),
        )
        for candidate in candidates
    )


def _says_the_same_nothing(before: Recommendation, after: Recommendation) -> bool:
    """Advice that finds nobody is sought again every second; only a change of it is news."""
    if before.package or after.package or before.considered != after.considered:
        return False
    return _names(before) == _names(after)


def _names(advice: Recommendation) -> tuple[object, ...]:
    """Whom it names and whom these should relieve, wherever they are by now."""
    return (
        [(c.unit_id, c.relieves.assignment_id if c.relieves else None) for c in advice.candidates],
        [(one.unit_id, one.why) for one in advice.passed_over],
        [one.assignment_id for one in advice.preemptions],
    )


def road_closures(ports: Ports, tx: Transaction) -> list[Closure]:
    """Everything that closes or slows roads now: the monitored points that somebody declared so, and the
    closures in force."""
    # Unlocked: a search for routes must not keep the rules waiting.
    points = ports.catalogue.points
    states = tx.point_states(list(points), lock=False)
    found = []
    for point_id, state in sorted(states.items()):
        point = points.get(point_id)
        kind = point.road_kind if point is not None else None
        if state.passability is Passability.OPEN or point is None or kind is None:
            continue
        found.append(
            Closure(
                closure_id=point_id,
                name=point.name_zh,
                place=point.place,
                kind=kind,
                state="closed" if state.passability is Passability.CLOSED else "slow",
                radius_m=ports.catalogue.closure_radius_m[kind],
            )
        )
    return found + [closure.on_roads for closure in tx.closures_in_force(ports.clock.now())]
