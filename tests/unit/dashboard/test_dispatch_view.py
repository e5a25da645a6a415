"""Dispatches against the advice, as the analyst reads them."""

from __future__ import annotations

from dashboard.view_models.dispatch_report import dispatch_view
from operations.dispatch_report import DispatchReport


def test_overrides_stand_with_their_reason_in_words_and_their_share_of_all() -> None:
    view = dispatch_view(DispatchReport(40, {"no_radio": 4, "typed elsewhere": 1}, 2, 1, 1, 3))
    assert [(figure.value, figure.against) for figure in view.figures] == [
        ("40", "人次，含增派"),
        ("5", "12 %"),
        ("2", "5 %"),
        ("1", "2 %"),
        ("4", "10 %"),
    ]
    assert view.reasons == [["电台联系不上", "4", "10 %"], ["typed elsewhere", "1", "2 %"]]


def test_where_nobody_was_sent_there_is_no_share() -> None:
    view = dispatch_view(DispatchReport(0, {}, 0, 0, 0, 0))
    assert [figure.against for figure in view.figures[1:]] == ["–"] * 4
    assert view.reasons == []
