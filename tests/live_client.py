"""A screen without a picture: speaks the live protocol as a browser does and remembers what it was told."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Event, Thread
from time import monotonic
from typing import Any, Self

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

SILENT_S = 6.0
IDS = {
    "alerts": "alert_id",
    "incidents": "incident_id",
    "units": "unit_id",
    "assignments": "assignment_id",
    "points": "point_id",
    "recommendations": "incident_id",
}
ENDED = {"cleared", "closed", "stood_down"}
POSITIONS_FROM = 16
"""Byte at which the units of a binary frame begin (docs/live-protocol.md)."""

Json = dict[str, Any]


class LiveClient:
    """Follows snapshot-then-stream in a thread of its own; connects again whenever the link is lost."""

    def __init__(self, base_url: str, cookie: str) -> None:
        self._url = base_url.replace("http", "ws", 1) + "/ws/live"
        self._origin, self._cookie = Origin(base_url), cookie
        self._stopped = Event()
        self._thread = Thread(target=self._follow, name="live-client", daemon=True)
        self.state: dict[str, dict[str, Json]] = {kind: {} for kind in IDS}
        self.seq = -1
        self.health: Json = {}
        self.health_seen: list[tuple[float, Json]] = []
        """Every health frame with the monotonic instant of its arrival."""
        self.snapshots = 0
        self.losses = 0
        """How often the link was lost."""
        self.out_of_order: list[tuple[int, int]] = []
        """(row expected, row that came): empty, or the server broke its promise."""
        self.moved = False
        self._positions = b""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(10)

    def told_since(self, began: float, of: Callable[[Json], bool]) -> bool:
        """Did a health frame that came after the monotonic instant `began` satisfy `of`?"""
        return any(at > began and of(health) for at, health in tuple(self.health_seen))

    def _follow(self) -> None:
        while not self._stopped.is_set():
            try:
                with connect(
                    self._url,
                    additional_headers={"Cookie": self._cookie},
                    origin=self._origin,
                    max_size=None,
                    open_timeout=3,
                    close_timeout=1,
                ) as socket:
                    self._listen(socket)
            except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake):
                pass  # the server is away: that is what the tests are about
            self.losses += 1
            self._stopped.wait(0.3)

    def _listen(self, socket: ClientConnection) -> None:
        heard = monotonic()
        while not self._stopped.is_set():
            try:
                message = socket.recv(timeout=0.2)
            except TimeoutError:
                if monotonic() - heard > SILENT_S:
                    return
                continue
            heard = monotonic()
            if isinstance(message, bytes):
                self._see(message[POSITIONS_FROM:])
            else:
                self._hear(json.loads(message))

    def _see(self, positions: bytes) -> None:
        same_units = bool(positions) and len(positions) == len(self._positions)
        self.moved = self.moved or (same_units and positions != self._positions)
        self._positions = positions

    def _hear(self, frame: Json) -> None:
        if frame["kind"] == "snapshot":
            self.snapshots += 1
            self.seq = frame["seq"]
            fresh: dict[str, dict[str, Json]] = {kind: {} for kind in IDS}
            for kind in IDS:
                self._keep(fresh, kind, frame["state"][kind])
            self.state = fresh
            self._know(frame["health"])
        elif frame["kind"] == "event":
            if frame["seq"] != self.seq + 1:
                self.out_of_order.append((self.seq + 1, frame["seq"]))
            self.seq = frame["seq"]
            for kind in IDS:
                self._keep(self.state, kind, frame["changes"].get(kind, ()))
        elif frame["kind"] == "health":
            self._know(frame["health"])

    def _know(self, health: Json) -> None:
        self.health = health
        self.health_seen.append((monotonic(), health))

    def _keep(self, state: dict[str, dict[str, Json]], kind: str, items: Any) -> None:
        for item in items:
            key = item[IDS[kind]]
            if item.get("status") in ENDED:
                state[kind].pop(key, None)
            else:
                state[kind][key] = item
