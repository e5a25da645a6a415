"""Reads what OsmAnd and the Traccar Client send: parameters of an address or form, or the newer client's JSON.

Source: https://www.traccar.org/osmand/ (speed in knots, timestamp in seconds or milliseconds since 1970 or ISO 8601).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from intake.problems import described, summary
from intake.terminals import Located, MalformedError, located

KMH_A_KNOT = 1.852
_NUMBER = re.compile(r"[+-]?\d{1,20}(?:\.\d{0,20})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_SECONDS = 1e11
"""Larger timestamps are milliseconds; as seconds this one is in the year 5138."""

_LOOSE = ConfigDict(extra="ignore", allow_inf_nan=False)
Number = Annotated[float, Field(ge=-1e9, le=1e12)]


class _Coords(TypedDict):
    __pydantic_config__ = _LOOSE  # type: ignore[misc]
    latitude: Number
    longitude: Number
    speed: NotRequired[Number | None]
    heading: NotRequired[Number | None]


class _Location(TypedDict):
    __pydantic_config__ = _LOOSE  # type: ignore[misc]
    timestamp: Annotated[str, Field(max_length=64)]
    coords: _Coords


class TraccarIn(TypedDict):
    """What the Traccar Client posts as JSON since 2025; speed in m/s."""

    __pydantic_config__ = _LOOSE  # type: ignore[misc]
    location: _Location
    device_id: NotRequired[Annotated[str, Field(max_length=128)] | None]


TRACCAR: TypeAdapter[TraccarIn] = TypeAdapter(TraccarIn)


def terminal_of(parameters: Mapping[str, str]) -> str:
    """The device the parameters name; empty for none."""
    return parameters.get("id") or parameters.get("deviceid") or ""


def read_parameters(parameters: Mapping[str, str], received_at: datetime) -> Located | None:
    """The place in these parameters; None when the device says that it has no fix. Raises MalformedError."""
    if parameters.get("valid", "true").lower() in ("false", "0"):
        return None
    if "location" in parameters:
        lat_text, _, lon_text = parameters["location"].partition(",")
    else:
        lat_text, lon_text = parameters.get("lat", ""), parameters.get("lon", "")
    heading = parameters.get("bearing") or parameters.get("heading") or "0"
    return located(
        _number("lon", lon_text),
        _number("lat", lat_text),
        _number("bearing", heading),
        _number("speed", parameters.get("speed") or "0") * KMH_A_KNOT,
        _instant(parameters.get("timestamp", ""), received_at),
    )


def read_json(body: bytes) -> tuple[str, Located]:
    """The device that is named (empty for none) and its place. Raises MalformedError."""
    try:
        sent = TRACCAR.validate_json(body)
    except ValidationError as error:
        raise MalformedError("body", summary(described(error.errors(include_url=False)))) from error
    coords = sent["location"]["coords"]
    return sent.get("device_id") or "", located(
        coords["longitude"],
        coords["latitude"],
        coords.get("heading") or 0.0,
        (coords.get("speed") or 0.0) * 3.6,
        _iso(sent["location"]["timestamp"]),
    )


def _number(name: str, text: str) -> float:
    if not _NUMBER.fullmatch(text.strip()[:64]):
        raise MalformedError("number", f"{name}: found {text[:40]!r}, expected a number")
    return float(text)


def _instant(text: str, received_at: datetime) -> datetime:
    if not text:
        return received_at
    if not _NUMBER.fullmatch(text):
        return _iso(text)
    seconds = float(text)
    seconds = seconds / 1000 if abs(seconds) > _LATEST_SECONDS else seconds
    if not 0 <= seconds < _LATEST_SECONDS:
        raise MalformedError("time", f"timestamp: found {text[:40]!r}, expected seconds since 1970")
    return _EPOCH + timedelta(seconds=seconds)


def _iso(text: str) -> datetime:
    """An instant without an offset is UTC, as Traccar reads it."""
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedError("time", f"timestamp: found {text[:40]!r}, expected ISO 8601") from error
