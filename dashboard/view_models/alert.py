"""One alert as its panel shows it: why it is there, who has it, what may be done, what was measured."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import quoteattr

from core.actor import Actor, Permission
from core.command_tree import CommandLevel
from dashboard.language import named, t
from dashboard.theme import tokens
from dashboard.view_models.figures import figure_name, figure_value
from dashboard.view_models.timeline import OUTCOME as OUTCOME
from dashboard.view_models.timeline import TOLD as TOLD
from dashboard.view_models.timeline import Happening, notes_of, timeline
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
    thresholds: Sequence[tuple[str, str, str]]
    """Severity, word and least value of each level."""
    sparkline: str | None
    """An image of the last hour's readings as a data URI; None without readings."""
    incident_id: str | None
    incident_number: str | None
    timeline: Sequence[Happening]
    may_acknowledge: bool
    may_shelve: bool
    may_escalate: bool
    may_clear: bool
    notes: Sequence[Happening] = ()


def alert_view(detail: Json, catalogue: Catalogue, actor: Actor) -> AlertView:
    """From `operations.alert_detail.alert_detail`."""
    alert, rule, cause, incident = detail["alert"], detail["rule"], detail["cause"], detail["incident"]
    category = catalogue.categories.get(alert["category"])
    levels = rule["levels"] if rule else []
    level = next((x for x in levels if x["code"] == alert["grade_code"]), None)
    is_open = alert["status"] != "cleared"
    quantity = alert["quantity"]
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
        because=_reasons(alert["because"], levels),
        thresholds=[
            (
                x["severity"],
                named(x),
                " · ".join(_least(f, v, quantity) for f, v in x["thresholds"].items()),
            )
            for x in reversed(levels)
            if x["thresholds"]
        ],
        sparkline=sparkline(detail["readings"], _lines(levels, quantity)),
        incident_id=incident["incident_id"] if incident else None,
        incident_number=incident["number"] if incident else None,
        timeline=timeline(detail["timeline"], catalogue),
        may_acknowledge=alert["status"] == "active" and actor.may(Permission.ACKNOWLEDGE_ALERT),
        may_shelve=is_open and actor.may(Permission.SHELVE_ALERT),
        may_escalate=is_open and alert["told"] != CommandLevel.CITY and actor.may(Permission.ESCALATE_ALERT),
        may_clear=is_open and actor.may(Permission.ALL_CLEAR),
        notes=notes_of(detail["timeline"]),
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
        figure, _, code = name.partition(".")
        level = next((named(x) for x in levels if x["code"] == code), code)
        words = f"{figure_name(figure)} {level}".strip()
        never = figure in MAP_FIGURES and value >= NOT_RISING
        found.append(Reason(words, t("未上涨") if never else figure_value(figure, value)))
    return found


def _lines(levels: Sequence[Json], quantity: str | None) -> list[float]:
    return [x["thresholds"][quantity] for x in levels if quantity in x["thresholds"]]


def sparkline(readings: Sequence[Sequence[Any]], thresholds: Sequence[float]) -> str | None:
    """The readings as a line, the thresholds dashed across it; the right edge is the newest reading.

    The scale starts at zero and ends a little above the highest reading and the lowest threshold.
    """
    points = [(datetime.fromisoformat(at).timestamp(), float(value)) for at, value in readings]
    if len(points) < 2 or not any(value for _, value in points):
        return None
    begin, end = points[0][0], points[-1][0]
    top = 1.15 * max([value for _, value in points] + list(thresholds[:1]) + [1.0])
    token = tokens()

    def y(value: float) -> float:
        return round(HIGH - 1 - (HIGH - 2) * max(0.0, value) / top, 1)

    line = " ".join(f"{(s - begin) / max(1.0, end - begin) * WIDE:.1f},{y(value)}" for s, value in points)
    across = "".join(
        f'<line x1="0" x2="{WIDE}" y1="{y(level)}" y2="{y(level)}" stroke={quoteattr(token["text-faint"])}'
        ' stroke-dasharray="4 4" vector-effect="non-scaling-stroke"/>'
        for level in thresholds
        if level <= top
    )
    image = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" preserveAspectRatio="none">'
        f'<polygon points="0,{HIGH} {line} {WIDE},{HIGH}" fill={quoteattr(token["panel-high"])}/>{across}'
        f'<polyline points="{line}" fill="none" stroke={quoteattr(token["text"])} stroke-width="2"'
        ' vector-effect="non-scaling-stroke"/></svg>'
    )
    return "data:image/svg+xml;base64," + b64encode(image.encode()).decode()
