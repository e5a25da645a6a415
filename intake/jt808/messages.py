"""Bodies of JT/T 808 messages: registration, authentication, location, batches, and our answers."""

from __future__ import annotations

import struct
from datetime import datetime, timedelta, timezone
from enum import IntEnum
from hashlib import sha256

from intake.jt808.frames import Header
from intake.terminals import Located, MalformedError, located

BEIJING = timezone(timedelta(hours=8))
"""The protocol's times are in GMT+8."""

_LOCATED, _SOUTH, _WEST = 1 << 1, 1 << 2, 1 << 3
_LOCATION = struct.Struct(">IIIIHHH6s")
MOST_IN_A_BATCH = 500


class MessageId(IntEnum):
    """The messages that are understood; section 8 of JT/T 808-2019."""

    TERMINAL_ANSWER = 0x0001
    HEARTBEAT = 0x0002
    LOG_OUT = 0x0003
    REGISTER = 0x0100
    AUTHENTICATE = 0x0102
    LOCATION = 0x0200
    BATCH = 0x0704
    GENERAL_ANSWER = 0x8001
    REGISTER_ANSWER = 0x8100


class Result(IntEnum):
    """Results of the general answer 0x8001."""

    DONE = 0
    FAILED = 1
    WRONG = 2
    UNSUPPORTED = 3


class RegisterResult(IntEnum):
    """Results of the registration answer 0x8100."""

    DONE = 0
    ANOTHER_DEVICE = 3
    UNKNOWN = 4


def read_identity(header: Header, body: bytes) -> str:
    """0x0100: a hash of maker, model and device number. Raises MalformedError."""
    # Province and city come first; the three fields' lengths are those of 2019, 2013 or (shorter) 2011.
    lengths = (11, 30, 30) if header.version is not None else (5, 20, 7) if len(body) >= 37 else (5, 8, 7)
    whole = sum(lengths)
    if len(body) < 4 + whole + 1:
        raise MalformedError("registration", f"found {len(body)} bytes, expected at least {4 + whole + 1}")
    return sha256(body[4 : 4 + whole]).hexdigest()


def read_code(header: Header, body: bytes) -> str:
    """0x0102: the code that the registration was answered with. Raises MalformedError."""
    code = body
    if header.version is not None:
        length = body[0] if body else 0
        if len(body) < 1 + length:
            raise MalformedError("authentication", f"found {len(body)} bytes, expected a code of {length}")
        code = body[1 : 1 + length]
    text = code.rstrip(b"\x00")
    if not text.isascii():
        raise MalformedError("authentication", "found a code with other characters, expected the one we sent")
    return text.decode("ascii")


def read_location(body: bytes) -> Located | None:
    """0x0200: where the terminal is; None when it says that it has no fix. The further fields (mileage, signal, the
    makers' own) are not used, and often cut short by real terminals. Raises MalformedError."""
    if len(body) < _LOCATION.size:
        raise MalformedError("location", f"found {len(body)} bytes, expected at least {_LOCATION.size}")
    _alarm, status, lat, lon, _altitude_m, speed, heading, time = _LOCATION.unpack_from(body)
    if not status & _LOCATED:
        return None
    return located(
        (-1 if status & _WEST else 1) * lon / 1e6,
        (-1 if status & _SOUTH else 1) * lat / 1e6,
        float(heading),
        speed / 10,
        _instant(time),
    )


def read_batch(body: bytes) -> list[Located]:
    """0x0704: the fixes among the locations that a terminal kept. Raises MalformedError, and then none is taken."""
    if len(body) < 3:
        raise MalformedError("batch", f"found {len(body)} bytes, expected a count and a type")
    count = int.from_bytes(body[:2], "big")
    if not 1 <= count <= MOST_IN_A_BATCH:
        raise MalformedError("batch", f"found {count} locations, expected 1 to {MOST_IN_A_BATCH}")
    found, at = [], 3
    for _ in range(count):
        length = int.from_bytes(body[at : at + 2], "big")
        item = body[at + 2 : at + 2 + length]
        if at + 2 > len(body) or len(item) != length:
            raise MalformedError("batch", f"found {len(body)} bytes, expected {count} locations in them")
        place = read_location(item)
        if place is not None:
            found.append(place)
        at += 2 + length
    if at != len(body):
        raise MalformedError("batch", f"found {len(body) - at} bytes after the last location, expected none")
    return found


def general_answer(to: Header, result: Result) -> bytes:
    """Body of 0x8001."""
    return struct.pack(">HHB", to.serial, to.message_id, result)


def register_answer(to: Header, result: RegisterResult, code: str = "") -> bytes:
    """Body of 0x8100; the code goes with DONE only."""
    return struct.pack(">HB", to.serial, result) + code.encode("ascii")


def _instant(bcd: bytes) -> datetime:
    digits = bcd.hex()
    try:
        year, month, day, hour, minute, second = (int(digits[i : i + 2]) for i in range(0, 12, 2))
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=BEIJING)
    except ValueError as error:
        raise MalformedError("time", f"found {digits}, expected YYMMDDhhmmss") from error
