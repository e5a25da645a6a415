"""One incident: what happened, whom to send and why, who is on it, what may be done."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboard.language import t
from dashboard.layouts.attachments import from_the_scene
from dashboard.layouts.incident_advice import advice_part
from dashboard.layouts.incident_standing import close_part, passability_part
from dashboard.layouts.incident_units import assigned_part, milestones_part, requested_part
from dashboard.layouts.notes import notes_part
from dashboard.layouts.shared import attributes, grade_mark, subject_head
from dashboard.layouts.timeline import files_part, timeline_list
from dashboard.view_models.incident import IncidentView, graded_words
from dashboard.view_models.timeline import PASSABILITY


def desk_panel(view: IncidentView, zone: ZoneInfo) -> Component:
    """The panel of the duty officer, with every action.

    Every part keeps its place among its neighbours, empty or not: what an officer has unfolded stays unfolded
    when the panel is drawn again.
    """
    return html.Div(
        [
            *_what(view),
            _acknowledge(view),
            assigned_part(view),
            requested_part(view),
            advice_part(view),
            passability_part(view),
            from_the_scene(view.attachments, zone),
            milestones_part(view, zone),
            close_part(view),
            notes_part("incident", view.incident_id, view.notes, zone),
            timeline_list(view.timeline, zone),
            files_part(view.incident_id),
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
            assigned_part(view),
            from_the_scene(view.attachments, zone),
            milestones_part(view, zone),
            notes_part("incident", view.incident_id, view.notes, zone),
            timeline_list(view.timeline, zone),
        ],
        className="incident",
        **attributes(data_incident=view.incident_id),
    )


def past_panel(view: IncidentView, zone: ZoneInfo) -> Component:
    """The same incident as it was known at a past instant: nothing can be done about that."""
    return html.Div(
        [
            *_what(view),
            assigned_part(view, acts=False),
            milestones_part(view, zone),
            timeline_list(view.timeline, zone),
        ],
        className="incident",
        **attributes(data_incident=view.incident_id),
    )


def _what(view: IncidentView) -> list[Component]:
    facts: list[Component | str] = []
    if view.severity:
        facts.append(html.B(graded_words(view.severity, view.grade or "")))
    if view.depth:
        facts.append(html.Span(view.depth, className="figure"))
    if view.passability in ("closed", "slow"):
        facts.append(html.Span(t(PASSABILITY[view.passability]), className=f"road-{view.passability}"))
    facts.append(html.Span(view.category))
    return [
        subject_head(
            grade_mark(view.severity, view.priority),
            view.title,
            [
                html.Span(view.number, className="figure"),
                html.Span(view.origin),
                html.Span(t("{priority} 级", priority=view.priority)),
            ],
            view.incident_id,
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
