"""Several incidents share units: exactly, without naming one twice, the urgent ones first."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from dispatch.matching import cheapest_matching
from dispatch.model import Priority, Unit, UnitStatus
from dispatch.run_cards import Need
from dispatch.sharing import OTHER_NET_S, Waiting, share

SOMETIME = datetime(2026, 8, 18, tzinfo=UTC)


@st.composite
def cost_tables(draw: st.DrawFn) -> list[list[float]]:
    rows = draw(st.integers(1, 7))
    columns = draw(st.integers(rows, 10))
    cost = st.one_of(st.integers(0, 20).map(float), st.floats(0, 1e9), st.just(1e9))
    return draw(st.lists(st.lists(cost, min_size=columns, max_size=columns), min_size=rows, max_size=rows))


@given(cost_tables())
def test_no_matching_is_cheaper_than_the_one_found(costs: list[list[float]]) -> None:
    found = cheapest_matching(costs)
    assert len(set(found)) == len(costs)
    table = np.array(costs)
    best = table[linear_sum_assignment(table)].sum()
    assert np.isclose(sum(costs[row][column] for row, column in enumerate(found)), best, rtol=1e-9, atol=1e-6)


def unit(unit_id: str, net: str = "110", *can: str) -> Unit:
    able = frozenset(can or ("police",))
    return Unit(unit_id, 0, unit_id, net, "car", able, "530111", UnitStatus.AVAILABLE, SOMETIME, True)


POLICE = frozenset({"police"})


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Priority),
            st.integers(1, 3),
            st.dictionaries(st.sampled_from("abcdef"), st.floats(1, 3600), max_size=6),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_no_unit_is_named_twice_and_no_place_stays_empty_that_somebody_left_could_fill(
    drawn: list[tuple[Priority, int, dict[str, float]]],
) -> None:
    units = {name: unit(name) for name in "abcdef"}
    waiting = [
        Waiting(f"I{n}", str(n), priority, (Need(count, POLICE),), times)
        for n, (priority, count, times) in enumerate(drawn)
    ]
    shared = share(waiting, units)
    named = [place.unit_id for place in shared]
    assert len(set(named)) == len(named)
    for one in waiting:
        got = [place.unit_id for place in shared if place.incident_id == one.incident_id]
        assert set(got) <= set(one.times_s)
        if len(got) < one.needs[0].count:
            assert set(one.times_s) <= set(named)


def test_of_two_incidents_that_want_one_unit_the_more_urgent_gets_it() -> None:
    units = {"a": unit("a")}
    waiting = [
        Waiting("minor", "1", Priority.NORMAL, (Need(1, POLICE),), {"a": 10}),
        Waiting("major", "2", Priority.MAJOR, (Need(1, POLICE),), {"a": 300}),
    ]
    assert [(p.incident_id, p.unit_id) for p in share(waiting, units)] == [("major", "a")]


def test_each_need_of_a_package_gets_a_unit_that_can_do_it() -> None:
    units = {"p": unit("p", "110", "police"), "q": unit("q", "110", "police", "pump")}
    needs = (Need(1, POLICE), Need(1, frozenset({"pump"})))
    shared = share([Waiting("I", "1", Priority.URGENT, needs, {"p": 500, "q": 10})], units)
    assert {(p.need, p.unit_id) for p in shared} == {(0, "p"), (1, "q")}


def test_a_unit_of_the_preferred_net_goes_unless_another_is_clearly_sooner() -> None:
    units = {"own": unit("own", "base"), "other": unit("other", "city")}
    need = (Need(1, POLICE, "base"),)
    for sooner, goes in ((OTHER_NET_S - 1, "own"), (OTHER_NET_S + 1, "other")):
        times = {"own": 200.0, "other": 200.0 - sooner}
        (place,) = share([Waiting("I", "1", Priority.URGENT, need, times)], units)
        assert place.unit_id == goes
