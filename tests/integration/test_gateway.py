"""The gateway over real sockets, Redis and PostgreSQL: who gets in, what arrives, and that nonsense sticks nowhere."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import sleep
from typing import Any, ClassVar, TypeVar

import aiomqtt
import orjson
import pytest

from bootstrap.embedded import EmbeddedServers
from bootstrap.gateway import Gateway
from bootstrap.settings import REPOSITORY, Settings, load_settings
from bootstrap.wiring import Parts, wire
from core.geo import LonLat, distance_m
from dispatch.terminals import TerminalProtocol
from intake.counters import IntakeCounters
from intake.jt808.conversation import Conversation
from intake.jt808.frames import FrameCutter
from intake.jt808.listener import Jt808Listener, Limits
from operations.register_terminals import RegisterTerminals, TerminalRegistration, register_terminals
from tests.conftest import Bench
from tests.integration.desk_work import journal, register, somebody, types
from tests.jt808_terminal import FakeTerminal, answers, batch_body, code_in, location_body

T = TypeVar("T")

NUMBER = "13912345678"
CENTRE = LonLat(102.7146, 25.0492)
DONE, FAILED = 0, 1


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def beijing_now() -> datetime:
    return datetime.now(timezone(timedelta(hours=8)))


@dataclass
class Running:
    """A gateway in this process, its parts, and a terminal that belongs to unit u000."""

    settings: Settings
    parts: Parts
    counters: IntakeCounters = field(default_factory=IntakeCounters)

    def run(self, scenario: Callable[[], Awaitable[T]]) -> T:
        async def main() -> T:
            gateway = Gateway(self.settings, self.parts, self.counters)
            running = asyncio.create_task(gateway.run())
            try:
                await asyncio.wait_for(gateway.ready.wait(), 10)
                return await asyncio.wait_for(scenario(), 60)
            finally:
                await Line.close_all()
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running

        return asyncio.run(main())

    def sample(self, name: str, **labels: str) -> float:
        return self.counters.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
def running(bench: Bench, servers: EmbeddedServers, tmp_path: Path) -> Iterator[Running]:
    settings = load_settings(
        data_dir=tmp_path,
        mode="live",
        database_url=servers.database_url,
        redis_url=servers.redis_url,
        jt808_ports=f"{free_port()},{free_port()}=GCJ-02",
    )
    parts = wire(settings, with_roads=False)
    register(parts.ports, 2)
    owned = (
        TerminalRegistration(TerminalProtocol.JT808, NUMBER, "u000"),
        TerminalRegistration(TerminalProtocol.OWNTRACKS, "li/phone", "u001"),
    )
    register_terminals(parts.ports, somebody(), RegisterTerminals(owned))
    yield Running(settings, parts)
    parts.close()


class Line:
    """A terminal's TCP connection."""

    opened: ClassVar[list[Line]] = []

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.opened.append(self)

    @classmethod
    async def to(cls, port: int) -> Line:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    @classmethod
    async def close_all(cls) -> None:
        while cls.opened:
            line = cls.opened.pop()
            line.writer.transport.abort()
            with suppress(OSError):
                await line.writer.wait_closed()

    async def ask(self, frame: bytes) -> tuple[int, bytes]:
        """Sends a frame and takes the next answer."""
        self.writer.write(frame)
        await self.reader.readuntil(b"\x7e")
        [answer] = answers(b"\x7e" + await asyncio.wait_for(self.reader.readuntil(b"\x7e"), 10))
        return answer

    async def sign_in(self, terminal: FakeTerminal) -> Line:
        _, body = await self.ask(terminal.register())
        _, answer = await self.ask(terminal.authenticate(code_in(body)))
        assert answer[-1] == DONE
        return self

    async def is_closed(self) -> bool:
        """Whether the other side ends it, after whatever it still says."""
        await asyncio.wait_for(self.reader.read(), 10)
        return self.reader.at_eof()


# ---------------------------------------------------------------- JT/T 808


@pytest.mark.parametrize("version", [None, 1])
def test_a_terminal_s_position_is_on_the_board_when_it_is_answered(
    running: Running, version: int | None
) -> None:
    terminal = FakeTerminal(NUMBER, version)

    async def scenario() -> None:
        line = await (await Line.to(running.settings.jt808_listeners[0][0])).sign_in(terminal)
        _, answer = await line.ask(terminal.location(lon=CENTRE.lon, lat=CENTRE.lat, at=beijing_now()))
        assert answer[-1] == DONE
        fix = running.parts.board.newest(["u000"])["u000"]
        assert fix.place == pytest.approx(CENTRE, abs=1e-6)
        assert (fix.speed_kmh, fix.heading_deg) == (36.5, 91)
        later = [beijing_now() + timedelta(seconds=n) for n in range(-3, 1)]
        bodies = [
            location_body(lon=CENTRE.lon + n / 1e4, lat=CENTRE.lat, at=at) for n, at in enumerate(later)
        ]
        assert (await line.ask(terminal.frame(0x0704, batch_body(*bodies))))[1][-1] == DONE
        assert (await line.ask(terminal.heartbeat()))[1][-1] == DONE

    running.run(scenario)
    newest = running.parts.board.newest(["u000"])["u000"]
    assert newest.place.lon == pytest.approx(CENTRE.lon + 3e-4, abs=1e-6)
    assert "terminal.enrolled" in types(running.parts.ports)
    assert running.sample("intake_terminal_connections", protocol="jt808") == 0


def test_a_listener_of_another_coordinate_system_converts(running: Running) -> None:
    terminal = FakeTerminal(NUMBER)

    async def scenario() -> None:
        line = await (await Line.to(running.settings.jt808_listeners[1][0])).sign_in(terminal)
        await line.ask(terminal.location(lon=CENTRE.lon, lat=CENTRE.lat, at=beijing_now()))

    running.run(scenario)
    place = running.parts.board.newest(["u000"])["u000"].place
    assert 300 < distance_m(place, CENTRE) < 500, "GCJ-02 lies some 360 m off here"


def test_a_stranger_is_refused_and_nothing_of_it_is_on_the_board(running: Running) -> None:
    stranger = FakeTerminal("13900000001")

    async def scenario() -> None:
        line = await Line.to(running.settings.jt808_listeners[0][0])
        assert (await line.ask(stranger.register()))[1][2] == 4
        assert (await line.ask(stranger.authenticate("0" * 20)))[1][-1] == FAILED
        for _ in range(7):
            assert (await line.ask(stranger.location(at=beijing_now())))[1][-1] == FAILED
        line.writer.write(FakeTerminal(NUMBER).location(at=beijing_now()))
        await line.reader.read()

    running.run(scenario)
    assert running.parts.board.newest(["u000", "u001"]) == {}
    assert running.sample("intake_terminal_closed_total", protocol="jt808", reason="refused") == 1


def test_while_redis_is_away_a_terminal_is_told_to_send_again(
    running: Running, servers: EmbeddedServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.errors import UnavailableError

    terminal = FakeTerminal(NUMBER)
    put = running.parts.board.put

    def away(*_: Any) -> Any:
        raise UnavailableError("Redis is away")

    async def scenario() -> list[int]:
        line = await (await Line.to(running.settings.jt808_listeners[0][0])).sign_in(terminal)
        found = []
        for how in (away, put):
            monkeypatch.setattr(running.parts.board, "put", how)
            found.append((await line.ask(terminal.location(at=beijing_now())))[1][-1])
        return found

    assert running.run(scenario) == [FAILED, DONE]


def test_a_thousand_malformed_frames_are_each_counted_and_no_connection_sticks(running: Running) -> None:
    rng = random.Random(808)
    terminal = FakeTerminal(NUMBER)
    sound = [terminal.location(at=beijing_now()), terminal.heartbeat(), terminal.register()]
    sound += [FakeTerminal(NUMBER, 1).batch(location_body(), location_body())]

    def malformed() -> bytes:
        frame = bytearray(rng.choice(sound))
        for _ in range(rng.randint(1, 4)):
            frame[rng.randrange(1, len(frame) - 1)] ^= rng.randint(1, 255)
        return bytes(frame)

    sent = [malformed() for _ in range(1_000)]

    async def scenario() -> int:
        known = await (await Line.to(running.settings.jt808_listeners[0][0])).sign_in(FakeTerminal(NUMBER))
        pieces = 0
        for first in range(0, len(sent), 15):  # fewer than the twenty that end a connection
            line = await Line.to(running.settings.jt808_listeners[0][0])
            data = b"".join(sent[first : first + 15])
            pieces += len(list(FrameCutter().feed(data)))
            line.writer.write(data)
            line.writer.write_eof()
            assert await line.is_closed()
            assert (await known.ask(FakeTerminal(NUMBER).heartbeat()))[1][-1] == DONE
        return pieces

    pieces = running.run(scenario)
    heartbeats = running.sample("intake_terminal_messages_total", protocol="jt808", outcome="heartbeat")
    assert heartbeats == 67, "somebody else goes on being heard"
    assert running.counters.messages("jt808") == pieces + heartbeats + 2
    assert running.sample("intake_terminal_messages_total", protocol="jt808", outcome="malformed") > 900
    assert running.sample("intake_terminal_connections", protocol="jt808") == 0
    assert running.sample("intake_terminal_closed_total", protocol="jt808", reason="fault") == 0


def with_limits(limits: Limits, scenario: Callable[[int], Coroutine[Any, Any, None]]) -> IntakeCounters:
    """The scenario against a listener of these limits that lets nobody in."""
    counters = IntakeCounters()

    class Nobody:
        async def enrol(self, terminal_id: str, identity: str) -> Any: ...
        async def find(self, terminal_id: str) -> None:
            return None

        async def report(self, terminal: Any, places: Any) -> None: ...

    async def main() -> None:
        listener = Jt808Listener(lambda: Conversation(Nobody(), object(), counters), counters, limits)  # type: ignore[arg-type]
        port = await listener.listen("127.0.0.1", 0)
        try:
            await asyncio.wait_for(scenario(port), 20)
        finally:
            await Line.close_all()
            await listener.close()

    asyncio.run(main())
    return counters


def closed(counters: IntakeCounters, reason: str) -> float:
    labels = {"protocol": "jt808", "reason": reason}
    return counters.registry.get_sample_value("intake_terminal_closed_total", labels) or 0.0


def test_who_says_nothing_is_disconnected() -> None:
    async def scenario(port: int) -> None:
        silent = await Line.to(port)
        babbling = await Line.to(port)
        for _ in range(20):
            babbling.writer.write(b"\x7e")
            await asyncio.sleep(0.01)
        assert await silent.is_closed() and await babbling.is_closed()

    counters = with_limits(Limits(authenticate_within_s=0.3), scenario)
    assert closed(counters, "not-authenticated") == 2


def test_of_more_connections_than_allowed_the_longest_waiting_stranger_gives_way() -> None:
    async def scenario(port: int) -> None:
        kept = [await Line.to(port) for _ in range(3)]
        for line in kept:
            assert (await line.ask(FakeTerminal().heartbeat()))[1][-1] == FAILED
        newest = await Line.to(port)
        assert await kept[0].is_closed()
        for line in (*kept[1:], newest):
            assert (await line.ask(FakeTerminal().heartbeat()))[1][-1] == FAILED

    counters = with_limits(Limits(most_connections=3), scenario)
    assert closed(counters, "full") == 1


def test_who_takes_no_answers_is_disconnected() -> None:
    async def scenario(port: int) -> None:
        line = await Line.to(port)
        frame = FakeTerminal().frame(0x0704, b"x" * 900, (2, 1))
        with suppress(OSError):
            while True:
                line.writer.write(frame * 50)
                await asyncio.wait_for(line.writer.drain(), 5)

    counters = with_limits(Limits(take_answer_within_s=0.3), scenario)
    assert closed(counters, "takes-no-answer") == 1


def test_a_gateway_of_its_own_listens_and_stops_when_it_is_told(running: Running, tmp_path: Path) -> None:
    port = free_port()
    environment = {
        **os.environ,
        "CC_MODE": "live",
        "CC_DATA_DIR": str(tmp_path),
        "DATABASE_URL": str(running.settings.database_url),
        "REDIS_URL": str(running.settings.redis_url),
        "CC_JT808_PORTS": str(port),
    }
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "app.py", "gateway"], cwd=REPOSITORY, env=environment, stdout=said, stderr=said
        )

    async def scenario() -> None:
        terminal = FakeTerminal(NUMBER)
        for _ in range(200):
            with suppress(OSError):
                line = await Line.to(port)
                break
            await asyncio.sleep(0.1)
        await line.sign_in(terminal)
        assert (await line.ask(terminal.location(at=beijing_now())))[1][-1] == DONE
        process.send_signal(signal.SIGTERM)
        assert await line.is_closed()
        await Line.close_all()

    try:
        asyncio.run(scenario())
        assert process.wait(10) == 0, (tmp_path / "said").read_text()
    finally:
        process.kill()
        process.wait()
    assert "u000" in running.parts.board.newest(["u000"])


# ---------------------------------------------------------------- MQTT


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        pytest.skip("no MQTT broker here; `make programs` installs Debian's mosquitto where apt may")
    port = free_port()
    file = tmp_path / "mosquitto.conf"
    file.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
    process = subprocess.Popen(
        [program, "-c", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    for _ in range(100):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        sleep(0.05)
    yield port
    process.terminate()
    process.wait(10)


def test_an_owntracks_phone_reports_by_a_broker_and_strangers_are_counted(
    running: Running, broker: int
) -> None:
    url = f"mqtt://127.0.0.1:{broker}"
    running.settings = running.settings.model_copy(update={"jt808_ports": "", "mqtt_url": url})
    place = {"_type": "location", "lat": CENTRE.lat, "lon": CENTRE.lon, "vel": 30, "cog": 90}

    def count() -> float:
        return running.counters.messages("owntracks")

    async def scenario() -> None:
        async with aiomqtt.Client("127.0.0.1", broker) as phone:
            tst = int(datetime.now().timestamp())  # noqa: DTZ005
            async with asyncio.timeout(20):
                while not count():  # until the gateway has subscribed
                    await phone.publish("owntracks/li/phone", orjson.dumps({"_type": "status"}), qos=1)
                    await asyncio.sleep(0.1)
            before = count()
            await phone.publish("owntracks/li/phone", orjson.dumps({**place, "tst": tst}), qos=1)
            await phone.publish("owntracks/who/knows", orjson.dumps({**place, "tst": tst}), qos=1)
            await phone.publish("owntracks/li/phone", b"{nonsense", qos=1)
            await phone.publish("owntracks/li/phone", b"", qos=1)
            async with asyncio.timeout(20):
                while count() < before + 4:  # noqa: ASYNC110  # a counter wakes nobody
                    await asyncio.sleep(0.05)

    running.run(scenario)
    assert running.parts.board.newest(["u001"])["u001"].place == pytest.approx(CENTRE, abs=1e-6)
    outcomes = {
        outcome: running.sample("intake_terminal_messages_total", protocol="owntracks", outcome=outcome)
        for outcome in ("located", "unauthorised", "malformed")
    }
    assert outcomes == {"located": 1, "unauthorised": 1, "malformed": 2}
    assert journal(running.parts.ports)[-1].event.type == "terminals.registered", (
        "positions are no journal rows"
    )


def test_a_lost_broker_is_looked_for_again(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intake.mqtt.TRY_AGAIN_AFTER_S", 0.05)
    dead = f"mqtt://127.0.0.1:{free_port()}"
    running.settings = running.settings.model_copy(update={"mqtt_url": dead})

    async def scenario() -> None:
        await asyncio.sleep(0.5)
        terminal = FakeTerminal(NUMBER)
        await (await Line.to(running.settings.jt808_listeners[0][0])).sign_in(terminal)

    running.run(scenario)


def test_terminals_that_register_all_at_once_all_get_in(running: Running) -> None:
    """Each registration is seen by the next question, whatever reads the registry meanwhile."""
    numbers = [f"138{n:08d}" for n in range(60)]
    owned = tuple(TerminalRegistration(TerminalProtocol.JT808, number, "u000") for number in numbers)
    register_terminals(running.parts.ports, somebody(), RegisterTerminals(owned))

    async def scenario() -> None:
        port = running.settings.jt808_listeners[0][0]

        async def one(number: str) -> None:
            await (await Line.to(port)).sign_in(FakeTerminal(number))

        await asyncio.gather(*(one(number) for number in numbers))

    running.run(scenario)
