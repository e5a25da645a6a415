"""The phone: one thumb, own jurisdiction, what is near and who is on it."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.ids import Phone
from dashboard.language import t
from dashboard.layouts.report_form import report_form
from dashboard.layouts.shared import (
    account_links,
    attributes,
    city_map,
    language_switch,
    loading,
)
from dashboard.page import FaceSettings
from operations.catalogue import Catalogue


def page(settings: FaceSettings, catalogue: Catalogue) -> Component:
    """The whole phone page in the language of the request."""
    return html.Div(
        [
            html.Header(
                [
                    html.Div(
                        [
                            html.H1(t("{city}指挥中心", city=settings.city())),
                            html.Span("", className="whose"),
                        ],
                    ),
                    html.Span("", className="clock", **attributes(data_tick="clock")),
                ],
                className="phone-bar",
            ),
            html.Div(id=Phone.DRILL, className="drill"),
            html.Div(id=Phone.TRUTH, className="truth", role="alert"),
            html.Div(id=Phone.DUTY, className="duty"),
            html.Div(id=Phone.LEVEL, className="level-phone"),
            html.Div(id=Phone.ASSISTANCE, className="assistance"),
            html.Div(id=Phone.WATER, className="counts"),
            html.Div(id=Phone.NEAR, className="near-row"),
            html.Main(html.Div(loading(t("等待实况…")), id=Phone.QUEUE, className="cards")),
            html.Footer([language_switch("/m/"), *account_links(settings)]),
            html.Section(
                [
                    html.Button(
                        ["‹ ", t("返回")],
                        type="button",
                        className="back",
                        **attributes(data_do="close-subject"),
                    ),
                    html.Div(city_map(Phone.MAP), className="phone-map"),
                    html.Div(id=Phone.PANEL, className="panel"),
                    html.Div(id=Phone.SCENE, className="scene-bar"),
                    report_form(catalogue),
                ],
                className="phone-detail",
                hidden=True,
            ),
            html.Div(id=Phone.OUTBOX, className="outbox", hidden=True),
            html.Nav(id=Phone.BAR, className="bottom-bar"),
            html.Div(id=Phone.TOASTS, className="toasts", role="status"),
        ],
        id=Phone.ROOT,
        className="phone",
    )
