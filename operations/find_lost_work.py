"""Finds what was committed but never worked on, because Redis or a worker died in between."""

from __future__ import annotations

from operations.ports import Ports


def find_lost_work(ports: Ports) -> None:
    """Queues grading when batches wait, advice for open incidents that have none or that nobody was found for,
    and a route for units on their way without one.

    Queueing work that waits already is harmless, so this needs no memory of its own.
    """
    if ports.store.grading_lag().batches:
        ports.work.grade_readings()
    for incident_id in ports.store.incidents_without_advice():
        ports.work.recommend_units(incident_id)
    for incident_id in ports.store.incidents_advised_nobody():
        ports.work.seek_again(incident_id)
    for assignment_id in ports.store.assignments_without_route():
        ports.work.route_assignment(assignment_id)
