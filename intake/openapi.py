"""The API described for other programs (OpenAPI 3.1), from the same types that read the bodies."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from intake import bodies
from intake.problems import MEDIA_TYPE

VERSION = "1.0.0"
_COMPONENTS = "#/components/schemas/"
_BODIES: dict[str, TypeAdapter[Any]] = {
    "ReadingsIn": bodies.READINGS,
    "PassabilityReportsIn": bodies.PASSABILITY,
    "CallIn": bodies.CALL,
    "ClosureIn": bodies.CLOSURE,
    "PositionsIn": bodies.POSITIONS,
    "UnitsIn": bodies.UNITS,
    "TerminalsIn": bodies.TERMINALS,
    "TerminalIn": bodies.TERMINAL,
    "StatusIn": bodies.STATUS,
    "AcceptIn": bodies.ACCEPT,
    "DrillTimeIn": bodies.DRILL_TIME,
    "NothingIn": bodies.NOTHING,
    "AcknowledgeIn": bodies.ACKNOWLEDGE,
    "AssistanceIn": bodies.ASSISTANCE,
    "EscalateIn": bodies.ESCALATE,
    "ShelveIn": bodies.SHELVE,
    "AllClearIn": bodies.ALL_CLEAR,
    "ResponseLevelIn": bodies.RESPONSE_LEVEL,
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is the kind of problem for a program, `detail` says found and expected.",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "detail", "instance", "code")},
        "status": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("pointer", "found", "expected")},
            },
        },
    },
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "Nothing was changed; the problem says why. 429 and 503 carry Retry-After.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": _COMPONENTS + "Problem"}}},
    }
}


def takes(schema: str) -> dict[str, Any]:
    """The part of a route's description that names its body."""
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": _COMPONENTS + schema}}},
        }
    }


def takes_any(*media_types: str) -> dict[str, Any]:
    """The same for a body whose form another project defines."""
    return {"requestBody": {"content": {name: {"schema": {"type": "object"}} for name in media_types}}}


def document(*routers: APIRouter) -> bytes:
    """The description of these routes as JSON."""
    described = get_openapi(
        title="昆明指挥中心接入接口 · Command centre intake",
        version=VERSION,
        description=(
            "Readings, calls, positions, unit status, alerts and response levels. Every instant is ISO 8601 "
            "with an offset, every place names its coordinate system. Bodies are at most 2 MB: JSON, or a photo or a "
            "voice note. Errors are problem details (RFC 9457)."
        ),
        routes=[route for router in routers for route in router.routes],
    )
    schemas, shared = TypeAdapter.json_schemas(
        [(name, "validation", adapter) for name, adapter in _BODIES.items()],
        ref_template=_COMPONENTS + "{model}",
    )
    components = described.setdefault("components", {})
    listed = components.setdefault("schemas", {})
    listed.update({name: schema for (name, _), schema in schemas.items()})
    listed.update(shared.get("$defs", {}), Problem=_PROBLEM)
    components["securitySchemes"] = {"deviceToken": {"type": "http", "scheme": "bearer"}}
    described["security"] = [{"deviceToken": []}]
    return orjson.dumps(described)
