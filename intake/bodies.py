"""The bodies the API reads: strict types, so that distrust ends here; anything else is answered with 422."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NotRequired, TypeVar

from fastapi import Request
from pydantic import (
    AfterValidator,
    AwareDatetime,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from typing_extensions import TypedDict

from alerts.model import Outcome, Passability, Quantity, Reading
from core.command_tree import CommandLevel
from core.errors import CommandCentreError, InvalidInputError
from dispatch.model import UnitStatus
from dispatch.terminals import TerminalProtocol
from dispatch.travel import ClosureKind, ClosureState
from intake.coordinates import Crs
from intake.problems import described, summary

MOST_READINGS = 5000
MOST_POSITIONS = 6000
MOST_UNITS = 6000
MOST_REPORTS = 500
MOST_CORNERS = 500

T = TypeVar("T")

_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _in_this_century(at: datetime) -> datetime:
    # Far instants overflow when they are moved to another zone; whether one lies in the future
    # is for the operation to say, by the city's clock.
    if not _EARLIEST <= at < _LATEST:
        raise ValueError("an instant between 2000 and 2100")
    return at.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_this_century)]
"""ISO 8601 with an offset, `2026-08-18T09:20:00+08:00`."""
Ident = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\s\x00-\x1f\x7f/]+$")]
"""A name of ours or of the sender's system: no space, no slash, no control character."""
TerminalId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\s\x00-\x1f\x7f]+$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
"""Free text; line breaks and tabs are its only control characters (PostgreSQL stores no NUL)."""
Finite = Annotated[float, Field(allow_inf_nan=False)]
Lon = Annotated[float, Field(ge=-180, le=180, description="degrees east")]
Lat = Annotated[float, Field(ge=-90, le=90, description="degrees north")]
Accuracy = Annotated[float, Field(ge=0, le=100_000, description="metres")]
District = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,12}$")]

_STRICT = ConfigDict(strict=True, extra="forbid")


class MeasurementIn(TypedDict):
    """One measurement at one monitored point: the depth of standing water, or the rain that fell since the
    gauge's previous reading."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    point_id: Ident
    observed_at: Instant
    depth_cm: NotRequired[Finite]
    rain_mm: NotRequired[Finite]


def _one_quantity(reading: MeasurementIn) -> MeasurementIn:
    if ("depth_cm" in reading) is ("rain_mm" in reading):
        raise ValueError("exactly one of depth_cm and rain_mm")
    return reading


ReadingIn = Annotated[MeasurementIn, AfterValidator(_one_quantity)]


class ReadingsIn(TypedDict):
    """A batch of readings. Sending a reading again is harmless."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    readings: Annotated[list[ReadingIn], Field(min_length=1, max_length=MOST_READINGS)]


def reading(sent: MeasurementIn) -> Reading:
    """The reading that was sent, with the quantity its sender names."""
    quantity: Quantity = "depth_cm" if "depth_cm" in sent else "rain_mm"
    return Reading(sent["point_id"], sent["observed_at"], sent[quantity], quantity)


class PassabilityIn(TypedDict):
    """What somebody (`source`) says about whether a road can be driven. A person who is signed in and opens a road
    with water on it says why in `note`; a device need not."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    point_id: Ident
    passability: Passability
    observed_at: Instant
    source: Line
    note: NotRequired[Text | None]


class PlaceIn(TypedDict):
    """A place in the coordinate system it was taken from."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    lon: Lon
    lat: Lat
    crs: Crs


class CallIn(TypedDict):
    """One telephone call, or what somebody on the street saw. `accuracy_m` is the receiver's own word for how exact
    the place is; `late` says that it waited for a connection."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    category: Ident
    place: PlaceIn
    caller: Line
    text: Text
    received_at: Instant
    accuracy_m: NotRequired[Accuracy | None]
    late: NotRequired[bool]


class OutlineIn(TypedDict):
    """A ring of places, `[lon, lat]` each, the first not repeated, all in one coordinate system."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    corners: Annotated[list[tuple[Lon, Lat]], Field(min_length=3, max_length=MOST_CORNERS)]
    crs: Crs


class ClosureIn(TypedDict):
    """A road that is closed or slow until `expires_at`: at a `place`, or everything inside an `outline`."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    name: Line
    kind: ClosureKind
    state: ClosureState
    expires_at: Instant
    place: NotRequired[PlaceIn]
    outline: NotRequired[OutlineIn]
    reason: NotRequired[Text | None]


class PositionIn(TypedDict):
    """One position of one unit."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    unit_id: Ident
    lon: Lon
    lat: Lat
    heading_deg: Annotated[float, Field(ge=0, le=360, description="clockwise from north")]
    speed_kmh: Annotated[float, Field(ge=0, le=1000)]
    fixed_at: Instant


class PositionsIn(TypedDict):
    """The newest positions of many units, all in one coordinate system."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    crs: Crs
    positions: Annotated[list[PositionIn], Field(min_length=1, max_length=MOST_POSITIONS)]


class UnitIn(TypedDict):
    """A unit that can be sent. `synthetic` marks one that exists in a drill only."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    unit_id: Ident
    callsign: Line
    net: Ident
    kind: Ident
    capabilities: Annotated[list[Ident], Field(max_length=32)]
    jurisdiction: District
    synthetic: NotRequired[bool]
    shift: NotRequired[Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]]


class UnitsIn(TypedDict):
    """The units of a shift; those that are known already keep their status."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    units: Annotated[list[UnitIn], Field(min_length=1, max_length=MOST_UNITS)]


class TerminalIn(TypedDict):
    """A device: for OwnTracks `USER/DEVICE`, for JT/T 808 the terminal's number without leading zeros."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    protocol: TerminalProtocol
    terminal_id: TerminalId


class TerminalOfUnitIn(TypedDict):
    """A device and the unit it belongs to. `new` makes another key, or lets another device take the number."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    protocol: TerminalProtocol
    terminal_id: TerminalId
    unit_id: Ident
    new: NotRequired[bool]


class TerminalsIn(TypedDict):
    """Terminals of units; those that are known already keep their key."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    terminals: Annotated[list[TerminalOfUnitIn], Field(min_length=1, max_length=MOST_UNITS)]


class StatusIn(TypedDict):
    """What a unit says of itself. `assignment_id`, when given, must be the unit's open one; `late` says that it
    waited for a connection."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    status: UnitStatus
    observed_at: Instant
    source: Line
    assignment_id: NotRequired[Ident | None]
    late: NotRequired[bool]


class AcceptIn(TypedDict):
    """When the unit took its order in; `late` says that this waited for a connection."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    accepted_at: Instant
    late: NotRequired[bool]


class DrillTimeIn(TypedDict):
    """From now on it is `at` in the scenario and time runs `speed` times as fast; 0 is a pause."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    scenario: Ident
    at: Instant
    speed: Finite
    restart: NotRequired[bool]


class NothingIn(TypedDict):
    """An empty object: the path says all."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]


class AcknowledgeIn(TypedDict):
    """Who sends it takes charge."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    note: NotRequired[Text | None]


class EscalateIn(TypedDict):
    """`told` is the highest level that had been told when the sender decided."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    note: NotRequired[Text | None]
    told: NotRequired[CommandLevel | None]


class ShelveIn(TypedDict):
    """For how long and why an alert is set aside."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    minutes: Annotated[int, Field(ge=1, le=480)]
    reason: Text


class AllClearIn(TypedDict):
    """What the alert was found to have been."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    outcome: Outcome
    note: NotRequired[Text | None]


class ResponseLevelIn(TypedDict):
    """The flood response level of the city or a district; null ends the response."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    jurisdiction: District
    level: Literal["standby", "IV", "III", "II", "I"] | None
    reason: Text


class AssistanceIn(TypedDict):
    """Whether a unit is lent."""

    __pydantic_config__ = _STRICT  # type: ignore[misc]
    accept: bool
    note: NotRequired[Text | None]


READINGS: TypeAdapter[ReadingsIn] = TypeAdapter(ReadingsIn)
PASSABILITY: TypeAdapter[list[PassabilityIn]] = TypeAdapter(
    Annotated[list[PassabilityIn], Field(min_length=1, max_length=MOST_REPORTS)]
)
CALL: TypeAdapter[CallIn] = TypeAdapter(CallIn)
CLOSURE: TypeAdapter[ClosureIn] = TypeAdapter(ClosureIn)
POSITIONS: TypeAdapter[PositionsIn] = TypeAdapter(PositionsIn)
UNITS: TypeAdapter[UnitsIn] = TypeAdapter(UnitsIn)
TERMINALS: TypeAdapter[TerminalsIn] = TypeAdapter(TerminalsIn)
TERMINAL: TypeAdapter[TerminalIn] = TypeAdapter(TerminalIn)
STATUS: TypeAdapter[StatusIn] = TypeAdapter(StatusIn)
ACCEPT: TypeAdapter[AcceptIn] = TypeAdapter(AcceptIn)
DRILL_TIME: TypeAdapter[DrillTimeIn] = TypeAdapter(DrillTimeIn)
NOTHING: TypeAdapter[NothingIn] = TypeAdapter(NothingIn)
ACKNOWLEDGE: TypeAdapter[AcknowledgeIn] = TypeAdapter(AcknowledgeIn)
ESCALATE: TypeAdapter[EscalateIn] = TypeAdapter(EscalateIn)
SHELVE: TypeAdapter[ShelveIn] = TypeAdapter(ShelveIn)
ALL_CLEAR: TypeAdapter[AllClearIn] = TypeAdapter(AllClearIn)
RESPONSE_LEVEL: TypeAdapter[ResponseLevelIn] = TypeAdapter(ResponseLevelIn)
ASSISTANCE: TypeAdapter[AssistanceIn] = TypeAdapter(AssistanceIn)


class MediaTypeError(CommandCentreError):
    """The body is not declared as plain JSON."""

    code = "unsupported-media-type"
    status = 415


async def json_body(request: Request) -> bytes:
    """The raw body of a request that says it is JSON. Raises MediaTypeError."""
    found = request.headers.get("content-type", "")
    media_type = found.partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise MediaTypeError(f"Content-Type: found {found[:80]!r}, expected application/json")
    if encoding := request.headers.get("content-encoding"):
        raise MediaTypeError(f"Content-Encoding: found {encoding[:80]!r}, expected none")
    return await request.body()


def parsed(adapter: TypeAdapter[T], body: bytes) -> T:
    """The body in its types. Raises InvalidInputError with `errors` that name what was found and expected."""
    try:
        # pydantic reads the bytes itself: it refuses duplicate meanings of JSON (surrogates, depth)
        # in one pass and at a third of the time of a parse followed by a validation.
        return adapter.validate_json(body)
    except ValidationError as error:
        errors: Any = error.errors(include_url=False)
        found = described(errors)
        raise InvalidInputError(summary(found, len(errors)), errors=found) from error
