"""The record of one incident for a file: head, units with their milestones, notes, and all that happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.language import t
from dashboard.view_models.durations import minutes_seconds
from dashboard.view_models.incident import IncidentView, area_name
from dashboard.view_models.reasons import reason_words
from dashboard.view_models.timeline import ASSIGNMENT_STATUS, Happening, notes_of, timeline
from operations.catalogue import Catalogue

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RecordView:
    """All words are in the reader's language, all instants in the city's own time."""

    title: str
    number: str
    made: str
    """By whom and when the file was made."""
    drill: str
    """What says that all of it is made up; empty in service."""
    head: Sequence[tuple[str, str]]
    unit_names: Sequence[str]
    units: Sequence[Sequence[str]]
    """A row for each unit that was sent, in the columns of `unit_names`."""
    notes: Sequence[Happening]
    timeline: Sequence[Happening]
    """Oldest first, as the notes."""


def record_view(
    detail: Json,
    view: IncidentView,
    catalogue: Catalogue,
    areas: Mapping[str, tuple[str, str]],
    zone: ZoneInfo,
    by: str,
    now: datetime,
    drill: bool,
) -> RecordView:
    """From `operations.queries.incident_detail` with all its rows, and the panel's view of it."""
    incident, rows = detail["incident"], detail["timeline"]
    lon, lat = incident["place"]
    told = [
        (t("编号"), view.number),
        (t("类别"), t("{category}，{priority} 级", category=view.category, priority=view.priority)),
        (t("来源"), view.origin),
        (t("辖区"), area_name(incident["jurisdiction"], areas)),
        (t("坐标"), f"{lat:.6f}, {lon:.6f} (WGS-84)"),
        (t("状态"), view.status_word),
        *((step.word, _instant_after(step.at, step.after, zone)) for step in view.milestones),
        (
            t("响应时间"),
            minutes_seconds(incident["response_s"]) if incident["response_s"] is not None else "–",
        ),
        (t("预警等级"), f"{view.grade or '–'}{f' · {view.depth}' if view.depth else ''}"),
        (t("来电数"), str(incident["calls"])),
        (t("报警内容"), view.said or "–"),
        (t("销警人"), incident["closed_by"] or "–"),
    ]
    return RecordView(
        title=view.title,
        number=view.number,
        made=t("{name} 于 {time} 导出", name=by, time=_instant(now.isoformat(), zone)),
        drill=t("演练：合成与回放数据，不是真实警情") if drill else "",
        head=told,
        unit_names=(
            t("单位"),
            t("状态"),
            t("派出"),
            t("派出人"),
            t("出发"),
            t("到达"),
            t("结束"),
            t("改派理由"),
        ),
        units=[
            (
                a["callsign"],
                t(ASSIGNMENT_STATUS[a["status"]]),
                _instant(a["dispatched_at"], zone),
                a["dispatched_by"],
                _instant(a["en_route_at"], zone),
                _instant(a["on_scene_at"], zone),
                _instant(a["ended_at"], zone),
                reason_words(a["override_reason"]) if a["override_reason"] else "–",
            )
            for a in detail["assignments"]
        ],
        notes=[_timed(note, zone) for note in reversed(notes_of(rows))],
        timeline=[_timed(one, zone) for one in reversed(timeline(rows, catalogue, longest=None))],
    )


def _timed(one: Happening, zone: ZoneInfo) -> Happening:
    return Happening(_instant(one.at, zone), one.what, one.who)


def _instant_after(at: str | None, after: str, zone: ZoneInfo) -> str:
    return f"{_instant(at, zone)} (+{after})" if at and after not in ("", "0:00") else _instant(at, zone)


def _instant(at: str | None, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(at).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if at else "–"
