"""Writes where units are into their tracks, thinned, for looking back."""

from __future__ import annotations

from operations.ports import Ports


def record_tracks(ports: Ports) -> int:
    """Commits the fixes that the tracks lack; answers how many. Done twice it writes nothing twice."""
    fixes = ports.positions.due_for_track()
    if fixes:
        with ports.store.transaction() as tx:
            tx.store_track(fixes)
        ports.positions.note_tracked(fixes)
    return len(fixes)
