"""An alert's life as CAP messages, made of nothing but its journal rows: the same rows, the same messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from alerts.imported import CAP_IMPORT
from alerts.model import Outcome, Severity
from core.actor import Actor, Permission
from core.errors import NotFoundError
from core.events import JournalRow
from core.geo import LonLat
from operations.cap import (
    CAP_SEVERITY,
    CapArea,
    CapCategory,
    CapCertainty,
    CapCircle,
    CapInfo,
    CapMessage,
    CapMsgType,
    CapReference,
    CapResponse,
    CapScope,
    CapStatus,
    CapUrgency,
)
from operations.cap_map import CapMap, CapWording
from operations.catalogue import Catalogue
from operations.judge_coverage import PREFIX as COVERAGE
from operations.ports import Ports
from operations.transaction import require

TOLD_EVENTS = (
    "alert.opened",
    "alert.raised",
    "alert.lowered",
    "alert.resumed",
    "alert.returned",
    "alert.cleared",
)
"""What others hear of. Who took charge, who was told and what was set aside are the centre's own affairs."""

ALL_CLEAR_STANDS = timedelta(hours=1)
"""How long an all-clear is shown to others before it expires; a proposal."""
RECENT = timedelta(hours=24)
"""How long messages of an alert stay in the feed after its all-clear."""
LONGEST_FEED = 500
_MOST_ROWS_OF_AN_ALERT = 10_000
_ALL_CLEAR_SUFFIX = "X"

_COLOURS = {
    Severity.RED: ("红色", "red"),
    Severity.ORANGE: ("橙色", "orange"),
    Severity.YELLOW: ("黄色", "yellow"),
    Severity.BLUE: ("蓝色", "blue"),
}
_WHAT_HAPPENED = {
    "alert.opened": ("{colour}预警", "{colour} warning"),
    "alert.raised": ("预警升级为{colour}", "warning raised to {colour}"),
    "alert.lowered": ("预警降为{colour}", "warning lowered to {colour}"),
    "alert.resumed": ("{colour}预警，情况再度出现", "{colour} warning, conditions have come back"),
    "alert.returned": ("情况缓解，预警尚未解除", "conditions have eased, the warning still stands"),
    "alert.cleared": ("预警解除", "all clear"),
}
_MEASURED = {
    "depth_cm": ("积水深度 {:.0f} 厘米", "water {:.0f} cm deep"),
    "rain_mm": ("雨量 {:.0f} 毫米", "{:.0f} mm of rain"),
}
_EXERCISE = ("演练，非真实情况", "Exercise, not a real event")


@dataclass(frozen=True, slots=True)
class ToldMessage:
    """A message and whose jurisdiction it concerns."""

    message: CapMessage
    jurisdiction: str


def cap_feed(ports: Ports, actor: Actor) -> list[CapMessage]:
    """Messages of alerts that stand or were cleared within RECENT, in the actor's jurisdiction, newest first."""
    require(actor, Permission.READ_CAP)
    rows = ports.store.alert_history(ports.clock.now() - RECENT, TOLD_EVENTS)
    found: list[ToldMessage] = []
    for _, life in groupby(rows, key=lambda row: row.event.subject):
        found += _told(ports, list(life))
    seen = [told.message for told in found if actor.covers(told.jurisdiction)]
    return sorted(seen, key=lambda m: (m.sent, m.identifier), reverse=True)[:LONGEST_FEED]


def cap_message(ports: Ports, actor: Actor, identifier: str) -> CapMessage:
    """The message with this identifier. Raises NotFoundError, also for one of another jurisdiction."""
    require(actor, Permission.READ_CAP)
    alert_id = identifier.partition("-")[0]
    rows = ports.store.journal_of([alert_id], _MOST_ROWS_OF_AN_ALERT)
    for told in _told(ports, rows):
        if told.message.identifier == identifier and actor.covers(told.jurisdiction):
            return told.message
    raise NotFoundError(f"found no message {identifier[:80]!r}, expected one of the feed / 没有这条消息")


def _told(ports: Ports, rows: Sequence[JournalRow]) -> list[ToldMessage]:
    return messages_of(rows, ports.cap, ports.catalogue, exercise=ports.mode != "live")


def messages_of(
    rows: Iterable[JournalRow], cap: CapMap, catalogue: Catalogue, *, exercise: bool
) -> list[ToldMessage]:
    """The messages of one alert's life, from its rows in order; each names all that went before it.

    An all-clear ends by its expiry. What turned out to be a false alarm is taken back by a Cancel as well.
    Warnings that came from others are not told again, and where the city's own units are scarce is told to nobody.
    """
    found: list[ToldMessage] = []
    for row in rows:
        state = _state(row)
        if state is None or state["rule_id"] == CAP_IMPORT.rule_id:
            continue
        if state["subject_id"].startswith(COVERAGE):
            continue
        if not found and row.event.type != "alert.opened":
            continue
        life = _Telling(row, state, cap, catalogue, exercise, tuple(t.message.reference for t in found))
        found.append(ToldMessage(life.message(), state["jurisdiction"]))
        if row.event.type == "alert.cleared" and state["outcome"] == Outcome.FALSE_ALARM:
            earlier = tuple(t.message.reference for t in found)
            found.append(ToldMessage(life.taken_back(earlier), state["jurisdiction"]))
    return found


def _state(row: JournalRow) -> Mapping[str, Any] | None:
    if row.event.type not in TOLD_EVENTS:
        return None
    states = row.event.changes.get("alerts", ())
    return next((state for state in states if state["alert_id"] == row.event.subject), None)


@dataclass(frozen=True)
class _Telling:
    """One row of an alert's life and what has been told before it."""

    row: JournalRow
    state: Mapping[str, Any]
    cap: CapMap
    catalogue: Catalogue
    exercise: bool
    earlier: tuple[CapReference, ...]

    def message(self) -> CapMessage:
        return self._message(
            f"{self.row.event.subject}-{self.row.seq}",
            CapMsgType.UPDATE if self.earlier else CapMsgType.ALERT,
            self.earlier,
            note=None,
            infos=(self._info(0, "zh-CN"), self._info(1, "en-US")),
        )

    def taken_back(self, earlier: tuple[CapReference, ...]) -> CapMessage:
        """The Cancel after an all-clear for what was a false alarm."""
        return self._message(
            f"{self.row.event.subject}-{self.row.seq}{_ALL_CLEAR_SUFFIX}",
            CapMsgType.CANCEL,
            earlier,
            note="误报，撤销 / false alarm, taken back",
            infos=(),
        )

    def _message(
        self,
        identifier: str,
        msg_type: CapMsgType,
        references: tuple[CapReference, ...],
        note: str | None,
        infos: tuple[CapInfo, ...],
    ) -> CapMessage:
        notes = [text for text in (" / ".join(_EXERCISE) if self.exercise else None, note) if text]
        public = self._wording is not None and self._wording.public
        return CapMessage(
            identifier=identifier,
            sender=self.cap.sender,
            sent=self._at,
            status=CapStatus.EXERCISE if self.exercise else CapStatus.ACTUAL,
            msg_type=msg_type,
            scope=CapScope.PUBLIC if public else CapScope.RESTRICTED,
            restriction=None if public else "仅限应急指挥系统 / emergency management systems only",
            note=" · ".join(notes) or None,
            references=references,
            infos=infos,
        )

    def _info(self, language: int, code: str) -> CapInfo:
        """In Chinese (0) or English (1)."""
        is_over = self.row.event.type == "alert.cleared"
        severity = Severity(self.state["severity"])
        colour = _COLOURS[severity][language]
        what = _WHAT_HAPPENED[self.row.event.type][language].format(colour=colour)
        headline = f"{self._name(language)}{('：', ': ')[language]}{self._event(language)}{('', ', ')[language]}{what}"
        if self.exercise:
            headline = f"{('【演练】', '[EXERCISE] ')[language]}{headline}"
        wording = self._wording
        instruction = None
        if wording is not None and not is_over:
            instruction = (wording.instruction_zh, wording.instruction_en)[language] or None
        return CapInfo(
            language=code,
            categories=wording.categories if wording else (CapCategory.OTHER,),
            event=self._event(language),
            responses=self._responses(),
            urgency=self._urgency(),
            severity=CAP_SEVERITY[severity],
            certainty=CapCertainty.LIKELY if self._is_forecast() else CapCertainty.OBSERVED,
            effective=self._at,
            expires=self._at + ALL_CLEAR_STANDS if is_over else None,
            sender_name=(self.cap.sender_name_zh, self.cap.sender_name_en)[language] or None,
            headline=headline,
            description=self._description(language, headline),
            instruction=instruction,
            parameters=(
                ("alert", self.state["alert_id"]),
                ("category", self.state["category"]),
                ("colour", severity.value),
                ("grade", self.state["grade_code"]),
                ("rule", f"{self.state['rule_id']}@{self.state['rule_version']}"),
            ),
            areas=(self._area(language),),
        )

    def _responses(self) -> tuple[CapResponse, ...]:
        if self.row.event.type == "alert.cleared":
            return (CapResponse.ALL_CLEAR,)
        if self.row.event.type == "alert.returned":
            return (CapResponse.MONITOR,)
        return self._wording.responses if self._wording else (CapResponse.MONITOR,)

    def _urgency(self) -> CapUrgency:
        """Past after the all-clear; expected while a forecast or only the all-clear is awaited; else immediate."""
        if self.row.event.type == "alert.cleared":
            return CapUrgency.PAST
        if self.row.event.type == "alert.returned" or self._is_forecast():
            return CapUrgency.EXPECTED
        return CapUrgency.IMMEDIATE

    def _is_forecast(self) -> bool:
        rule = self.catalogue.rules.get(self.state["rule_id"])
        return rule is not None and rule.predicts is not None

    def _description(self, language: int, headline: str) -> str:
        value, quantity = self.state["value"], self.state["quantity"]
        parts = [headline]
        if value is not None and quantity in _MEASURED:
            parts.append(_MEASURED[quantity][language].format(value))
        if self.exercise:
            parts.append(_EXERCISE[language])
        return ("。", ". ")[language].join(parts)

    def _area(self, language: int) -> CapArea:
        place = LonLat(*self.state["place"])
        return CapArea(
            description=self._name(language),
            circles=(CapCircle(place, self._radius_km()),),
            geocodes=(("GB/T 2260", self.state["jurisdiction"]),),
        )

    def _radius_km(self) -> float:
        point = self.catalogue.points.get(self.state["point_id"] or "")
        radius_m = self.catalogue.closure_radius_m.get(point.kind) if point else None
        return self.cap.radius_km if radius_m is None else radius_m / 1000

    def _name(self, language: int) -> str:
        name: str = self.state[("name_zh", "name_en")[language]]
        return name

    def _event(self, language: int) -> str:
        if self._wording is not None:
            return (self._wording.event_zh, self._wording.event_en)[language]
        category = self.catalogue.categories.get(self.state["category"])
        if category is None:
            return str(self.state["category"])
        return (category.name_zh, category.name_en)[language]

    @property
    def _wording(self) -> CapWording | None:
        return self.cap.wordings.get(self.state["category"])

    @property
    def _at(self) -> datetime:
        return self.row.event.at.replace(microsecond=0)
