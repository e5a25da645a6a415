"""One incident: what happened, whom to send and why, who is on it, what may be done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboard.language import t
from dashboard.layouts.attachments import from_the_scene
from dashboard.layouts.shared import attributes, grade_mark, loading
from dashboard.view_models.durations import clock_words
from dashboard.view_models.incident import (
    GRADE_NUMERAL,
    AssignmentView,
    CandidateView,
    IncidentView,
)
from dashboard.view_models.reasons import OVERRIDE_REASONS
from dashboard.view_models.timeline import PASSABILITY, Happening


def desk_panel(view: IncidentView, zone: ZoneInfo) -> Component:
    """The panel of the duty officer, with every action.

    Every part keeps its place among its neighbours, empty or not: what an officer has unfolded stays unfolded
    when the panel is drawn again.
    """
    return html.Div(
        [
            *_what(view),
            _acknowledge(view),
            _assigned(view),
            _requested(view),
            _advice(view),
            _passability(view),
            from_the_scene(view.attachments, zone),
            _milestones(view, zone),
            _close(view),
            timeline_list(view.timeline, zone),
        ],
        className="incident",
        **attributes(data_incident=view.incident_id, data_advice=view.recommendation_id or ""),
    )


def phone_detail(view: IncidentView, zone: ZoneInfo) -> Component:
    """The same incident for a phone: who is coming, and acknowledging."""
    return html.Div(
        [
            *_what(view),
            _acknowledge(view),
            _assigned(view),
            from_the_scene(view.attachments, zone),
            _milestones(view, zone),
            timeline_list(view.timeline, zone),
        ],
        className="incident",
        **attributes(data_incident=view.incident_id),
    )


def _what(view: IncidentView) -> list[Component]:
    facts: list[Component | str] = []
    if view.severity:
        facts.append(html.B(f"{GRADE_NUMERAL[view.severity]} {view.grade}"))
    if view.depth:
        facts.append(html.Span(view.depth, className="figure"))
    if view.passability in ("closed", "slow"):
        facts.append(html.Span(t(PASSABILITY[view.passability]), className=f"road-{view.passability}"))
    facts.append(html.Span(view.category))
    return [
        html.Header(
            [
                grade_mark(view.severity, view.priority),
                html.Div(
                    [
                        html.H2(view.title),
                        html.P(
                            [
                                html.Span(view.number, className="figure"),
                                html.Span(view.origin),
                                html.Span(t("{priority} 级", priority=view.priority)),
                            ],
                            className="dots",
                        ),
                    ]
                ),
                html.Button(
                    "×",
                    type="button",
                    className="close",
                    **attributes(data_do="close-subject", aria_label=t("返回")),
                ),
            ],
            className="incident-head",
        ),
        html.Div(
            [
                html.Div(
                    [
                        html.Span(view.status_word, className=f"status status-{view.status}"),
                        html.Span(
                            "", className="since", **attributes(data_tick="since", data_at=view.opened_at)
                        )
                        if view.status != "closed"
                        else None,
                    ],
                    className="standing",
                ),
                html.P(facts, className="dots"),
                html.P(view.said, className="said") if view.said else None,
            ],
            className="incident-facts",
        ),
    ]


def _acknowledge(view: IncidentView) -> Component:
    if view.alert_id is None:
        return html.Div()
    more = html.Button(
        t("预警详情"),
        type="button",
        className="link",
        **attributes(data_do="open-alert", data_alert=view.alert_id),
    )
    if view.acknowledged:
        name = view.acknowledged_by or ""
        said = html.Span(t("预警已由 {name} 确认", name=name), className="quiet")
        return html.Div(html.P([said, more], className="dots acked"))
    return html.Div(
        [
            html.Button(
                [t("确认预警"), html.Kbd("A")],
                type="button",
                className="button wide acknowledge",
                **attributes(data_do="acknowledge", data_alert=view.alert_id),
            ),
            html.P(more, className="dots acked"),
        ]
    )


def _assigned(view: IncidentView) -> Component:
    standing = [a for a in view.assignments if a.open]
    if not standing:
        return html.Div()
    return html.Div([html.H3(t("在办单位")), html.Ul([_unit(a) for a in standing], className="assigned")])


def _requested(view: IncidentView) -> Component:
    """Units asked for of other jurisdictions, with the time that is left for the answer."""
    if not view.requests or view.status == "closed":
        return html.Div()
    rows = [
        html.Li(
            [
                html.Div([html.B(r.callsign), html.Span(r.said, className="quiet")]),
                html.Span("", className="eta", **attributes(data_tick="until", data_at=r.answer_by))
                if r.answer_by
                else None,
            ]
        )
        for r in view.requests
    ]
    return html.Div([html.H3(t("联勤请求")), html.Ul(rows, className="assigned")])


def _unit(assignment: AssignmentView) -> Component:
    coming = assignment.eta_at is not None
    return html.Li(
        [
            html.Div(
                [
                    html.B(assignment.callsign),
                    html.Span(assignment.word, className="quiet"),
                    html.Span(t("超时"), className="overdue") if assignment.overdue else None,
                ]
            ),
            html.Span("", className="eta", **attributes(data_tick="until", data_at=assignment.eta_at))
            if coming
            else None,
            html.Button(
                t("撤回"),
                type="button",
                className="button small desk-only",
                **attributes(data_do="stand-down", data_assignment=assignment.assignment_id),
            ),
        ]
    )


def _advice(view: IncidentView) -> Component:
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
                        _again(),
                        _advised(view),
                    ],
                    className="state",
                ),
                _preempt(view),
                _others(view.others),
                _passed_over(view),
            ],
            className="advice",
        )
    if view.open_assignments or not view.package:
        coming = [a for a in view.assignments if a.open]
        return html.Details(
            [
                html.Summary(t("增派单位")),
                html.P(view.missing, className="reason") if view.missing else None,
                _reasons() if len(coming) == 1 else None,
                html.Ul(
                    [
                        _candidate(c, False, takes_over=coming[0] if len(coming) == 1 else None)
                        for c in view.candidates
                    ]
                ),
                html.P([_again(), _advised(view)], className="dots"),
            ],
            className="others",
        )
    return html.Div(
        [
            _best(view.package[0], view) if len(view.package) == 1 else _package(view),
            _preempt(view),
            _others(view.others),
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
    return html.Div(
        [
            html.P(t("另可抽调途中的 {callsign}：{gains}", callsign=offer.callsign, gains=offer.gains)),
            html.P(offer.costs, className="reason uncovers"),
            html.Button(
                t("抽调 {callsign}", callsign=offer.callsign),
                type="button",
                className="button",
                **attributes(
                    data_do="preempt",
                    data_unit=offer.unit_id,
                    data_assignment=offer.assignment_id,
                    data_advice=view.recommendation_id or "",
                ),
            ),
        ],
        className="preempt",
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


def _others(others: Sequence[CandidateView]) -> Component | None:
    if not others:
        return None
    return html.Details(
        [
            html.Summary(t("另选单位（{count}）", count=len(others))),
            _reasons(),
            html.Ul([_candidate(c, True) for c in others]),
        ],
        className="others",
        open=False,
    )


def _reasons() -> Component:
    """Why another unit than the advised one."""
    reasons = [html.Option(t(words), value=code) for code, words in OVERRIDE_REASONS.items()]
    return html.Label(
        [html.Span(t("改派理由")), html.Select(reasons, className="override")], className="field"
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
                    html.Span(t("请求联勤") if best.asks else t("出警")),
                    html.Span(f"{best.callsign} · {best.time}", className="to"),
                    html.Kbd("D"),
                ],
                type="button",
                className="button primary big",
                **_sends(best, view.recommendation_id, "dispatch"),
            ),
            _compared(view, best.in_time),
        ],
        className="best",
        **attributes(data_route=best.unit_id),
    )


def _compared(view: IncidentView, in_time: bool) -> Component:
    return html.P(
        [
            html.Span(t("按时") if in_time else t("超过目标"), className="quiet"),
            html.Span(t("比较了 {count} 个单位", count=view.considered), className="quiet"),
            _again(),
            _advised(view),
        ],
        className="dots",
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
                        **_sends(candidate, None, "take-over"),
                        **attributes(data_assignment=takes_over.assignment_id),
                    )
                    if takes_over
                    else None,
                ]
            ),
            html.Button(
                t("请求") if candidate.asks else t("出警"),
                type="button",
                className="button small",
                **_sends(candidate, None, "dispatch-other" if replaces else "dispatch"),
            ),
        ],
        **attributes(data_route=candidate.unit_id),
    )


def _sends(candidate: CandidateView, recommendation_id: str | None, action: str) -> dict[str, Any]:
    return attributes(data_do=action, data_unit=candidate.unit_id, data_advice=recommendation_id or "")


def _passability(view: IncidentView) -> Component:
    if view.point_id is None:
        return html.Div()
    return html.Div(
        [
            html.H3(t("道路")),
            html.Div(
                [
                    html.Button(
                        t(word),
                        type="button",
                        className="on" if view.passability == state else "",
                        **attributes(
                            data_do="passability",
                            data_point=view.point_id,
                            data_state=state,
                            aria_pressed=str(view.passability == state).lower(),
                        ),
                    )
                    for state, word in PASSABILITY.items()
                ],
                className="segments",
            ),
        ],
        className="passability",
    )


def _milestones(view: IncidentView, zone: ZoneInfo) -> Component:
    return html.Ol(
        [
            html.Li(
                [
                    html.Span(step.word),
                    html.B(clock_words(step.at, zone) if step.at else "––:––"),
                    html.Span(f"+{step.after}" if step.after not in ("", "0:00") else "", className="quiet"),
                ],
                className="done" if step.at else "",
            )
            for step in view.milestones
        ],
        className="milestones",
    )


def _close(view: IncidentView) -> Component:
    if view.status == "closed":
        return html.Div()
    if not view.open_assignments:
        return html.Div(_closes(t("销警"), "close-incident", "wide"))
    # Closing cannot be undone and takes units off the incident: it is asked here, not in a window of its own.
    return html.Div(
        [
            _closes(t("销警"), "close-ask", "wide asks"),
            html.Div(
                [
                    html.P(t("还有 {n} 个单位在办，销警会全部撤回。", n=view.open_assignments)),
                    html.Div(
                        [
                            _closes([t("不销警"), html.Kbd("Esc")], "close-keep"),
                            _closes(
                                t("销警并撤回 {n} 个单位", n=view.open_assignments),
                                "close-incident",
                                "primary",
                            ),
                        ],
                        className="row-end",
                    ),
                ],
                className="confirm",
                role="group",
            ),
        ],
        className="closing",
    )


def _closes(words: Any, action: str, look: str = "") -> Component:
    return html.Button(words, type="button", className=f"button {look}".strip(), **attributes(data_do=action))


def timeline_list(happenings: Sequence[Happening], zone: ZoneInfo) -> Component:
    """What happened, newest first, folded away until it is wanted."""
    return html.Details(
        [
            html.Summary(t("经过（{count}）", count=len(happenings))),
            html.Ol(
                [
                    html.Li(
                        [
                            html.Span(clock_words(happening.at, zone), className="figure"),
                            html.Span(happening.what),
                            html.Span(happening.who, className="quiet"),
                        ]
                    )
                    for happening in happenings
                ]
            ),
        ],
        className="timeline",
    )
