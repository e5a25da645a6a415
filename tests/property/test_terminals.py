"""Whatever a terminal sends: nothing crashes, each message is counted once, and the next one is heard."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiomqtt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.terminals import Terminal
from intake.batching import Batcher
from intake.counters import IntakeCounters
from intake.jt808.conversation import Codes, Conversation
from intake.jt808.frames import FrameCutter
from intake.jt808.listener import Jt808Listener
from intake.mqtt import OwnTracksFollower
from tests.jt808_terminal import FakeTerminal, answers, batch_body, code_in, location_body
from tests.unit.intake.conftest import City, client_of
from tests.unit.intake.jt808 import FakeCentre, Talk

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


class Gate:
    """A listener on a real port, an event loop for it, and a known terminal that stays connected."""

    def __init__(self) -> None:
        self.centre, self.counters = FakeCentre(), IntakeCounters()
        self.centre.register()
        self.runner = asyncio.Runner()
        codes = Codes("secret")
        self.listener = Jt808Listener(lambda: Conversation(self.centre, codes, self.counters), self.counters)
        self.port = self.run(self.listener.listen("127.0.0.1", 0))
        self.known = self.run(self.signed_in())

    def run(self, awaited: Any) -> Any:
        return self.runner.run(asyncio.wait_for(awaited, 10))

    async def signed_in(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        line = await asyncio.open_connection("127.0.0.1", self.port)
        code = code_in(await self.asked(*line, FakeTerminal().register()))
        assert (await self.asked(*line, FakeTerminal().authenticate(code)))[-1] == 0
        return line

    async def asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, frame: bytes) -> bytes:
        """The body of the answer to one frame."""
        writer.write(frame)
        await reader.readuntil(b"\x7e")
        [(_, body)] = answers(b"\x7e" + await reader.readuntil(b"\x7e"))
        return body

    async def takes(self, data: bytes, first: bool) -> None:
        """Sends it on a connection of its own, after a sound registration or not, and hears it out."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        if first:
            await self.asked(reader, writer, FakeTerminal().register())
        before = self.counters.messages("jt808")
        writer.write(data + b"\x7e")
        writer.write_eof()
        await reader.read()  # until the other side ends it
        writer.close()
        await writer.wait_closed()
        counted = self.counters.messages("jt808") - before
        pieces = len(list(FrameCutter().feed(data + b"\x7e")))
        assert counted == pieces or (self.ended("malformed") + self.ended("refused") and counted <= pieces)
        assert (await self.asked(*self.known, FakeTerminal().heartbeat()))[-1] == 0

    def ended(self, reason: str) -> float:
        labels = {"protocol": "jt808", "reason": reason}
        return self.counters.registry.get_sample_value("intake_terminal_closed_total", labels) or 0.0

    def close(self) -> None:
        self.known[1].close()
        self.run(self.listener.close())
        self.runner.close()


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    connected = made.counters.registry.get_sample_value("intake_terminal_connections", {"protocol": "jt808"})
    made.close()
    assert connected == 1, "only the known terminal is connected: none that spoke nonsense got stuck"
    assert made.ended("fault") == 0


@EXAMPLES
@given(mutated(frames()), st.booleans())
def test_over_tcp_anything_is_heard_out_counted_and_closed_and_others_go_on(
    gate: Gate, data: bytes, first: bool
) -> None:
    gate.run(gate.takes(data, first))


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


# ---------------------------------------------------------------- MQTT


class Broker:
    """A follower of what a broker delivers, without the broker; the phone of U17 is known."""

    def __init__(self) -> None:
        self.counters = IntakeCounters()
        self._known = {t.terminal_id: t for t in City().terminals() if t.protocol == "owntracks"}

    async def delivers(self, *messages: tuple[str, Any]) -> None:
        """All of them in one connection, which then breaks."""
        over = asyncio.Event()

        async def arriving() -> AsyncIterator[Any]:
            for topic, payload in messages:
                yield SimpleNamespace(topic=aiomqtt.Topic(topic), payload=payload)
            over.set()
            raise aiomqtt.MqttError("the connection broke")

        async def subscribe(topic: str, qos: int) -> None: ...

        @asynccontextmanager
        async def client() -> AsyncIterator[Any]:
            yield SimpleNamespace(subscribe=subscribe, messages=arriving())

        async def find(terminal_id: str) -> Terminal | None:
            return self._known.get(terminal_id)

        taken = self.counters.messages("owntracks") + len(messages)
        batcher = Batcher(lambda batch: None)
        follower = OwnTracksFollower("mqtt://broker", "owntracks/#", find, batcher, self.counters)
        follower._client = client  # type: ignore[assignment, method-assign]
        running = [asyncio.create_task(follower.run()), asyncio.create_task(batcher.run())]
        try:
            async with asyncio.timeout(10):
                await over.wait()
                while self.counters.messages("owntracks") < taken:
                    assert not any(task.done() for task in running), "the follower goes on"
                    await asyncio.sleep(0.005)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


def topics() -> st.SearchStrategy[str]:
    """Mutated topics and any text, as far as MQTT lets anybody publish to it."""
    real = [b"owntracks/li/phone", b"owntracks/wang/phone-2", b"city/owntracks/li/phone"]
    text = st.one_of(mutated(real).map(lambda topic: topic.decode(errors="replace")), st.text(max_size=80))
    allowed = text.map(lambda topic: "".join(c for c in topic if c not in "\0+#"))
    return allowed.filter(bool)


BROKER = Broker()


@EXAMPLES
@given(
    st.sampled_from(["owntracks/li/phone", "owntracks/who/knows"]) | topics(),
    mutated(OWNTRACKS) | st.none() | st.integers() | st.floats() | st.text(),
)
def test_a_broker_may_deliver_anything_to_any_topic(topic: str, payload: Any) -> None:
    before = BROKER.counters.messages("owntracks")
    asyncio.run(BROKER.delivers((topic, payload), ("owntracks/li/phone", OWNTRACKS[1])))
    assert BROKER.counters.messages("owntracks") == before + 2, "each is counted once, the next one too"
