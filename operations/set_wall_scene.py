"""A desk locks the wall to one scene, or lets it cycle again."""

from __future__ import annotations

from dataclasses import dataclass

from core.actor import CITY, Actor, Permission
from core.errors import ConflictError, InvalidInputError
from core.events import happened
from dispatch.model import IncidentStatus
from operations.ports import Ports
from operations.public_state import changes
from operations.store import Transaction
from operations.transaction import committed, require
from operations.wall_scene import Scene, WallScene


@dataclass(frozen=True, slots=True)
class SetWallScene:
    """`scene` is `city`, `district` (`subject`: its code), `incident` (`subject`: its id), or None to cycle."""

    scene: str | None
    subject: str | None = None


def set_wall_scene(ports: Ports, actor: Actor, command: SetWallScene) -> WallScene:
    """Commits what the wall of the actor's own jurisdiction shows; what stands already is answered as it is.

    Raises InvalidInputError for an unknown scene or district, NotFoundError for an unknown incident,
    PermissionDeniedError for one in another jurisdiction, ConflictError for one that is closed.
    """
    require(actor, Permission.LOCK_WALL)
    scene = _scene(command.scene)
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        subject = _subject(ports, tx, actor, scene, command.subject)
        before = tx.wall_scene(actor.jurisdiction)
        if (before.scene, before.subject) == (scene, subject):
            return before
        after = WallScene(actor.jurisdiction, scene, subject, actor.name, now, before.version + 1)
        tx.save_wall_scene(after)
        tx.record(
            happened(
                actor,
                "wall.scene_set",
                at=now,
                subject=subject or actor.jurisdiction,
                data={
                    "jurisdiction": actor.jurisdiction,
                    "from": before.scene,
                    "to": scene,
                    "subject": subject,
                    "by": actor.name,
                },
                changes=changes(wall_scenes=[after]),
            )
        )
    return after


def _scene(given: str | None) -> Scene | None:
    if given is None:
        return None
    try:
        return Scene(given)
    except ValueError as error:
        raise InvalidInputError(
            f"scene: found {given[:40]!r}, expected one of {', '.join(Scene)} or none"
        ) from error


def _subject(
    ports: Ports, tx: Transaction, actor: Actor, scene: Scene | None, subject: str | None
) -> str | None:
    """What the scene is about, if it exists and the actor may see it."""
    if scene is Scene.DISTRICT:
        known = {code for code in ports.areas.names() if code != CITY and actor.covers(code)}
        if subject not in known:
            raise InvalidInputError(
                f"subject: found {str(subject)[:40]!r}, expected one of {', '.join(sorted(known))}"
            )
        return subject
    if scene is Scene.INCIDENT:
        incident = tx.incident(str(subject), lock=False)
        require(actor, Permission.LOCK_WALL, incident.jurisdiction)
        if incident.status is IncidentStatus.CLOSED:
            raise ConflictError(
                f"{incident.number} 已销警，大屏没有改变 / found it closed, expected an open incident; "
                "the wall is as it was"
            )
        return incident.incident_id
    return None
