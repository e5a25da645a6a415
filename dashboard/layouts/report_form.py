"""Reporting a new incident from the street: what, where one stands, photo and voice."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.ids import Phone
from dashboard.language import named, t
from dashboard.layouts.shared import attributes
from operations.catalogue import Catalogue


def report_form(catalogue: Catalogue) -> Component:
    """The form; the phone's script knows where it stands, keeps what was written and puts it into the outbox."""
    categories = [
        html.Option(named({"name_zh": c.name_zh, "name_en": c.name_en}), value=c.code)
        for c in catalogue.categories.values()
        if c.by_call
    ]
    return html.Form(
        [
            html.H2(t("上报警情")),
            html.Div(id=Phone.REPORT_PLACE, className="report-place"),
            html.Label([html.Span(t("类别")), html.Select(categories, name="category")], className="field"),
            html.Label(
                [
                    html.Span(t("经过")),
                    html.Textarea(name="text", rows=3, maxLength=4000, placeholder=t("看到了什么")),
                ],
                className="field",
            ),
            html.Div(
                [
                    _button(t("拍照"), "photo"),
                    _button(t("录音"), "voice"),
                ],
                className="pair",
            ),
            html.Div(id=Phone.REPORT_MEDIA, className="report-media"),
            html.P("", className="form-problem", role="alert"),
            html.Button(t("上报"), type="submit", className="button primary big"),
            _button(t("取消"), "report-close"),
        ],
        id=Phone.REPORT,
        className="report-form",
        hidden=True,
    )


def _button(words: str, action: str) -> Component:
    return html.Button(words, type="button", className="button", **attributes(data_do=action))
