"""The routes by which the record of an incident leaves the screens."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response

from dashboard.callbacks.asking import acting
from dashboard.exports.document import record_pdf
from dashboard.exports.table import record_csv
from dashboard.view_models.incident import incident_view
from dashboard.view_models.record import RecordView, record_view
from dispatch.response import TARGET_MAJOR_S, TARGET_RESPONSE_S
from operations.ports import Ports
from operations.queries import incident_detail
from operations.record_export import record_export

ROWS_AT_MOST = 10_000
"""Of one incident's journal rows, the newest."""


def export_router(ports: Ports, zone: ZoneInfo) -> APIRouter:
    """Both in the language of the request; each answered in a thread."""
    return Exports(ports, zone).router()


@dataclass(frozen=True, slots=True)
class Exports:
    """What the routes share."""

    ports: Ports
    zone: ZoneInfo

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/export/incidents/{incident_id}")
        router.add_api_route("/timeline.pdf", self.as_pdf, methods=["GET"])
        router.add_api_route("/timeline.csv", self.as_csv, methods=["GET"])
        return router

    def as_pdf(self, incident_id: str) -> Response:
        """The record as a document."""
        record = self._record(incident_id, "pdf")
        return _file(record_pdf(record), record.number, "pdf", "application/pdf")

    def as_csv(self, incident_id: str) -> Response:
        """The record as a table."""
        record = self._record(incident_id, "csv")
        return _file(record_csv(record).encode(), record.number, "csv", "text/csv; charset=utf-8")

    def _record(self, incident_id: str, kind: str) -> RecordView:
        ports, actor = self.ports, acting()
        record_export(ports, actor, incident_id, kind)
        detail = incident_detail(ports, actor, incident_id, rows=ROWS_AT_MOST)
        areas = ports.areas.names()
        view = incident_view(detail, ports.catalogue, TARGET_RESPONSE_S, TARGET_MAJOR_S, areas, actor.covers)
        return record_view(
            detail,
            view,
            ports.catalogue,
            areas,
            self.zone,
            actor.name,
            ports.clock.now(),
            drill=ports.mode == "drill",
        )


def _file(content: bytes, number: str, ending: str, media_type: str) -> Response:
    name = quote(f"{number}.{ending}")
    return Response(
        content,
        media_type=media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )
