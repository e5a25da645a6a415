"""Ends warnings of others whose time is over."""

from __future__ import annotations

from operations.ports import Ports
from operations.receive_cap import end_warnings
from operations.transaction import committed

_AT_ONCE = 50


def expire_cap(ports: Ports) -> int:
    """Gives the all-clear where the newest message has expired; answers how many warnings. Safe to run twice."""
    now = ports.clock.now()
    with committed(ports, as_of=now) as tx:
        if not tx.caps_due(now, 1):  # the usual case, without waiting for whoever applies rules
            return 0
        tx.lock_rules()
        subject_ids = {due.subject_id for due in tx.caps_due(now, _AT_ONCE) if due.subject_id is not None}
        end_warnings(ports, tx, subject_ids, now)
    return len(subject_ids)
