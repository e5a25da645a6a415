"""Opens an incident, or finds the open one about the same thing at the same place."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from alerts.model import MonitoredPoint
from core.geo import LonLat
from core.ids import new_id
from dispatch.model import Incident, IncidentStatus, Priority
from operations.ports import Ports, Transaction

CITY_TIME = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has one zone and no daylight saving; incident numbers follow the city's calendar day."""


def new_incident(
    tx: Transaction,
    *,
    category: str,
    title_zh: str,
    title_en: str,
    place: LonLat,
    jurisdiction: str,
    priority: Priority,
    at: datetime,
    origin: str,
    point_id: str | None = None,
) -> Incident:
    """Saves and answers a new open incident, numbered within the city's day."""
    day = at.astimezone(CITY_TIME).date()
    incident = Incident(
        incident_id=new_id(),
        number=f"{day:%Y%m%d}-{tx.next_incident_number(day):04d}",
        category=category,
        title_zh=title_zh,
        title_en=title_en,
        place=place,
        jurisdiction=jurisdiction,
        priority=priority,
        status=IncidentStatus.OPEN,
        opened_at=at,
        changed_at=at,
        origin=origin,
        point_id=point_id,
    )
    tx.save_incident(incident)
    return incident


def incident_at_point(
    ports: Ports,
    tx: Transaction,
    point: MonitoredPoint,
    *,
    category: str,
    what_zh: str,
    what_en: str,
    at: datetime,
    origin: str,
) -> tuple[Incident, bool]:
    """The open incident at a monitored point and whether it is new: one flood is one incident,
    whether the closed road or the heavy grade came first. The newer description wins."""
    title_zh, title_en = f"{point.name_zh} {what_zh}", f"{point.name_en}: {what_en}"
    existing = tx.open_incidents_at([point.point_id]).get(point.point_id)
    if existing is not None:
        renamed = replace(existing, title_zh=title_zh, title_en=title_en, changed_at=at)
        tx.save_incident(renamed)
        return renamed, False
    incident = new_incident(
        tx,
        category=category,
        title_zh=title_zh,
        title_en=title_en,
        place=point.place,
        jurisdiction=point.jurisdiction,
        priority=ports.catalogue.categories[category].priority_at(point.kind),
        at=at,
        origin=origin,
        point_id=point.point_id,
    )
    return incident, True
