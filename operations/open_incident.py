"""Opens an incident, or finds the open one about the same thing at the same place."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from alerts.model import MonitoredPoint
from core.geo import LonLat
from core.ids import new_id
from dispatch.correlation import box_around, incident_for
from dispatch.model import Incident, IncidentStatus, Priority
from operations.catalogue import Category
from operations.ports import Ports
from operations.store import Transaction

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


def open_incident_near(
    tx: Transaction, category: Category, place: LonLat, at: datetime, *, at_points: bool = True
) -> Incident | None:
    """The open incident that something of this category at this place and instant belongs to, locked; None when
    there is none. Call `lock_calls` first. `at_points` counts those at monitored points too."""
    joining = category.joins
    candidates = [
        incident
        for incident in tx.open_incidents_in(category.code, box_around(place, joining.within_m))
        if at_points or incident.point_id is None
    ]
    while (found := incident_for(place, at, candidates, joining)) is not None:
        locked = tx.incident(found.incident_id)
        if locked.status is not IncidentStatus.CLOSED:
            return locked
        candidates.remove(found)  # closed in this moment
    return None


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
    """The open incident at a monitored point and whether it is new: one flood is one incident, whether the closed
    road, the heavy grade or a call from close by came first. The newer description wins."""
    tx.lock_calls()
    title_zh, title_en = f"{point.name_zh} {what_zh}", f"{point.name_en}: {what_en}"
    existing = tx.open_incidents_at([point.point_id]).get(point.point_id)
    if existing is not None:
        renamed = replace(existing, title_zh=title_zh, title_en=title_en, changed_at=at)
        tx.save_incident(renamed)
        return renamed, False
    kind = ports.catalogue.categories[category]
    called = open_incident_near(tx, kind, point.place, at, at_points=False)
    if called is not None:
        found = replace(
            called,
            point_id=point.point_id,
            title_zh=title_zh,
            title_en=title_en,
            priority=min(called.priority, kind.priority_at(point.kind)),
            changed_at=max(at, called.changed_at),
        )
        tx.save_incident(found)
        return found, False
    incident = new_incident(
        tx,
        category=category,
        title_zh=title_zh,
        title_en=title_en,
        place=point.place,
        jurisdiction=point.jurisdiction,
        priority=kind.priority_at(point.kind),
        at=at,
        origin=origin,
        point_id=point.point_id,
    )
    return incident, True
