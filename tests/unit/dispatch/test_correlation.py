"""Which incident a call is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.geo import LonLat, distance_m
from dispatch.correlation import Joining, box_around, incident_for, proposed_joining, with_call
from dispatch.model import Incident, IncidentStatus, Priority

AT = datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
HERE = LonLat(102.75, 25.02)
JOINING = Joining(150.0, timedelta(minutes=60))


def place(east_m: float) -> LonLat:
    """So many metres east of HERE."""
    return LonLat(HERE.lon + east_m / distance_m(HERE, LonLat(HERE.lon + 1, HERE.lat)), HERE.lat)


def incident(name: str = "I", east_m: float = 0, minute: float = 0, **fields: object) -> Incident:
    at = AT + timedelta(minutes=minute)
    made = Incident(
        incident_id=name,
        number=name,
        category="waterlogging",
        title_zh="",
        title_en="",
        place=place(east_m),
        jurisdiction="530111",
        priority=Priority.NORMAL,
        status=IncidentStatus.OPEN,
        opened_at=at,
        changed_at=at,
        origin="call",
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def found(east_m: float, minute: float, *incidents: Incident) -> str | None:
    one = incident_for(place(east_m), AT + timedelta(minutes=minute), incidents, JOINING)
    return one.incident_id if one else None


def test_a_call_joins_what_is_near_enough_and_recent_enough() -> None:
    assert found(149, 59, incident()) == "I"
    assert found(151, 59, incident()) is None
    assert found(149, 61, incident()) is None


def test_each_call_keeps_the_incident_open_for_more() -> None:
    called = with_call(incident(), AT + timedelta(minutes=50), Priority.NORMAL)
    assert found(0, 109, called) == "I"


def test_the_nearest_of_several_is_meant() -> None:
    assert found(90, 1, incident("far"), incident("near", east_m=120)) == "near"


def test_what_is_closed_is_not_meant() -> None:
    assert found(0, 1, incident(status=IncidentStatus.CLOSED)) is None
    assert found(0, 1, incident(status=IncidentStatus.ON_SCENE)) == "I"


def test_at_a_monitored_point_time_does_not_count_because_its_gauge_says_that_it_goes_on() -> None:
    assert found(100, 600, incident(point_id="P")) == "I"


def test_a_call_that_was_entered_late_belongs_where_it_would_have_then() -> None:
    assert found(0, -30, incident()) == "I"
    assert found(0, -61, incident()) is None


def test_a_chain_of_callers_does_not_carry_an_incident_through_a_district() -> None:
    open_ones: list[Incident] = []
    for step in range(40):  # 4 km of flooded street, a call every hundred metres
        at = AT + timedelta(minutes=step)
        joined = incident_for(place(100 * step), at, open_ones, JOINING)
        if joined is None:
            open_ones.append(incident(f"I{step:02d}", east_m=100 * step, minute=step))
    assert len(open_ones) >= 40 * 100 / (2 * JOINING.within_m)


def test_many_callers_make_it_more_urgent_and_nothing_makes_it_less() -> None:
    one = incident()
    priorities = []
    for number in range(25):
        one = with_call(one, AT + timedelta(minutes=number), Priority.NORMAL)
        priorities.append(int(one.priority))
    assert priorities == [3] * 4 + [2] * 15 + [1] * 6
    assert (one.calls, one.last_call_at) == (25, AT + timedelta(minutes=24))
    major = with_call(incident(priority=Priority.MAJOR), AT, Priority.NORMAL)
    assert major.priority is Priority.MAJOR
    assert with_call(one, AT, Priority.NORMAL).last_call_at == AT + timedelta(minutes=24)


def test_where_life_is_at_stake_a_call_joins_only_what_is_next_to_it() -> None:
    assert proposed_joining(Priority.MAJOR).within_m < proposed_joining(Priority.URGENT).within_m


@pytest.mark.parametrize("east_m", [-150.0, -75.0, 75.0, 150.0])
def test_the_box_holds_everything_within_the_radius(east_m: float) -> None:
    assert box_around(HERE, 151).contains(place(east_m))
    assert not box_around(HERE, abs(east_m) - 1).contains(place(east_m))
