"""The reason of a recommendation, from its facts, in both languages."""

from __future__ import annotations

from dashboard.language import current_locale
from dashboard.view_models.reasons import reason_sentence
from tests.unit.dashboard.states import a_candidate


def test_a_plain_way_says_time_and_distance() -> None:
    assert reason_sentence(a_candidate()) == "沿路 2:08，1.2 km"


def test_a_detour_names_what_it_avoids_and_whom_it_beats() -> None:
    candidate = a_candidate(avoided=["牛街庄隧道", "长润街隧道", "石虎关立交"], nearer_passed_over="派0007")
    assert (
        reason_sentence(candidate)
        == "沿路 2:08，1.2 km；绕开 牛街庄隧道、长润街隧道等 3 处；派0007 直线更近但到得更晚"
    )


def test_the_same_facts_in_english() -> None:
    current_locale.set("en")
    candidate = a_candidate(avoided=["Niujie tunnel"], nearer_passed_over="P7")
    assert reason_sentence(candidate) == (
        "2:08 by road, 1.2 km; drives around Niujie tunnel; P7 is nearer in a straight line but arrives later"
    )


def test_a_guess_without_roads_says_that_it_is_one() -> None:
    guess = a_candidate(straight_line=True, straight_line_m=700.0, distance_m=980.0)
    assert reason_sentence(guess) == "无路网，按直线 700 m ×1.4 估计 2:08"


def test_a_way_whose_end_lies_far_from_any_road_is_no_straight_line() -> None:
    path = [[102.7, 25.0], [102.71, 25.0], [102.71, 25.01]]
    assert reason_sentence(a_candidate(straight_line=True, path=path)) == "离道路远，按估计 2:08，1.2 km"


def test_a_place_that_is_out_of_date_is_told_with_its_age() -> None:
    assert (
        reason_sentence(a_candidate(unheard_s=754.0)) == "沿路 2:08，1.2 km；定位已过时，最后一次在 12:34 前"
    )
