"""Times and lengths as an officer reads them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from dashboard.view_models.durations import clock_words, distance_words, minutes_seconds

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–:––"),
        (0, "0:00"),
        (9.6, "0:10"),
        (228, "3:48"),
        (3599.6, "1:00:00"),
        (3723, "1:02:03"),
        (-4, "0:00"),
    ],
)
def test_a_duration_is_minutes_and_seconds_and_hours_only_when_there_are_any(
    seconds: float | None, words: str
) -> None:
    assert minutes_seconds(seconds) == words


@pytest.mark.parametrize(
    ("metres", "words"), [(4, "0 m"), (846, "850 m"), (996, "1.0 km"), (12_340, "12.3 km")]
)
def test_a_distance_is_metres_below_a_kilometre_and_kilometres_above(metres: float, words: str) -> None:
    assert distance_words(metres) == words


def test_an_instant_is_shown_in_the_citys_own_time() -> None:
    assert clock_words("2026-08-18T01:20:05+00:00", SHANGHAI) == "09:20:05"
    assert clock_words(None, SHANGHAI) == "–:––"
