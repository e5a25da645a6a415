"""A JT/T 808 terminal for tests: frames encoded by the standard's tables, independently of what reads them."""

from __future__ import annotations

import struct
from datetime import datetime
from typing import Any

MAKER, MODEL, DEVICE = b"CCTST", b"T-1", b"0000042"


def escaped(data: bytes) -> bytes:
    """Flags around the data, flags and escapes inside replaced, byte by byte as the standard says it."""
    out = bytearray([0x7E])
    for byte in data:
        out += {0x7E: b"\x7d\x02", 0x7D: b"\x7d\x01"}.get(byte, bytes([byte]))
    return bytes(out) + b"\x7e"


def checked(data: bytes) -> bytes:
    total = 0
    for byte in data:
        total ^= byte
    return data + bytes([total])


class FakeTerminal:
    """Makes the frames of one terminal, of 2013 or (with `version`) of 2019; counts its serial numbers."""

    def __init__(self, number: str = "13912345678", version: int | None = None) -> None:
        self.number, self.version, self.serial = number, version, 0

    def frame(self, message_id: int, body: bytes = b"", parts: tuple[int, int] | None = None) -> bytes:
        """`parts` is (how many, which)."""
        self.serial += 1
        attributes = len(body) | (0x2000 if parts else 0) | (0x4000 if self.version is not None else 0)
        data = struct.pack(">HH", message_id, attributes)
        if self.version is not None:
            data += bytes([self.version]) + bytes.fromhex(self.number.zfill(20))
        else:
            data += bytes.fromhex(self.number.zfill(12))
        data += struct.pack(">H", self.serial)
        if parts:
            data += struct.pack(">HH", *parts)
        return escaped(checked(data + body))

    def register(self, device: bytes = DEVICE) -> bytes:
        sizes = (11, 30, 30) if self.version is not None else (5, 20, 7)
        fields = (part.ljust(size, b"\x00") for part, size in zip((MAKER, MODEL, device), sizes, strict=True))
        return self.frame(
            0x0100, struct.pack(">HH", 53, 111) + b"".join(fields) + b"\x01" + "云A12345".encode("gbk")
        )

    def authenticate(self, code: str) -> bytes:
        body = code.encode()
        if self.version is not None:
            body = bytes([len(body)]) + body + b"8" * 15 + b"v1".ljust(20, b"\x00")
        return self.frame(0x0102, body)

    def heartbeat(self) -> bytes:
        return self.frame(0x0002)

    def location(self, **fields: Any) -> bytes:
        return self.frame(0x0200, location_body(**fields))

    def batch(self, *bodies: bytes) -> bytes:
        return self.frame(0x0704, batch_body(*bodies))


def location_body(
    lon: float = 102.7146,
    lat: float = 25.0492,
    at: datetime | str = "260818092000",
    speed_kmh: float = 36.5,
    heading_deg: int = 91,
    status: int = 0b11,
    extras: bytes = b"\x01\x04\x00\x00\x00\x7e",
) -> bytes:
    """Body of 0x0200; `at` as YYMMDDhhmmss of Beijing when it is text. The extra field holds a flag's byte."""
    digits = at if isinstance(at, str) else at.strftime("%y%m%d%H%M%S")
    return (
        struct.pack(
            ">IIIIHHH",
            0,
            status,
            round(abs(lat) * 1e6),
            round(abs(lon) * 1e6),
            1890,
            round(speed_kmh * 10),
            heading_deg,
        )
        + bytes.fromhex(digits)
        + extras
    )


def batch_body(*bodies: bytes) -> bytes:
    """Body of 0x0704."""
    items = b"".join(struct.pack(">H", len(body)) + body for body in bodies)
    return struct.pack(">HB", len(bodies), 1) + items


def answers(data: bytes) -> list[tuple[int, bytes]]:
    """(message id, body) of each of the centre's frames; asserts that each is well made."""
    found = []
    for piece in filter(None, data.split(b"\x7e")):
        plain = piece.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
        assert checked(plain[:-1]) == plain
        message_id, attributes = struct.unpack_from(">HH", plain)
        at = 17 if attributes & 0x4000 else 12
        assert len(plain) - 1 - at == attributes & 0x3FF
        found.append((message_id, plain[at:-1]))
    return found


def code_in(register_answer: bytes) -> str:
    """The authentication code in a body of 0x8100 that says yes."""
    assert register_answer[2] == 0, f"refused with {register_answer[2]}"
    return register_answer[3:].decode()
