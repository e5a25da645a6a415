"""Frames, messages and conversations of JT/T 808 terminals."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from intake.jt808.assembly import MOST_OPEN, MOST_PARTS, Assembly
from intake.jt808.conversation import MOST_MALFORMED, MOST_REFUSED
from intake.jt808.frames import LONGEST_FRAME, FrameCutter, Message, read_frame
from intake.jt808.messages import read_batch, read_location
from intake.terminals import Located, MalformedError
from tests.jt808_terminal import FakeTerminal, batch_body, code_in, location_body
from tests.unit.intake.jt808 import FakeCentre, Talk

DONE, FAILED, WRONG, UNSUPPORTED = 0, 1, 2, 3
PLACES = "gps-vectors/jt808_frames.json"


def cut(data: bytes) -> list[bytes | None]:
    return list(FrameCutter().feed(data))


def read(data: bytes) -> Message:
    [piece] = cut(data)
    assert piece is not None
    return read_frame(piece)


# ---------------------------------------------------------------- frames


@pytest.mark.parametrize("version", [None, 1])
def test_a_frame_of_either_header_says_who_sent_it(version: int | None) -> None:
    message = read(FakeTerminal("13912345678", version).location())
    header = message.header
    assert (header.message_id, header.terminal_id, header.serial) == (0x0200, "13912345678", 1)
    assert (header.version, header.parts) == (version, 1)
    assert message.body == location_body()


def test_a_stream_is_cut_at_its_flags_however_it_arrives() -> None:
    terminal = FakeTerminal()
    stream = terminal.location() + terminal.heartbeat() + b"noise" + terminal.location()
    cutter = FrameCutter()
    byte_by_byte = [piece for i in range(len(stream)) for piece in cutter.feed(stream[i : i + 1])]
    assert byte_by_byte == cut(stream)
    assert [b == b"noise" for b in byte_by_byte] == [False, False, True, False]


def test_a_run_without_a_flag_is_dropped_and_what_follows_is_heard() -> None:
    cutter = FrameCutter()
    for _ in range(100):
        assert list(cutter.feed(b"x" * 1000)) == []
    assert len(cutter._held) <= LONGEST_FRAME
    first, second = cutter.feed(FakeTerminal().heartbeat())
    assert first is None
    assert second is not None and read_frame(second).header.message_id == 0x0002


@pytest.mark.parametrize(
    ("reason", "at", "bits", "checksum"),
    [
        ("checksum", 5, 0x01, "old"),
        ("length", 4, 0x01, "right"),
        ("encrypted", 3, 0x04, "right"),
        ("number", 5, 0xF0, "right"),
    ],
)
def test_a_wrong_frame_is_refused_with_its_reason(reason: str, at: int, bits: int, checksum: str) -> None:
    frame = bytearray(FakeTerminal("13912345678").heartbeat())
    frame[at] ^= bits
    frame[-2] ^= bits if checksum == "right" else 0
    with pytest.raises(MalformedError) as error:
        read(bytes(frame))
    assert error.value.reason == reason
    with pytest.raises(MalformedError, match="header"):
        read(bytes(frame[:10]) + b"\x7e")


def test_real_frames_are_read_or_refused_with_a_reason(shared_data: Path) -> None:
    real = json.loads((shared_data / PLACES).read_text())
    places: list[Located] = []
    refused: list[str] = []
    for frame in real:
        for piece in cut(bytes.fromhex(frame["hex"])):
            try:
                assert piece is not None
                message = read_frame(piece)
                if message.header.parts == 1 and message.header.message_id == 0x0200:
                    place = read_location(message.body)
                    places += [place] if place else []
                if message.header.parts == 1 and message.header.message_id == 0x0704:
                    places += read_batch(message.body)
            except MalformedError as error:
                refused.append(error.reason)
                assert frame["checksum_ok"] is not True or error.reason in (
                    "checksum",
                    "encrypted",
                    "length",
                    "short",
                )
    wrong = sum(frame["checksum_ok"] is False for frame in real)
    assert len(real) == 56
    assert refused.count("checksum") >= wrong
    assert len(places) >= 40
    assert len(refused) <= 14


def test_a_real_frame_s_place_and_time_are_what_another_server_reads(shared_data: Path) -> None:
    """The first vector is a location at 22.583576 N, 113.905643 E, on 8 November 2021 at 19:40:50 in Beijing."""
    first = json.loads((shared_data / PLACES).read_text())[0]
    place = read_location(read(bytes.fromhex(first["hex"])).body)
    assert place is not None
    assert (place.lat, place.lon) == (22.583576, 113.905643)
    assert place.fixed_at == datetime(2021, 11, 8, 11, 40, 50, tzinfo=UTC)


# ---------------------------------------------------------------- bodies


def test_a_location_is_in_degrees_kmh_and_beijing_s_time() -> None:
    place = read_location(location_body(lon=102.7146, lat=25.0492, at="260818092000", speed_kmh=36.5))
    assert place is not None
    assert (place.lon, place.lat, place.speed_kmh, place.heading_deg) == (102.7146, 25.0492, 36.5, 91)
    assert place.fixed_at == datetime(2026, 8, 18, 1, 20, tzinfo=UTC)
    assert place.fixed_at.utcoffset() is not None


def test_south_and_west_are_negative_and_no_fix_is_no_place() -> None:
    place = read_location(location_body(lon=102.5, lat=25.5, status=0b1111))
    assert place is not None and (place.lon, place.lat) == (-102.5, -25.5)
    assert read_location(location_body(status=0b01)) is None


@pytest.mark.parametrize("at", ["261318092000", "260832092000", "26081809200a", "260818246000"])
def test_a_time_that_is_none_is_malformed(at: str) -> None:
    with pytest.raises(MalformedError):
        read_location(location_body(at=at))


def test_a_batch_is_taken_whole_or_not_at_all() -> None:
    bodies = [location_body(at=f"2608180920{second:02d}") for second in range(5)]
    assert len(read_batch(batch_body(*bodies))) == 5
    for wrong in (
        batch_body(*bodies)[:-1],
        batch_body(*bodies) + b"x",
        b"\x00\x00\x00",
        b"\xff\xff\x00",
        b"\x00",
    ):
        with pytest.raises(MalformedError):
            read_batch(wrong)


# ---------------------------------------------------------------- sub-packages


def test_a_message_in_parts_is_taken_when_its_last_part_comes_in_any_order() -> None:
    talk = Talk().sign_in()
    body = batch_body(*(location_body(at=f"2608180920{second:02d}") for second in range(60)))
    pieces = [body[at : at + 900] for at in range(0, len(body), 900)]
    frames = [talk.terminal.frame(0x0704, p, (len(pieces), n)) for n, p in enumerate(pieces, 1)]
    assert len(frames) > 2
    for frame in (*frames[1:], frames[1]):
        assert talk.say(frame)[0][1][-1] == DONE
    assert talk.centre.reported == []
    talk.say(frames[0])
    assert len(talk.centre.reported) == 60


def test_unfinished_messages_fill_no_memory() -> None:
    assembly, terminal = Assembly(), FakeTerminal()
    for _ in range(100):
        terminal.serial += 10
        assert assembly.add(read(terminal.frame(0x0704, b"x" * 1000, (3, 1))), 0.0) is None
    assert len(assembly._open) == MOST_OPEN
    assembly.add(read(terminal.frame(0x0704, b"x", (9, 2))), 1000.0)
    assert len(assembly._open) == 1, "the others are a minute old"
    with pytest.raises(MalformedError):
        assembly.add(read(terminal.frame(0x0704, b"x", (MOST_PARTS + 1, 1))), 0.0)


# ---------------------------------------------------------------- conversations


@pytest.mark.parametrize("version", [None, 1])
def test_a_terminal_registers_shows_its_code_and_reports(version: int | None) -> None:
    talk = Talk(version=version).sign_in()
    terminal = talk.terminal
    [(message_id, body)] = talk.say(terminal.location())
    assert (message_id, body) == (0x8001, bytes([0, terminal.serial, 0x02, 0x00, DONE]))
    talk.say(terminal.batch(location_body(), location_body(at="260818092010")))
    assert [unit for unit, _ in talk.centre.reported] == ["unit of 13912345678"] * 3
    assert talk.say(terminal.heartbeat())[0][1][-1] == DONE
    assert talk.say(terminal.frame(0x0900, b"x"))[0][1][-1] == UNSUPPORTED
    assert talk.say(terminal.frame(0x0001, b"x")) == []
    assert talk.counters.messages("jt808") == 7


def test_registering_again_gives_the_same_code_and_another_device_none() -> None:
    talk = Talk()
    codes = [code_in(talk.say(talk.terminal.register())[0][1]) for _ in range(2)]
    assert codes[0] == codes[1]
    [(_, body)] = talk.say(talk.terminal.register(device=b"0000043"))
    assert body[2:] == b"\x03", "already registered by another device, and no code"


def test_an_unknown_number_is_told_so_and_gets_no_further() -> None:
    talk = Talk(FakeCentre())
    assert talk.say(talk.terminal.register())[0][1][2:] == b"\x04"
    assert talk.say(talk.terminal.authenticate("guess"))[0][1][-1] == FAILED
    for _ in range(MOST_REFUSED - 2):
        assert talk.say(talk.terminal.location())[0][1][-1] == FAILED
    assert talk.hung_up == "refused"
    assert (talk.centre.reported, talk.count("unauthorised")) == ([], MOST_REFUSED)


def test_nobody_reports_under_another_s_number_on_a_connection_that_is_known() -> None:
    talk = Talk().sign_in()
    talk.centre.register("13900000000")
    assert talk.say(FakeTerminal("13900000000").location())[0][1][-1] == FAILED
    assert talk.centre.reported == []


def test_a_terminal_that_is_shut_out_is_refused_on_its_open_connection() -> None:
    talk = Talk().sign_in()
    assert talk.say(talk.terminal.location())[0][1][-1] == DONE
    talk.centre.terminals.clear()
    assert talk.say(talk.terminal.location())[0][1][-1] == FAILED
    talk.centre.register()
    assert talk.say(talk.terminal.location())[0][1][-1] == FAILED, "registered anew it must enrol anew"


def test_what_could_not_be_stored_is_answered_with_failure_so_that_it_comes_again() -> None:
    talk = Talk().sign_in()
    talk.centre.away = True
    assert talk.say(talk.terminal.location())[0][1][-1] == FAILED
    talk.centre.away = False
    assert talk.say(talk.terminal.location())[0][1][-1] == DONE
    assert talk.count("unavailable") == 1


def test_a_message_that_makes_no_sense_is_told_so_and_twenty_end_the_connection() -> None:
    talk = Talk().sign_in()
    assert talk.say(talk.terminal.frame(0x0200, b"short"))[0][1][-1] == WRONG
    for _ in range(MOST_MALFORMED - 1):
        talk.say(b"\x7enonsense\x7e")
    assert talk.hung_up == "malformed"
    assert talk.count("malformed") == MOST_MALFORMED
