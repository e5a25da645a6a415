"""What happened to an incident, each row of the journal as one sentence and who did it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.actor import SYSTEM
from dashboard.language import mark, named, t
from dashboard.view_models.durations import minutes_seconds
from dashboard.view_models.figures import figure_value
from dashboard.view_models.levels import step_words
from dashboard.view_models.reasons import reason_words
from dashboard.view_models.warning import RECEIVED, received_sentence
from operations.catalogue import Catalogue

Json = Mapping[str, Any]

ASSIGNMENT_STATUS = {
    "dispatched": mark("已派出"),
    "en_route": mark("途中"),
    "on_scene": mark("已到达"),
    "cleared": mark("已离开"),
    "stood_down": mark("已撤回"),
}
PASSABILITY = {"open": mark("通行"), "slow": mark("缓行"), "closed": mark("断交")}
TOLD = {
    "community": mark("社区工作站"),
    "street": mark("街道处置中心"),
    "district": mark("区级分中心"),
    "city": mark("市级中心"),
}
"""The four levels of the command tree."""
OUTCOME = {"real": mark("属实"), "false_alarm": mark("误报"), "unknown": mark("不详")}
MEASURED = ("depth_cm", "rain_mm")
KNOWN_BY = {"gps": mark("按定位"), "button": mark("按键"), "simulated": mark("模拟")}
"""How a milestone is known."""
OVERDUE = {
    "not_en_route": mark("{callsign} 已派出，超时未出发"),
    "not_on_scene": mark("{callsign} 在途，超时未到达"),
    "still_on_scene": mark("{callsign} 处置时间过长，请问候"),
}
ADVICE = "recommendation.made"
NOTE = "note.added"
GRADED = ("alert.opened", "alert.raised", "alert.lowered", "alert.resumed", "alert.restated")
"""The rows after which an alert's level and its figures are new."""
LONGEST = 40


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the timeline."""

    at: str
    what: str
    who: str


def timeline(rows: Sequence[Json], catalogue: Catalogue, longest: int | None = LONGEST) -> list[Happening]:
    """The newest of the journal's rows, at most `longest`, newest first.

    Advice that newer advice followed at once is left out: it was asked for again and again while nothing else
    happened.
    """
    then = [*(row["type"] for row in rows[1:]), None]
    telling = [row for row, after in zip(rows, then, strict=False) if not row["type"] == after == ADVICE]
    return [
        Happening(r["at"], sentence(r, catalogue), _who(r))
        for r in telling[-(longest or len(telling)) :][::-1]
    ]


def notes_of(rows: Sequence[Json]) -> list[Happening]:
    """What people wrote, newest first."""
    written = [row for row in rows if row["type"] == NOTE]
    return [Happening(r["at"], str(r["data"].get("text", "")), _who(r)) for r in reversed(written)]


def sentence(row: Json, catalogue: Catalogue) -> str:
    """A type of event this version does not know stands under its own name. What waited for a connection says so."""
    said = _SENTENCES.get(row["type"])
    what = said(row["data"], row, catalogue) if said else str(row["type"])
    return _noted(what, t("离线补报")) if row["data"].get("late") is True else what


def _who(row: Json) -> str:
    if row["actor_id"] == SYSTEM.actor_id:
        return t("系统")
    return str(row.get("actor_name") or row["actor_id"])


def _opened(data: Json, _row: Json, catalogue: Catalogue) -> str:
    if data.get("because") == "closed":
        return t("立警：道路断交")
    if data.get("grade") and catalogue.waterlogging.grade(data["grade"]):
        return t("立警：积水{grade}", grade=_grade(data, catalogue))
    if data.get("alert_id"):
        return t("立警：预警")
    return t("立警")


def _call(data: Json, _row: Json, _catalogue: Catalogue) -> str:
    said = " · ".join(part for part in (data.get("caller"), data.get("text"), *_how_taken(data)) if part)
    return t("接警：{said}", said=said) if said else t("接警")


def _how_taken(data: Json) -> list[str]:
    """How far off the place may be, and an officer's own priority with its reason."""
    found = []
    if data.get("accuracy_m"):
        found.append(t("位置误差约 {n} 米", n=round(data["accuracy_m"])))
    if data.get("priority_reason"):
        found.append(
            t("改为 {priority} 级：{reason}", priority=data["priority"], reason=data["priority_reason"])
        )
    return found


def _exported(data: Json, _row: Json, _catalogue: Catalogue) -> str:
    return t("导出 {kind}", kind=str(data["as"]).upper())


def _alert(words: str) -> Callable[[Json, Json, Catalogue], str]:
    def said(data: Json, _row: Json, catalogue: Catalogue) -> str:
        facts = [_grade(data, catalogue)] if data.get("grade") else []
        facts += [figure_value(q, round(data[q])) for q in MEASURED if data.get(q) is not None]
        return f"{t(words)} {' '.join(facts)}".strip()

    return said


def returned_word(alert: Json, catalogue: Catalogue) -> str:
    """How it is said that the condition is over: water falls, a unit leaves, everything else is as it should be."""
    rule = catalogue.rule(str(alert.get("rule_id") or alert.get("rule", "")).partition("@")[0])
    if rule is None or (rule.watches.subject == "point" and not rule.silence):
        return t("已回落")
    return t("已离开") if rule.watches.subject == "geofence" else t("已恢复")


def _restated(data: Json, _row: Json, _catalogue: Catalogue) -> str:
    streets = sum(name.startswith("covered_pct.") for name in data.get("because", ()))
    return t("够不到的街道现为 {n} 个", n=streets)


def _returned(data: Json, row: Json, catalogue: Catalogue) -> str:
    facts = _alert("")(data, row, catalogue)
    return f"{returned_word(data, catalogue)} {facts}".strip()


def _acknowledged(data: Json, _row: Json, _catalogue: Catalogue) -> str:
    return _noted(t("预警已确认"), data.get("note"))


def _escalated(data: Json, _row: Json, _catalogue: Catalogue) -> str:
    told = str(data.get("told", ""))
    return _noted(t("上报{level}", level=t(TOLD.get(told, told))), data.get("note"))


def _shelved(data: Json, row: Json, _catalogue: Catalogue) -> str:
    if not data.get("until"):
        return _noted(t("搁置"), data.get("reason"))
    left = datetime.fromisoformat(data["until"]) - datetime.fromisoformat(row["at"])
    return _noted(t("搁置 {n} 分钟", n=round(left.total_seconds() / 60)), data.get("reason"))


def _cleared(data: Json, row: Json, catalogue: Catalogue) -> str:
    outcome = data.get("outcome")
    if outcome is None:
        return _alert(mark("预警解除"))(data, row, catalogue)
    return _noted(
        t("预警解除：{outcome}", outcome=t(OUTCOME.get(str(outcome), str(outcome)))), data.get("note")
    )


def _noted(what: str, note: str | None) -> str:
    return t("{what}（{reason}）", what=what, reason=note) if note else what


def _level_set(data: Json, _row: Json, _catalogue: Catalogue) -> str:
    before, after = step_words(data.get("from")), step_words(data.get("to"))
    return _noted(t("响应级别由{before}改为{after}", before=before, after=after), data.get("reason"))


def _level_proposed(data: Json, _row: Json, _catalogue: Catalogue) -> str:
    return t("规则提议：{level}", level=step_words(data.get("to")))


def _joined(data: Json, row: Json, catalogue: Catalogue) -> str:
    return t("并入{said}", said=_call(data, row, catalogue))


def _passability(data: Json, row: Json, _catalogue: Catalogue) -> str:
    before, after = _state(data.get("from", "")), _state(data.get("to", ""))
    if before == after:
        change = t("道路仍为{after}", after=after)
    else:
        change = t("道路由{before}改为{after}", before=before, after=after)
    source = data.get("source")
    if source and source != row.get("actor_name"):
        change = t("{what}（来源 {source}）", what=change, source=source)
    return _noted(change, data.get("note"))


def _state(code: str) -> str:
    return t(PASSABILITY.get(code, code))


def _advice(data: Json, _row: Json, _catalogue: Catalogue) -> str:
    found = data.get("callsigns") or []
    considered = data.get("considered", 0)
    if not found:
        return t("推荐：没有可派的单位，比较了 {count} 个", count=considered)
    return t("推荐 {callsign}，比较了 {count} 个单位", callsign=found[0], count=considered)


def _dispatched(data: Json, _row: Json, _catalogue: Catalogue) -> str:
    what = t("出警 {callsigns}", callsigns=" ".join(data.get("callsigns", [])))
    return _because(what, data.get("override_reason"))


def _advanced(data: Json, _row: Json, _catalogue: Catalogue) -> str:
    milestone = str(data.get("milestone", ""))
    what = f"{data.get('callsign', '')} {t(ASSIGNMENT_STATUS.get(milestone, milestone))}"
    known_by = KNOWN_BY.get(str(data.get("by", "")))
    return t("{what}（{reason}）", what=what, reason=t(known_by)) if known_by else what


def _unit(words: str) -> Callable[[Json, Json, Catalogue], str]:
    return lambda data, _row, _catalogue: t(words, callsign=data.get("callsign", ""))


def _road(words: str) -> Callable[[Json, Json, Catalogue], str]:
    return lambda data, _row, _catalogue: _noted(t(words, name=data.get("name", "")), data.get("reason"))


def _overdue(data: Json, _row: Json, _catalogue: Catalogue) -> str:
    waits_for = str(data.get("waits_for", ""))
    return t(OVERDUE.get(waits_for, waits_for), callsign=data.get("callsign", ""))


def _routed(data: Json, _row: Json, _catalogue: Catalogue) -> str:
    time = minutes_seconds(data.get("travel_time_s"))
    return t("{callsign} 路线已算，{time} 到", callsign=data.get("callsign", ""), time=time)


def _stood_down(data: Json, _row: Json, _catalogue: Catalogue) -> str:
    return _because(t("撤回 {callsign}", callsign=data.get("callsign", "")), data.get("reason"))


def _reassigned(data: Json, _row: Json, _catalogue: Catalogue) -> str:
    callsign = data.get("callsign", "")
    if data.get("reason") == "replaced":
        return _because(t("{callsign} 由他人接替", callsign=callsign), data.get("override_reason"))
    what = t("{callsign} 改派去 {number}", callsign=callsign, number=data.get("for", ""))
    return _because(what, data.get("override_reason"))


def _closed(data: Json, _row: Json, _catalogue: Catalogue) -> str:
    back = data.get("stood_down") or []
    return t("销警，撤回 {callsigns}", callsigns=" ".join(back)) if back else t("已销警")


def _because(what: str, reason: str | None) -> str:
    return t("{what}（{reason}）", what=what, reason=reason_words(reason)) if reason else what


def _grade(data: Json, catalogue: Catalogue) -> str:
    """The level's word in the rule that reached it; an incident's row names no rule and means the map's grades."""
    rule = catalogue.rule(str(data.get("rule", "")).partition("@")[0])
    level = rule.level(data["grade"]) if rule else catalogue.waterlogging.grade(data["grade"])
    return named({"name_zh": level.name_zh, "name_en": level.name_en}) if level else str(data["grade"])


_SENTENCES: Mapping[str, Callable[[Json, Json, Catalogue], str]] = {
    "incident.opened": _opened,
    "incident.closed": _closed,
    "incident.exported": _exported,
    "call.taken": _call,
    "alert.opened": _alert(mark("预警发布")),
    "alert.raised": _alert(mark("预警升级")),
    "alert.lowered": _alert(mark("预警降级")),
    "alert.cleared": _cleared,
    "alert.returned": _returned,
    "alert.resumed": _alert(mark("再次达到")),
    "alert.restated": _restated,
    RECEIVED: lambda data, _row, _catalogue: received_sentence(data),
    "alert.acknowledged": _acknowledged,
    "alert.unacknowledged": lambda _data, _row, _catalogue: t("撤销确认"),
    "alert.escalated": _escalated,
    "alert.escalation_ended": _alert(mark("不再上报")),
    "alert.shelved": _shelved,
    "alert.unshelved": _alert(mark("取消搁置")),
    "alert.suppressed": _alert(mark("已抑制，由另一预警引起")),
    "alert.unsuppressed": _alert(mark("重新提醒")),
    "response_level.set": _level_set,
    "response_level.proposed": _level_proposed,
    "call.joined": _joined,
    "passability.changed": _passability,
    "road.closed": _road(mark("道路封闭：{name}")),
    "road.reopened": _road(mark("道路恢复：{name}")),
    "road.expired": _road(mark("封闭到期：{name}")),
    ADVICE: _advice,
    NOTE: lambda data, _row, _catalogue: t("备注：{text}", text=data.get("text", "")),
    "units.dispatched": _dispatched,
    "assignment.advanced": _advanced,
    "assignment.accepted": _unit(mark("{callsign} 已接警")),
    "attachment.added": lambda data, _row, _catalogue: t(
        mark("现场照片") if data.get("kind") == "photo" else mark("现场录音")
    ),
    "assignment.routed": _routed,
    "assignment.overdue": _overdue,
    "unit.entered": _unit(mark("{callsign} 进入现场范围")),
    "unit.left": _unit(mark("{callsign} 离开现场范围")),
    "assignment.stood_down": _stood_down,
    "assignment.preempted": lambda data, _row, _catalogue: t(
        "{callsign} 被抽调去 {number}", callsign=data.get("callsign", ""), number=data.get("for", "")
    ),
    "assignment.reassigned": _reassigned,
    "assistance.requested": _unit(mark("请求联勤：{callsign}")),
    "assistance.accepted": _unit(mark("对方同意派出 {callsign}")),
    "assistance.declined": lambda data, _row, _catalogue: _noted(
        t("对方拒绝派出 {callsign}", callsign=data.get("callsign", "")), data.get("note")
    ),
    "assistance.lapsed": _unit(mark("联勤请求超时：{callsign}")),
}
