"""kill -9 of the workers, the scheduler and Redis while an escalation is pending: it comes, and once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.running_system import SPEED, RunningSystem

TOLD_WITHIN_S = 60
"""Wall time after everything is back; the system looks every second, this machine may be busy."""

ESCALATED = "SELECT data FROM journal WHERE type = 'alert.escalated' AND subject = %s ORDER BY seq"


@pytest.mark.slow
def test_a_pending_escalation_outlives_workers_scheduler_and_redis(running_system: RunningSystem) -> None:
    system = running_system
    system.begin_drill("09:00:00", 1)
    now = system.now()
    alert = opened(system, "KM05", now)
    due = alert["escalate_at"]
    assert due > now, "an escalation is pending"
    with system.kept_down("redis", "worker-1", "worker-2", "scheduler"):
        # Its time comes and goes while nobody is there to see it.
        with system.device() as device:
            answer = device.post(
                "/api/v1/drill/time",
                json={
                    "scenario": system.clock()["scenario"],
                    "at": (due + timedelta(seconds=1)).isoformat(),
                    "speed": 1,
                },
            )
            answer.raise_for_status()
        assert system.rows(ESCALATED, alert["alert_id"]) == []
    told = system.until(lambda: system.rows(ESCALATED, alert["alert_id"]), TOLD_WITHIN_S, "an escalation")
    (after,) = system.rows("SELECT * FROM alerts WHERE alert_id = %s", alert["alert_id"])
    assert after["told"] != alert["told"]
    levels = [row["data"]["told"] for row in told]
    assert len(set(levels)) == len(levels), "nobody is told twice"
    system.set_speed(SPEED)


def opened(system: RunningSystem, point_id: str, at: datetime) -> dict[str, Any]:
    """A new alert at the point, which nobody acknowledges."""
    reading = {"point_id": point_id, "observed_at": at.isoformat(), "depth_cm": 62.0}
    with system.device() as device:
        device.post("/api/v1/readings", json={"readings": [reading]}).raise_for_status()
    asked = "SELECT * FROM alerts WHERE point_id = %s AND status = 'active' AND escalate_at IS NOT NULL"
    return system.until(lambda: system.rows(asked, point_id), 30, "an alert")[0]
