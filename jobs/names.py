"""Names in Redis that the queue's two sides share."""

GRADING_QUEUE = "alerts"
DISPATCH_QUEUE = "dispatch"
BACKGROUND_QUEUE = "background"
"""What looks at the whole force again and again, for up to a second: nobody waits for one of these, and workers with
an even number never take one, so that there is always a worker for who does wait."""

LAST_SWEEP_KEY = "cc:last-sweep"
"""Hash: `at`, the wall time (seconds since 1970) at which a worker last ran the sweep; `network` and
`synthetic`, the road network that worker computes with."""


def waiting_key(work: str) -> str:
    """Set while this work waits in its queue and nobody has begun it; expires by itself."""
    return f"cc:waiting:{work}"
