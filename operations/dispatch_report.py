"""How often officers sent another unit than the advised one, and why, over a period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor, Permission
from dispatch.model import TAKEN_BACK
from operations.dispatch_units import PREEMPTED, REASSIGNED, REPLACED
from operations.ports import Ports
from operations.transaction import require


@dataclass(frozen=True, slots=True)
class DispatchReport:
    """`sent` counts units, each time one was sent. `overrides` counts by the code of the reason those that were sent
    against the advice, the most frequent first; the others say how many were taken off again and how."""

    sent: int
    overrides: Mapping[str, int]
    taken_back: int
    preempted: int
    reassigned: int
    replaced: int

    @property
    def overridden(self) -> int:
        return sum(self.overrides.values())


def dispatch_report(ports: Ports, actor: Actor, since: datetime | None, until: datetime) -> DispatchReport:
    """Of the incidents in the actor's jurisdiction; `since` None means all there is (of the run, in a drill).
    Raises PermissionDeniedError."""
    require(actor, Permission.VIEW_ANALYSIS)
    overrides: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    sent = 0
    for row in ports.store.dispatches_by_reason(since, until, actor.jurisdiction):
        sent += row.count
        if row.override_reason is not None:
            overrides[row.override_reason] += row.count
        if row.end_reason is not None:
            ends[row.end_reason] += row.count
    return DispatchReport(
        sent,
        dict(sorted(overrides.items(), key=lambda item: (-item[1], item[0]))),
        *(ends[reason] for reason in (TAKEN_BACK, PREEMPTED, REASSIGNED, REPLACED)),
    )
