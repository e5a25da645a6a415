"""Whom to send to an incident and why: the recommended package, other units, what it costs."""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.language import t
from dashboard.layouts.shared import attributes, loading
from dashboard.view_models.incident import (
    AssignmentView,
    CandidateView,
    IncidentView,
    PreemptionView,
    ReliefView,
)
from dashboard.view_models.reasons import OVERRIDE_REASONS


def advice_part(view: IncidentView) -> Component:
    if view.status == "closed":
        return html.Div()
    if view.recommendation == "computing":
        return html.Div([html.H3(t("推荐单位")), loading(t("正在按路网计算…"))])
    if view.recommendation == "none":
        return html.Div(
            [
                html.H3(t("推荐单位")),
                html.Div(
                    [
                        html.P(t("没有可派的单位"), className="state-title"),
                        html.P(view.missing or t("可用单位都不符合要求或没有定位。")),
                        html.P(view.left_out, className="left-out"),
                        _again(),
                        _advised(view),
                    ],
                    className="state",
                ),
                _preempt(view),
                _others(view),
                _passed_over(view),
            ],
            className="advice",
        )
    if view.open_assignments or not view.package:
        coming = [a for a in view.assignments if a.open]
        return html.Div(
            [
                html.Div([_relief(relief, view) for relief in view.reliefs]),
                html.Details(
                    [
                        html.Summary(t("增派单位")),
                        html.P(view.missing, className="reason") if view.missing else None,
                        html.Ul(
                            [
                                _candidate(
                                    c,
                                    False,
                                    # Who has to be asked for may be refused: nobody turns round for that.
                                    takes_over=coming[0] if len(coming) == 1 and c.asks is None else None,
                                )
                                for c in view.candidates
                            ]
                        ),
                        html.P([_again(), _advised(view)], className="dots"),
                    ],
                    className="others",
                    key=f"more-{view.incident_id}",  # what was chosen for another incident does not stand here
                    **attributes(data_fold="more"),
                ),
            ],
            className="advice",
        )
    return html.Div(
        [
            _best(view.package[0], view) if len(view.package) == 1 else _package(view),
            _preempt(view),
            _others(view),
            _passed_over(view),
        ],
        className="advice",
    )


def _package(view: IncidentView) -> Component:
    """Several units as one list with one button."""
    slowest = max(view.package, key=lambda c: c.time_s)
    return html.Div(
        [
            html.Ul(
                [
                    html.Li(
                        [
                            html.Span(c.time, className="minutes"),
                            html.Div(
                                [
                                    html.Div([html.B(c.callsign), html.Span(c.net, className="quiet")]),
                                    html.P(c.reason, className="reason"),
                                    html.P(c.uncovers, className="reason uncovers"),
                                    _asks(c),
                                ]
                            ),
                        ],
                        **attributes(data_route=c.unit_id),
                    )
                    for c in view.package
                ],
                className="package",
            ),
            _missing(view),
            html.Button(
                [
                    html.Span(t("出警")),
                    html.Span(
                        t("{n} 个单位 · 最晚 {time}", n=len(view.package), time=slowest.time), className="to"
                    ),
                    html.Kbd("D"),
                ],
                type="button",
                className="button primary big",
                **attributes(
                    data_do="dispatch",
                    data_unit=" ".join(c.unit_id for c in view.package),
                    data_advice=view.recommendation_id or "",
                ),
            ),
            _compared(view, all(c.in_time for c in view.package)),
        ],
        className="best",
    )


def _missing(view: IncidentView) -> Component | None:
    return html.P(view.missing, className="reason uncovers") if view.missing else None


def _asks(candidate: CandidateView) -> Component | None:
    """Whom this person has to ask before the unit goes."""
    if candidate.asks is None:
        return None
    return html.P(t("属{name}，须对方同意", name=candidate.asks), className="reason asks")


def _preempt(view: IncidentView) -> Component:
    """Taking a unit off a less urgent incident: a second choice, with its price beside the button."""
    offer = view.preemption
    if offer is None:
        return html.Div()
    return _instead(
        [
            html.P(t("另可抽调途中的 {callsign}：{gains}", callsign=offer.callsign, gains=offer.gains)),
            html.P(offer.costs, className="reason uncovers"),
        ],
        t("抽调 {callsign}", callsign=offer.callsign),
        "preempt",
        offer,
        view,
    )


def _relief(relief: ReliefView, view: IncidentView) -> Component:
    """A free unit in the place of one on its way: advised, so that nobody is asked why."""
    word = t("由 {callsign} 接替 {relieved}", callsign=relief.callsign, relieved=relief.relieved)
    return _instead([html.P(relief.said)], word, "relieve", relief, view)


def _instead(
    words: list[Component], label: str, does: str, offer: PreemptionView | ReliefView, view: IncidentView
) -> Component:
    """An offer that ends another assignment, and its button."""
    return html.Div(
        [
            *words,
            html.Button(
                label,
                type="button",
                className="button",
                **attributes(
                    data_do=does,
                    data_unit=offer.unit_id,
                    data_assignment=offer.assignment_id,
                    data_advice=view.recommendation_id or "",
                ),
            ),
        ],
        className="preempt",
        key=offer.assignment_id,
        **attributes(data_route=offer.unit_id),
    )


def _passed_over(view: IncidentView) -> Component | None:
    if not view.passed_over:
        return None
    return html.Details(
        [
            html.Summary(t("为何不是更近的单位（{count}）", count=len(view.passed_over))),
            html.Ul([html.Li(html.P(words, className="reason")) for words in view.passed_over]),
        ],
        className="others passed",
        open=False,
    )


def _others(view: IncidentView) -> Component | None:
    if not view.others:
        return None
    return html.Details(
        [
            html.Summary(t("另选单位（{count}）", count=len(view.others))),
            html.Ul([_candidate(c, True) for c in view.others]),
        ],
        className="others",
        open=False,
        key=f"others-{view.incident_id}",
    )


def _why(candidate: CandidateView, takes_over: AssignmentView | None) -> Component:
    """Why this unit and not the advised one, asked once it is chosen; no reason is chosen beforehand, or one careless
    click would give one that nobody has."""
    reasons = [html.Option(t(words), value=code) for code, words in OVERRIDE_REASONS.items()]
    named = {"callsign": candidate.callsign}
    word = (
        t("改由 {callsign} 前往", **named)
        if takes_over
        else t("请求 {callsign}", **named)
        if candidate.asks
        else t("派 {callsign}", **named)
    )
    return html.Div(
        [
            html.Label(
                [
                    html.Span(t("为何用 {callsign}", **named)),
                    html.Select([html.Option(t("请选择"), value=""), *reasons], className="override"),
                ],
                className="field",
            ),
            html.P("", className="form-problem", role="alert"),
            html.Button(
                word,
                type="button",
                className="button small",
                **_sends(candidate, None, "take-over" if takes_over else "dispatch-other"),
                **attributes(data_assignment=takes_over.assignment_id if takes_over else None),
            ),
        ],
        className="asks-why",
        hidden=True,
    )


def _advised(view: IncidentView) -> Component:
    """How old the advice is, once that matters (base-ticks.js)."""
    return html.Span("", className="stale", **attributes(data_tick="stale", data_at=view.advised_at))


def _again() -> Component:
    return html.Button(t("重新计算"), type="button", className="link", **attributes(data_do="recommend"))


def _best(best: CandidateView, view: IncidentView) -> Component:
    return html.Div(
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.Span(best.time, className="minutes"),
                            html.Span(best.distance, className="quiet"),
                        ]
                    ),
                    html.Div(
                        [html.B(best.callsign), html.Span(best.net, className="quiet")], className="who"
                    ),
                ],
                className="best-head",
            ),
            html.P(best.reason, className="reason"),
            html.P(best.uncovers, className="reason uncovers"),
            _asks(best),
            _missing(view),
            html.Button(
                [
                    html.Span(t("等待答复") if best.waits else t("请求联勤") if best.asks else t("出警")),
                    html.Span(f"{best.callsign} · {best.time}", className="to"),
                    html.Kbd("D"),
                ],
                type="button",
                className="button primary big",
                disabled=best.waits,
                **_sends(best, view.recommendation_id, "dispatch"),
            ),
            _compared(view, best.in_time),
        ],
        className="best",
        **attributes(data_route=best.unit_id),
    )


def _compared(view: IncidentView, in_time: bool) -> Component:
    return html.Div(
        [
            html.P(
                [
                    html.Span(t("按时") if in_time else t("超过目标"), className="quiet"),
                    html.Span(t("比较了 {count} 个单位", count=view.considered), className="quiet"),
                    _again(),
                    _advised(view),
                ],
                className="dots",
            ),
            html.P(view.left_out, className="left-out"),
        ]
    )


def _candidate(
    candidate: CandidateView, replaces: bool, takes_over: AssignmentView | None = None
) -> Component:
    return html.Li(
        [
            html.Span(candidate.time, className="minutes"),
            html.Div(
                [
                    html.B(candidate.callsign),
                    html.P(candidate.reason, className="reason"),
                    html.P(candidate.uncovers, className="reason uncovers"),
                    _asks(candidate),
                    html.Button(
                        t("接替 {callsign}", callsign=takes_over.callsign),
                        type="button",
                        className="link",
                        **attributes(data_do="why"),
                    )
                    if takes_over
                    else None,
                ]
            ),
            html.Button(
                t("等待答复") if candidate.waits else t("请求") if candidate.asks else t("出警"),
                type="button",
                className="button small",
                disabled=candidate.waits,
                **(attributes(data_do="why") if replaces else _sends(candidate, None, "dispatch")),
            ),
            _why(candidate, takes_over) if replaces or takes_over else None,
        ],
        key=candidate.unit_id,  # what was begun for one unit never stands at another
        **attributes(data_route=candidate.unit_id),
    )


def _sends(candidate: CandidateView, recommendation_id: str | None, action: str) -> dict[str, Any]:
    return attributes(data_do=action, data_unit=candidate.unit_id, data_advice=recommendation_id or "")
