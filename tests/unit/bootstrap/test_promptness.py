"""What was loaded is never looked through again, and what comes later seldom."""

from __future__ import annotations

import gc
import subprocess
import sys

from bootstrap.settings import REPOSITORY

ASKED = """
import gc, sys
from bootstrap.promptness import answer_promptly
kept = [[] for _ in range(50_000)]
answer_promptly()
before = gc.get_stats()[2]["collections"]
kept += [[] for _ in range(200_000)]
print(gc.get_freeze_count() > 50_000, gc.get_stats()[2]["collections"] - before, sys.getswitchinterval())
"""


def test_what_stays_is_frozen_and_a_storm_of_connections_is_no_reason_to_look_at_everything() -> None:
    # In a process of its own: what it sets would stay.
    before = gc.get_threshold()
    said = subprocess.check_output([sys.executable, "-c", ASKED], cwd=REPOSITORY, text=True)
    assert said.split() == ["True", "0", "0.001"]
    assert gc.get_threshold() == before
