"""Notes on incidents and alerts, and who else is looking at one: told to those who may see it, and to nobody else."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
from redis import Redis

from core.actor import Actor, Permission, Role
from core.errors import ConflictError, InvalidInputError, NotFoundError, PermissionDeniedError
from live.frames import event_frame
from live.listener import Listener
from live.redis_client import connect
from live.watchers import KEY, LASTS_S, Watchers, looked_at
from operations.add_note import AddNote, add_note
from operations.close_incident import CloseIncident, close_incident
from operations.grade_readings import grade_readings
from operations.ports import Ports
from operations.queries import incident_detail, may_look
from tests.conftest import Bench
from tests.integration.desk_work import (
    GUANDU,
    PANLONG,
    called,
    journal,
    reading,
    send,
    somebody,
    types,
)


def note(incident_id: str, text: str = "已联系物业", key: str = "k") -> AddNote:
    return AddNote(key, "incident", incident_id, text)


def test_a_note_stands_in_the_timeline_with_who_and_when_and_is_told_live(bench: Bench) -> None:
    incident_id = called(bench.ports).incident_id
    bench.clock.advance(60)
    assert add_note(bench.ports, somebody("李"), note(incident_id))
    row = journal(bench.ports)[-1]
    assert (row.event.type, row.event.actor_name, row.event.at) == ("note.added", "李", bench.clock.now())
    told = orjson.loads(event_frame(row, GUANDU, {}))
    assert told["data"]["text"] == "已联系物业"
    elsewhere = orjson.loads(event_frame(row, PANLONG, {}))
    assert (elsewhere["data"], elsewhere["subject"], elsewhere["actor_name"]) == ({}, "", "")
    timeline = incident_detail(bench.ports, somebody(), incident_id)["timeline"]
    assert timeline[-1]["data"]["text"] == "已联系物业"


def test_a_note_sent_again_is_one_note_and_other_words_need_another_key(bench: Bench) -> None:
    incident_id = called(bench.ports).incident_id
    assert [add_note(bench.ports, somebody(), note(incident_id)) for _ in range(2)] == [True, False]
    with pytest.raises(ConflictError):
        add_note(bench.ports, somebody(), note(incident_id, "别的"))
    assert types(bench.ports).count("note.added") == 1


def test_an_alert_and_what_has_ended_can_be_written_about(bench: Bench) -> None:
    send(bench.ports, reading(bench.ports, 60))
    grade_readings(bench.ports)
    (alert,) = bench.store.open_alerts()
    assert add_note(bench.ports, somebody(), AddNote("a", "alert", alert.alert_id, "看过监控"))
    incident_id = called(bench.ports).incident_id
    close_incident(bench.ports, somebody(), CloseIncident(incident_id))
    assert add_note(bench.ports, somebody(), note(incident_id))


@pytest.mark.parametrize("text", ["", "  ", "\u202e\u200b", "x" * 1001])
def test_a_note_that_says_nothing_or_too_much_is_refused(bench: Bench, text: str) -> None:
    incident_id = called(bench.ports).incident_id
    with pytest.raises(InvalidInputError):
        add_note(bench.ports, somebody(), note(incident_id, text))


def test_who_may_not_or_sits_elsewhere_writes_no_note(bench: Bench) -> None:
    incident_id = called(bench.ports).incident_id
    for actor in (somebody(without=Permission.ADD_NOTE), somebody(jurisdiction=PANLONG)):
        with pytest.raises(PermissionDeniedError):
            add_note(bench.ports, actor, note(incident_id))
    with pytest.raises(NotFoundError):
        add_note(bench.ports, somebody(), note("nothing"))
    assert "note.added" not in types(bench.ports)


# ---------------------------------------------------------------- who is looking


class Pages:
    """Pages of two web processes over one Redis."""

    def __init__(self, ports: Ports, redis: Redis) -> None:
        self.processes = [Watchers(redis, lambda a, s: may_look(ports, a, s)) for _ in range(2)]

    def shows(self, process: int, listener: Listener, subject_id: str | None) -> None:
        asyncio.run(self.processes[process].look(listener, subject_id))

    def told(self, process: int, listener: Listener) -> Any:
        """What this page is told now; None when nothing new."""
        listener.begin(0, "{}")
        asyncio.run(self.processes[process].tell([listener]))
        texts = [orjson.loads(text) for text in listener._texts]
        return texts[-1]["watchers"]["names"] if texts[-1] else None


def page_of(name: str, **fields: Any) -> Listener:
    return Listener(somebody(name, **fields))


def test_each_sees_who_else_looks_whatever_process_serves_them(bench: Bench) -> None:
    incident_id = called(bench.ports).incident_id
    pages = Pages(bench.ports, bench.redis)
    li, wang, li_again = page_of("李"), page_of("王"), page_of("李")
    pages.shows(0, li, incident_id)
    assert pages.told(0, li) == []
    pages.shows(1, wang, incident_id)
    pages.shows(1, li_again, incident_id)
    assert pages.told(0, li) == ["王"]
    assert pages.told(0, li) is None, "nothing new is not told again"
    assert pages.told(1, wang) == ["李"], "a person with two pages is one person"
    pages.shows(1, wang, None)
    assert pages.told(0, li) == []
    before = len(journal(bench.ports))
    asyncio.run(pages.processes[1].leave(li_again))
    assert len(journal(bench.ports)) == before, "looking is not journalled"


def test_who_says_nothing_for_a_while_has_gone(bench: Bench) -> None:
    incident_id = called(bench.ports).incident_id
    pages = Pages(bench.ports, bench.redis)
    li, wang = page_of("李"), page_of("王")
    pages.shows(0, li, incident_id)
    pages.shows(1, wang, incident_id)
    said: dict[Any, Any] = bench.redis.hgetall(KEY)  # type: ignore[assignment]
    for page, words in said.items():
        one = orjson.loads(words)
        if one["name"] == "王":
            bench.redis.hset(KEY, page, orjson.dumps({**one, "at": one["at"] - LASTS_S - 1}))
    assert pages.told(0, li) == []


def test_nobody_is_told_who_looks_at_what_they_may_not_see(bench: Bench) -> None:
    incident_id = called(bench.ports).incident_id
    pages = Pages(bench.ports, bench.redis)
    pages.shows(0, page_of("李"), incident_id)
    stranger = page_of("盘龙", jurisdiction=PANLONG)
    for subject in (incident_id, "nothing"):
        pages.shows(0, stranger, subject)
        assert pages.told(0, stranger) is None
        assert stranger.looks_at is None


def test_without_redis_it_is_said_that_nobody_knows(bench: Bench) -> None:
    incident_id = called(bench.ports).incident_id
    away = Watchers(connect("redis://127.0.0.1:9/0"), lambda a, s: True)
    listener = Listener(Actor("a", "李", Role.DUTY_OFFICER))

    async def look() -> None:
        await away.look(listener, incident_id)
        await away.tell([listener])
        await away.leave(listener)

    asyncio.run(look())
    assert orjson.loads(listener._texts[-1])["watchers"] == {"subject_id": incident_id, "names": None}


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("ping", None),
        ("looks-at:", ""),
        ("looks-at:01ABC", "01ABC"),
        ("looks-at:" + "x" * 65, None),
        ("", None),
        ("looks-at:a\x00b", None),
        ("looks-at:a\n", None),
    ],
)
def test_what_a_page_says_is_read_with_distrust(text: str, subject: str | None) -> None:
    assert looked_at(text) == subject
