"""A record leaves the screens: who took which, in the journal before the file is made."""

from __future__ import annotations

from core.actor import Actor, Permission
from core.events import happened
from operations.ports import Ports
from operations.public_state import changes
from operations.transaction import committed, require


def record_export(ports: Ports, actor: Actor, incident_id: str, kind: str) -> None:
    """`kind` is how it is taken: `pdf` or `csv`. Raises NotFoundError, PermissionDeniedError."""
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        incident = tx.incident(incident_id, lock=False)
        require(actor, Permission.EXPORT_INCIDENT, incident.jurisdiction)
        # Its state is unchanged and says who may read of it.
        tx.record(
            happened(
                actor,
                "incident.exported",
                at=now,
                subject=incident_id,
                data={"as": kind},
                changes=changes(incidents=[incident]),
            )
        )


def record_tables_export(ports: Ports, actor: Actor, table: str, period: str) -> None:
    """One of the analyst's tables over a period. Raises PermissionDeniedError."""
    require(actor, Permission.VIEW_ANALYSIS)
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        tx.record(
            happened(actor, "analysis.exported", at=now, subject=table, data={"period": period, "as": "csv"})
        )
