"""1,592 real flood calls of one day: a storm of calls in one place is one incident with a list of its callers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from benchmarks import floodnet
from benchmarks.floodnet import FloodCall
from core.geo import LonLat
from operations.take_call import TakeCall, TakenCall, take_call
from tests.conftest import Bench
from tests.integration.desk_work import SOMEWHERE, at_once, raised, somebody

CATEGORY = "waterlogging"


class NewYork:
    """Areas that take the storm's places for one of ours: which district they lie in is not the question."""

    def jurisdiction_of(self, place: LonLat) -> str | None:
        return floodnet.JURISDICTION if -75 < place.lon < -73 and 40 < place.lat < 41 else None


@pytest.fixture(scope="module")
def day(shared_data: Path) -> Sequence[FloodCall]:
    folder = shared_data / "floodnet-storm"
    if not folder.is_dir():
        pytest.skip(f"no storm at {folder}")
    return floodnet.calls(folder)


# ---------------------------------------------------------------- the oracle


@dataclass
class Gathered:
    """One incident as it should be: where it is, when somebody last called about it, and which calls did."""

    place: LonLat
    last_at: datetime
    calls: list[int] = field(default_factory=list)


def metres(a: LonLat, b: LonLat) -> float:
    """Great circle on a sphere of 6,371,008.8 m (the haversine formula), written here a second time on purpose."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    h = math.sin((lat_b - lat_a) / 2) ** 2
    h += math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(h))


def gathered(day: Sequence[FloodCall], within_m: float, within: timedelta) -> list[Gathered]:
    """Each call compared with every incident before it."""
    found: list[Gathered] = []
    for number, call in enumerate(day):
        about = [
            incident
            for incident in found
            if metres(incident.place, call.place) <= within_m
            and call.received_at - incident.last_at <= within
        ]
        if not about:
            about = [Gathered(call.place, call.received_at)]
            found += about
        nearest = min(about, key=lambda incident: metres(incident.place, call.place))
        nearest.calls.append(number)
        nearest.last_at = call.received_at
    return found


# ---------------------------------------------------------------- the calls through the program


def asked(number: int, call: FloodCall) -> TakeCall:
    return TakeCall(f"flood-{number}", CATEGORY, call.place, f"caller {number}", call.what, call.received_at)


def taken(bench: Bench, day: Sequence[FloodCall]) -> list[TakenCall]:
    answers = []
    for number, call in enumerate(day):
        bench.clock.advance((call.received_at - bench.clock.now()).total_seconds())
        answers.append(take_call(bench.ports, somebody(), asked(number, call)))
    return answers


def rows(bench: Bench, query: str) -> list[Any]:
    with bench.store.engine.connect() as connection:
        return list(connection.execute(text(query)))


@pytest.mark.slow
def test_calls_about_one_place_are_one_incident_and_no_caller_is_lost(
    bench: Bench, day: Sequence[FloodCall]
) -> None:
    assert len(day) == 1_592
    bench = replace(bench, ports=replace(bench.ports, areas=NewYork()))
    joining = bench.ports.catalogue.categories[CATEGORY].joins
    answers = taken(bench, day)

    calls_of: dict[str, list[int]] = defaultdict(list)
    for number, answer in enumerate(answers):
        calls_of[answer.incident_id].append(number)
    wanted = gathered(day, joining.within_m, joining.within)
    assert sorted(calls_of.values()) == sorted(incident.calls for incident in wanted)
    assert len(calls_of) < 0.9 * len(day) and max(map(len, calls_of.values())) >= 5, "no storm of calls"

    listed: dict[str, list[str]] = defaultdict(list)
    for row in rows(bench, "SELECT incident_id, caller FROM calls ORDER BY received_at, call_id"):
        listed[row.incident_id].append(row.caller)
    assert {i: sorted(callers) for i, callers in listed.items()} == {
        i: sorted(f"caller {n}" for n in numbers) for i, numbers in calls_of.items()
    }
    assert {r.incident_id: r.calls for r in rows(bench, "SELECT incident_id, calls FROM incidents")} == {
        i: len(numbers) for i, numbers in calls_of.items()
    }

    again = [take_call(bench.ports, somebody(), asked(number, day[number])) for number in range(0, 1_592, 40)]
    assert all(answer.repeated for answer in again)
    assert [answer.incident_id for answer in again] == [answers[n].incident_id for n in range(0, 1_592, 40)]
    assert len(rows(bench, "SELECT 1 FROM calls")) == len(day)


def test_forty_callers_in_one_moment_are_one_incident(bench: Bench) -> None:
    now = bench.clock.now()

    def call(number: int) -> TakenCall:
        place = LonLat(SOMEWHERE.lon + number * 1e-5, SOMEWHERE.lat)
        command = TakeCall(f"at-once-{number}", CATEGORY, place, f"caller {number}", "积水", now)
        return take_call(bench.ports, somebody(), command)

    answers = at_once(*(lambda number=number: call(number) for number in range(40)))
    assert raised(answers) == []
    assert len({answer.incident_id for answer in answers}) == 1
    [incident] = rows(bench, "SELECT incident_id, calls FROM incidents")
    assert incident.calls == len(rows(bench, "SELECT 1 FROM calls")) == 40
