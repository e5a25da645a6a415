"""A storm of calls in one place is one incident with many callers."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.model import Severity
from alerts.rules import Level, Rule, Watch
from bootstrap.catalogue import load_catalogue
from core.geo import LonLat, distance_m
from dispatch.correlation import incident_for, with_call
from dispatch.model import Incident, IncidentStatus, Priority
from operations.clear_left_behind import clear_left_behind
from operations.close_incident import CloseIncident, close_incident
from operations.grade_readings import grade_readings
from operations.judge_calls import judge_calls
from operations.ports import Ports
from operations.queries import incident_detail
from operations.take_call import TakeCall, TakenCall, take_call
from tests.alert_cases import RULE
from tests.conftest import Bench
from tests.depth_rule import with_rules
from tests.integration.desk_work import (
    POINT,
    SOMEWHERE,
    at_once,
    close_road,
    journal,
    raised,
    reading,
    send,
    somebody,
    types,
)

WATER = "waterlogging"
JOINING = load_catalogue().categories[WATER].joins
WITHIN_M = JOINING.within_m
NEAR = LonLat(SOMEWHERE.lon + 0.001, SOMEWHERE.lat)
"""101 m east."""
FAR = LonLat(SOMEWHERE.lon + 0.004, SOMEWHERE.lat)
"""403 m east."""


def call(
    ports: Ports,
    key: str,
    place: LonLat = SOMEWHERE,
    caller: str = "",
    category: str = WATER,
    text: str = "积水",
) -> TakenCall:
    command = TakeCall(key, category, place, caller or f"市民{key}", text, ports.clock.now())
    return take_call(ports, somebody(), command)


def incident_of(ports: Ports, taken: TakenCall) -> Incident:
    with ports.store.transaction() as tx:
        return tx.incident(taken.incident_id, lock=False)


def test_calls_from_close_by_are_one_incident_with_its_callers(bench: Bench) -> None:
    first = call(bench.ports, "1", caller="张", text="水到轮胎")
    bench.clock.advance(60)
    second = call(bench.ports, "2", NEAR, caller="李", text="水到车窗")
    assert (first.joined, second.joined) == (False, True)
    assert second.incident_number == first.incident_number
    assert types(bench.ports) == ["call.taken", "call.joined"]
    assert journal(bench.ports)[-1].event.data["calls"] == 2
    detail = incident_detail(bench.ports, somebody(), first.incident_id)
    assert [(c["caller"], c["text"]) for c in detail["calls"]] == [("李", "水到车窗"), ("张", "水到轮胎")]
    assert detail["incident"]["calls"] == 2


def test_another_place_another_matter_and_another_day_are_incidents_of_their_own(bench: Bench) -> None:
    first = call(bench.ports, "1")
    assert not call(bench.ports, "2", FAR).joined
    assert not call(bench.ports, "3", category="traffic").joined
    close_incident(bench.ports, somebody(), CloseIncident(first.incident_id, "已处置"))
    assert not call(bench.ports, "4").joined, "what is closed is over"
    bench.clock.advance(3 * 3600 + 1)
    assert not call(bench.ports, "5").joined


def test_a_repeated_key_is_the_same_call_and_counted_once(bench: Bench) -> None:
    call(bench.ports, "1")
    joined = call(bench.ports, "2")
    again = call(bench.ports, "2")
    assert (again.repeated, again.joined, again.call_id) == (True, True, joined.call_id)
    assert incident_of(bench.ports, joined).calls == 2


def test_many_who_call_at_the_same_moment_open_one_incident(bench: Bench) -> None:
    answers = at_once(*[lambda key=str(key): call(bench.ports, key) for key in range(12)])
    assert raised(answers) == []
    assert len({answer.incident_id for answer in answers}) == 1
    assert [answer.joined for answer in answers].count(False) == 1
    assert incident_of(bench.ports, answers[0]).calls == 12
    assert incident_of(bench.ports, answers[0]).priority is Priority.MAJOR, "urgent, and one step more"


def test_a_call_beside_a_flooded_point_joins_its_incident(bench: Bench) -> None:
    close_road(bench.ports)
    bench.clock.advance(3 * 3600)
    point = bench.ports.catalogue.points[POINT]
    taken = call(bench.ports, "1", point.place)
    assert taken.joined and incident_of(bench.ports, taken).point_id == POINT


def test_a_road_closed_where_people_called_before_is_the_same_incident(bench: Bench) -> None:
    point = bench.ports.catalogue.points[POINT]
    taken = call(bench.ports, "1", point.place)
    bench.clock.advance(600)
    close_road(bench.ports)
    incident = incident_of(bench.ports, taken)
    assert (incident.point_id, incident.calls, incident.priority) == (POINT, 1, Priority.MAJOR)
    assert "incident.opened" not in types(bench.ports)
    assert call(bench.ports, "2", point.place).incident_id == taken.incident_id


def test_gauges_callers_and_officers_at_once_open_one_incident_for_each_flood(bench: Bench) -> None:
    points = list(bench.ports.catalogue.points.values())[:4]
    send(bench.ports, *[reading(bench.ports, 60, point_id=p.point_id) for p in points])
    acts: list[Any] = [lambda: grade_readings(bench.ports)]
    for p in points:
        acts.append(lambda p=p: close_road(bench.ports, p.point_id))
        acts.extend(lambda p=p, n=n: call(bench.ports, f"{p.point_id} {n}", p.place) for n in range(3))
    assert raised(at_once(*acts)) == []
    opened = bench.ports.store.snapshot(bench.clock.now()).incidents
    assert len(opened) == len({i.point_id for i in opened}) == len(points)
    assert {i.calls for i in opened} == {3}


# ---------------------------------------------------------------- rules about calls


def calls_level(code: str, severity: Severity, least: float) -> Level:
    def reached(features: Mapping[str, Any]) -> bool:
        return bool(features["calls_10min"] >= least)

    def held(features: Mapping[str, Any]) -> bool:
        return bool(features["calls_10min"] >= 1)

    return Level(code, code, code, severity, False, reached, held, {"calls_10min": least})


MANY: Rule = replace(
    RULE,
    rule_id="calls-many",
    watches=Watch(subject="calls", categories=frozenset({WATER})),
    levels=(calls_level("several", Severity.YELLOW, 3), calls_level("many", Severity.ORANGE, 10)),
    grades_point=False,
    off_delay=timedelta(0),
    uses=frozenset({"calls_10min", "callers"}),
    clears_itself_after=dict.fromkeys(Severity, timedelta(0)),
)


@pytest.fixture
def counting(bench: Bench) -> Ports:
    return with_rules(bench.ports, MANY)


def test_a_rule_counts_the_calls_about_one_incident_and_its_alert_ends_by_the_clock(
    bench: Bench, counting: Ports
) -> None:
    seen = []
    for number in range(11):
        taken = call(counting, str(number), caller=f"市民{number % 4}")
        judge_calls(counting, taken.incident_id)
        seen.append(next((a.grade_code for a in counting.store.open_alerts()), None))
        bench.clock.advance(20)
    assert seen == [None] * 2 + ["several"] * 7 + ["many"] * 2
    (alert,) = counting.store.open_alerts()
    assert (alert.subject_id, alert.incident_id) == (f"calls:{taken.incident_id}", taken.incident_id)
    assert alert.because == {"calls_10min": 10.0, "callers": 4.0}
    bench.clock.advance(599)
    assert judge_calls(counting) == 1
    assert list(counting.store.open_alerts()) == []
    bench.clock.advance(3600)
    assert judge_calls(counting) == 0, "nothing is remembered and nobody calls"


def test_calls_about_another_category_or_a_closed_incident_are_counted_for_nothing(
    bench: Bench, counting: Ports
) -> None:
    for number in range(4):
        taken = call(counting, str(number), category="traffic")
    judge_calls(counting)
    assert list(counting.store.open_alerts()) == []
    for number in range(4):
        taken = call(counting, f"w{number}")
    judge_calls(counting)
    assert len(counting.store.open_alerts()) == 1
    close_incident(counting, somebody(), CloseIncident(taken.incident_id, "已处置"))
    judge_calls(counting)
    assert list(counting.store.open_alerts()) == []


def test_a_rule_that_counts_other_calls_now_leaves_no_alert_behind(counting: Ports) -> None:
    for number in range(4):
        taken = call(counting, str(number))
    judge_calls(counting, taken.incident_id)
    assert clear_left_behind(counting) == 0
    elsewhere = Watch(subject="calls", categories=frozenset({"traffic"}))
    assert clear_left_behind(with_rules(counting, replace(MANY, watches=elsewhere))) == 1
    assert list(counting.store.open_alerts()) == []


# ---------------------------------------------------------------- the real storm


@dataclass(frozen=True)
class RealCall:
    at: datetime
    place: LonLat
    text: str


class Anywhere:
    """Areas that take New York for a district."""

    def names(self) -> Mapping[str, tuple[str, str]]:
        return {"530111": ("纽约", "New York")}

    def jurisdiction_of(self, place: LonLat) -> str | None:
        return "530111"


@pytest.fixture(scope="session")
def new_york(shared_data: Path) -> Sequence[RealCall]:
    """Calls about flooding, in the order they came in (FloodNet storm of 30 October 2025)."""
    file = shared_data / "floodnet-storm" / "complaints.json"
    if not file.is_file():
        pytest.skip(f"no real calls at {file}")
    found = [
        RealCall(
            datetime.fromtimestamp(c["created_ms"] / 1000, UTC), LonLat(c["lon"], c["lat"]), c["descriptor"]
        )
        for c in json.loads(file.read_text())
    ]
    return sorted(found, key=lambda c: c.at)


def joined(calls: Sequence[RealCall]) -> dict[str, list[RealCall]]:
    """The incidents these calls make, without a database."""
    open_ones: dict[str, Incident] = {}
    about: dict[str, list[RealCall]] = defaultdict(list)
    for real in calls:
        near = [i for i in open_ones.values() if abs(i.place.lat - real.place.lat) < 0.003]
        incident = incident_for(real.place, real.at, near, JOINING) or Incident(
            incident_id=f"I{len(open_ones):04d}",
            number="",
            category=WATER,
            title_zh="",
            title_en="",
            place=real.place,
            jurisdiction="530111",
            priority=Priority.URGENT,
            status=IncidentStatus.OPEN,
            opened_at=real.at,
            changed_at=real.at,
            origin="call",
        )
        open_ones[incident.incident_id] = with_call(incident, real.at, Priority.URGENT)
        about[incident.incident_id].append(real)
    return about


@pytest.mark.slow
def test_every_real_call_is_in_one_incident_that_is_no_wider_than_the_radius(
    bench: Bench, new_york: Sequence[RealCall]
) -> None:
    ports = replace(bench.ports, areas=Anywhere())
    incidents: dict[str, list[RealCall]] = defaultdict(list)
    bench.clock.advance((new_york[0].at - bench.clock.now()).total_seconds())
    for number, real in enumerate(new_york):
        bench.clock.advance((real.at - bench.clock.now()).total_seconds())
        command = TakeCall(f"nyc {number}", WATER, real.place, f"caller {number}", real.text, real.at)
        incidents[take_call(ports, somebody(), command).incident_id].append(real)
    stored = {i.incident_id: i for i in ports.store.snapshot(bench.clock.now()).incidents}
    assert sum(i.calls for i in stored.values()) == len(new_york) == 1592
    assert stored.keys() == incidents.keys()
    for incident_id, calls in incidents.items():
        incident = stored[incident_id]
        assert incident.calls == len(calls)
        assert max(distance_m(incident.place, real.place) for real in calls) <= WITHIN_M
    kinds = Counter(types(ports))
    assert kinds["call.taken"] == len(incidents) and kinds["call.joined"] == len(new_york) - len(incidents)
    assert len(incidents) < 0.6 * len(new_york)
    assert sorted(map(len, incidents.values())) == sorted(map(len, joined(new_york).values()))
    print(
        f"{len(new_york)} calls, {len(incidents)} incidents, most calls {max(map(len, incidents.values()))}"
    )


def test_calls_entered_out_of_order_make_nearly_the_same_incidents(new_york: Sequence[RealCall]) -> None:
    in_order = len(joined(new_york))
    for seed in range(5):
        # Entered up to ten minutes late, as busy call takers do.
        dice = random.Random(seed)
        late = sorted(new_york, key=lambda c: c.at.timestamp() + dice.uniform(0, 600))
        assert abs(len(joined(late)) - in_order) <= 0.02 * in_order
