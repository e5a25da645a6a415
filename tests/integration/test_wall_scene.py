"""What the wall shows, over the real database: locked by a desk, kept, journalled, told to the wall."""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson
import pytest

from access.permissions import ROLES, TOKEN_PERMISSIONS
from alerts.model import WATERLOGGING
from core.actor import CITY, Actor, Permission, Role
from core.errors import ConflictError, InvalidInputError, NotFoundError, PermissionDeniedError
from live.frames import event_frame
from operations.close_incident import CloseIncident, close_incident
from operations.grade_readings import grade_readings
from operations.last_hour import last_hour_state, standing_at
from operations.ports import Ports
from operations.queries import snapshot_state
from operations.set_wall_scene import SetWallScene, set_wall_scene
from operations.stored import Lifespan
from operations.wall_scene import Scene, WallScene
from tests.conftest import Bench
from tests.integration.desk_work import GUANDU, PANLONG, called, journal, reading, send, somebody, types


@pytest.fixture
def ports(bench: Bench) -> Ports:
    return bench.ports


def as_role(role: Role, jurisdiction: str = CITY) -> Actor:
    return Actor(f"id of {role}", str(role), role, jurisdiction, ROLES[role])


def show(ports: Ports, scene: str | None, subject: str | None = None, by: Actor | None = None) -> WallScene:
    return set_wall_scene(ports, by or somebody("值班员"), SetWallScene(scene, subject))


def test_a_lock_says_who_and_since_when_and_a_wall_that_starts_later_is_told(ports: Ports) -> None:
    show(ports, "district", GUANDU)
    (told,) = snapshot_state(ports, as_role(Role.WALL))["state"]["wall_scenes"]
    assert (told["scene"], told["subject"], told["set_by"]) == ("district", GUANDU, "值班员")
    assert datetime.fromisoformat(told["since_at"]) == ports.clock.now()
    (row,) = [r for r in journal(ports) if r.event.type == "wall.scene_set"]
    assert (row.event.data["from"], row.event.data["to"]) == (None, "district")
    frame = orjson.loads(event_frame(row, CITY, {}))
    assert frame["changes"]["wall_scenes"] == [told]


def test_asking_for_what_stands_changes_and_tells_nothing(ports: Ports) -> None:
    first = show(ports, "city")
    assert show(ports, "city", by=somebody("另一位")) == first
    assert types(ports).count("wall.scene_set") == 1


def test_the_wall_cycles_again_when_a_desk_says_so(ports: Ports) -> None:
    show(ports, "city")
    assert show(ports, None).scene is None
    (told,) = snapshot_state(ports, somebody())["state"]["wall_scenes"]
    assert told["scene"] is None


def test_an_incident_is_shown_while_it_is_open_only(ports: Ports) -> None:
    incident_id = called(ports).incident_id
    assert show(ports, "incident", incident_id).scene is Scene.INCIDENT
    show(ports, None)
    close_incident(ports, somebody(), CloseIncident(incident_id, None))
    with pytest.raises(ConflictError):
        show(ports, "incident", incident_id)


@pytest.mark.parametrize(
    ("scene", "subject", "error"),
    [
        ("everything", None, InvalidInputError),
        ("district", None, InvalidInputError),
        ("district", CITY, InvalidInputError),
        ("district", "999999", InvalidInputError),
        ("incident", None, NotFoundError),
        ("incident", "01J0000000000000000000000", NotFoundError),
    ],
)
def test_what_cannot_be_shown_is_refused(
    ports: Ports, scene: str, subject: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        show(ports, scene, subject)
    assert "wall.scene_set" not in types(ports)


def test_a_desk_locks_the_wall_of_its_own_jurisdiction_and_another_district_is_not_told(ports: Ports) -> None:
    show(ports, "city", by=somebody("官渡", GUANDU))
    with pytest.raises(InvalidInputError):
        show(ports, "district", PANLONG, by=somebody("官渡", GUANDU))
    (told,) = snapshot_state(ports, somebody())["state"]["wall_scenes"]
    assert told["jurisdiction"] == GUANDU
    assert snapshot_state(ports, somebody("盘龙", PANLONG))["state"]["wall_scenes"] == []


def test_officers_and_nobody_else_lock_the_wall(ports: Ports) -> None:
    may = {role for role, allowed in ROLES.items() if Permission.LOCK_WALL in allowed}
    assert may == {Role.DUTY_OFFICER, Role.SHIFT_COMMANDER, Role.ADMINISTRATOR}
    assert Permission.LOCK_WALL not in TOKEN_PERMISSIONS
    with pytest.raises(PermissionDeniedError):
        show(ports, "city", by=as_role(Role.WALL))


def test_the_last_hour_counts_incidents_and_flooded_points_minute_by_minute(ports: Ports) -> None:
    called(ports)
    send(ports, reading(ports, 30))
    grade_readings(ports)
    incidents, flooded = ports.store.lifespans(ports.clock.now() - timedelta(hours=1), WATERLOGGING)
    assert len(incidents) >= 1 and len(flooded) == 1
    hour = last_hour_state(ports)
    assert len(hour["incidents"]) == len(hour["flooded"]) == 61
    assert hour["incidents"][0] == hour["flooded"][0] == 0


def test_what_stands_is_counted_once_for_each_subject_from_its_beginning_until_before_its_end() -> None:
    began = datetime.fromisoformat("2026-08-18T09:00:00+08:00")
    minute = timedelta(minutes=1)
    spans = [
        Lifespan("a", began + minute, began + 3 * minute),
        Lifespan("a", began + 2 * minute, None),
        Lifespan("b", began + 2 * minute, began + 3 * minute),
    ]
    assert standing_at([began + n * minute for n in range(5)], spans) == [0, 1, 2, 1, 1]
