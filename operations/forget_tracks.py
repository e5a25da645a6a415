"""Deletes tracks that are older than the city keeps them."""

from __future__ import annotations

from datetime import datetime

from operations.ports import Ports


def forget_tracks(ports: Ports, recorded_before: datetime) -> int:
    """Commits the deletion of what was recorded (wall time) before; answers how many points that were."""
    with ports.store.transaction() as tx:
        return tx.forget_tracks(recorded_before)
