"""The hub over a real journal: a snapshot as of N, then N+1 and so on, whatever else goes on."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from bootstrap.embedded import EmbeddedServers
from core.actor import CITY, Actor
from core.errors import UnavailableError
from core.events import Event
from jobs.names import LAST_SWEEP_KEY
from live import frames
from live.coverage import RedisCoverage
from live.health import HealthMonitor
from live.hub import HubSources, LiveHub
from live.listener import Listener
from live.positions import RedisPositionBoard
from operations.alarm_load import alarm_load_state
from operations.catalogue import Catalogue
from operations.grade_readings import grade_readings
from operations.ports import Ports
from operations.queries import clock_state, failing_rules, may_look, response_metrics, snapshot_state
from operations.set_drill_time import SetDrillTime, set_drill_time
from store.database import SqlStore, make_engine
from tests.conftest import STORM, Bench
from tests.integration.desk_work import (
    GUANDU,
    PANLONG,
    POINT,
    called,
    fix,
    reading,
    register,
    seen_at,
    send,
    somebody,
)


class Folder:
    """A catalogue whose content a test changes; fulfils CatalogueSource."""

    def __init__(self, content: Catalogue) -> None:
        self.content = content

    def current(self) -> Catalogue:
        return self.content


DEAD_REDIS = "redis://127.0.0.1:9/0"

Frame = dict[str, Any]


class Watched:
    """A hub over the bench, with what it asked counted."""

    def __init__(self, bench: Bench, redis_url: str, ports: Ports | None = None) -> None:
        self.ports = ports or bench.ports
        self.snapshots = 0
        board = RedisPositionBoard(bench.redis)
        self.health = HealthMonitor(
            bench.store,
            bench.redis,
            board,
            LAST_SWEEP_KEY,
            bench.store.quarantined_count,
            lambda: failing_rules(bench.ports),
            lambda: None,
            lambda: bench.store.points_ahead(bench.clock.now()),
        )
        sources = HubSources(
            snapshot=self._snapshot,
            metrics=lambda: response_metrics(self.ports),
            alarm_load=lambda nodes: alarm_load_state(self.ports, nodes),
            clock=lambda: clock_state(self.ports, datetime.now(UTC), bench.store.drill_time()),
            refresh_clock=lambda: None,
            coverage=RedisCoverage(bench.redis).state,
            may_look=lambda actor, subject_id: may_look(self.ports, actor, subject_id),
        )
        self.hub = LiveHub(self.ports, board, self.health, sources, redis_url)

    def _snapshot(self, actor: Actor) -> Frame:
        self.snapshots += 1
        return snapshot_state(self.ports, actor)

    def run(self, scenario: Callable[[], Awaitable[Any]]) -> Any:
        """The scenario while the hub follows; an asyncio timeout when it hangs."""

        async def main() -> Any:
            following = asyncio.create_task(self.hub.run())
            try:
                return await asyncio.wait_for(scenario(), 15)
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)

        return asyncio.run(main())

    async def joined(self, jurisdiction: str = CITY) -> Listener:
        listener = Listener(somebody(jurisdiction=jurisdiction))
        await self.hub.join(listener)
        return listener


async def next_text(listener: Listener, *kinds: str, hub: LiveHub | None = None) -> Frame:
    """The next text frame of these kinds; takes new snapshots when asked to, as the socket does."""
    while True:
        item = await asyncio.wait_for(listener.next(), 5)
        if item is None:
            assert hub is not None, "a gap nobody expected"
            await hub.catch_up(listener)
        elif isinstance(item, str):
            frame: Frame = orjson.loads(item)
            if frame["kind"] in kinds:
                return frame


async def rows_up_to(listener: Listener, seq: int) -> list[int]:
    """Sequence numbers heard, the snapshot's first."""
    heard = [(await next_text(listener, "snapshot"))["seq"]]
    while heard[-1] < seq:
        heard.append((await next_text(listener, "event"))["seq"])
    return heard


@pytest.fixture
def watched(bench: Bench, servers: EmbeddedServers, monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr("live.hub.POLL_S", 0.05)
    return Watched(bench, servers.redis_url)


def test_a_listener_gets_the_state_as_of_a_row_and_then_every_row_after_it(
    bench: Bench, watched: Watched
) -> None:
    register(bench.ports, 1)
    for _ in range(2):
        called(bench.ports)

    async def scenario() -> tuple[list[int], Frame]:
        listener = await watched.joined()
        for _ in range(5):
            await asyncio.to_thread(called, bench.ports)
        first = orjson.loads(str(await listener.next()))
        again = await watched.joined()
        assert (await next_text(again, "snapshot"))["kind"] == "snapshot"
        rows = [(await next_text(listener, "event"))["seq"] for _ in range(5)]
        return rows, first

    rows, snapshot = watched.run(scenario)
    assert (snapshot["kind"], snapshot["seq"]) == ("snapshot", 3)
    assert rows == [4, 5, 6, 7, 8]
    assert set(snapshot) == {
        "kind",
        "seq",
        "at",
        "actor",
        "catalogue",
        "state",
        "metrics",
        "clock",
        "health",
        "coverage",
    }
    assert len(snapshot["state"]["incidents"]) == 2
    assert snapshot["actor"]["jurisdiction"] == CITY


def test_who_joins_while_others_write_hears_no_row_twice_and_none_too_few(
    bench: Bench, watched: Watched
) -> None:
    async def scenario() -> list[list[int]]:
        writing = asyncio.gather(*(asyncio.to_thread(write_ten) for _ in range(4)))
        listeners = []
        for _ in range(12):
            listeners.append(await watched.joined())
            await asyncio.sleep(0.02)
        await writing
        return [await rows_up_to(listener, 40) for listener in listeners]

    def write_ten() -> None:
        for _ in range(10):
            called(bench.ports)

    for heard in watched.run(scenario):
        assert heard == list(range(heard[0], 41))


def test_when_too_much_changed_to_list_a_new_snapshot_is_taken(bench: Bench, watched: Watched) -> None:
    async def scenario() -> list[tuple[str, int]]:
        listener = await watched.joined()
        heard = [await next_text(listener, "snapshot")]
        await asyncio.to_thread(called, bench.ports)
        heard.append(await next_text(listener, "event"))
        await asyncio.to_thread(register, bench.ports, 3)
        heard.append(await next_text(listener, "snapshot", "event", hub=watched.hub))
        await asyncio.to_thread(called, bench.ports)
        heard.append(await next_text(listener, "event", "snapshot"))
        assert len(heard[2]["state"]["units"]) == 3
        return [(frame["kind"], frame["seq"]) for frame in heard]

    assert watched.run(scenario) == [("snapshot", 0), ("event", 1), ("snapshot", 2), ("event", 3)]


def test_a_drill_that_begins_again_is_told_with_its_clock_and_an_empty_table(
    bench: Bench, watched: Watched
) -> None:
    called(bench.ports)

    def restart() -> None:
        command = SetDrillTime("storm", STORM, 60, datetime.now(UTC), restart=True)
        set_drill_time(bench.ports, somebody(), command)

    async def scenario() -> tuple[Frame, Frame]:
        listener = await watched.joined()
        assert len((await next_text(listener, "snapshot"))["state"]["incidents"]) == 1
        await asyncio.to_thread(restart)
        fresh = await next_text(listener, "snapshot", hub=watched.hub)
        return fresh, await next_text(listener, "clock") if "clock" not in fresh else fresh

    fresh, told = watched.run(scenario)
    assert fresh["state"]["incidents"] == []
    assert (told["clock"]["scenario"], told["clock"]["speed"]) == ("storm", 60)


def test_two_hundred_screens_share_one_reading_of_the_state(
    bench: Bench, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.hub.SNAPSHOT_FRESH_S", 60.0)  # however slow this machine is
    register(bench.ports, 5)

    async def scenario() -> set[int]:
        listeners = await asyncio.gather(*(watched.joined() for _ in range(200)))
        await asyncio.gather(*(watched.joined(GUANDU) for _ in range(50)))
        return {(await next_text(listener, "snapshot"))["seq"] for listener in listeners}

    assert watched.run(scenario) == {1}
    assert watched.snapshots == 2, "one for each jurisdiction"


def test_a_row_is_encoded_once_for_a_jurisdiction_and_not_at_all_for_who_has_it_already(
    bench: Bench, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[tuple[int, str]] = []

    def counted(row: Any, jurisdiction: str, points: Any) -> str:
        encoded.append((row.seq, jurisdiction))
        return original(row, jurisdiction, points)

    original = frames.event_frame
    monkeypatch.setattr("live.frames.event_frame", counted)

    async def scenario() -> None:
        first = [await watched.joined() for _ in range(10)]
        first += [await watched.joined(PANLONG) for _ in range(10)]
        for _ in range(3):
            await asyncio.to_thread(called, bench.ports)
        for listener in first:
            await rows_up_to(listener, 3)
        assert sorted(encoded) == sorted((seq, code) for seq in (1, 2, 3) for code in (CITY, PANLONG))
        await asyncio.sleep(1.05)  # the snapshot of before is no longer fresh
        for _ in range(10):
            await watched.joined()
        assert len(encoded) == 6, "what the snapshot holds needs no frame"

    watched.run(scenario)


def test_two_hubs_tell_each_their_own_journal(
    bench: Bench, servers: EmbeddedServers, watched: Watched
) -> None:
    """Nothing of a row is remembered outside the hub that read it."""

    def words(hub: Watched, word: str) -> str:
        async def scenario() -> str:
            listener = await hub.joined()
            await asyncio.to_thread(record, word)
            await next_text(listener, "snapshot")
            return str((await next_text(listener, "event"))["data"]["word"])

        return str(hub.run(scenario))

    def record(word: str) -> None:
        with bench.store.transaction() as tx:
            tx.record(Event("test.one", STORM, "t", "s", {"word": word}))

    assert words(watched, "before") == "before"
    with bench.store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM journal")
        connection.exec_driver_sql("UPDATE journal_head SET seq = 0")
    assert words(Watched(bench, servers.redis_url), "after") == "after"


def test_positions_go_to_who_may_see_the_units(bench: Bench, watched: Watched) -> None:
    register(bench.ports, 2)
    seen_at(bench.ports, *(fix(f"u{n:03d}", bench.clock.now()) for n in range(2)), fix("unregistered", STORM))

    async def frame_of(jurisdiction: str) -> bytes:
        listener = await watched.joined(jurisdiction)
        while True:
            item = await asyncio.wait_for(listener.next(), 3)
            if isinstance(item, bytes):
                return item

    async def scenario() -> list[bytes]:
        return await asyncio.gather(frame_of(GUANDU), frame_of(PANLONG))

    own, elsewhere = watched.run(scenario)
    assert sorted(unit[0] for unit in struct.iter_unpack("<HHii", own[16:])) == [0, 1]
    assert struct.unpack_from("<dII", elsewhere)[2] == 0


def test_a_district_hears_of_a_point_that_an_edit_of_the_catalogue_moved_into_it(
    bench: Bench, servers: EmbeddedServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process journalled the edit; this one sees it a moment later, or at the same time."""
    monkeypatch.setattr("live.hub.POLL_S", 0.05)
    monkeypatch.setattr("live.hub.HEALTH_EVERY_S", 0.05)
    before = bench.ports.catalogue
    moved = replace(before.points[POINT], jurisdiction="530114")
    after = replace(before, points={**before.points, POINT: moved}, digest="after")
    folder = Folder(before)
    watched = Watched(bench, servers.redis_url, replace(bench.ports, catalogues=folder))

    async def scenario() -> list[Frame]:
        listener = await watched.joined("530114")
        await next_text(listener, "snapshot")
        folder.content = after
        assert (await next_text(listener, "snapshot", hub=watched.hub))["kind"] == "snapshot"
        await asyncio.to_thread(send, bench.ports, reading(bench.ports, 12.0))
        await asyncio.to_thread(grade_readings, bench.ports)
        while (frame := await next_text(listener, "event", hub=watched.hub))["type"] != "readings.graded":
            pass
        return list(frame["changes"].get("depths", []))

    [depth] = watched.run(scenario)
    assert depth["point_id"] == POINT


def test_health_is_told_without_being_asked(bench: Bench, watched: Watched) -> None:
    async def scenario() -> Frame:
        return await next_text(await watched.joined(), "health")

    health = watched.run(scenario)["health"]
    assert health["database"]["ok"] and health["redis"]["ok"] and health["rules"]["ok"]
    assert health["scheduler"] == {"ok": False, "age_s": None}, "there is none on the bench, and it says so"


def test_positions_grow_old_while_redis_is_away_and_are_not_said_never_to_have_come(
    bench: Bench, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Any:
        raise UnavailableError("Redis is away")

    seen_at(bench.ports, fix("u001", bench.clock.now()))
    before = watched.health.look(None, 1)
    monkeypatch.setattr(watched.health._board, "everything", away)
    found = watched.health.look(None, 1)
    assert found["redis"]["ok"] is False
    assert found["units"] == before["units"] and found["units"]["with_fix"] == 1
    assert found["feeds"]["positions_age_s"] >= before["feeds"]["positions_age_s"]


def test_health_counts_the_gauges_that_a_clock_set_back_makes_deaf(bench: Bench, watched: Watched) -> None:
    send(bench.ports, reading(bench.ports, 12))
    grade_readings(bench.ports)
    bench.clock.advance(-3600)

    async def scenario() -> Frame:
        return await next_text(await watched.joined(), "health")

    assert watched.run(scenario)["health"]["rules"]["points_ahead"] == 1


def test_a_hub_that_has_not_read_the_journal_yet_asks_to_try_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("live.hub.POLL_S", 0.05)
    monkeypatch.setattr("live.hub.STARTS_WITHIN_S", 0.3)
    engine = make_engine("postgresql://nobody@127.0.0.1:9/none")
    away = Watched(bench, DEAD_REDIS, replace(bench.ports, store=SqlStore(engine)))
    with pytest.raises(UnavailableError):
        away.run(lambda: away.joined())
    engine.dispose()


def test_when_redis_dies_events_still_arrive(bench: Bench, servers: EmbeddedServers) -> None:
    watched = Watched(bench, servers.redis_url)

    async def arrival_s(listener: Listener) -> float:
        began = time.monotonic()
        await asyncio.to_thread(called, bench.ports)
        await next_text(listener, "event")
        return time.monotonic() - began

    async def scenario() -> float:
        listener = await watched.joined()
        await next_text(listener, "snapshot")
        await arrival_s(listener)
        await asyncio.to_thread(servers.children["redis"].stop)
        return await arrival_s(listener)

    try:
        took_s = watched.run(scenario)
    finally:
        servers.restart("redis")
    assert took_s < 1.5 + 0.5, "the journal is read once a second without a bell"


def test_a_bell_brings_a_row_without_waiting_for_the_next_poll(
    bench: Bench, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> float:
        listener = await watched.joined()
        await next_text(listener, "snapshot")
        monkeypatch.setattr("live.hub.POLL_S", 30)
        await asyncio.sleep(0.3)
        began = time.monotonic()
        await asyncio.to_thread(called, bench.ports)
        await next_text(listener, "event")
        return time.monotonic() - began

    assert watched.run(scenario) < 2


def test_each_listener_is_told_the_alarm_load_of_its_own_jurisdiction_and_response_times_in_the_city_only(
    bench: Bench, watched: Watched
) -> None:
    def flooded() -> None:
        for seconds in range(0, 601, 60):
            send(bench.ports, reading(bench.ports, 12, seconds - 600))
        grade_readings(bench.ports)

    async def scenario() -> dict[str, Frame]:
        listeners = {node: await watched.joined(node) for node in (CITY, GUANDU, PANLONG)}
        await asyncio.to_thread(flooded)
        newest: dict[str, Frame] = {}
        for node, listener in listeners.items():
            counted = False
            while not counted:
                newest[node] = (await next_text(listener, "metrics"))["metrics"]
                load = newest[node]["alarm_load"]
                counted = load["below"]["last_day"] == (0 if node == PANLONG else 1)
        return newest

    newest = watched.run(scenario)
    assert newest[GUANDU]["alarm_load"]["own"]["unanswered"] == 1
    assert newest[CITY]["alarm_load"]["own"]["unanswered"] == 0
    assert [seat["seat"] for seat in newest[CITY]["alarm_load"]["seats"]] == [GUANDU]
    assert newest[PANLONG]["alarm_load"]["seats"] == []
    assert {node for node, metrics in newest.items() if "response" in metrics} == {CITY}
