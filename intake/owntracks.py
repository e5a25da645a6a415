"""Reads what OwnTracks sends, over HTTP and over MQTT.

Source: https://owntracks.org/booklet/tech/json/ (`tst` in seconds since 1970, `vel` in km/h, WGS-84).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from intake.problems import described, summary
from intake.terminals import Located, MalformedError, located

_LOOSE = ConfigDict(extra="ignore", allow_inf_nan=False)
Number = Annotated[float, Field(ge=-1e9, le=1e9)]


class _KindIn(TypedDict):
    __pydantic_config__ = _LOOSE  # type: ignore[misc]
    _type: Annotated[str, Field(max_length=64)]


class OwnTracksIn(TypedDict):
    """An OwnTracks location; messages of other types are answered and not used."""

    __pydantic_config__ = _LOOSE  # type: ignore[misc]
    _type: Annotated[str, Field(max_length=64)]
    lat: Number
    lon: Number
    tst: Annotated[int, Field(ge=0, le=2**40)]
    vel: NotRequired[Number | None]
    cog: NotRequired[Number | None]


KIND: TypeAdapter[_KindIn] = TypeAdapter(_KindIn)
OWNTRACKS: TypeAdapter[OwnTracksIn] = TypeAdapter(OwnTracksIn)

LARGEST_BYTES = 64 * 1024


def read_message(body: bytes) -> Located | None:
    """The place in this message; None for the types that hold none (transitions, cards, status, …).

    Raises MalformedError; also for an encrypted one, which nobody here can read.
    """
    if len(body) > LARGEST_BYTES:
        raise MalformedError("size", f"found {len(body):,} bytes, expected at most {LARGEST_BYTES:,}")
    try:
        kind = KIND.validate_json(body)["_type"]
        if kind == "encrypted":
            raise MalformedError(
                "encrypted", "found an encrypted message, expected a plain one: use TLS instead"
            )
        if kind != "location":
            return None
        sent = OWNTRACKS.validate_json(body)
    except ValidationError as error:
        raise MalformedError("body", summary(described(error.errors(include_url=False)))) from error
    try:
        at = datetime.fromtimestamp(sent["tst"], UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise MalformedError("time", f"tst: found {sent['tst']}, expected seconds since 1970") from error
    return located(sent["lon"], sent["lat"], sent.get("cog") or 0.0, sent.get("vel") or 0.0, at)


def terminal_of_topic(topic: str) -> str:
    """`owntracks/USER/DEVICE`, below any prefix, is the terminal `USER/DEVICE`. Raises MalformedError."""
    parts = topic.split("/")
    if len(parts) < 3 or not all(parts[-2:]):
        raise MalformedError("topic", f"topic: found {topic[:80]!r}, expected owntracks/USER/DEVICE")
    return "/".join(parts[-2:])
