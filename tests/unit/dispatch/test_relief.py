"""Relieving: only who is clearly sooner with a turn-out of its own, the greatest gain first, nobody twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.preemption import CLEARLY_S
from dispatch.relief import TURN_OUT_S, arrives_in_s, may_be_relieved, reliefs

LEAST_S = TURN_OUT_S + CLEARLY_S


@pytest.mark.parametrize(
    ("waited_s", "left_s"),
    [(None, 200.0), (0.0, 200.0 + TURN_OUT_S), (20.0, 180.0 + TURN_OUT_S), (500.0, 200.0)],
)
def test_what_is_left_of_a_turn_out_counts_until_the_unit_has_set_off(
    waited_s: float | None, left_s: float
) -> None:
    assert arrives_in_s(200.0, waited_s) == left_s


def test_who_is_clearly_sooner_takes_over_and_who_is_hardly_sooner_does_not() -> None:
    assert reliefs({"a": LEAST_S + 30}, lambda _: [("x", 30.0)]) == {"a": ("x", CLEARLY_S)}
    assert reliefs({"a": LEAST_S + 30}, lambda _: [("x", 31.0)]) == {}
    assert reliefs({"a": LEAST_S + 30}, lambda _: []) == {}


def test_nobody_is_sought_for_one_who_is_nearly_there() -> None:
    asked: list[str] = []

    def nearest(one: str) -> list[tuple[str, float]]:
        asked.append(one)
        return []

    assert not may_be_relieved(LEAST_S - 1)
    assert reliefs({"near": LEAST_S - 1, "far": LEAST_S}, nearest) == {}
    assert asked == ["far"]


def test_a_unit_goes_where_it_gains_most_and_the_other_gets_the_next() -> None:
    near = {"a": [("x", 10.0), ("y", 60.0)], "b": [("x", 10.0), ("y", 90.0)]}
    found = reliefs({"a": LEAST_S + 200, "b": LEAST_S + 300}, near.__getitem__)
    assert found == {"b": ("x", CLEARLY_S + 290), "a": ("y", CLEARLY_S + 140)}


@given(
    st.dictionaries(st.sampled_from("abcde"), st.floats(0, 2_000)),
    st.dictionaries(st.sampled_from("vwxyz"), st.floats(0, 2_000)),
)
def test_no_unit_is_named_twice_and_each_is_sooner(
    left_s: dict[str, float], drives: dict[str, float]
) -> None:
    found = reliefs(left_s, lambda _: list(drives.items()))
    units = [unit for unit, _ in found.values()]
    assert len(units) == len(set(units))
    for one, (unit, gain_s) in found.items():
        assert gain_s == left_s[one] - TURN_OUT_S - drives[unit] >= CLEARLY_S
