"""Refusals in an officer's words: what happened, what was kept, what to do."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from core.errors import (
    ConflictError,
    InvalidInputError,
    PermissionDeniedError,
    UnavailableError,
    UnitTakenError,
)
from core.geo import LonLat
from dashboard.language import current_locale
from dashboard.view_models.notices import dispatched, refusal
from dispatch.model import Assignment, AssignmentStatus

SHANGHAI = ZoneInfo("Asia/Shanghai")
TAKEN = UnitTakenError(
    "派0265 已由 王芳 派往 260818-014 / dispatched by 王芳 to 260818-014",
    unit_id="U265",
    callsign="派0265",
    held_by="王芳",
    incident_number="260818-014",
    since="2026-08-18T02:12:17+00:00",
)


def test_a_taken_unit_says_who_has_it_since_when_for_what_and_what_to_do() -> None:
    words = refusal(TAKEN, "dispatch", SHANGHAI).text
    assert words == "派0265 已于 10:12:17 由 王芳 派往 260818-014。本次未派出任何单位；请选下一个推荐单位。"


def test_a_unit_on_its_break_is_not_said_to_be_dispatched() -> None:
    on_break = UnitTakenError(
        "派0265 不可派 / not available", unit_id="U265", callsign="派0265", unit_status="on_break"
    )
    assert "现在休整" in refusal(on_break, "dispatch", SHANGHAI).text


def test_a_message_in_two_languages_is_shown_in_the_readers() -> None:
    error = ConflictError("警情 3 已由 王芳 销警 / closed by 王芳")
    assert "警情 3 已由 王芳 销警。" in refusal(error, "close", SHANGHAI).text
    current_locale.set("en")
    text = refusal(error, "close", SHANGHAI).text
    assert "closed by 王芳." in text
    assert "警情" not in text


def test_every_kind_of_refusal_says_that_nothing_was_lost() -> None:
    for error, kept in (
        (PermissionDeniedError("x"), "什么都没有改变"),
        (ConflictError("x"), "什么都没有改变"),
        (InvalidInputError("x"), "内容已保留"),
        (UnavailableError("x"), "什么都没有改变"),
    ):
        notice = refusal(error, "close", SHANGHAI)
        assert notice.kind == "refused"
        assert kept in notice.text


def test_whoever_comes_second_is_told_who_sent_the_unit_and_takes_nothing_of_theirs_back() -> None:
    now = datetime(2026, 8, 18, tzinfo=UTC)
    sent = Assignment(
        "a1",
        "i1",
        "u1",
        "官渡-骑-0008",
        AssignmentStatus.DISPATCHED,
        now,
        "值班员一",
        LonLat(102.7, 25.0),
        "530111",
    )
    own, other = dispatched([sent], "值班员一"), dispatched([sent], "值班员二")
    assert (own.text, list(own.undo)) == ("已出警：官渡-骑-0008", ["a1"])
    assert (other.text, list(other.undo)) == ("官渡-骑-0008 已由 值班员一 派往这里", [])
