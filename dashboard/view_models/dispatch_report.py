"""Dispatches against the advice as figures and a table, for the analyst's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.language import t
from dashboard.view_models.analysis import Figure
from dashboard.view_models.durations import share_words
from dashboard.view_models.reasons import reason_words
from operations.dispatch_report import DispatchReport


@dataclass(frozen=True, slots=True)
class DispatchView:
    """`reasons` are rows: why, how many units, which share of all that were sent."""

    figures: Sequence[Figure]
    reasons: Sequence[Sequence[str]]


def dispatch_view(report: DispatchReport) -> DispatchView:
    def share(count: int) -> str:
        return share_words(count / report.sent) if report.sent else "–"

    return DispatchView(
        figures=[
            Figure(t("派出单位"), str(report.sent), t("人次，含增派"), False),
            Figure(t("未按推荐"), str(report.overridden), share(report.overridden), False),
            Figure(t("派后撤回"), str(report.taken_back), share(report.taken_back), False),
            Figure(t("被抽调"), str(report.preempted), share(report.preempted), False),
            Figure(
                t("改派或接替"),
                str(report.reassigned + report.replaced),
                share(report.reassigned + report.replaced),
                False,
            ),
        ],
        reasons=[[reason_words(code), str(count), share(count)] for code, count in report.overrides.items()],
    )
