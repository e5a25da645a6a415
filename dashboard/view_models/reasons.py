"""Why a unit is recommended, said in a sentence from the facts of the recommendation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.language import current_locale, t
from dashboard.view_models.durations import distance_words, minutes_seconds


def reason_sentence(candidate: Mapping[str, Any]) -> str:
    """One sentence for a candidate's public state: time and way, closures driven around, whom it beats."""
    facts = [_way(candidate)]
    if candidate["avoided"]:
        facts.append(t("绕开 {names}", names=_listed(candidate["avoided"])))
    if candidate["nearer_passed_over"]:
        facts.append(t("{callsign} 直线更近但到得更晚", callsign=candidate["nearer_passed_over"]))
    return _joined(facts)


def _way(candidate: Mapping[str, Any]) -> str:
    time = minutes_seconds(candidate["travel_time_s"])
    distance = distance_words(candidate["distance_m"])
    if candidate["straight_line"]:
        return t("无路网，按直线估计 {time}，{distance}", time=time, distance=distance)
    return t("沿路 {time}，{distance}", time=time, distance=distance)


def _listed(names: list[str]) -> str:
    shown = names[:2]
    more = len(names) - len(shown)
    separator = ", " if current_locale.get() == "en" else "、"
    listed = separator.join(shown)
    return t("{names}等 {count} 处", names=listed, count=len(names)) if more else listed


def _joined(facts: list[str]) -> str:
    return ("; " if current_locale.get() == "en" else "；").join(facts)
