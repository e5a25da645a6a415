"""Python's own pauses, kept away from whoever waits for an answer."""

from __future__ import annotations

import gc
import sys

COLLECT_AFTER = (10_000, 20, 20)
"""Everything is looked through after some four million more objects than were freed, not after 77,000: with 4,000
terminals connected that takes 0.4 to 0.8 s (measured, two cores), in which nobody is heard. What a message leaves is
freed at once without it; connections that have gone leave cycles, which may wait."""

SWITCH_AFTER_S = 0.001
"""How long a thread that computes keeps a loop waiting that has bytes to read, 5 ms by default: each read and each
write of the loop waits so long while a batch is worked on beside it."""


def answer_promptly() -> None:
    """To be called once, when everything that stays has been loaded: it is never looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    sys.setswitchinterval(SWITCH_AFTER_S)
