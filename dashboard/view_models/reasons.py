"""Why: of a recommendation, a sentence from its facts; of what an officer did, the words of a stored code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.language import current_locale, mark, t
from dashboard.view_models.durations import distance_words, minutes_seconds
from dispatch.model import TAKEN_BACK

OVERRIDE_REASONS: Mapping[str, str] = {
    "local_knowledge": mark("现场更了解情况"),
    "special_skill": mark("需要特种能力"),
    "other_task": mark("推荐单位另有任务"),
    "no_radio": mark("电台联系不上"),
}
"""Proposed reasons for sending another than the first recommended unit. The journal keeps the code, so that
what it says does not depend on the language of the screen it was chosen on."""

STAND_DOWN_REASONS: Mapping[str, str] = {TAKEN_BACK: mark("值班员撤回")}


def reason_words(code: str) -> str:
    """The words of a stored reason; one that is no code of ours was typed elsewhere and stands as it is."""
    return t({**OVERRIDE_REASONS, **STAND_DOWN_REASONS}.get(code, code))


def reason_sentence(candidate: Mapping[str, Any]) -> str:
    """One sentence for a candidate's public state: time and way, closures driven around, whom it beats."""
    facts = [_way(candidate)]
    if candidate["avoided"]:
        facts.append(t("绕开 {names}", names=_listed(candidate["avoided"])))
    if candidate["nearer_passed_over"]:
        facts.append(t("{callsign} 直线更近但到得更晚", callsign=candidate["nearer_passed_over"]))
    return _joined(facts)


def uncovers_words(uncovers: Mapping[str, Any] | None) -> str:
    """What sending a candidate leaves without anybody in time; empty when nothing is, or nothing was measured."""
    if not uncovers or not uncovers["grids"]:
        return ""
    minutes = max(1, round(uncovers["away_s"] / 60))
    return t("约 {minutes} 分钟内 {grids} 个网格无人及时到达", minutes=minutes, grids=uncovers["grids"])


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
