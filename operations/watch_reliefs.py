"""Looks whether a free unit would be clearly sooner than one on its way, and has that advised."""

from __future__ import annotations

from collections.abc import Iterable

from dispatch.model import Incident
from dispatch.preemption import ON_THE_WAY
from dispatch.recommendation import Candidate
from operations.ports import Ports
from operations.recommend_units import ALTERNATIVES, candidates_of, road_closures
from operations.seek_units import Seeker
from operations.store import Transaction


def watch_reliefs(ports: Ports) -> None:
    """Queues advice for every incident whose newest advice says otherwise than what is found now; commits nothing.

    Raises UnavailableError.
    """
    with ports.store.transaction() as tx:
        coming_to = {a.incident_id for a in tx.open_assignments() if a.status in ON_THE_WAY}
        if not coming_to:
            return
        ports.travel_times.close_roads(road_closures(ports, tx))
        seeker = Seeker(ports, tx)
        anew = [
            incident.incident_id
            for incident in tx.incidents(coming_to)
            if _found(ports, seeker, incident) != _advised(tx, incident.incident_id)
        ]
    for incident_id in anew:
        ports.work.recommend_units(incident_id)


def _found(ports: Ports, seeker: Seeker, incident: Incident) -> dict[str, str]:
    """Who should take over from which assignment, by unit."""
    _, needs = seeker.package_of(incident)
    if needs or not seeker.far_off(incident):
        return {}
    found = seeker.seek(incident, needs, ALTERNATIVES)
    return _reliefs(candidates_of(ports, seeker, incident, found, needs))


def _advised(tx: Transaction, incident_id: str) -> dict[str, str]:
    advice = tx.latest_recommendation(incident_id)
    return _reliefs(advice.candidates) if advice is not None else {}


def _reliefs(candidates: Iterable[Candidate]) -> dict[str, str]:
    return {c.unit_id: c.relieves.assignment_id for c in candidates if c.relieves is not None}
