"""One alert as its panel shows it: why it is there, who has it, what may be done, what was measured."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import quoteattr

from alerts.imported import STATED_RANK
from core.actor import Actor, Permission
from core.command_tree import CommandLevel
from dashboard.language import named, t
from dashboard.theme import tokens
from dashboard.view_models.durations import minutes_seconds
from dashboard.view_models.figures import condition_words, figure_name, figure_value
from dashboard.view_models.timeline import (
    GRADED,
    PASSABILITY,
    Happening,
    notes_of,
    returned_word,
    timeline,
)
from dashboard.view_models.timeline import OUTCOME as OUTCOME
from dashboard.view_models.timeline import TOLD as TOLD
from dashboard.view_models.warning import WarningView, warning_view
from operations.catalogue import Catalogue

Json = Mapping[str, Any]

NOT_RISING = 9999
"""What the rules write for "never, as it is now" (alerts/features.py)."""
MAP_FIGURES = ("minutes_to",)
WIDE, HIGH = 380, 96


@dataclass(frozen=True, slots=True)
class Reason:
    """One figure that the level was reached by."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Street:
    """A street of an alert about coverage: what is reached of its demand and what is usual, in words; where it is."""

    name: str
    covered: str
    usual: str
    place: Sequence[float]


@dataclass(frozen=True, slots=True)
class Move:
    """Advice to move up into such a street."""

    unit_id: str
    callsign: str
    grid: str
    place: Sequence[float]
    time: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Readings as a line: an image as a data URI, the figure at its top, its first and last instant, and thresholds
    as their figure and how high they lie, in shares of 1."""

    image: str
    top: str
    begins_at: str
    ends_at: str
    lines: Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class AlertView:
    """All the panel shows. `status` is `waits`, `acknowledged`, `returned`, `shelved`, `suppressed` or `cleared`."""

    alert_id: str
    name: str
    severity: str
    level: str
    category: str
    rule: str
    rule_version: str
    source: str
    advice: str
    status: str
    opened_at: str
    acknowledged_by: str | None
    note: str | None
    returned_at: str | None
    stands: bool
    """Whether only a false alarm can be cleared."""
    shelved_until: str | None
    shelved_by: str | None
    shelve_reason: str | None
    cause_id: str | None
    cause: str | None
    told: str
    told_word: str
    escalate_at: str | None
    cleared_by: str | None
    outcome: str | None
    measured: str | None
    because: Sequence[Reason]
    graded_at: str
    """Since when the level is what it is: `because` holds the figures of then."""
    thresholds: Sequence[tuple[str, str, str]]
    """Severity, word and least value, or the condition, of each level."""
    held: str
    """Says that the value now lies below where the level begins; empty where it does not."""
    again: str
    """What opens the next alert here after a false alarm."""
    returned_word: str
    chart: Chart | None
    """The last hour's readings; None without any."""
    incident_id: str | None
    incident_number: str | None
    timeline: Sequence[Happening]
    may_acknowledge: bool
    may_shelve: bool
    may_escalate: bool
    may_clear: bool
    may_move_up: bool = False
    streets: Sequence[Street] = ()
    moves: Sequence[Move] = ()
    notes: Sequence[Happening] = ()
    warning: WarningView | None = None
    """What others said, where the alert is theirs."""


def alert_view(detail: Json, catalogue: Catalogue, actor: Actor) -> AlertView:
    """From `operations.alert_detail.alert_detail`."""
    alert, rule, cause, incident = detail["alert"], detail["rule"], detail["cause"], detail["incident"]
    category = catalogue.categories.get(alert["category"])
    levels = rule["levels"] if rule else []
    level = next((x for x in levels if x["code"] == alert["grade_code"]), None)
    is_open = alert["status"] != "cleared"
    quantity = alert["quantity"]
    words = {code: t(word) for code, word in PASSABILITY.items()}
    words |= {
        grade.code: named({"name_zh": grade.name_zh, "name_en": grade.name_en})
        for grade in catalogue.waterlogging.grades
    }
    return AlertView(
        alert_id=alert["alert_id"],
        name=named(alert),
        severity=alert["severity"],
        level=named(level) if level else alert["grade_code"],
        category=named({"name_zh": category.name_zh, "name_en": category.name_en})
        if category
        else alert["category"],
        rule=named(rule) if rule else alert["rule_id"],
        rule_version=alert["rule_version"],
        source=named(rule, "source") if rule else "",
        advice=named(rule, "advice") if rule else "",
        status=_status(alert),
        opened_at=alert["opened_at"],
        acknowledged_by=alert["acknowledged_by"],
        note=alert["note"],
        returned_at=alert["returned_at"],
        stands=detail["stands"],
        shelved_until=alert["shelved_until"],
        shelved_by=alert["shelved_by"],
        shelve_reason=alert["shelve_reason"],
        cause_id=cause["alert_id"] if cause else None,
        cause=named(cause) if cause else None,
        told=alert["told"],
        told_word=t(TOLD[alert["told"]]),
        escalate_at=alert["escalate_at"],
        cleared_by=alert["cleared_by"],
        outcome=t(OUTCOME[alert["outcome"]]) if alert["outcome"] else None,
        measured=_measured(quantity, alert["value"], detail["readings"]),
        because=[] if detail["streets"] else _reasons(alert["because"], levels),
        graded_at=_graded_at(alert, detail["timeline"]),
        thresholds=[
            (x["severity"], named(x), _asks(x, quantity, words))
            for x in reversed(levels)
            if x["thresholds"] or x.get("when")
        ],
        held=_held(alert, level, detail["readings"]),
        again=_again(level, levels),
        returned_word=returned_word(alert, catalogue),
        chart=chart(detail["readings"], _lines(levels, quantity), quantity),
        incident_id=incident["incident_id"] if incident else None,
        incident_number=incident["number"] if incident else None,
        timeline=timeline(detail["timeline"], catalogue),
        may_acknowledge=alert["status"] == "active" and actor.may(Permission.ACKNOWLEDGE_ALERT),
        may_shelve=is_open and actor.may(Permission.SHELVE_ALERT),
        may_escalate=is_open and alert["told"] != CommandLevel.CITY and actor.may(Permission.ESCALATE_ALERT),
        may_clear=is_open and actor.may(Permission.ALL_CLEAR),
        may_move_up=actor.may(Permission.DISPATCH),
        streets=[
            Street(
                name=named(street),
                covered=figure_value("covered_pct", street["covered_pct"]),
                usual=figure_value("usual_pct", street["usual_pct"]) if street["usual_pct"] else t("不详"),
                place=street["place"],
            )
            for street in detail["streets"]
        ],
        moves=[
            Move(m["unit_id"], m["callsign"], m["grid"], m["place"], minutes_seconds(m["travel_time_s"]))
            for m in detail["moves"]
        ],
        notes=notes_of(detail["timeline"]),
        warning=warning_view(detail["timeline"]),
    )


def _status(alert: Json) -> str:
    if alert["status"] == "cleared":
        return "cleared"
    for mark_, field in (
        ("shelved", "shelved_until"),
        ("suppressed", "suppressed_by"),
        ("returned", "returned_at"),
    ):
        if alert[field] is not None:
            return mark_
    return "acknowledged" if alert["status"] == "acknowledged" else "waits"


def _graded_at(alert: Json, rows: Sequence[Json]) -> str:
    return next((str(row["at"]) for row in reversed(rows) if row["type"] in GRADED), str(alert["opened_at"]))


def _asks(level: Json, quantity: str | None, words: Mapping[str, str]) -> str:
    """What a level asks for: its thresholds, or its condition in words."""
    if level["thresholds"]:
        return " · ".join(_least(figure, value, quantity) for figure, value in level["thresholds"].items())
    return condition_words(str(level["when"]), words)


def _held(alert: Json, level: Json | None, readings: Sequence[Sequence[Any]]) -> str:
    quantity = alert["quantity"]
    least = level["thresholds"].get(quantity) if level and quantity == "depth_cm" else None
    newest = readings[-1][1] if readings else None
    stands = alert["status"] != "cleared" and alert["returned_at"] is None
    if least is None or newest is None or newest >= least or not stands:
        return ""
    return t("现值低于本级起点 {least}，尚未回落够，等级保持", least=figure_value(quantity, least))


def _again(level: Json | None, levels: Sequence[Json]) -> str:
    codes = [x["code"] for x in levels]
    higher = levels[codes.index(level["code"]) + 1 :] if level else []
    if not higher:
        return t("作误报解除后，地图上不再标它的等级；先恢复正常、再次达到，才会再预警。")
    return t(
        "作误报解除后，地图上不再标它的等级；升到{level}，或先恢复正常、再次达到，才会再预警。",
        level=named(higher[0]),
    )


def _least(figure: str, value: float, quantity: str | None) -> str:
    """A threshold in words: which figure it is of, unless it is what the gauge itself measures."""
    words = "" if figure == quantity else f"{figure_name(figure)} "
    return f"{words}≥ {figure_value(figure, value)}"


def _measured(quantity: str | None, value: float | None, readings: Sequence[Sequence[Any]]) -> str | None:
    """What is measured now; the alert itself remembers what was when it last changed its level. Rain of the last few
    minutes says nothing about a warning of hours."""
    if quantity == "rain_mm":
        return None
    newest = readings[-1][1] if readings else value
    return figure_value(quantity, newest) if quantity and newest is not None else None


def _reasons(because: Json, levels: Sequence[Json]) -> list[Reason]:
    """The figures in words. One of a map (`minutes_to.heavy`) names the level it is about."""
    found = []
    for name, value in because.items():
        if not isinstance(value, int | float):
            continue
        if name == STATED_RANK:
            stated = levels[round(value) - 1] if 1 <= value <= len(levels) else None
            found.append(Reason(t("发布方定的级别"), named(stated) if stated else f"{value:g}"))
            continue
        figure, _, code = name.partition(".")
        level = next((named(x) for x in levels if x["code"] == code), code)
        words = f"{figure_name(figure)} {level}".strip()
        never = figure in MAP_FIGURES and value >= NOT_RISING
        found.append(Reason(words, t("未上涨") if never else figure_value(figure, value)))
    return found


def _lines(levels: Sequence[Json], quantity: str | None) -> list[float]:
    return [x["thresholds"][quantity] for x in levels if quantity in x["thresholds"]]


def chart(
    readings: Sequence[Sequence[Any]], thresholds: Sequence[float], quantity: str | None
) -> Chart | None:
    """The readings as a line, the thresholds dashed across it; the right edge is the newest reading.

    The scale starts at zero and ends a little above the highest reading and the lowest threshold.
    """
    points = [(datetime.fromisoformat(at).timestamp(), float(value)) for at, value in readings]
    if len(points) < 2 or not any(value for _, value in points):
        return None
    top = 1.15 * max([value for _, value in points] + list(thresholds[:1]) + [1.0])
    within = [level for level in thresholds if level <= top]
    figure = quantity or "value"
    return Chart(
        image=_sparkline(points, within, top),
        top=figure_value(figure, round(top)),
        begins_at=str(readings[0][0]),
        ends_at=str(readings[-1][0]),
        lines=[(f"{level:g}", round(level / top, 3)) for level in within],
    )


def _sparkline(points: Sequence[tuple[float, float]], thresholds: Sequence[float], top: float) -> str:
    begin, end = points[0][0], points[-1][0]
    token = tokens()

    def y(value: float) -> float:
        return round(HIGH - 1 - (HIGH - 2) * max(0.0, value) / top, 1)

    line = " ".join(f"{(s - begin) / max(1.0, end - begin) * WIDE:.1f},{y(value)}" for s, value in points)
    across = "".join(
        f'<line x1="0" x2="{WIDE}" y1="{y(level)}" y2="{y(level)}" stroke={quoteattr(token["text-faint"])}'
        ' stroke-dasharray="4 4" vector-effect="non-scaling-stroke"/>'
        for level in thresholds
    )
    image = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" preserveAspectRatio="none">'
        f'<polygon points="0,{HIGH} {line} {WIDE},{HIGH}" fill={quoteattr(token["panel-high"])}/>{across}'
        f'<polyline points="{line}" fill="none" stroke={quoteattr(token["text"])} stroke-width="2"'
        ' vector-effect="non-scaling-stroke"/></svg>'
    )
    return "data:image/svg+xml;base64," + b64encode(image.encode()).decode()
