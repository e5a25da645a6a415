"""Keeps a keyframe of the journal now and then, so that looking back reads minutes of it and not all."""

from __future__ import annotations

from datetime import timedelta

from core.actor import SYSTEM
from core.events import JournalRow
from operations.past_state import by_id, fold, picture
from operations.ports import Ports
from operations.queries import snapshot_state
from operations.stored import Keyframe

KEPT_EVERY = timedelta(minutes=10)
ROWS_BETWEEN = 2_000
"""Whichever comes first: the rows after a keyframe are what a seek has to read."""


def keep_keyframe(ports: Ports) -> bool:
    """Commits a keyframe when one is due; True when it did. Done twice at once it keeps one.

    It is the one before with the rows since folded in, so it says what the journal says. Only where there is none
    and the run's beginning is not in the journal (it was begun before states were kept) the tables are read.
    """
    before = ports.store.newest_keyframe()
    seq, known_at = ports.store.newest_known()
    if known_at is None:
        return False
    if before is None:
        first = ports.store.first_row()
        if first is None:
            return False
        if not is_whole(first):
            snapshot = snapshot_state(ports, SYSTEM)
            now = max(known_at, ports.clock.now())
            ports.store.save_keyframe(Keyframe(snapshot["seq"], now, snapshot["state"]))
            return True
        before = Keyframe(0, first.known_at or known_at, {})
    if seq == before.seq or (known_at - before.known_at < KEPT_EVERY and seq - before.seq < ROWS_BETWEEN):
        return False
    rows = ports.store.rows_known(before.seq, known_at)
    if not rows:
        return False
    newest = rows[-1].known_at or known_at
    state = picture(fold(by_id(before.state), rows), newest, SYSTEM)
    ports.store.save_keyframe(Keyframe(rows[-1].seq, newest, state))
    return True


def is_whole(row: JournalRow) -> bool:
    """Whether all there was stands in this row: it began a run with an empty table."""
    return row.event.type == "drill.began" and "points" in row.event.changes
