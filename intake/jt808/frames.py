"""Frames of JT/T 808: cut from a stream, unescaped, checked, and made for answers."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import xor

from intake.terminals import MalformedError

FLAG, ESCAPE = 0x7E, 0x7D
LONGEST_BODY = 1023
LONGEST_FRAME = 2 * (21 + LONGEST_BODY + 1)
"""Every byte of the longest frame escaped; a longer run without a flag is no frame."""

_LENGTH, _ENCRYPTION, _IN_PARTS, _VERSIONED = 0x03FF, 0x1C00, 0x2000, 0x4000


@dataclass(frozen=True, slots=True)
class Header:
    """`terminal_id` is the terminal's number without leading zeros. `version` is None before 2019. `part` counts
    from 1 to `parts`."""

    message_id: int
    terminal_id: str
    serial: int
    version: int | None = None
    parts: int = 1
    part: int = 1


@dataclass(frozen=True, slots=True)
class Message:
    """One frame as it was read."""

    header: Header
    body: bytes


class FrameCutter:
    """Cuts a stream at its flags. Holds at most one frame's bytes; what is longer is dropped up to the next flag."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._dropping = False

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """What stands between two flags, flags left out; None for a run that is too long to be a frame."""
        *ended, rest = data.split(bytes([FLAG]))
        for piece in ended:
            self._hold(piece)
            if self._dropping:
                self._dropping = False
                yield None
            elif self._held:
                yield bytes(self._held)
            self._held.clear()
        self._hold(rest)

    def _hold(self, piece: bytes) -> None:
        if not self._dropping:
            self._held += piece
            if len(self._held) > LONGEST_FRAME:
                self._held.clear()
                self._dropping = True


def read_frame(piece: bytes) -> Message:
    """The message between two flags. Raises MalformedError."""
    data = _unescaped(piece)
    if len(data) < 13:
        raise MalformedError("short", f"found {len(data)} bytes, expected a header and a checksum")
    if reduce(xor, data) != 0:
        raise MalformedError("checksum", "found a wrong checksum, expected the XOR of header and body")
    message_id, attributes = struct.unpack_from(">HH", data)
    if attributes & _ENCRYPTION:
        raise MalformedError("encrypted", "found an encrypted body, expected a plain one")
    versioned = bool(attributes & _VERSIONED)
    number_at, number_bytes = (5, 10) if versioned else (4, 6)
    in_parts = bool(attributes & _IN_PARTS)
    body_at = number_at + number_bytes + 2 + (4 if in_parts else 0)
    if len(data) - 1 != body_at + (attributes & _LENGTH):
        raise MalformedError(
            "length", f"found {len(data) - 1 - body_at} bytes of body, expected {attributes & _LENGTH}"
        )
    digits = data[number_at : number_at + number_bytes].hex()
    if not digits.isdecimal():
        raise MalformedError("number", f"found terminal number {digits}, expected decimal digits")
    (serial,) = struct.unpack_from(">H", data, number_at + number_bytes)
    parts, part = struct.unpack_from(">HH", data, body_at - 4) if in_parts else (1, 1)
    if not 1 <= part <= parts:
        raise MalformedError("parts", f"found part {part} of {parts}")
    header = Header(
        message_id, digits.lstrip("0") or "0", serial, data[4] if versioned else None, parts, part
    )
    return Message(header, data[body_at:-1])


def make_frame(header: Header, body: bytes) -> bytes:
    """The frame of one whole message, flags included."""
    attributes = len(body) | (0 if header.version is None else _VERSIONED)
    digits = header.terminal_id.zfill(12 if header.version is None else 20)
    version = b"" if header.version is None else bytes([header.version])
    data = (
        struct.pack(">HH", header.message_id, attributes)
        + version
        + bytes.fromhex(digits)
        + struct.pack(">H", header.serial)
        + body
    )
    data += bytes([reduce(xor, data)])
    escaped = data.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")
    return bytes([FLAG]) + escaped + bytes([FLAG])


def _unescaped(piece: bytes) -> bytes:
    if ESCAPE not in piece:
        return piece
    first, *others = piece.split(bytes([ESCAPE]))
    data = bytearray(first)
    for other in others:
        # Some terminals send a bare 0x7d: it stands for itself, and the checksum decides.
        escaped = other[:1] in (b"\x01", b"\x02")
        data.append(FLAG if other[:1] == b"\x02" else ESCAPE)
        data += other[1:] if escaped else other
    return bytes(data)
