"""Only units nearby are looked at, and the answer is that of looking at all."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from core.geo import LonLat, distance_m
from dispatch.model import UnitStatus
from operations.ports import TravelTimes
from operations.recommend_units import recommend_units
from operations.seek_units import LOOKED_AT_FIRST, Seeker
from roads.straight_line import StraightLineTravelTimes
from tests.conftest import Bench
from tests.contract.test_travel_times import CENTRE, grid_network
from tests.integration.desk_work import called, fix, register

UNITS = 900


@pytest.fixture(params=["roads", "straight line"])
def travel_times(request: pytest.FixtureRequest) -> TravelTimes:
    return grid_network() if request.param == "roads" else StraightLineTravelTimes()


def test_whoever_is_soonest_is_found_however_far_off(bench: Bench, travel_times: TravelTimes) -> None:
    ports = replace(bench.ports, travel_times=travel_times)
    rng = random.Random(20260818)
    units = register(ports, UNITS)
    places = {
        u.unit_id: LonLat(
            round(CENTRE.lon + rng.gauss(0, 0.012), 6), round(CENTRE.lat + rng.gauss(0, 0.012), 6)
        )
        for u in units
    }
    fixes = [fix(unit_id, bench.clock.now(), place) for unit_id, place in places.items()]
    ports.positions.put(fixes, bench.clock.now())
    incident_id = called(ports, place=CENTRE).incident_id
    nearest = sorted(places, key=lambda u: distance_m(places[u], CENTRE))
    with bench.store.transaction() as tx:
        # Nobody near is free, and few are anywhere.
        for unit in units:
            if unit.unit_id in nearest[: LOOKED_AT_FIRST + 50] or rng.random() < 0.7:
                tx.save_unit(replace(unit, status=UnitStatus.ON_SCENE))
    with bench.store.transaction() as tx:
        free = {u.unit_id: places[u.unit_id] for u in tx.units() if u.status is UnitStatus.AVAILABLE}
        incident = tx.incident(incident_id, lock=False)
        seeker = Seeker(ports, tx)
        found = seeker.seek(incident, seeker.package_of(incident)[1], 4)
    assert found.considered == len(free) > 50
    expected = travel_times.nearest(incident.place, free, len(found.routes))
    assert [r.unit_id for r in found.routes] == [r.unit_id for r in expected]
    advice = recommend_units(ports, incident_id)
    assert advice is not None
    crow = {u: distance_m(place, incident.place) for u, place in places.items()}
    chosen = {c.unit_id for c in advice.package}
    farthest_m = max(crow[u] for u in chosen)
    passed_over = [u for u in sorted(crow, key=lambda u: (crow[u], u)) if crow[u] < farthest_m]
    assert [one.unit_id for one in advice.passed_over] == [u for u in passed_over if u not in chosen][:5]
    callsign = {u.unit_id: u.callsign for u in units}
    before: set[str] = set()
    for candidate in advice.candidates:
        before.add(candidate.unit_id)
        nearer = [u for u in free if crow[u] < crow[candidate.unit_id] and u not in before]
        soonest = min(nearer, key=lambda u: crow[u], default=None)
        assert candidate.nearer_passed_over == (callsign[soonest] if soonest else None)
