"""The routes of looking back: the past in the frames of the live protocol (docs/live-protocol.md)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import numpy as np
import orjson
from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime

from core.actor import Actor, current_actor
from core.errors import PermissionDeniedError
from live import frames
from live.positions import FRAME_VERSION, UNIT_FRAME
from operations.ports import Ports
from operations.replay import (
    ROWS_A_TIME,
    replay_period,
    replay_rows,
    replay_state,
    replay_whereabouts,
)
from operations.stored import Whereabouts

PREFIX = "/api/v1/replay"
STEADY_WITHIN_S = 120.0
"""Between two points of a track no further apart than this a unit moved evenly (assumption)."""
SETS_OFF_S = 30.0
"""Where they are further apart it stood still and set off so long before the later one (assumption)."""

At = Annotated[AwareDatetime, Query()]


def _asking() -> Actor:
    actor = current_actor.get()
    if actor is None:
        raise PermissionDeniedError("请重新登录 / found nobody, expected a session")
    return actor


By = Annotated[Actor, Depends(_asking)]


def replay_router(ports: Ports) -> APIRouter:
    """Four questions, each answered in a thread: they read the database."""
    router = APIRouter(prefix=PREFIX)

    @router.get("/period")
    def period(actor: By) -> Response:
        """From when to when, and where incidents and red alerts began."""
        return _json(replay_period(ports, actor))

    @router.get("/state")
    def state(actor: By, at: At) -> Response:
        """A `snapshot` frame as of `at`."""
        asks = {"actor_id": actor.actor_id, "name": actor.name, "jurisdiction": actor.jurisdiction}
        return _json({"kind": "snapshot", "actor": asks, **replay_state(ports, actor, at)})

    @router.get("/rows")
    def rows(actor: By, after: Annotated[int, Query(ge=0, lt=2**62)], until: At) -> Response:
        """`event` frames after row `after`, each with `known_at`. `more`: the limit cut them off."""
        found = replay_rows(ports, actor, after, until)
        points = {point.point_id: point.jurisdiction for point in ports.catalogue.points.values()}
        events = [
            {
                **orjson.loads(frames.event_frame(row, actor.jurisdiction, points)),
                "known_at": row.known_at.isoformat() if row.known_at else None,
                "reload": row.event.reload,
            }
            for row in found
        ]
        return _json({"rows": events, "more": len(events) == ROWS_A_TIME})

    @router.get("/positions")
    def positions(actor: By, at: At) -> Response:
        """A binary frame of positions as of `at`, in between the points of the tracks."""
        frame = past_frame(replay_whereabouts(ports, actor, at), at)
        return Response(frame, media_type="application/octet-stream")

    return router


def past_frame(units: Sequence[Whereabouts], at: datetime) -> bytes:
    """The frame of docs/live-protocol.md, its time being `at`."""
    records = np.empty(len(units), dtype=UNIT_FRAME)
    for i, unit in enumerate(units):
        lon, lat = _between(unit, at)
        records[i] = (unit.index, unit.before.heading_deg % 360, round(lon * 1e6), round(lat * 1e6))
    return struct.pack("<dII", at.timestamp() * 1000, FRAME_VERSION, len(records)) + records.tobytes()


def _between(unit: Whereabouts, at: datetime) -> tuple[float, float]:
    before, after = unit.before, unit.after
    if after is None:
        return before.place.lon, before.place.lat
    begins = before.at
    if (after.at - before.at).total_seconds() > STEADY_WITHIN_S:
        begins = after.at - timedelta(seconds=SETS_OFF_S)
    share = max(0.0, (at - begins) / (after.at - begins))
    return (
        before.place.lon + share * (after.place.lon - before.place.lon),
        before.place.lat + share * (after.place.lat - before.place.lat),
    )


def _json(content: Any) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")
