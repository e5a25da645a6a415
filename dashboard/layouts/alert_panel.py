"""One alert: why it is there, who has it, and what may be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboard.language import t
from dashboard.layouts.notes import notes_part
from dashboard.layouts.shared import attributes, grade_mark, subject_head
from dashboard.layouts.timeline import timeline_list
from dashboard.layouts.warning import warning_part
from dashboard.view_models.alert import OUTCOME, AlertView
from dashboard.view_models.durations import clock_words
from dashboard.view_models.incident import graded_words

SHELVES_MIN = (15, 30, 60)
"""How long an alert may be set aside at one press, in minutes (this project's proposal)."""
LONGEST_NOTE = 500


def desk_alert(view: AlertView, zone: ZoneInfo) -> Component:
    """The panel of the duty officer, with every action. Every part keeps its place, empty or not: what was unfolded
    or typed stays when the panel is drawn again."""
    return html.Div(
        [
            _head(view),
            _standing(view, zone),
            warning_part(view.warning, zone),
            _acknowledge(view, with_note=True),
            _actions(view),
            _streets(view),
            _moves(view),
            _why(view, zone),
            _measured(view, zone),
            _advice(view),
            notes_part("alert", view.alert_id, view.notes, zone),
            timeline_list(view.timeline, zone),
        ],
        className="incident alert-panel",
        **attributes(data_alert=view.alert_id),
    )


def phone_alert(view: AlertView, zone: ZoneInfo) -> Component:
    """The same for a phone: why, and acknowledging."""
    return _to_read(
        view, zone, _acknowledge(view, with_note=False), notes_part("alert", view.alert_id, view.notes, zone)
    )


def past_alert_panel(view: AlertView, zone: ZoneInfo) -> Component:
    """The same as it was known at a past instant: nothing can be done about that."""
    return _to_read(view, zone)


def _to_read(
    view: AlertView, zone: ZoneInfo, acts: Component | None = None, notes: Component | None = None
) -> Component:
    return html.Div(
        [
            _head(view),
            _standing(view, zone),
            warning_part(view.warning, zone),
            acts,
            _streets(view),
            _why(view, zone),
            _measured(view, zone),
            _advice(view),
            notes,
            timeline_list(view.timeline, zone),
        ],
        className="incident alert-panel",
        **attributes(data_alert=view.alert_id),
    )


def _head(view: AlertView) -> Component:
    return subject_head(
        grade_mark(view.severity),
        view.name,
        [
            html.B(graded_words(view.severity, view.level)),
            html.Span(view.measured, className="figure") if view.measured else None,
            html.Span(view.category),
        ],
        view.alert_id,
    )


def _ticks(kind: str, at: str | None, look: str) -> Component:
    return html.Span("", className=look, **attributes(data_tick=kind, data_at=at))


def _standing(view: AlertView, zone: ZoneInfo) -> Component:
    words = {
        "waits": t("待确认"),
        "acknowledged": t("已由 {name} 确认", name=view.acknowledged_by or ""),
        "returned": t("{returned}，待解除", returned=view.returned_word),
        "shelved": t("已搁置"),
        "suppressed": t("已抑制"),
        "cleared": t("已解除"),
    }
    lines: list[Component] = []
    if view.status == "shelved":
        lines.append(
            html.P(
                [
                    html.Span(
                        t("{name}：{reason}", name=view.shelved_by or "", reason=view.shelve_reason or "")
                    ),
                    html.Span(
                        [t("还有"), " ", _ticks("until", view.shelved_until, "figure")], className="remaining"
                    ),
                ],
                className="dots",
            )
        )
    if view.status == "suppressed":
        lines.append(
            html.P(
                [
                    html.Span(t("另一预警解释了它：")),
                    html.Button(
                        view.cause,
                        type="button",
                        className="link",
                        **attributes(data_do="open-alert", data_alert=view.cause_id),
                    )
                    if view.cause_id
                    else html.Span(view.cause),
                ],
                className="dots",
            )
        )
    if view.status == "cleared":
        who = view.cleared_by or t("系统")
        lines.append(
            html.P([html.Span(who), html.Span(view.outcome) if view.outcome else None], className="dots")
        )
    if view.returned_at and view.status != "cleared":
        when = clock_words(view.returned_at, zone)
        lines.append(html.P(f"{when} {view.returned_word}", className="quiet"))
    if view.held:
        lines.append(html.P(view.held, className="quiet"))
    if view.note:
        lines.append(html.P(view.note, className="said"))
    told: list[Component] = [html.Span(t("已告{level}", level=view.told_word))]
    if view.escalate_at and view.status == "waits":
        told.append(
            html.Span(
                [t("无人确认则上报"), " ", _ticks("until", view.escalate_at, "figure")], className="escalates"
            )
        )
    if view.incident_id:
        told.append(
            html.Button(
                t("警情 {number}", number=view.incident_number or ""),
                type="button",
                className="link",
                **attributes(data_do="open", data_incident=view.incident_id),
            )
        )
    return html.Div(
        [
            html.Div(
                [
                    html.Span(words[view.status], className=f"status status-{view.status}"),
                    _ticks("since", view.opened_at, "since") if view.status != "cleared" else None,
                ],
                className="standing",
            ),
            *lines,
            html.P(told, className="dots"),
        ],
        className="incident-facts",
    )


def _button(words: Any, action: str, view: AlertView, look: str = "", **more: str | None) -> Component:
    return html.Button(
        words,
        type="button",
        className=f"button {look}".strip(),
        **attributes(data_do=action, data_alert=view.alert_id, **more),
    )


def _note(label: str) -> Component:
    return html.Label(
        [html.Span(label), html.Textarea(rows=2, maxLength=LONGEST_NOTE)],
        className="field",
    )


def _form(part: str, children: list[Any]) -> Component:
    """What a part of the panel asks before it acts; shown while the page's `confirming` names it."""
    return html.Div(children, className=f"asked asked-{part}", role="group", **attributes(data_form=part))


def _acknowledge(view: AlertView, with_note: bool) -> Component:
    if not view.may_acknowledge:
        return html.Div()
    big = _button([t("确认预警"), html.Kbd("A")], "acknowledge", view, "primary big acknowledge")
    if not with_note:
        return html.Div(big)
    return html.Div(
        [
            big,
            html.Button(
                t("附一句说明"), type="button", className="link asks", **attributes(data_do="note-ask")
            ),
            _form("note", [_note(t("说明（可不填）"))]),
        ],
        className="acknowledging",
        **attributes(data_form="acknowledge"),
    )


def _actions(view: AlertView) -> Component:
    shelved = view.status == "shelved"
    buttons = [
        _button([t("解除预警"), html.Kbd("C")], "clear-ask", view) if view.may_clear else None,
        (
            _button([t("取消搁置"), html.Kbd("S")], "unshelve", view)
            if shelved
            else _button([t("搁置"), html.Kbd("S")], "shelve-ask", view)
        )
        if view.may_shelve
        else None,
        _button([t("上报"), html.Kbd("E")], "escalate", view, data_told=view.told)
        if view.may_escalate
        else None,
    ]
    return html.Div(
        [
            html.Div([b for b in buttons if b is not None], className="alert-actions"),
            _shelve(view),
            _clear(view),
        ]
    )


def _shelve(view: AlertView) -> Component:
    return _form(
        "shelve",
        [
            _note(t("搁置理由（必填）")),
            html.P("", className="form-problem", role="alert"),
            html.Div(
                [
                    _button(t("{n} 分钟", n=minutes), "shelve", view, data_minutes=str(minutes))
                    for minutes in SHELVES_MIN
                ],
                className="choices",
            ),
        ],
    )


def _clear(view: AlertView) -> Component:
    # While the condition stands only a false alarm can be cleared; the others would be refused.
    stands = view.stands
    return _form(
        "clear",
        [
            html.P(t("条件仍然成立：只有误报可以解除。"), className="quiet") if stands else None,
            _note(t("说明（可不填）")),
            html.Div(
                [
                    html.Button(
                        t(word),
                        type="button",
                        className="button",
                        disabled=stands and outcome != "false_alarm",
                        **attributes(data_do="all-clear", data_alert=view.alert_id, data_outcome=outcome),
                    )
                    for outcome, word in OUTCOME.items()
                ],
                className="choices",
            ),
            html.P(view.again, className="quiet"),
            html.P(t("解除不能撤回。"), className="quiet"),
        ],
    )


def _why(view: AlertView, zone: ZoneInfo) -> Component:
    return html.Div(
        [
            html.H3(t("为何预警")),
            html.P(
                [html.Span(view.rule), html.Span(t("版本 {version}", version=view.rule_version))],
                className="dots",
            ),
            html.P(
                t("定级时（{time}）的数值", time=clock_words(view.graded_at, zone)), className="quiet graded"
            )
            if view.because
            else None,
            html.Dl(
                [html.Div([html.Dt(reason.name), html.Dd(reason.value)]) for reason in view.because],
                className="reasons",
            )
            if view.because
            else None,
            html.Ul(
                [
                    html.Li(
                        [grade_mark(severity), html.Span(word), html.Span(least, className="figure quiet")]
                    )
                    for severity, word, least in view.thresholds
                ],
                className="thresholds",
            ),
            html.P(view.source, className="quiet source") if view.source else None,
        ],
        className="why",
    )


def _near(place: Sequence[float], grid: str = "") -> Component:
    """What the map knows beside a place, else its grid: the page fills it in."""
    lon, lat = place
    return _ticks("near", f"{lon:.5f},{lat:.5f},{grid}", "quiet")


def _streets(view: AlertView) -> Component:
    """The streets that an alert about coverage names."""
    if not view.streets:
        return html.Div()
    return html.Div(
        [
            html.H3(t("涉及的街道（{n}）", n=len(view.streets))),
            html.Ul(
                [
                    html.Li(
                        [
                            html.Div(
                                [
                                    html.Button(
                                        street.name,
                                        type="button",
                                        className="link",
                                        **attributes(
                                            data_do="show-place",
                                            data_lon=f"{street.place[0]:.5f}",
                                            data_lat=f"{street.place[1]:.5f}",
                                        ),
                                    ),
                                    _near(street.place),
                                ],
                                className="dots",
                            ),
                            html.Span(
                                t(
                                    "现覆盖 {covered}，通常 {usual}",
                                    covered=street.covered,
                                    usual=street.usual,
                                ),
                                className="figure quiet",
                            ),
                        ],
                        # What the page fills in stays with its street when the list changes.
                        key=street.name,
                    )
                    for street in view.streets
                ]
            ),
        ],
        className="lacking",
    )


def _moves(view: AlertView) -> Component:
    """Who might move up into them; nothing once the alert is over."""
    if not view.streets or view.status == "cleared" or not view.may_move_up:
        return html.Div()
    return html.Div(
        [
            html.H3(t("补位建议")),
            html.Ul(
                [
                    html.Li(
                        [
                            html.Div(
                                [
                                    html.B(move.callsign),
                                    html.P(
                                        [html.Span(f"{move.time} →"), _near(move.place, move.grid)],
                                        className="quiet dots",
                                    ),
                                ]
                            ),
                            html.Button(
                                t("采纳"),
                                type="button",
                                className="button small",
                                **attributes(data_do="move-up", data_unit=move.unit_id, data_grid=move.grid),
                            ),
                        ],
                        key=f"{move.unit_id} {move.grid}",
                    )
                    for move in view.moves
                ]
            )
            if view.moves
            else html.P(t("本辖区没有值得挪动的空闲单位"), className="quiet"),
        ],
        className="move-up",
    )


def _measured(view: AlertView, zone: ZoneInfo) -> Component:
    chart = view.chart
    if chart is None:
        return html.Div()
    return html.Div(
        [
            html.H3(t("最近一小时读数")),
            html.Div(
                [
                    html.Img(src=chart.image, className="sparkline", alt=t("最近一小时读数")),
                    html.Span(chart.top, className="figure chart-top"),
                    *(
                        html.Span(figure, className="figure chart-line", style={"bottom": f"{high:.1%}"})
                        for figure, high in chart.lines
                    ),
                ],
                className="chart",
            ),
            html.P(
                [
                    html.Span(clock_words(at, zone), className="figure")
                    for at in (chart.begins_at, chart.ends_at)
                ],
                className="chart-span",
            ),
        ],
        className="measured",
    )


def _advice(view: AlertView) -> Component:
    return html.Div([html.H3(t("建议")), html.P(view.advice)]) if view.advice else html.Div()
