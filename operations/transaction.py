"""The frame of every action: may the actor do it, one transaction, then the doorbell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from core.actor import Actor, Permission
from core.errors import ClockSetBackError, PermissionDeniedError
from operations.ports import Ports
from operations.store import Transaction


def require(actor: Actor, permission: Permission, jurisdiction: str | None = None) -> None:
    """Raises PermissionDeniedError unless the actor may do this here."""
    if not actor.may(permission):
        raise PermissionDeniedError(
            f"{actor.name} ({actor.role}) 无权进行此操作 / may not {permission}", permission=str(permission)
        )
    if jurisdiction is not None and not actor.covers(jurisdiction):
        raise PermissionDeniedError(
            f"{actor.name} 的辖区是 {actor.jurisdiction}，此处属于 {jurisdiction} / "
            f"jurisdiction is {actor.jurisdiction}, this lies in {jurisdiction}",
            jurisdiction=jurisdiction,
        )


@contextmanager
def committed(ports: Ports, alone: bool = False, as_of: datetime | None = None) -> Iterator[Transaction]:
    """One transaction; after its commit the doorbell is rung if the journal grew.

    `alone` keeps all others out meanwhile (operations/store.py). `as_of` is the instant the action was judged
    by: ClockSetBackError when a drill was begun anew since, whose transactions set the clock back.
    """
    with ports.store.transaction(alone) as tx:
        if as_of is not None and ports.mode == "drill" and ports.clock.now() < as_of:
            raise ClockSetBackError(
                "演练刚刚调整了时间，未作任何更改，请重试 / the drill's clock was set back just now, nothing was "
                "changed, try again"
            )
        yield tx
    if tx.last_seq:
        ports.doorbell.ring(tx.last_seq)
