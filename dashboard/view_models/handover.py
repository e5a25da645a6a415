"""A shift's summary as the page of the hand-over shows and prints it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.language import named, t
from dashboard.view_models.durations import minutes_seconds, share_words
from dashboard.view_models.incident import GRADE_NUMERAL, area_name, graded_words, status_words
from dashboard.view_models.levels import step_words
from dashboard.view_models.notices import UNIT_STATUS
from dashboard.view_models.timeline import ASSIGNMENT_STATUS, PASSABILITY
from operations.catalogue import Catalogue
from operations.handover import HandOver

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """A table with its name; `calm` stands there when it has no rows."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    calm: str


@dataclass(frozen=True, slots=True)
class HandOverView:
    """One summary, as it stands or as it was handed over."""

    span: str
    figures: Sequence[tuple[str, str]]
    sections: Sequence[Section]
    remark: str
    signed: Sequence[tuple[str, str]]
    """Who gave it and who took it, with when; empty for what is not handed over yet."""


def handover_view(
    summary: Json,
    catalogue: Catalogue,
    areas: Mapping[str, tuple[str, str]],
    zone: ZoneInfo,
    given: HandOver | None = None,
) -> HandOverView:
    """From `operations.shift_summary.shift_summary`, and the hand-over it belongs to."""

    def when(instant: str | None) -> str:
        return datetime.fromisoformat(instant).astimezone(zone).strftime("%m-%d %H:%M:%S") if instant else "–"

    counts, response = summary["counts"], summary["response"]
    alerts = " · ".join(
        f"{GRADE_NUMERAL[severity]} {counts['alerts'][severity]}"
        for severity in GRADE_NUMERAL
        if severity in counts["alerts"]
    )
    figures = [
        (t("新警情"), str(counts["opened"])),
        (t("销警数"), str(counts["closed"])),
        (t("来电数"), str(counts["calls"])),
        (t("派出单位"), t("{n}，其中改派 {overridden}", n=counts["sent"], overridden=counts["overridden"])),
        (t("新预警"), alerts or "0"),
        (
            t("响应时间中位"),
            t(
                "{time}（目标 {target}）",
                time=minutes_seconds(response["median_s"]),
                target=minutes_seconds(response["target_s"]),
            ),
        ),
        ("P90", minutes_seconds(response["p90_s"])),
        (t("达标率"), share_words(response["share_within_target"])),
        (
            t("单位"),
            " · ".join(
                f"{t(word)} {summary['units'][status]}"
                for status, word in UNIT_STATUS.items()
                if status in summary["units"]
            )
            or "–",
        ),
    ]
    return HandOverView(
        span=t("{since} 至 {until}", since=when(summary["since"]), until=when(summary["at"])),
        figures=figures,
        sections=[
            Section(
                t("未结警情"),
                (t("编号"), t("警情"), t("优先级"), t("交班时水深"), t("状态"), t("接报"), t("在办单位")),
                [
                    (
                        i["number"],
                        named(i, "title"),
                        str(i["priority"]),
                        "–" if i.get("depth_cm") is None else f"{i['depth_cm']:.0f} cm",
                        status_words(i["status"], bool(i["units"])),
                        when(i["opened_at"]),
                        " · ".join(f"{u['callsign']} {t(ASSIGNMENT_STATUS[u['status']])}" for u in i["units"])
                        or (t("无人出警") if i["status"] == "open" else t("单位已离开")),
                    )
                    for i in summary["incidents"]
                ],
                t("没有未结警情。"),
            ),
            Section(
                t("待确认预警"),
                (t("预警"), t("等级"), t("发布")),
                [_alert(a, catalogue, when) for a in summary["unacknowledged"]],
                t("没有待确认的预警。"),
            ),
            Section(
                t("搁置的预警"),
                (t("预警"), t("等级"), t("发布"), t("搁置至"), t("搁置人"), t("理由")),
                [
                    (
                        *_alert(a, catalogue, when),
                        when(a["shelved_until"]),
                        a["shelved_by"] or "–",
                        a["shelve_reason"] or "–",
                    )
                    for a in summary["shelved"]
                ],
                t("没有搁置的预警。"),
            ),
            Section(
                t("已恢复、待解除的预警"),
                (t("预警"), t("等级"), t("发布")),
                [_alert(a, catalogue, when) for a in summary["returned"]],
                t("没有待解除的预警。"),
            ),
            Section(
                t("道路管制与断交"),
                (t("地点"), t("状态"), t("自"), t("至"), t("设定人"), t("理由")),
                [
                    (
                        c["name"],
                        t(PASSABILITY[c["state"]]),
                        when(c["closed_at"]),
                        when(c["expires_at"]),
                        c["closed_by"],
                        c["reason"] or "–",
                    )
                    for c in summary["closures"]
                ]
                + [
                    (
                        named(p),
                        t(PASSABILITY[p["passability"]]),
                        when(p["passability_at"]),
                        "–",
                        p["passability_by"] or "–",
                        "–",
                    )
                    for p in summary["roads"]
                ],
                t("没有断交或管制的道路。"),
            ),
            Section(
                t("防汛响应级别"),
                (t("辖区"), t("级别"), t("自"), t("设定人"), t("理由"), t("规则提议")),
                [
                    (
                        area_name(level["jurisdiction"], areas),
                        step_words(level["level"]),
                        when(level["since_at"]),
                        level["set_by"] or "–",
                        level["reason"] or "–",
                        step_words(level["proposed_level"]) if level["proposed_at"] else "–",
                    )
                    for level in summary["levels"]
                ],
                t("各地均为常态。"),
            ),
            Section(
                t("停勤与休整的单位"),
                (t("单位"), t("状态"), t("自")),
                [(u["callsign"], t(UNIT_STATUS[u["status"]]), when(u["status_at"])) for u in summary["away"]],
                t("没有停勤或休整的单位。"),
            ),
        ],
        remark=given.remark if given else "",
        signed=_signed(given, when) if given else (),
    )


def _alert(alert: Json, catalogue: Catalogue, when: Any) -> tuple[str, str, str]:
    rule = catalogue.rule(alert["rule_id"])
    level = rule.level(alert["grade_code"]) if rule else None
    word = named({"name_zh": level.name_zh, "name_en": level.name_en}) if level else alert["grade_code"]
    return named(alert), graded_words(alert["severity"], word), when(alert["opened_at"])


def _signed(given: HandOver, when: Any) -> list[tuple[str, str]]:
    taken = given.accepted_at
    return [
        (t("交班人"), f"{given.given_by_name} {when(given.given_at.isoformat())}"),
        (t("接班人"), f"{given.accepted_by_name} {when(taken.isoformat())}" if taken else t("待接班")),
    ]
