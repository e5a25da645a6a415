"""One incident as the panel of a desk or phone shows it, from the public state of a query."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dashboard.language import mark, named, t
from dashboard.view_models.attachments import AttachmentView, attachment_views
from dashboard.view_models.durations import distance_words, minutes_seconds
from dashboard.view_models.reasons import (
    costs_words,
    gains_words,
    left_out_words,
    missing_words,
    passed_over_sentence,
    reason_sentence,
    relief_words,
    uncovers_words,
)
from dashboard.view_models.timeline import ASSIGNMENT_STATUS as ASSIGNMENT_STATUS
from dashboard.view_models.timeline import PASSABILITY as PASSABILITY
from dashboard.view_models.timeline import Happening, notes_of, timeline
from operations.catalogue import Catalogue

Json = Mapping[str, Any]

INCIDENT_STATUS = {
    "open": mark("待出警"),
    "dispatched": mark("已出警"),
    "on_scene": mark("处置中"),
    "closed": mark("已销警"),
}
ASSISTANCE_STATUS = {
    "waiting": mark("已请求{name}，等待答复"),
    "declined": mark("{name}已拒绝"),
    "lapsed": mark("{name}超时未答复"),
}
CALLS = ("call.taken", "call.joined")
COMING = ("dispatched", "en_route")
ON_IT = (*COMING, "on_scene")
GRADE_NUMERAL = {"blue": "Ⅳ", "yellow": "Ⅲ", "orange": "Ⅱ", "red": "Ⅰ"}


def graded_words(severity: str, word: str) -> str:
    """`Ⅲ 中度`: a level's numeral before its word, once: some words (Ⅲ级, grade III) have their own."""
    numeral = GRADE_NUMERAL[severity]
    plain = unicodedata.normalize("NFKC", numeral)
    return word if numeral in word or plain in word.split() else f"{numeral} {word}"


ORIGIN = {"call": mark("来电"), "alert": mark("积水预警"), "closure": mark("道路断交")}


@dataclass(frozen=True, slots=True)
class CandidateView:
    """A recommended unit: how soon, how far, why."""

    unit_id: str
    callsign: str
    net: str
    time_s: float
    time: str
    distance: str
    reason: str
    in_time: bool
    """Within the city's target for this priority, were it dispatched now."""
    uncovers: str
    """What sending it leaves uncovered, and for how long; empty when nothing or not measured."""
    in_package: bool = True
    """Recommended; otherwise a choice beside what is recommended."""
    asks: str | None = None
    """The name of the jurisdiction that this person has to ask for it."""
    waits: bool = False
    """It was asked for, for this incident, and the answer is waited for."""


@dataclass(frozen=True, slots=True)
class PreemptionView:
    """A unit on its way elsewhere that would be clearly sooner: what is gained and what it costs there."""

    assignment_id: str
    unit_id: str
    callsign: str
    time: str
    gains: str
    costs: str


@dataclass(frozen=True, slots=True)
class ReliefView:
    """A free unit that would be clearly sooner than one on its way here, which would be free again."""

    assignment_id: str
    unit_id: str
    callsign: str
    relieved: str
    said: str


@dataclass(frozen=True, slots=True)
class RequestView:
    """A unit asked for of another jurisdiction; `answer_by` only while an answer is waited for."""

    callsign: str
    said: str
    answer_by: str | None


@dataclass(frozen=True, slots=True)
class AssignmentView:
    """A unit on this incident."""

    assignment_id: str
    unit_id: str
    callsign: str
    status: str
    word: str
    eta_at: str | None
    open: bool
    overdue: bool = False
    """It waits for its next milestone too long."""


@dataclass(frozen=True, slots=True)
class Milestone:
    """One step of the incident; `at` None when it has not come, `after` is the time since the start."""

    word: str
    at: str | None
    after: str


@dataclass(frozen=True, slots=True)
class IncidentView:
    """All the panel shows."""

    incident_id: str
    number: str
    title: str
    category: str
    origin: str
    priority: int
    status: str
    status_word: str
    opened_at: str
    severity: str | None
    grade: str | None
    depth: str | None
    observed_at: str | None
    passability: str | None
    water: str | None
    """What stands on the road now, empty where its depth is not known; None where the newest grade is none."""
    point_id: str | None
    alert_id: str | None
    acknowledged: bool
    acknowledged_by: str | None
    recommendation: str
    """`ready`, `computing` (asked, not here yet) or `none` (none of the units is suitable)."""
    recommendation_id: str | None
    advised_at: str | None
    """When the recommendation was made; it is stale when this is long ago."""
    considered: int
    left_out: str
    """Why the others were not compared, in words; empty where all were, or nobody knows."""
    candidates: Sequence[CandidateView]
    missing: str
    """What of the package nobody can fill; empty when all of it is."""
    passed_over: Sequence[str]
    """Why units that are nearer are not recommended, a sentence for each."""
    preemption: PreemptionView | None
    reliefs: Sequence[ReliefView]
    """Those that whoever looks may send without asking."""
    requests: Sequence[RequestView]
    assignments: Sequence[AssignmentView]
    milestones: Sequence[Milestone]
    timeline: Sequence[Happening]
    said: str
    """What the callers reported; empty when nobody called."""
    notes: Sequence[Happening] = ()
    attachments: Sequence[AttachmentView] = ()
    """What was sent from the scene, the newest first."""

    @property
    def open_assignments(self) -> int:
        return sum(a.open for a in self.assignments)

    @property
    def package(self) -> Sequence[CandidateView]:
        return [candidate for candidate in self.candidates if candidate.in_package]

    @property
    def others(self) -> Sequence[CandidateView]:
        return [candidate for candidate in self.candidates if not candidate.in_package]


def incident_view(
    detail: Json,
    catalogue: Catalogue,
    target_s: float,
    target_major_s: float,
    areas: Mapping[str, tuple[str, str]],
    covers: Callable[[str], bool],
) -> IncidentView:
    """From `operations.queries.incident_detail`; targets in seconds. `areas` are names by jurisdiction, `covers`
    says whose units whoever looks may send without asking."""
    incident, point, alert = detail["incident"], detail.get("point"), detail.get("alert")
    category = catalogue.categories.get(incident["category"])
    shown_alert = alert if alert and alert["status"] != "cleared" else None
    advice = detail.get("recommendation")
    limit_s = target_major_s if incident["priority"] == 1 else target_s
    advised = (advice or {}).get("candidates", [])
    busy = {a["unit_id"] for a in detail["assignments"] if a["status"] in ON_IT}
    own = catalogue.points.get(incident["point_id"])
    rows = detail.get("timeline", [])
    asked = {r["unit_id"] for r in detail.get("assistance", []) if r["status"] == "waiting"}
    candidates = [
        replace(
            _candidate(c, catalogue, limit_s, own.name_zh if own else None, areas, covers),
            waits=c["unit_id"] in asked,
        )
        for c in advised
        if c["unit_id"] not in busy
    ]
    return IncidentView(
        incident_id=incident["incident_id"],
        number=incident["number"],
        title=_capital(named(incident, "title")),
        category=named({"name_zh": category.name_zh, "name_en": category.name_en})
        if category
        else incident["category"],
        origin=t(ORIGIN.get(incident["origin"], incident["origin"])),
        priority=incident["priority"],
        status=incident["status"],
        status_word=status_words(
            incident["status"], any(a["status"] in ON_IT for a in detail["assignments"])
        ),
        opened_at=incident["opened_at"],
        severity=shown_alert["severity"] if shown_alert else None,
        grade=_grade(shown_alert, catalogue),
        depth=_depth(point, shown_alert),
        observed_at=point["observed_at"] if point else None,
        passability=point["passability"] if point else None,
        water=(_depth(point, None) or "") if point and point.get("grade_code") else None,
        point_id=incident["point_id"],
        alert_id=shown_alert["alert_id"] if shown_alert else None,
        acknowledged=bool(shown_alert and shown_alert["status"] == "acknowledged"),
        acknowledged_by=shown_alert["acknowledged_by"] if shown_alert else None,
        recommendation="computing" if advice is None else "ready" if _says_something(advice) else "none",
        recommendation_id=advice["recommendation_id"] if advice else None,
        advised_at=advice["made_at"] if advice else None,
        considered=advice["considered"] if advice else 0,
        left_out=left_out_words((advice or {}).get("left_out") or {}),
        candidates=candidates,
        missing=missing_words((advice or {}).get("needs", []), advised),
        passed_over=[passed_over_sentence(one) for one in (advice or {}).get("passed_over", [])],
        preemption=next((_preemption(p) for p in (advice or {}).get("preemptions", [])), None),
        reliefs=_reliefs(advised, candidates, detail["assignments"]),
        requests=[_request(r, areas) for r in detail.get("assistance", []) if r["status"] != "accepted"],
        assignments=[_assignment(a) for a in detail["assignments"]],
        milestones=_milestones(incident),
        timeline=timeline(rows, catalogue),
        said=_reported(rows),
        notes=notes_of(rows),
        attachments=attachment_views(detail.get("attachments", [])),
    )


def _says_something(advice: Json) -> bool:
    """Somebody is recommended, or nothing more is needed and there is a choice all the same."""
    return bool(advice["candidates"]) and (
        not advice.get("needs") or any(c.get("need") is not None for c in advice["candidates"])
    )


def _preemption(offer: Json) -> PreemptionView:
    return PreemptionView(
        assignment_id=offer["assignment_id"],
        unit_id=offer["unit_id"],
        callsign=offer["callsign"],
        time=minutes_seconds(offer["travel_time_s"]),
        gains=gains_words(offer),
        costs=costs_words(offer),
    )


def _reliefs(
    advised: Sequence[Json], candidates: Sequence[CandidateView], assignments: Sequence[Json]
) -> list[ReliefView]:
    coming = {a["assignment_id"] for a in assignments if a["status"] in COMING}
    may_be_sent = {c.unit_id for c in candidates if c.asks is None}
    return [
        ReliefView(
            assignment_id=relief["assignment_id"],
            unit_id=c["unit_id"],
            callsign=c["callsign"],
            relieved=relief["callsign"],
            said=relief_words(c["callsign"], relief),
        )
        for c in advised
        # Advice stored before this was known has no such entry.
        if (relief := c.get("relieves")) and relief["assignment_id"] in coming and c["unit_id"] in may_be_sent
    ]


def _request(request: Json, areas: Mapping[str, tuple[str, str]]) -> RequestView:
    name = area_name(request["jurisdiction"], areas)
    waits = request["status"] == "waiting"
    said = t(ASSISTANCE_STATUS[request["status"]], name=name)
    if request["note"]:
        said = t("{what}（{reason}）", what=said, reason=request["note"])
    return RequestView(request["callsign"], said, request["answer_by"] if waits else None)


def _candidate(
    candidate: Json,
    catalogue: Catalogue,
    limit_s: float,
    own_place: str | None,
    areas: Mapping[str, tuple[str, str]],
    covers: Callable[[str], bool],
) -> CandidateView:
    must_ask = candidate.get("must_ask")
    net = catalogue.nets.get(candidate["net"])
    names = {
        p.name_zh: named({"name_zh": p.name_zh, "name_en": p.name_en}) for p in catalogue.points.values()
    }
    # That the place of the incident itself is closed goes without saying.
    avoided = [names.get(name, name) for name in candidate["avoided"] if name != own_place]
    return CandidateView(
        unit_id=candidate["unit_id"],
        callsign=candidate["callsign"],
        net=named({"name_zh": net.name_zh, "name_en": net.name_en}) if net else candidate["net"],
        time_s=candidate["travel_time_s"],
        time=minutes_seconds(candidate["travel_time_s"]),
        distance=distance_words(candidate["distance_m"]),
        reason=reason_sentence({**candidate, "avoided": avoided}),
        in_time=candidate["travel_time_s"] <= limit_s,
        uncovers=uncovers_words(candidate.get("uncovers")),
        in_package=candidate.get("need") is not None,
        asks=area_name(must_ask, areas) if must_ask and not covers(must_ask) else None,
    )


def _assignment(assignment: Json) -> AssignmentView:
    status = assignment["status"]
    still_coming = status in COMING
    return AssignmentView(
        assignment_id=assignment["assignment_id"],
        unit_id=assignment["unit_id"],
        callsign=assignment["callsign"],
        status=status,
        word=t(ASSIGNMENT_STATUS[status]),
        eta_at=assignment["eta_at"] if still_coming else None,
        open=status in ON_IT,
        overdue=bool(assignment.get("overdue")),
    )


def _grade(alert: Json | None, catalogue: Catalogue) -> str | None:
    """The level's word in the rule that reached it."""
    if alert is None:
        return None
    rule = catalogue.rule(alert.get("rule_id", ""))
    level = rule.level(alert["grade_code"]) if rule else catalogue.waterlogging.grade(alert["grade_code"])
    if level is None:
        return str(alert["grade_code"])
    return named({"name_zh": level.name_zh, "name_en": level.name_en})


def _depth(point: Json | None, alert: Json | None) -> str | None:
    depth = (point or {}).get("depth_cm")
    if depth is None and alert is not None:
        depth = alert.get("depth_cm")
    return None if depth is None else f"{depth:.0f} cm"


def _milestones(incident: Json) -> list[Milestone]:
    opened = datetime.fromisoformat(incident["opened_at"])
    steps = (
        (t("接报"), "opened_at"),
        (t("已出警"), "first_dispatched_at"),
        (t("已到达"), "first_on_scene_at"),
        (t("已销警"), "closed_at"),
    )
    found = []
    for word, field in steps:
        at = incident[field]
        after = minutes_seconds((datetime.fromisoformat(at) - opened).total_seconds()) if at else ""
        found.append(Milestone(word, at, after))
    return found


def _reported(rows: Sequence[Json]) -> str:
    """What the callers said, the newest call first."""
    said = [str(row["data"].get("text") or "") for row in rows if row["type"] in CALLS]
    return "\n".join(text for text in reversed(said) if text)


def status_words(status: str, is_anybody_on_it: bool) -> str:
    """An incident's status; where whoever was there has cleared, that it only waits to be closed."""
    return t("待销警") if status == "on_scene" and not is_anybody_on_it else t(INCIDENT_STATUS[status])


def area_name(code: str, areas: Mapping[str, tuple[str, str]]) -> str:
    """The district's name; its code where it has none."""
    zh, en = areas.get(code, (code, code))
    return named({"name_zh": zh, "name_en": en})


def _capital(title: str) -> str:
    return title[:1].upper() + title[1:]
