"""The storm, and a server that answers like the intake API, for the tests of the drills."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
import orjson

from bootstrap.catalogue import load_catalogue
from drills.intake_api import IntakeApi
from drills.scenario import load_scenario
from drills.storyline import Storyline

STORM = "kunming-2026-08-18"
TOLERANCE = timedelta(seconds=60)


@cache
def the_storm() -> Storyline:
    points = load_catalogue().points
    return Storyline(load_scenario(STORM, points), points)


class City:
    """The server's side: a clock to be turned, what each run has received, and failures on demand."""

    def __init__(self, at: datetime, speed: float = 60.0) -> None:
        self.wall = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
        self.at, self.speed = at, speed
        self.away = 0
        """How many of the next writes are answered with 503."""
        self.lost = 0
        """How many of the next writes are done, but their answers get lost."""
        self.refuses_calls = False
        self.behind = timedelta(0)
        """How far the process that takes readings is behind with the drill's time."""
        self.readings: dict[tuple[str, str], float] = {}
        self.passability: list[dict[str, Any]] = []
        self.calls: dict[str, dict[str, Any]] = {}
        self.duplicates = 0
        self.future: list[Any] = []
        self.latest: datetime | None = None
        self.units: dict[str, dict[str, Any]] = {}
        self.positions: dict[str, dict[str, Any]] = {}
        self.position_posts: list[int] = []
        self.assignments: dict[str, dict[str, Any]] = {}
        self.move_ups: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []

    def pass_wall(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.at += timedelta(seconds=seconds * self.speed)

    def restart(self, at: datetime) -> None:
        self.at = at
        self.readings, self.passability, self.calls, self.latest = {}, [], {}, None
        self.assignments = {}

    def api(self) -> IntakeApi:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer), base_url="http://city")
        return IntakeApi(client, "cc_token")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Bearer cc_token"
        if request.method != "GET" and self.away:
            self.away -= 1
            return httpx.Response(503, json={"detail": "away"})
        body = orjson.loads(request.content) if request.content else None
        answer = self._route(request.url.path, body, request.headers.get("Idempotency-Key"))
        if request.method != "GET" and self.lost:
            self.lost -= 1
            raise httpx.ReadError("connection reset")
        return answer

    def _route(self, path: str, body: Any, key: str | None) -> httpx.Response:
        match path.removeprefix("/api/v1/").split("/"):
            case ["clock"]:
                clock = {"now": self.at.isoformat(), "wall_now": self.wall.isoformat()}
                return httpx.Response(
                    200, json={**clock, "mode": "drill", "scenario": STORM, "speed": self.speed}
                )
            case ["readings"]:
                return self._take_readings(body["readings"])
            case ["passability"]:
                for report in body:
                    self._note(report["observed_at"])
                self.passability.extend(body)
                return httpx.Response(200, json={"accepted": len(body), "refused": []})
            case ["calls"]:
                if self.refuses_calls:
                    return httpx.Response(422, json={"detail": "category: found nonsense"})
                assert key is not None
                assert self.calls.setdefault(key, body) == body
                self._note(body["received_at"])
                return httpx.Response(201, json={})
            case ["units"]:
                self.units.update((unit["unit_id"], unit) for unit in body["units"])
                return httpx.Response(200, json={"registered": len(body["units"])})
            case ["units", unit_id, "status"]:
                self.statuses.append({**body, "unit_id": unit_id})
                self._advance(body)
                return httpx.Response(200, json={})
            case ["assignments"]:
                return httpx.Response(200, json={"assignments": list(self.assignments.values())})
            case ["orders"]:
                return httpx.Response(200, json={"orders": self.move_ups})
            case ["positions"]:
                self.positions.update((p["unit_id"], p) for p in body["positions"])
                self.position_posts.append(len(body["positions"]))
                return httpx.Response(200, json={"accepted": len(body["positions"]), "stale": 0})
        return httpx.Response(404, json={"detail": f"no {path}"})

    def _take_readings(self, readings: list[dict[str, Any]]) -> httpx.Response:
        odd = []
        accepted = duplicates = 0
        for reading in readings:
            key = (reading["point_id"], reading["observed_at"])
            if datetime.fromisoformat(reading["observed_at"]) > self.at - self.behind + TOLERANCE:
                odd.append({"reason": "future", "detail": "in the future", "item": reading})
                continue
            self._note(reading["observed_at"])
            value = reading["depth_cm"] if "depth_cm" in reading else reading["rain_mm"]
            if key in self.readings:
                assert self.readings[key] == value
                duplicates += 1
            else:
                self.readings[key] = value
                accepted += 1
        self.duplicates += duplicates
        return httpx.Response(200, json={"accepted": accepted, "duplicates": duplicates, "quarantined": odd})

    def _note(self, observed_at: str) -> None:
        at = datetime.fromisoformat(observed_at)
        if at > self.at:
            self.future.append((at, self.at))
        self.latest = max(at, self.latest or at)

    def _advance(self, status: dict[str, Any]) -> None:
        assignment = self.assignments[status["assignment_id"]]
        if status["status"] == "available":
            del self.assignments[status["assignment_id"]]
            return
        assignment["status"] = status["status"]
        assignment[f"{status['status']}_at"] = status["observed_at"]
