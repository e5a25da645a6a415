"""The flood response level: proposed by figures, set by persons."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.area import area_features
from alerts.grading import next_level
from alerts.model import LevelState, MonitoredPoint, PointState, Sample
from alerts.response_level import (
    ResponseLevel,
    ResponseStep,
    highest,
    propose,
    proposes_response,
    response_step,
    set_level,
)
from core.errors import ConflictError, InvalidInputError
from core.geo import LonLat
from tests.alert_cases import START, minute
from tests.depth_rule import depth_rule
from tests.response_rule import response_rule

CITY = ResponseLevel("5301")
S = ResponseStep


def put(level: ResponseLevel, step: ResponseStep | None, by: str = "甲", number: float = 0) -> ResponseLevel:
    found = set_level(level, step, by, "会商", minute(number))
    assert found is not None
    return found


def test_a_person_sets_it_up_and_down_by_any_number_of_steps() -> None:
    level = CITY
    for number, step in enumerate((S.STANDBY, S.IV, S.II, S.III, None)):
        level = put(level, step, number=number)
        assert (level.level, level.set_by, level.since_at) == (step, "甲", minute(number))
    assert level.version == 5


def test_the_same_again_stands_and_by_another_it_says_who_did() -> None:
    level = put(CITY, S.IV)
    assert set_level(level, S.IV, "甲", "会商", minute(1)) is None
    with pytest.raises(ConflictError, match="甲"):
        set_level(level, S.IV, "乙", "会商", minute(1))


def test_not_without_a_reason_and_not_to_a_level_that_does_not_exist() -> None:
    with pytest.raises(InvalidInputError, match="reason"):
        set_level(CITY, S.IV, "甲", " ", START)
    with pytest.raises(InvalidInputError, match="'V', expected one of standby, IV, III, II, I or null"):
        response_step("V")
    assert response_step(None) is None and response_step("II") is S.II


def test_a_proposal_sets_nothing_and_the_same_proposal_is_no_news() -> None:
    level = put(CITY, S.IV)
    proposed = propose(level, S.III, {"points_graded": 10.0}, minute(5))
    assert proposed is not None
    assert (proposed.level, proposed.set_by, proposed.since_at) == (S.IV, "甲", minute(0))
    assert (proposed.proposed_level, proposed.proposed_at) == (S.III, minute(5))
    assert propose(proposed, S.III, {"points_graded": 11.0}, minute(6)) is None
    ended = propose(proposed, None, {}, minute(9))
    assert ended is not None and ended.proposed_level is None and ended.proposed_at == minute(9)


def test_of_several_rules_the_highest_step_counts_and_a_depth_rule_proposes_none() -> None:
    assert highest(["IV", None, "II", "standby"]) is S.II
    assert highest([None]) is None
    assert [step.rank for step in S] == [1, 2, 3, 4, 5]
    assert proposes_response(response_rule())
    assert not proposes_response(depth_rule())
    named_alike = replace(depth_rule(), levels=response_rule().levels)
    assert not proposes_response(named_alike), "levels of a point are no levels of the city"


# ---------------------------------------------------------------- the storm of 2024-06-04


def kunming(hour: int, minutes: int) -> datetime:
    day = 4 if hour >= 12 else 5
    return datetime(2024, 6, day, hour, minutes, tzinfo=UTC) - timedelta(hours=8)


SET_BY_PERSONS = [
    (S.STANDBY, kunming(21, 0)),
    (S.IV, kunming(21, 10)),
    (S.III, kunming(23, 10)),
    (S.II, kunming(1, 5)),
    (None, kunming(5, 45)),
]
"""docs/facts.md: standby 21:00, Ⅳ 21:10, Ⅲ 23:10, Ⅱ 01:05 with 21 points, clear 05:45."""
FLOODED = [(kunming(21, 5), 3), (kunming(22, 0), 7), (kunming(23, 0), 12), (kunming(0, 55), 21)]
DRAINED = [(kunming(3, 0), 12), (kunming(4, 0), 5), (kunming(5, 0), 0)]
"""How many points stand under water from when on; synthetic but for the 21, which was published."""
RAIN = [(kunming(20, 30), 6.0), (kunming(20, 50), 8.0), (kunming(22, 0), 12.0), (kunming(0, 30), 15.0)]
"""Rain of the wettest gauge; synthetic."""


def figures(at: datetime) -> dict[str, float]:
    flooded = max(((begin, count) for begin, count in (*FLOODED, *DRAINED) if begin <= at), default=(at, 0))[
        1
    ]
    points = [MonitoredPoint(f"P{n}", "", "", "road", LonLat(102.7, 25), "530111") for n in range(21)]
    gauge = MonitoredPoint("R", "", "", "rain_gauge", LonLat(102.7, 25), "530111", "rain_mm")
    states = {f"P{n}": PointState(f"P{n}", grade_code="medium") for n in range(flooded)}
    fallen = tuple(Sample(begin.timestamp(), mm) for begin, mm in RAIN if begin <= at)
    states["R"] = PointState("R", recent=fallen)
    return area_features([*points, gauge], states, ("light", "medium", "heavy"), at)


def test_in_the_storm_of_2024_each_level_is_proposed_before_a_person_sets_it() -> None:
    rule = response_rule()
    memory, level = LevelState(rule.rule_id, "area:5301"), CITY
    proposals, set_at = [], dict((at, step) for step, at in SET_BY_PERSONS)
    at = kunming(20, 0)
    while at <= kunming(6, 0):
        memory = next_level(memory, rule, figures(at), at)
        proposed = propose(level, highest([memory.level]), {}, at)
        if proposed is not None:
            assert proposed.level == level.level, "a proposal sets nothing"
            proposals.append((proposed.proposed_level, at))
            level = proposed
        if at in set_at:
            assert level.proposed_level == set_at[at], "what the commander does was proposed by then"
            level = put(level, set_at[at], by="值班长")
        at += timedelta(minutes=1)
    rising = [step for step, _ in proposals[: proposals.index((S.II, kunming(0, 55))) + 1]]
    assert rising == [S.STANDBY, S.IV, S.III, S.II]
    for (step, proposed_at), (set_step, persons_at) in zip(proposals[:4], SET_BY_PERSONS[:4], strict=True):
        assert step == set_step
        assert timedelta(0) < persons_at - proposed_at <= timedelta(minutes=15)
    assert level.level is None and proposals[-1][0] is None and proposals[-1][1] < kunming(5, 45)
