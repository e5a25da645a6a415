"""The part of the analyst's page about dispatches: how often the advice was overridden, and why."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.language import t
from dashboard.layouts.analysis import headline_figure, section
from dashboard.layouts.shared import table
from dashboard.view_models.dispatch_report import DispatchView


def dispatch_section(view: DispatchView) -> Component:
    """Figures and, where anything was overridden, the reasons."""
    reasons: Component = (
        table((t("改派理由"), t("单位"), t("占全部")), view.reasons)
        if view.reasons
        else html.P(t("这段时间派出的都是推荐的单位。"), className="quiet")
    )
    return section(
        t("派警与推荐"),
        t("值班员另选单位时须选理由；理由记入日志。"),
        [html.Dl([headline_figure(found) for found in view.figures], className="headline"), reasons],
        "dispatches",
    )
