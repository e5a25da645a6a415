"""Whatever a terminal sends: nothing crashes, each message is counted once, and the next one is heard."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.counters import IntakeCounters
from intake.jt808.frames import FrameCutter
from tests.jt808_terminal import FakeTerminal, batch_body, location_body
from tests.unit.intake.conftest import City, client_of
from tests.unit.intake.jt808 import Talk

EXAMPLES = settings(
    max_examples=1_000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SHARED = Path(os.environ.get("COMMAND_CENTRE_SHARED", Path(__file__).resolve().parents[3] / "shared"))


def mutated(originals: list[bytes]) -> st.SearchStrategy[bytes]:
    """One of the originals with up to eight bytes changed, dropped, doubled or put in, or cut, or joined."""

    @st.composite
    def mutate(draw: Any) -> bytes:
        data = bytearray(draw(st.sampled_from(originals)))
        for _ in range(draw(st.integers(1, 8))):
            at = draw(st.integers(0, max(len(data) - 1, 0)))
            match draw(st.integers(0, 6)):
                case 0:
                    data[at : at + 1] = bytes([draw(st.integers(0, 255))])
                case 1:
                    data[at : at + 1] = b""
                case 2:
                    data[at:at] = data[at : at + draw(st.integers(1, 40))]
                case 3:
                    data[at:at] = draw(st.binary(max_size=20))
                case 4:
                    del data[at:]
                case 5:
                    data[at : at + 1] = draw(
                        st.sampled_from([b"\x7e", b"\x7d", b"\x7d\x02", b"\x00", b"\xff"])
                    )
                case _:
                    data += draw(st.sampled_from(originals))
        return bytes(data)

    return mutate()


# ---------------------------------------------------------------- JT/T 808


def frames() -> list[bytes]:
    made = []
    for version in (None, 1):
        terminal = FakeTerminal(version=version)
        body = batch_body(*(location_body(at=f"2608180920{second:02d}") for second in range(5)))
        made += [
            terminal.register(),
            terminal.authenticate("0123456789abcdef0123"),
            terminal.heartbeat(),
            terminal.location(),
            terminal.location(extras=b""),
            terminal.frame(0x0704, body),
            terminal.frame(0x0704, body[:90], (2, 1)),
            terminal.frame(0x0704, body[90:], (2, 2)),
            terminal.frame(0x0003),
        ]
    vectors = SHARED / "data" / "gps-vectors" / "jt808_frames.json"
    if vectors.is_file():
        made += [bytes.fromhex(frame["hex"]) for frame in json.loads(vectors.read_text())]
    return made


@EXAMPLES
@given(mutated(frames()), st.booleans())
def test_a_jt808_terminal_may_send_anything(data: bytes, known: bool) -> None:
    talk = Talk()
    if known:
        talk.sign_in()
    before = talk.counters.messages("jt808")
    pieces = len(list(FrameCutter().feed(data + b"\x7e")))
    talk.say(data + b"\x7e")
    counted = talk.counters.messages("jt808") - before
    assert counted == pieces or (talk.hung_up and counted <= pieces)
    if not talk.hung_up:
        again = Talk(talk.centre)
        again.conversation, again.counters = talk.conversation, talk.counters
        assert again.say(FakeTerminal().heartbeat()), "the next frame is heard"


# ---------------------------------------------------------------- phones


class Phones:
    """The routes over a city in memory, made once."""

    def __init__(self) -> None:
        self.counters = IntakeCounters()
        self.client = client_of(City(), self.counters)

    def takes(self, protocol: str, method: str, path: str, **parts: Any) -> None:
        """Sends it; asserts that it is answered as a message or as a mistake, and counted once."""
        before = self.counters.messages(protocol)
        answer = self.client.request(method, path, **parts)
        assert answer.status_code in (200, 404, 422), answer.text
        assert answer.status_code != 422 or answer.json()["code"] == "malformed"
        assert self.counters.messages(protocol) == before + 1


PHONES = Phones()
JSON = {"Content-Type": "application/json"}
PARAMETERS = {
    "id": "phone-17", "lat": "25.0492", "lon": "102.7146", "timestamp": "1787016000", "speed": "12.5",
    "bearing": "91", "altitude": "1890", "accuracy": "5", "batt": "77", "valid": "true",
}  # fmt: skip
JUNK = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["nan", "inf", "-1e400", "1_000", "٣", "", " ", "9" * 400, "1e99", "2026-13-45T99:00:00Z"]
    ),
    st.floats().map(str),
    st.integers().map(str),
    st.datetimes().map(str),
)


@EXAMPLES
@given(st.dictionaries(st.sampled_from([*PARAMETERS, "location", "heading"]), JUNK, min_size=1), st.data())
def test_an_osmand_phone_may_send_anything(changed: dict[str, str], data: Any) -> None:
    dropped = data.draw(st.sets(st.sampled_from(list(PARAMETERS)), max_size=2))
    sent = {k: v for k, v in {**PARAMETERS, **changed}.items() if k not in dropped}
    PHONES.takes("osmand", "GET", "/api/v1/osmand", params=sent)


TRACCAR = json.dumps(
    {
        "location": {
            "timestamp": "2026-08-18T01:20:00.000Z",
            "coords": {"latitude": 25.0492, "longitude": 102.7146, "accuracy": 5, "speed": 6.4, "heading": -1},
            "is_moving": True, "battery": {"level": 0.77, "is_charging": False},
        },
        "device_id": "phone-17",
    }
).encode()  # fmt: skip
OWNTRACKS = [
    json.dumps(message).encode()
    for message in (
        {
            "_type": "location",
            "lat": 25.0492,
            "lon": 102.7146,
            "tst": 1787016000,
            "vel": 23,
            "cog": 91,
            "tid": "17",
        },
        {"_type": "transition", "event": "enter", "tst": 1787016000},
        {"_type": "encrypted", "data": "AAAA"},
    )
]


@EXAMPLES
@given(mutated([TRACCAR]))
def test_a_traccar_client_may_send_anything(body: bytes) -> None:
    PHONES.takes("osmand", "POST", "/api/v1/osmand?id=phone-17", content=body, headers=JSON)


@EXAMPLES
@given(mutated(OWNTRACKS))
def test_an_owntracks_phone_may_send_anything(body: bytes) -> None:
    PHONES.takes("owntracks", "POST", "/api/v1/owntracks?u=li&d=phone", content=body, headers=JSON)
