"""The timeline: each row of the journal a sentence with a name, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.language import current_locale
from dashboard.view_models.timeline import sentence, timeline
from tests.unit.dashboard.states import CATALOGUE


def a_row(kind: str, actor_name: str | None = "王芳", **data: Any) -> dict[str, Any]:
    return {
        "seq": 1,
        "at": "2026-08-18T01:30:00+00:00",
        "type": kind,
        "actor_id": "system" if actor_name is None else "A1",
        "actor_name": actor_name,
        "data": data,
    }


ROWS = [
    (a_row("incident.opened", grade="heavy"), "立警：积水重度", "Incident opened: heavy waterlogging"),
    (a_row("incident.opened", because="closed"), "立警：道路断交", "Incident opened: road closed"),
    (a_row("call.taken", text="", caller=""), "接警", "Take call"),
    (a_row("call.taken", text="被困", caller="138"), "接警：138 · 被困", "Call: 138 · 被困"),
    (a_row("alert.opened", grade="heavy", depth_cm=51.6), "预警发布 重度 52 cm", "Alert opened heavy 52 cm"),
    (a_row("alert.acknowledged", by="王芳"), "预警已确认", "Alert acknowledged"),
    (a_row("alert.acknowledged", by="王芳", note="在看"), "预警已确认（在看）", "Alert acknowledged (在看)"),
    (a_row("alert.opened", grade="heavy", rain_mm=32.4), "预警发布 重度 32 mm", "Alert opened heavy 32 mm"),
    (a_row("alert.unacknowledged", by="王芳"), "撤销确认", "Acknowledgement undone"),
    (a_row("alert.escalated", told="city"), "上报市级中心", "Told the city centre"),
    (
        a_row("alert.shelved", until="2026-08-18T02:00:00+00:00", reason="修泵"),
        "搁置 30 分钟（修泵）",
        "Shelved for 30 min (修泵)",
    ),
    (a_row("alert.unshelved"), "取消搁置", "Unshelve"),
    (a_row("alert.returned", grade="heavy"), "已回落 重度", "Returned heavy"),
    (a_row("alert.resumed", grade="heavy"), "再次达到 重度", "Reached again heavy"),
    (
        a_row("alert.restated", because={"covered_pct.530111905": 12.0, "usual_pct.530111905": 90.0}),
        "够不到的街道现为 1 个",
        "Streets out of reach now: 1",
    ),
    (a_row("alert.suppressed", by="A0"), "已抑制，由另一预警引起", "Suppressed: another alert explains it"),
    (a_row("alert.unsuppressed"), "重新提醒", "Calls again"),
    (a_row("alert.cleared"), "预警解除", "Alert cleared"),
    (
        a_row("alert.cleared", outcome="false_alarm", note="传感器坏"),
        "预警解除：误报（传感器坏）",
        "Alert cleared: False alarm (传感器坏)",
    ),
    (
        a_row("response_level.set", reason="暴雨", **{"from": None, "to": "III"}),
        "响应级别由常态改为Ⅲ级响应（暴雨）",
        "Response level from Everyday to Response Ⅲ (暴雨)",
    ),
    (a_row("response_level.proposed", to="standby"), "规则提议：戒备", "Rules propose: Standby"),
    (a_row("call.joined", text="被困", caller="138"), "并入接警：138 · 被困", "Joined: Call: 138 · 被困"),
    (
        a_row("passability.changed", source="交警", **{"from": "open", "to": "closed"}),
        "道路由通行改为断交（来源 交警）",
        "Road from Open to Closed (source 交警)",
    ),
    (
        a_row("passability.changed", source="王芳", **{"from": "closed", "to": "slow"}),
        "道路由断交改为缓行",
        "Road from Closed to Slow",
    ),
    (
        a_row("passability.changed", source="交警", **{"from": "closed", "to": "closed"}),
        "道路仍为断交（来源 交警）",
        "Road still Closed (source 交警)",
    ),
    (
        a_row("recommendation.made", callsigns=["巡1", "巡2"], considered=40),
        "推荐 巡1，比较了 40 个单位",
        "Recommended 巡1, 40 units compared",
    ),
    (
        a_row("recommendation.made", callsigns=[], considered=40),
        "推荐：没有可派的单位，比较了 40 个",
        "Recommendation: no unit to send, 40 compared",
    ),
    (
        a_row("units.dispatched", callsigns=["巡1"], override_reason="no_radio"),
        "出警 巡1（电台联系不上）",
        "Dispatched 巡1 (No radio contact)",
    ),
    (a_row("assignment.advanced", callsign="巡1", milestone="on_scene"), "巡1 已到达", "巡1 On scene"),
    (
        a_row("assignment.advanced", callsign="巡1", milestone="on_scene", by="gps"),
        "巡1 已到达（按定位）",
        "巡1 On scene (by GPS)",
    ),
    (a_row("unit.left", callsign="巡1"), "巡1 离开现场范围", "巡1 left the scene"),
    (
        a_row("assignment.overdue", callsign="巡1", waits_for="not_on_scene"),
        "巡1 在途，超时未到达",
        "巡1 is en route and has not arrived in time",
    ),
    (
        a_row("assignment.routed", callsign="巡1", travel_time_s=128),
        "巡1 路线已算，2:08 到",
        "巡1 routed, arrives in 2:08",
    ),
    (
        a_row("assignment.stood_down", callsign="巡1", reason="taken_back"),
        "撤回 巡1（值班员撤回）",
        "Stood down 巡1 (taken back by the duty officer)",
    ),
    (
        a_row("assignment.stood_down", callsign="巡1", reason="轮胎破了"),
        "撤回 巡1（轮胎破了）",
        "Stood down 巡1 (轮胎破了)",
    ),
    (a_row("incident.closed", stood_down=["巡1"]), "销警，撤回 巡1", "Closed, stood down 巡1"),
    (a_row("something.new"), "something.new", "something.new"),
]


@pytest.mark.parametrize(
    ("row", "in_chinese", "in_english"), ROWS, ids=lambda x: x if isinstance(x, str) else ""
)
def test_a_row_is_a_sentence_in_the_readers_language(
    row: dict[str, Any], in_chinese: str, in_english: str
) -> None:
    assert sentence(row, CATALOGUE) == in_chinese
    current_locale.set("en")
    assert sentence(row, CATALOGUE) == in_english


def test_the_newest_come_first_with_who_did_it() -> None:
    rows = [a_row("incident.opened", actor_name=None), a_row("units.dispatched", callsigns=["巡1"])]
    assert [(h.what, h.who) for h in timeline(rows, CATALOGUE)] == [("出警 巡1", "王芳"), ("立警", "系统")]


def test_advice_asked_for_again_and_again_is_one_line() -> None:
    advice = [a_row("recommendation.made", callsigns=[f"巡{n}"], considered=9) for n in range(5)]
    rows = [*advice, a_row("units.dispatched", callsigns=["巡4"]), advice[0]]
    assert [h.what for h in timeline(rows, CATALOGUE)] == [
        "推荐 巡0，比较了 9 个单位",
        "出警 巡4",
        "推荐 巡4，比较了 9 个单位",
    ]
