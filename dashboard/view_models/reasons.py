"""Why: of a recommendation, a sentence from its facts; of what an officer did, the words of a stored code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

STAND_DOWN_REASONS: Mapping[str, str] = {
    TAKEN_BACK: mark("值班员撤回"),
    "preempted": mark("抽调"),
    "reassigned": mark("改派"),
    "replaced": mark("由他人接替"),
}
CAPABILITY: Mapping[str, str] = {
    "police": mark("警务"),
    "traffic_control": mark("交通管制"),
    "rescue": mark("救援"),
    "first_aid": mark("急救"),
    "pump": mark("排涝"),
}
UNIT_IS: Mapping[str, str] = {
    "on_break": mark("{callsign} 在休息"),
    "out_of_service": mark("{callsign} 停勤"),
    "returning": mark("{callsign} 返程中"),
}
"""Why a unit without an assignment is not available."""


def reason_words(code: str) -> str:
    """The words of a stored reason; one that is no code of ours was typed elsewhere and stands as it is."""
    return t({**OVERRIDE_REASONS, **STAND_DOWN_REASONS}.get(code, code))


def reason_sentence(candidate: Mapping[str, Any]) -> str:
    """One sentence for a candidate's public state: time and way, how old its place is, closures driven around, whom it
    beats."""
    facts = [_way(candidate)]
    # Advice stored before this was known has no such entry.
    if (unheard_s := candidate.get("unheard_s")) is not None:
        facts.append(t("定位已过时，最后一次在 {time} 前", time=minutes_seconds(unheard_s)))
    if candidate["avoided"]:
        facts.append(t("绕开 {names}", names=_listed(candidate["avoided"])))
    if candidate["nearer_passed_over"]:
        facts.append(t("{callsign} 直线更近但到得更晚", callsign=candidate["nearer_passed_over"]))
    return _joined(facts)


def passed_over_sentence(one: Mapping[str, Any]) -> str:
    """Why a nearer unit is not recommended, from the facts found."""
    callsign, why, number = one["callsign"], one["why"], one["number"]
    if why == "busy":
        if number:
            return t("{callsign} 正在处置 {number}", callsign=callsign, number=number)
        return t(UNIT_IS.get(one["status"], mark("{callsign} 不可派")), callsign=callsign)
    if why == "left_for":
        if one["more_urgent"]:
            return t("{callsign} 留给更紧急的 {number}", callsign=callsign, number=number)
        return t("{callsign} 留给 {number}，合计更快", callsign=callsign, number=number)
    if why == "later":
        facts = [t("{callsign} 沿路要 {time}", callsign=callsign, time=minutes_seconds(one["travel_time_s"]))]
        if one["avoided"]:
            facts.append(t("须绕开 {names}", names=_listed(one["avoided"])))
        return _joined(facts)
    if why == "lacks":
        return t("{callsign} 不具备{names}能力", callsign=callsign, names=_capabilities(one["lacks"]))
    return t(PASSED_OVER[why], callsign=callsign)


PASSED_OVER: Mapping[str, str] = {
    "on_foot": mark("{callsign} 是步巡，没有车"),
    "refused": mark("{callsign} 所属方刚拒绝借出"),
    "no_way": mark("{callsign} 没有可走的路"),
    "other_net": mark("{callsign} 不属于优先的巡控网"),
}


def missing_words(needs: Sequence[Mapping[str, Any]], candidates: Sequence[Mapping[str, Any]]) -> str:
    """What of a package nobody fills; empty when all of it is filled."""
    short = []
    for number, need in enumerate(needs):
        lacking = need["count"] - sum(c.get("need") == number for c in candidates)
        if lacking > 0:
            short.append(t("{names} {n} 个", names=_capabilities(need["capabilities"]), n=lacking))
    return t("还缺：{names}", names=_listed(short)) if short else ""


LEFT_OUT: Mapping[str, str] = {
    "busy": mark("{n} 个不在待命"),
    "on_foot": mark("{n} 个步巡"),
    "unable": mark("{n} 个能力不符"),
    "refused": mark("{n} 个刚被拒绝借出"),
    "unplaced": mark("{n} 个没有定位"),
}


def left_out_words(counts: Mapping[str, int]) -> str:
    """Why the rest of the force was not compared; empty when all of it was."""
    told = [t(words, n=counts[why]) for why, words in LEFT_OUT.items() if counts.get(why)]
    separator = ", " if current_locale.get() == "en" else "、"
    return t("未比较：{reasons}", reasons=separator.join(told)) if told else ""


def gains_words(offer: Mapping[str, Any]) -> str:
    """How much sooner a unit would be that has to be taken off another incident."""
    if offer["gain_s"] is None:
        return t("{time} 可到，此外无人可派", time=minutes_seconds(offer["travel_time_s"]))
    return t(
        "{time} 可到，早 {gain}",
        time=minutes_seconds(offer["travel_time_s"]),
        gain=minutes_seconds(offer["gain_s"]),
    )


def costs_words(offer: Mapping[str, Any]) -> str:
    """Which incident loses it, and how much later that is reached."""
    what = t("原任务 {number}（{priority} 级）", number=offer["from_number"], priority=offer["from_priority"])
    if offer["loses_s"] is None:
        return t("{what}将暂时无人前往", what=what)
    if round(offer["loses_s"]) <= 0:
        return t("{what}不受影响", what=what)
    return t("{what}将晚 {time}", what=what, time=minutes_seconds(offer["loses_s"]))


def relief_words(callsign: str, relief: Mapping[str, Any]) -> str:
    """How much sooner a free unit would be than the one on its way."""
    return t(
        "{callsign} 现在更快：连出动时间也比途中的 {relieved} 早 {gain}",
        callsign=callsign,
        relieved=relief["callsign"],
        gain=minutes_seconds(relief["gain_s"]),
    )


def _capabilities(codes: Sequence[str]) -> str:
    return _listed([t(CAPABILITY.get(code, code)) for code in codes]) or t("任意单位")


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
        straight_m = candidate["straight_line_m"]
        # A way along roads whose ends lie far from any has more than its two ends, and no factor.
        if len(candidate["path"]) > 2 or not straight_m:
            return t("离道路远，按估计 {time}，{distance}", time=time, distance=distance)
        return t(
            "无路网，按直线 {straight} ×{factor} 估计 {time}",
            time=time,
            straight=distance_words(straight_m),
            factor=f"{candidate['distance_m'] / straight_m:.1f}",
        )
    return t("沿路 {time}，{distance}", time=time, distance=distance)


def _listed(names: list[str]) -> str:
    shown = names[:2]
    more = len(names) - len(shown)
    separator = ", " if current_locale.get() == "en" else "、"
    listed = separator.join(shown)
    return t("{names}等 {count} 处", names=listed, count=len(names)) if more else listed


def _joined(facts: list[str]) -> str:
    return ("; " if current_locale.get() == "en" else "；").join(facts)
