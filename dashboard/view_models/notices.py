"""What a face says after an action: done, or what happened, what was kept and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from core.errors import (
    CommandCentreError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    UnavailableError,
    UnitTakenError,
)
from dashboard.language import current_locale, mark, t
from dashboard.view_models.durations import clock_words
from dispatch.model import Assignment
from operations.take_back_units import TakenBack


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to the person who acted. `undo` names what may still be taken back: assignments or alerts,
    as the action has it."""

    kind: Literal["done", "refused", "quiet"]
    text: str
    action: str
    undo: Sequence[str] = ()
    opens: str | None = None
    """Incident to show next."""

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "text": self.text,
            "action": self.action,
            "undo": list(self.undo),
            "opens": self.opens,
        }


UNIT_STATUS = {
    "available": mark("待命"),
    "dispatched": mark("已派出"),
    "en_route": mark("途中"),
    "on_scene": mark("处置中"),
    "returning": mark("返回中"),
    "on_break": mark("休整"),
    "out_of_service": mark("停勤"),
}


def dispatched(sent: Sequence[Assignment], by: str, takes_over: bool = False) -> Notice:
    """What the officer `by` is told; units a colleague sent here first are theirs to take back, not by U. Taken back,
    the one that was replaced goes again."""
    callsigns = " ".join(a.callsign for a in sent)
    others = sorted({a.dispatched_by for a in sent} - {by})
    if others:
        words = t("{callsigns} 已由 {name} 派往这里", callsigns=callsigns, name=" ".join(others))
        return Notice("done", words, "dispatch")
    words = (
        t("已改由 {callsigns} 前往", callsigns=callsigns)
        if takes_over
        else t("已出警：{callsigns}", callsigns=callsigns)
    )
    return Notice("done", words, "dispatch", [a.assignment_id for a in sent])


def taken_back(taken: Sequence[TakenBack], refused: Sequence[ConflictError]) -> Notice:
    """What was undone, where units go back to, who goes again, and what could not be undone."""
    words = [t("已撤回：{callsign}", callsign=" ".join(one.ended.callsign for one in taken))]
    for one in taken:
        if one.replaced is not None:
            said = (
                mark("{callsign} 已重新派出") if one.sent_again else mark("{callsign} 没有重新派出，请另派")
            )
            words.append(t(said, callsign=one.replaced))
        if one.earlier_number is None:
            continue
        said = (
            mark("{callsign} 已派回 {number}")
            if one.goes_back
            else mark("{callsign} 未回到 {number}：已销警或已过一分钟，请在该警情另派")
        )
        words.append(t(said, callsign=one.ended.callsign, number=one.earlier_number))
    return Notice("done", " · ".join([*words, *(one_language(e.message) for e in refused)]), "stand_down")


def one_language(message: str) -> str:
    """An operation's message says Chinese, then ` / `, then English; the reader's half of it."""
    chinese, slash, english = message.partition(" / ")
    if not slash:
        return message
    return english if current_locale.get() == "en" else chinese


def refusal(error: CommandCentreError, action: str, zone: ZoneInfo) -> Notice:
    """The error in an officer's words."""
    return Notice("refused", _words(error, zone), action)


def _words(error: CommandCentreError, zone: ZoneInfo) -> str:
    reason = one_language(error.message)
    if isinstance(error, UnitTakenError):
        found = error.details
        if not found.get("incident_number"):
            return t(
                "{callsign} 现在{status}，不可派。本次未派出任何单位；请选下一个推荐单位。",
                callsign=found.get("callsign", found.get("unit_id", "")),
                status=t(UNIT_STATUS.get(str(found.get("unit_status")), "不可用")),
            )
        return t(
            "{callsign} 已于 {since} 由 {held_by} 派往 {incident}。本次未派出任何单位；请选下一个推荐单位。",
            callsign=found.get("callsign", found.get("unit_id", "")),
            since=clock_words(found.get("since"), zone),
            held_by=found.get("held_by") or t("他人"),
            incident=found["incident_number"],
        )
    if isinstance(error, PermissionDeniedError):
        return t("无权操作：{reason}。什么都没有改变。", reason=reason)
    if isinstance(error, NotFoundError):
        return t("找不到：{reason}。可能已销警；列表是最新的。", reason=reason)
    if isinstance(error, ConflictError):
        return t("情况已变：{reason}。什么都没有改变；请看最新状态再定。", reason=reason)
    if isinstance(error, InvalidInputError):
        return t("填写有误：{reason}。内容已保留，请改后重试。", reason=reason)
    if isinstance(error, UnavailableError):
        return t("系统一部分暂不可用：{reason}。什么都没有改变，请稍后重试。", reason=reason)
    return t("出错：{reason}。什么都没有改变，请重试。", reason=reason)


def unexpected(action: str) -> Notice:
    """For a fault nobody foresaw; the log has it."""
    return Notice("refused", t("系统出错，已记入日志。请看最新状态后重试。"), action)
