"""The replayer sends everything that is due, nothing of the future, and each thing once in a run."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drills import intake_api
from drills.city_time import SETTLES_S
from drills.replay import Replayer
from drills.scenario import Scenario
from drills.storyline import CitizenCall, GaugeReading, Storyline
from tests.unit.drills.city import City, the_storm


def due_readings(storyline: Storyline, city: City) -> set[tuple[str, str]]:
    due = storyline.items[: storyline.count_until(city.at)]
    return {(i.reading.point_id, i.at.isoformat()) for i in due if isinstance(i, GaugeReading)}


def settle(replayer: Replayer, city: City) -> None:
    """Lets the wall clock run until a change of the drill's time has spread, then takes one step more."""
    for _ in range(int(SETTLES_S / 0.25) + 1):
        city.pass_wall(0.25)
        asyncio.run(replayer.step())


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_api, "FIRST_WAIT_S", 0.0)


def test_everything_due_arrives_and_nothing_early(storm: Scenario, storyline: Storyline) -> None:
    city = City(storm.starts_at)
    replayer = Replayer(city.api(), storyline)
    for _ in range(60):
        city.pass_wall(0.5)
        asyncio.run(replayer.step())
    assert city.readings.keys() == due_readings(storyline, city)
    assert not city.future and city.duplicates == 0


def test_after_the_last_instant_everything_has_been_sent_once(storm: Scenario, storyline: Storyline) -> None:
    city = City(storm.ends_at, speed=600)
    replayer = Replayer(city.api(), storyline)
    settle(replayer, city)
    assert replayer.is_over
    assert len(city.readings) == sum(isinstance(i, GaugeReading) for i in storyline.items)
    assert len(city.calls) == sum(isinstance(i, CitizenCall) for i in storyline.items)
    assert city.duplicates == 0


def test_a_server_that_is_away_gets_the_same_again_until_it_answers(
    storm: Scenario, storyline: Storyline
) -> None:
    city = City(storm.starts_at + timedelta(hours=2))
    city.away, city.lost = 7, 0
    replayer = Replayer(city.api(), storyline)
    settle(replayer, city)
    assert city.away == 0
    assert city.readings.keys() == due_readings(storyline, city)


def test_an_answer_that_got_lost_makes_no_second_call_and_loses_nothing(
    storm: Scenario, storyline: Storyline
) -> None:
    city = City(storm.starts_at + timedelta(hours=3))
    city.lost = 12
    replayer = Replayer(city.api(), storyline)
    settle(replayer, city)
    assert city.lost == 0
    assert city.readings.keys() == due_readings(storyline, city)
    due = storyline.items[: storyline.count_until(city.at)]
    assert len(city.calls) == sum(isinstance(i, CitizenCall) for i in due)


def test_what_the_server_refuses_is_counted_and_the_storm_goes_on(
    storm: Scenario, storyline: Storyline
) -> None:
    city = City(storm.ends_at)
    city.refuses_calls = True
    replayer = Replayer(city.api(), storyline)
    settle(replayer, city)
    assert replayer.is_over and replayer.sent.refused == 40


def test_readings_the_server_thinks_are_in_the_future_are_sent_again(
    storm: Scenario, storyline: Storyline
) -> None:
    city = City(storm.starts_at + timedelta(minutes=30), speed=1)
    city.behind = timedelta(minutes=20)
    replayer = Replayer(city.api(), storyline)
    settle(replayer, city)
    assert city.readings.keys() < due_readings(storyline, city)
    city.behind = timedelta(0)
    settle(replayer, city)
    assert city.readings.keys() == due_readings(storyline, city)
    assert replayer.sent.readings == len(city.readings)


turns = st.lists(
    st.one_of(
        st.tuples(st.just("run"), st.floats(0.1, 30)),
        st.tuples(st.just("speed"), st.sampled_from([0.0, 1.0, 5.0, 60.0, 600.0])),
        st.tuples(st.just("seek"), st.floats(0, 30_000)),
    ),
    max_size=8,
)


@settings(max_examples=25, deadline=None)
@given(turns)
def test_whatever_is_done_to_the_clock_each_run_gets_all_that_is_due_once(
    turns: list[tuple[str, float]],
) -> None:
    storyline = the_storm()
    start = storyline.scenario.starts_at
    city = City(start, speed=5)
    replayer = Replayer(city.api(), storyline)
    for what, value in turns:
        if what == "run":
            city.pass_wall(value)
        elif what == "speed":
            city.speed = value
        else:
            at = start + timedelta(seconds=value)
            if at < city.at:
                city.restart(at)
            else:
                city.at = at
        asyncio.run(replayer.step())
    settle(replayer, city)
    assert city.readings.keys() == due_readings(storyline, city)
    assert city.duplicates == 0 and not city.future
