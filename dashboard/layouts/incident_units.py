"""Who is on an incident: units with their milestones, and those asked for of other jurisdictions."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboard.language import t
from dashboard.layouts.shared import attributes
from dashboard.view_models.durations import clock_words
from dashboard.view_models.incident import AssignmentView, IncidentView


def assigned_part(view: IncidentView, acts: bool = True) -> Component:
    """Units on the incident; `acts` offers to take them back."""
    standing = [a for a in view.assignments if a.open]
    if not standing:
        return html.Div()
    return html.Div(
        [html.H3(t("在办单位")), html.Ul([_unit(a, acts) for a in standing], className="assigned")]
    )


def _unit(assignment: AssignmentView, acts: bool) -> Component:
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
            )
            if acts
            else None,
        ]
    )


def requested_part(view: IncidentView) -> Component:
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


def milestones_part(view: IncidentView, zone: ZoneInfo) -> Component:
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
