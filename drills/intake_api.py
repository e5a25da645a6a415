"""The public intake API as the replayer sees it: an address, a token, and patience."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import orjson

from core.errors import CommandCentreError, UnavailableError

log = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 2.0
TIMEOUT_S = 10.0
RETRIED = frozenset({408, 425, 429})
"""Statuses below 500 that say "later", not "no"."""

Json = dict[str, Any]


class RefusedError(CommandCentreError):
    """The API understood and said no; sending the same again would not help. `status` is its answer's."""

    code = "refused"

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class CityClock:
    """What GET /api/v1/clock answers."""

    now: datetime
    wall_now: datetime
    mode: str
    scenario: str | None
    speed: float
    run: int | None = None
    """Which run of the drill this is, where the server says so: each restart begins another."""

    @classmethod
    def from_answer(cls, answer: Json) -> CityClock:
        now, wall_now = (datetime.fromisoformat(answer[name]) for name in ("now", "wall_now"))
        return cls(now, wall_now, answer["mode"], answer["scenario"], answer["speed"], answer.get("run"))


class IntakeApi:
    """Typed calls to /api/v1. `client` brings the base URL; the token goes into every request.

    `until_answered` methods try for ever, with growing waits, the very same request; all of them are safe to
    repeat by their natural or idempotency keys. The others raise UnavailableError at once, because what they
    carry is outdated a second later. Both raise RefusedError for a 4xx.
    """

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}

    async def clock(self) -> CityClock:
        return CityClock.from_answer(await self._once("GET", "/api/v1/clock"))

    async def clock_until_answered(self) -> CityClock:
        return CityClock.from_answer(await self._until_answered("GET", "/api/v1/clock"))

    async def set_drill_time(self, scenario: str, at: datetime, speed: float, *, restart: bool) -> CityClock:
        """Not repeated: an answer that got lost may have set the clock, so the caller looks at it again."""
        body = {"scenario": scenario, "at": at.isoformat(), "speed": speed, "restart": restart}
        return CityClock.from_answer(await self._once("POST", "/api/v1/drill/time", body))

    async def send_readings(self, readings: Sequence[Json]) -> Json:
        """Readings until answered: {accepted, duplicates, quarantined: [{reason, detail, item}]}."""
        return await self._until_answered("POST", "/api/v1/readings", {"readings": list(readings)})

    async def send_passability(self, reports: Sequence[Json]) -> Json:
        """Reports until answered: {accepted, refused: [{index, code, detail}]}."""
        return await self._until_answered("POST", "/api/v1/passability", list(reports))

    async def send_call(self, key: str, call: Json) -> Json:
        """A call until answered; one key is one call in one run of a drill."""
        return await self._until_answered("POST", "/api/v1/calls", call, {"Idempotency-Key": key})

    async def register_units(self, units: Sequence[Json]) -> None:
        await self._until_answered("PUT", "/api/v1/units", {"units": list(units)})

    async def send_positions(self, positions: Sequence[Json]) -> Json:
        """Positions once: {accepted, stale, quarantined}."""
        return await self._once("POST", "/api/v1/positions", {"crs": "WGS-84", "positions": list(positions)})

    async def send_status(self, unit_id: str, status: Json) -> None:
        await self._once("POST", f"/api/v1/units/{unit_id}/status", status)

    async def open_assignments(self) -> list[Json]:
        answer: list[Json] = (await self._once("GET", "/api/v1/assignments"))["assignments"]
        return answer

    async def standing_move_ups(self) -> list[Json]:
        answer: list[Json] = (await self._once("GET", "/api/v1/orders"))["orders"]
        return answer

    async def _until_answered(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Json:
        wait_s, tries = FIRST_WAIT_S, 1
        while True:
            try:
                answer = await self._once(method, path, body, headers)
            except UnavailableError as error:
                # Said once, not at every try: an outage must not fill the log.
                log.log(logging.WARNING if tries == 1 else logging.DEBUG, "%s; trying on", error.message)
            else:
                if tries > 1:
                    log.warning("%s %s: answered at try %d", method, path, tries)
                return answer
            await asyncio.sleep(wait_s)
            wait_s, tries = min(2 * wait_s, LONGEST_WAIT_S), tries + 1

    async def _once(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Json:
        content = None if body is None else orjson.dumps(body)
        sent = {**self._headers, **(headers or {})}
        if content is not None:
            sent["Content-Type"] = "application/json"
        try:
            response = await self._client.request(method, path, content=content, headers=sent)
        except httpx.TransportError as error:
            tried = self._client.base_url.join(path)
            raise UnavailableError(f"{method} {tried}: {type(error).__name__} {error}".rstrip()) from error
        if response.status_code >= 500 or response.status_code in RETRIED:
            raise UnavailableError(f"{method} {path}: answered {response.status_code}")
        if not response.is_success:
            raise RefusedError(response.status_code, f"{method} {path}: {_problem(response)}")
        answer: Json = orjson.loads(response.content)
        return answer


def _problem(response: httpx.Response) -> str:
    try:
        detail = orjson.loads(response.content)["detail"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        detail = response.text[:200]
    return f"{response.status_code} {detail}"
