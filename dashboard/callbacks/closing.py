"""Closing a road by a click, and opening it again: one operation each, answered with one notice."""

from __future__ import annotations

from datetime import datetime

from core.actor import Actor
from core.geo import LonLat
from dashboard.callbacks.asking import Request
from dashboard.language import t
from dashboard.view_models.notices import Notice
from dispatch.travel import RoadClosure
from operations.close_road import CloseRoad, close_road
from operations.ports import Ports
from operations.reopen_road import ReopenRoad, reopen_road


def closed_by_click(ports: Ports, actor: Actor, request: Request) -> Notice:
    """`corners` are the one place clicked, or the outline of an area; [lon, lat], WGS-84."""
    corners = [LonLat(float(lon), float(lat)) for lon, lat in request["corners"]]
    is_area = request["kind"] == "area"
    closed = close_road(
        ports,
        actor,
        CloseRoad(
            idempotency_key=request["key"],
            name=str(request.get("name") or "").strip(),
            kind=request["kind"],
            state=request["state"],
            expires_at=datetime.fromisoformat(request["expires_at"]),
            place=None if is_area or not corners else corners[0],
            outline=tuple(corners) if is_area else (),
            reason=str(request.get("reason") or "").strip() or None,
        ),
    ).closure
    name = _name(closed)
    words = t("已断交：{name}", name=name) if closed.state == "closed" else t("已设为缓行：{name}", name=name)
    return Notice("done", words, "close_road", [closed.closure_id])


def reopened_by_click(ports: Ports, actor: Actor, request: Request) -> Notice:
    """Opens again what somebody closed."""
    closure = reopen_road(ports, actor, ReopenRoad(request["closure_id"]))
    return Notice("done", t("已重新开放：{name}", name=_name(closure)), "reopen_road")


def _name(closure: RoadClosure) -> str:
    return closure.name or t("未命名的一处")
