"""Starts, pauses, speeds up or moves the clock of a drill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from core.actor import Actor, Permission
from core.clock import DrillTime
from core.errors import ConflictError, InvalidInputError
from core.events import happened
from operations.ports import Ports
from operations.public_state import changes, drill_state
from operations.queries import points_now
from operations.transaction import committed, require

FASTEST = 600.0


@dataclass(frozen=True, slots=True)
class SetDrillTime:
    """From now on (`wall_now`) it is `at` in the scenario and time runs `speed` times as fast; 0 is a pause.

    `restart` ends everything open first, which going back in time needs.
    """

    scenario: str
    at: datetime
    speed: float
    wall_now: datetime
    restart: bool = False


def set_drill_time(ports: Ports, actor: Actor, command: SetDrillTime) -> DrillTime:
    """Commits the drill's time; every process follows within a second.

    Raises ConflictError in live mode and for going back without a restart, InvalidInputError for a speed
    outside 0 to 600.
    """
    require(actor, Permission.RUN_DRILL)
    if ports.mode != "drill":
        raise ConflictError(f"mode: found {ports.mode}, expected drill; a live centre has no scenario clock")
    if not 0 <= command.speed <= FASTEST:
        raise InvalidInputError(f"speed: found {command.speed:g}, expected 0 to {FASTEST:g}")
    wanted = DrillTime(
        command.scenario, command.wall_now.astimezone(UTC), command.at.astimezone(UTC), command.speed
    )
    # Alone when it restarts: nobody may write into a run that ends in the same moment.
    with committed(ports, alone=command.restart) as tx:
        running = tx.drill_time()
        goes_back = running is not None and wanted.anchor_at < running.at(wanted.anchor_wall)
        if goes_back and not command.restart:
            raise ConflictError(
                "at: found an instant before the drill's own; expected restart=true, which ends everything open"
            )
        if command.restart:
            tx.end_everything_open(wanted.anchor_at, reason=f"drill {command.scenario} restarted")
            ports.positions.clear()
        tx.save_drill_time(wanted)
        wanted = tx.drill_time() or wanted
        tx.record(
            happened(
                actor,
                "drill.began" if command.restart else "drill.time_set",
                at=wanted.anchor_at,
                subject=command.scenario,
                data={"drill": drill_state(wanted)},
                changes=changes(units=tx.units(), points=points_now(ports, tx)) if command.restart else {},
                reload=command.restart,
            )
        )
    return wanted
