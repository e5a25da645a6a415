"""The intake API, version 1: each route reads one body, calls one operation and says what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from typing_extensions import TypedDict

from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.geo import BoundingBox
from intake import bodies
from intake.acting import By
from intake.alert_routes import add_alert_routes
from intake.assistance_routes import add_assistance_routes
from intake.bodies import json_body, parsed
from intake.coordinates import to_wgs84
from intake.counters import IntakeCounters
from intake.known_units import KnownUnits
from intake.openapi import PROBLEMS, document, takes
from intake.phones import add_phone_routes
from intake.scene_routes import add_scene_routes
from intake.terminal_routes import add_terminal_routes
from intake.terminals import KnownTerminals, TerminalIntake
from operations.close_road import CloseRoad, close_road
from operations.ingest_readings import IngestReadings, ingest_readings
from operations.ports import Fix, Ports
from operations.public_state import Json, closure_state, unit_state
from operations.queries import assignments_of_units, clock_state, move_ups_of_units
from operations.record_status import RecordStatus, record_status
from operations.register_units import RegisterUnits, UnitRegistration, register_units
from operations.reopen_road import ReopenRoad, reopen_road
from operations.report_passability import ReportPassability, report_passability
from operations.report_positions import ReportPositions, report_positions
from operations.set_drill_time import SetDrillTime, set_drill_time
from operations.stored import QuarantinedItem
from operations.take_call import TakeCall, take_call

PREFIX = "/api/v1"
READINGS = PREFIX + "/readings"
PASSABILITY = PREFIX + "/passability"
CALLS = PREFIX + "/calls"
CLOSURES = PREFIX + "/closures"
POSITIONS = PREFIX + "/positions"
UNITS = PREFIX + "/units"
STATUS = PREFIX + "/units/{unit_id}/status"


class Quarantined(TypedDict):
    """An item that was understood but makes no sense; kept as it came, used by nothing."""

    reason: str
    detail: str
    item: Json


class ReadingsAnswer(TypedDict):
    """What became of a batch; the three add up to what was sent."""

    accepted: int
    duplicates: int
    quarantined: list[Quarantined]


class PositionsAnswer(TypedDict):
    """What became of the positions; `stale` ones were older than what is known."""

    accepted: int
    stale: int
    quarantined: list[Quarantined]


class RefusedReport(TypedDict):
    """A report that was not taken in, by its place in the list that was sent."""

    index: int
    code: str
    detail: str


class PassabilityAnswer(TypedDict):
    """How many reports were taken in, and which were not."""

    accepted: int
    refused: list[RefusedReport]


class CallAnswer(TypedDict):
    """The call and its incident; `repeated` says that this key came before and this is that answer, `joined` that
    the incident was open already."""

    call_id: str
    incident_id: str
    incident_number: str
    repeated: bool
    joined: bool


class ClosureAnswer(TypedDict):
    """The closure; `repeated` says that this key came before and this is what became of it."""

    closure: Json
    repeated: bool


class UnitsAnswer(TypedDict):
    """How many units are registered now because of this request."""

    registered: int


Body = Annotated[bytes, Depends(json_body)]
ClosureId = Annotated[str, Path(max_length=64, pattern=r"^[^\s\x00-\x1f\x7f/]+$")]
UnitId = Annotated[str, Path(max_length=64, pattern=r"^[^\s\x00-\x1f\x7f/]+$")]
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
MaybeKey = Annotated[
    str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")
]
UnitIds = Annotated[
    str | None, Query(max_length=100_000, pattern=r"^[^\x00-\x1f\x7f]*$", description="separated by commas")
]


def intake_router(
    ports: Ports,
    counters: IntakeCounters,
    bounds: BoundingBox,
    terminals: KnownTerminals | None = None,
    described_with: APIRouter | None = None,
) -> APIRouter:
    """The routes under /api/v1. `bounds` encloses the city, WGS-84 degrees; `terminals` is shared with the guard.
    The API's description also tells of the routes of `described_with`, which another edge serves.

    The routes need Problems.install on the application and, around it, the access guard.
    """
    units = KnownUnits(ports.store)
    api = _Intake(ports, counters, bounds, units)
    terminals = terminals or KnownTerminals(ports.store)
    router = APIRouter(prefix=PREFIX, responses=PROBLEMS)
    add = router.add_api_route
    add("/readings", api.readings, methods=["POST"], openapi_extra=takes("ReadingsIn"))
    add("/passability", api.passability, methods=["POST"], openapi_extra=takes("PassabilityReportsIn"))
    add("/calls", api.calls, methods=["POST"], status_code=201, openapi_extra=takes("CallIn"))
    add("/closures", api.closures, methods=["POST"], status_code=201, openapi_extra=takes("ClosureIn"))
    add("/closures/{closure_id}", api.reopened, methods=["DELETE"])
    add("/positions", api.positions, methods=["POST"], openapi_extra=takes("PositionsIn"))
    add("/units", api.units, methods=["PUT"], openapi_extra=takes("UnitsIn"))
    add("/units/{unit_id}/status", api.status, methods=["POST"], openapi_extra=takes("StatusIn"))
    add("/assignments", api.assignments, methods=["GET"])
    add("/orders", api.orders, methods=["GET"])
    add("/clock", api.clock, methods=["GET"])
    add("/drill/time", api.drill_time, methods=["POST"], openapi_extra=takes("DrillTimeIn"))
    add("/metrics", api.metrics, methods=["GET"], response_class=Response)
    add("/health", api.health, methods=["GET"])
    add_alert_routes(router, ports, counters)
    add_assistance_routes(router, ports, counters)
    add_phone_routes(router, TerminalIntake(ports, counters, bounds, terminals, units), counters)
    add_terminal_routes(router, ports, counters, terminals)
    add_scene_routes(router, ports, counters)
    openapi = document(router, *([described_with] if described_with else []))
    add("/openapi.json", lambda: Response(openapi, media_type="application/json"), include_in_schema=False)
    return router


class _Intake:
    """What the routes do. All of it blocks on PostgreSQL and Redis, so FastAPI runs it in its threads."""

    def __init__(
        self, ports: Ports, counters: IntakeCounters, bounds: BoundingBox, known_units: KnownUnits
    ) -> None:
        self._ports = ports
        self._counters = counters
        self._bounds = bounds
        self._known_units = known_units

    def readings(self, actor: By, body: Body) -> ReadingsAnswer:
        """Depths of standing water and rain. A reading that is sent again is counted as a duplicate, harmless."""
        sent = parsed(bodies.READINGS, body)["readings"]
        command = IngestReadings(tuple(bodies.reading(r) for r in sent))
        result = ingest_readings(self._ports, actor, command)
        self._counters.accepted(READINGS, result.accepted)
        self._counters.duplicates(READINGS, result.duplicates)
        return {
            "accepted": result.accepted,
            "duplicates": result.duplicates,
            "quarantined": self._quarantined(READINGS, result.quarantined),
        }

    def passability(self, actor: By, body: Body) -> PassabilityAnswer:
        """Whether roads can be driven, as somebody states it. Each report stands for itself; when none
        could be taken in, the first one's problem is the answer."""
        sent = parsed(bodies.PASSABILITY, body)
        refused: list[RefusedReport] = []
        for index, report in enumerate(sent):
            try:
                report_passability(
                    self._ports,
                    actor,
                    ReportPassability(
                        report["point_id"],
                        report["passability"],
                        report["observed_at"],
                        report["source"],
                        report.get("note"),
                    ),
                )
            except (NotFoundError, InvalidInputError, ConflictError) as error:
                if len(refused) + 1 == len(sent):
                    raise
                refused.append({"index": index, "code": error.code, "detail": error.message})
        self._counters.accepted(PASSABILITY, len(sent) - len(refused))
        self._counters.quarantined(PASSABILITY, (item["code"] for item in refused))
        return {"accepted": len(sent) - len(refused), "refused": refused}

    def calls(self, actor: By, body: Body, key: Key, response: Response) -> CallAnswer:
        """One telephone call. Sent again with the same key it is the same call, answered with 200."""
        sent = parsed(bodies.CALL, body)
        place = sent["place"]
        taken = take_call(
            self._ports,
            actor,
            TakeCall(
                idempotency_key=key,
                category=sent["category"],
                place=to_wgs84(place["lon"], place["lat"], place["crs"]),
                caller=sent["caller"],
                text=sent["text"],
                received_at=sent["received_at"],
                accuracy_m=sent.get("accuracy_m"),
                late=sent.get("late", False),
            ),
        )
        if taken.repeated:
            response.status_code = HTTPStatus.OK
            self._counters.duplicates(CALLS, 1)
        else:
            self._counters.accepted(CALLS)
        return {
            "call_id": taken.call_id,
            "incident_id": taken.incident_id,
            "incident_number": taken.incident_number,
            "repeated": taken.repeated,
            "joined": taken.joined,
        }

    def closures(self, actor: By, body: Body, key: Key, response: Response) -> ClosureAnswer:
        """A road closed or slowed until an instant. Sent again with the same key it is the same closure,
        answered with 200."""
        sent = parsed(bodies.CLOSURE, body)
        place, outline = sent.get("place"), sent.get("outline")
        result = close_road(
            self._ports,
            actor,
            CloseRoad(
                idempotency_key=key,
                name=sent["name"],
                kind=sent["kind"],
                state=sent["state"],
                expires_at=sent["expires_at"],
                place=to_wgs84(place["lon"], place["lat"], place["crs"]) if place else None,
                outline=tuple(to_wgs84(lon, lat, outline["crs"]) for lon, lat in outline["corners"])
                if outline
                else (),
                reason=sent.get("reason"),
            ),
        )
        if result.repeated:
            response.status_code = HTTPStatus.OK
            self._counters.duplicates(CLOSURES, 1)
        else:
            self._counters.accepted(CLOSURES)
        return {"closure": closure_state(result.closure), "repeated": result.repeated}

    def reopened(self, actor: By, closure_id: ClosureId) -> Json:
        """Lifts a closure; the answer is the closure as it is now. One that has ended stays as it was."""
        return closure_state(reopen_road(self._ports, actor, ReopenRoad(closure_id)))

    def positions(self, actor: By, body: Body) -> PositionsAnswer:
        """The newest positions of units; those that are older than what is known are counted as stale."""
        sent = parsed(bodies.POSITIONS, body)
        crs = sent["crs"]
        fixes = tuple(
            Fix(
                p["unit_id"],
                to_wgs84(p["lon"], p["lat"], crs),
                p["heading_deg"] % 360,
                p["speed_kmh"],
                p["fixed_at"],
            )
            for p in sent["positions"]
        )
        known = self._known_units.covering(fix.unit_id for fix in fixes)
        result = report_positions(self._ports, actor, ReportPositions(fixes), known, self._bounds)
        self._counters.accepted(POSITIONS, result.accepted)
        self._counters.duplicates(POSITIONS, result.stale)
        return {
            "accepted": result.accepted,
            "stale": result.stale,
            "quarantined": self._quarantined(POSITIONS, result.quarantined),
        }

    def units(self, actor: By, body: Body) -> UnitsAnswer:
        """The units of a shift, new ones and those that are known already."""
        sent = parsed(bodies.UNITS, body)["units"]
        registered = register_units(
            self._ports,
            actor,
            RegisterUnits(
                tuple(
                    UnitRegistration(
                        unit_id=u["unit_id"],
                        callsign=u["callsign"],
                        net=u["net"],
                        kind=u["kind"],
                        capabilities=frozenset(u["capabilities"]),
                        jurisdiction=u["jurisdiction"],
                        synthetic=u.get("synthetic", False),
                        shift=u.get("shift", ""),
                    )
                    for u in sent
                )
            ),
        )
        self._known_units.add(unit.unit_id for unit in registered)
        self._counters.accepted(UNITS, len(registered))
        return {"registered": len(registered)}

    def status(self, actor: By, unit_id: UnitId, body: Body, key: MaybeKey = None) -> Json:
        """What a unit says of itself; the answer is the unit as it is now. Said again with the same key it changes
        nothing, whatever came after it."""
        sent = parsed(bodies.STATUS, body)
        unit = record_status(
            self._ports,
            actor,
            RecordStatus(
                unit_id,
                sent["status"],
                sent["observed_at"],
                sent["source"],
                sent.get("assignment_id"),
                key,
                sent.get("late", False),
            ),
        )
        self._counters.accepted(STATUS)
        return unit_state(unit)

    def assignments(self, actor: By, unit_ids: UnitIds = None) -> dict[str, list[Json]]:
        """Open assignments of these units with their routes; without `unit_ids`, all in the jurisdiction."""
        return {"assignments": assignments_of_units(self._ports, actor, _wanted(unit_ids))}

    def orders(self, actor: By, unit_ids: UnitIds = None) -> dict[str, list[Json]]:
        """Orders to these units to wait somewhere, while they stand; without `unit_ids`, all in the jurisdiction.

        An order ends at `ends_at`, with a newer one, or once the unit is sent or not available.
        """
        return {"orders": move_ups_of_units(self._ports, actor, _wanted(unit_ids))}

    def clock(self) -> Json:
        """The city's instant (`now`) and the wall's; in a drill the first runs `speed` times as fast."""
        with self._ports.store.transaction() as tx:
            drill = tx.drill_time()
        return clock_state(self._ports, datetime.now(UTC), drill)

    def drill_time(self, actor: By, body: Body) -> Json:
        """Starts, pauses, speeds up or moves the drill's clock."""
        sent = parsed(bodies.DRILL_TIME, body)
        wall_now = datetime.now(UTC)
        drill = set_drill_time(
            self._ports,
            actor,
            SetDrillTime(sent["scenario"], sent["at"], sent["speed"], wall_now, sent.get("restart", False)),
        )
        return clock_state(self._ports, wall_now, drill)

    def metrics(self) -> Response:
        """Every counter of this process in Prometheus' text format."""
        return Response(self._counters.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    def health(self) -> dict[str, str]:
        """Whether this process answers; nothing about the parts behind it."""
        return {"status": "ok"}

    def _quarantined(self, route: str, items: Sequence[QuarantinedItem]) -> list[Quarantined]:
        self._counters.quarantined(route, (item.reason for item in items))
        return [{"reason": item.reason, "detail": item.detail, "item": dict(item.item)} for item in items]


def _wanted(unit_ids: str | None) -> list[str] | None:
    return None if unit_ids is None else [part for part in unit_ids.split(",") if part]
