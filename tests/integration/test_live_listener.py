"""One listener's rules and the frames it is given: no hole, nothing stale, nothing from elsewhere."""

from __future__ import annotations

import asyncio
import struct
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from prometheus_client import REGISTRY
from redis import Redis

from core.actor import CITY, SYSTEM
from core.errors import UnavailableError
from core.events import Event, JournalRow
from core.geo import LonLat
from live.frames import event_frame
from live.listener import LONGEST_QUEUE, Listener, ListenerTooSlow
from live.positions import CLOCKS_DIFFER_S, STALE_AFTER_S, RedisPositionBoard
from live.redis_client import connect
from tests.conftest import STORM
from tests.integration.desk_work import GUANDU, PANLONG, fix

POINTS = {"KM01": GUANDU, "KM20": PANLONG}


def heard(listener: Listener, how_many: int) -> list[str | bytes | None]:
    async def listen() -> list[str | bytes | None]:
        return [await asyncio.wait_for(listener.next(), 1) for _ in range(how_many)]

    return asyncio.run(listen())


def a_listener() -> Listener:
    """One that begins at row 10."""
    listener = Listener(SYSTEM)
    listener.begin(10, "snapshot 10")
    return listener


def test_rows_follow_the_snapshot_and_what_it_holds_already_is_skipped() -> None:
    listener = a_listener()
    for seq in (9, 10, 11, 11, 12):
        listener.offer(seq, f"row {seq}")
    assert heard(listener, 3) == ["snapshot 10", "row 11", "row 12"]


def test_what_a_slow_browser_misses_and_is_cut_off_for_is_counted() -> None:
    def counted() -> list[float]:
        names = ("cc_live_frames_replaced_total", "cc_live_cut_off_total")
        return [REGISTRY.get_sample_value(name) or 0.0 for name in names]

    listener, before = a_listener(), counted()
    for frame in (b"1", b"2", b"3"):
        listener.show(frame)
    for _ in range(LONGEST_QUEUE + 5):
        listener.tell("health")
    assert listener.waiting == LONGEST_QUEUE
    assert [after - was for after, was in zip(counted(), before, strict=True)] == [2, 1]


def test_a_gap_asks_for_a_new_snapshot_and_nothing_is_heard_before_it() -> None:
    listener = a_listener()
    heard(listener, 1)
    for seq in (11, 13, 14):
        listener.offer(seq, f"row {seq}")
    listener.tell("metrics")
    assert heard(listener, 1) == [None]
    listener.begin(14, "snapshot 14")
    listener.offer(14, "row 14")
    listener.offer(15, "row 15")
    assert heard(listener, 2) == ["snapshot 14", "row 15"]


def test_only_the_newest_positions_are_shown_and_words_come_first() -> None:
    listener = a_listener()
    for frame in (b"1", b"2", b"3"):
        listener.show(frame)
    listener.tell("health")
    assert heard(listener, 3) == ["snapshot 10", "health", b"3"]


def test_who_listens_too_slowly_is_cut_off_and_others_are_not() -> None:
    slow, quick = a_listener(), a_listener()
    for seq in range(11, 11 + LONGEST_QUEUE - 1):
        slow.offer(seq, "row")
        quick.offer(seq, "row")
    slow.offer(11 + LONGEST_QUEUE - 1, "one too many")
    with pytest.raises(ListenerTooSlow):
        heard(slow, 1)
    assert heard(quick, LONGEST_QUEUE)[-1] == "row"


def test_a_listener_waits_for_what_is_not_there_yet() -> None:
    async def listen() -> Any:
        listener = a_listener()
        assert await listener.next() == "snapshot 10"
        waiting = asyncio.create_task(listener.next())
        await asyncio.sleep(0)
        assert not waiting.done()
        listener.offer(11, "row 11")
        return await asyncio.wait_for(waiting, 1)

    assert asyncio.run(listen()) == "row 11"


# ---------------------------------------------------------------- events


def framed(jurisdiction: str, subject: str, changes: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    event = Event("test.one", STORM, "actor", subject, data, changes)
    found: dict[str, Any] = orjson.loads(event_frame(JournalRow(7, STORM, event), jurisdiction, POINTS))
    assert (found["kind"], found["seq"], found["type"]) == ("event", 7, "test.one"), (
        "the row itself is always sent"
    )
    return found


INCIDENT = {"incident_id": "I", "jurisdiction": GUANDU}
ASSIGNMENT = {"assignment_id": "A", "incident_id": "I", "unit_id": "U", "jurisdiction": GUANDU}
UNIT_FROM_NEXT_DOOR = {"unit_id": "U", "assignment_id": "A", "jurisdiction": PANLONG}
ADVICE = {"recommendation_id": "R", "incident_id": "I", "jurisdiction": GUANDU}
DEPTHS = [{"point_id": "KM01", "depth_cm": 1.0}, {"point_id": "KM20", "depth_cm": 2.0}]


@pytest.mark.parametrize(
    ("jurisdiction", "subject", "changes", "seen", "told"),
    [
        (CITY, "I", {"incidents": [INCIDENT]}, {"incidents": [INCIDENT]}, True),
        (GUANDU, "I", {"incidents": [INCIDENT]}, {"incidents": [INCIDENT]}, True),
        (PANLONG, "I", {"incidents": [INCIDENT]}, {}, False),
        (GUANDU + "003", "I", {"incidents": [INCIDENT]}, {}, False),
        (GUANDU, "I", {"recommendations": [ADVICE]}, {"recommendations": [ADVICE]}, True),
        (PANLONG, "I", {"recommendations": [ADVICE]}, {}, False),
        (
            GUANDU,
            "I",
            {"incidents": [INCIDENT], "assignments": [ASSIGNMENT], "units": [UNIT_FROM_NEXT_DOOR]},
            {"incidents": [INCIDENT], "assignments": [ASSIGNMENT]},
            True,
        ),
        (
            PANLONG,
            "I",
            {"incidents": [INCIDENT], "assignments": [ASSIGNMENT], "units": [UNIT_FROM_NEXT_DOOR]},
            {"units": [UNIT_FROM_NEXT_DOOR]},
            False,
        ),
        (PANLONG, "grading", {"depths": DEPTHS}, {"depths": DEPTHS[1:]}, False),
        (CITY, "grading", {"depths": DEPTHS}, {"depths": DEPTHS}, True),
        (GUANDU, "batch", {}, {}, False),
        (CITY, "batch", {}, {}, True),
        (GUANDU, "x", {"things": [{"thing_id": "belongs nowhere"}]}, {}, False),
    ],
)
def test_a_listener_sees_what_lies_in_the_own_jurisdiction_and_is_told_of_nothing_else(
    jurisdiction: str, subject: str, changes: dict[str, Any], seen: dict[str, Any], told: bool
) -> None:
    data = {"by": "王", "callsigns": ["巡01"]}
    found = framed(jurisdiction, subject, changes, data)
    assert found["changes"] == seen
    assert found["data"] == (data if told else {})
    assert found["subject"] == (subject if told else "")
    assert found["actor_id"] == ("actor" if told else "")


# ---------------------------------------------------------------- positions


def test_a_position_frame_is_laid_out_as_the_protocol_says(redis: Redis) -> None:
    board = RedisPositionBoard(redis)
    board.put(
        [
            fix("a", STORM, LonLat(102.123456, 25.654321), heading_deg=359.6),
            fix("b", STORM, LonLat(-0.000001, -89.5), heading_deg=270),
            fix("not shown", STORM),
        ],
        STORM,
    )
    wall_s = time.time()
    frame = board.everything().frame({"a": 7, "b": 59_999, "never seen": 3}, wall_s)
    at_ms, version, count = struct.unpack_from("<dII", frame)
    assert (at_ms, version, count) == (wall_s * 1000, 1, 2)
    assert len(frame) == 16 + 12 * count
    units = sorted(struct.iter_unpack("<HHii", frame[16:]))
    assert units == [(7, 0, 102_123_456, 25_654_321), (59_999, 270, -1, -89_500_000)]


def test_a_fix_is_stale_after_thirty_seconds_of_wall_time_whatever_the_citys_clock_says(redis: Redis) -> None:
    board = RedisPositionBoard(redis)
    board.put([fix("a", STORM, heading_deg=90)], STORM)
    for age_s, heading in [(STALE_AFTER_S - 2, 90), (STALE_AFTER_S + 2, 90 | 1 << 15)]:
        frame = board.everything().frame({"a": 1}, time.time() + age_s)
        assert struct.unpack_from("<HHii", frame, 16)[1] == heading


@pytest.mark.parametrize(("age_s", "stale"), [(0, 0), (CLOCKS_DIFFER_S - 5, 0), (3600, 1)])
def test_a_fix_that_was_old_when_it_came_is_stale_however_often_it_is_sent(
    redis: Redis, age_s: float, stale: int
) -> None:
    # A phone without a view of the sky answers with its last fix and the time of that.
    board = RedisPositionBoard(redis, in_real_time=True)
    now = datetime.now(UTC)
    for _ in range(2):
        board.put([fix("a", now - timedelta(seconds=age_s))], now)
        assert board.everything().counts(time.time())["stale"] == stale


def test_an_empty_board_is_a_frame_without_units(redis: Redis) -> None:
    positions = RedisPositionBoard(redis).everything()
    assert struct.unpack("<dII", positions.frame({"a": 1}, 0.0)) == (0.0, 1, 0)
    assert len(positions.received_ages_s(0.0)) == 0


def test_the_board_is_forgotten_when_a_drill_begins_again(redis: Redis) -> None:
    board = RedisPositionBoard(redis)
    board.put([fix("a", STORM + timedelta(hours=8))], STORM + timedelta(hours=8))
    board.clear()
    assert board.put([fix("a", STORM)], STORM).accepted == 1


@pytest.mark.parametrize(("said", "kept"), [(-5.0, 0), (6553.5, 6553.5), (1e9, 6553.5), (33.34, 33.3)])
def test_a_speed_that_does_not_fit_is_kept_as_the_nearest_that_does(
    redis: Redis, said: float, kept: float
) -> None:
    board = RedisPositionBoard(redis)
    board.put([fix("a", STORM, speed_kmh=said)], STORM)
    assert board.newest(["a"])["a"].speed_kmh == pytest.approx(kept)


def test_a_board_that_is_away_says_so() -> None:
    board = RedisPositionBoard(connect("redis://127.0.0.1:9/0"))
    for asked in (
        board.everything,
        board.clear,
        lambda: board.newest(["a"]),
        lambda: board.put([fix("a", STORM)], STORM),
    ):
        with pytest.raises(UnavailableError, match="Redis"):
            asked()


@pytest.mark.parametrize("kind", ["sign_in.refused", "session.began", "account.added", "token.created"])
def test_who_signs_in_is_on_nobodys_screen_but_leaves_no_hole(kind: str) -> None:
    event = Event(kind, STORM, "admin-1", "some-login", {"login": "some-login"}, actor_name="管理员")
    frame = event_frame(JournalRow(7, STORM, event), CITY, {})
    assert "some-login" not in frame and "管理员" not in frame
    assert '"seq":7' in frame
