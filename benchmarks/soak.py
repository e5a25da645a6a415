"""A wall for a long time in a storm that runs faster than it did: how the page's heap and the servers' memory grow.

The storm is replayed `--factor` times as fast as it was (ten by default), an officer acknowledges, dispatches and
closes all the time, and the wall cycles through its scenes. Every minute the page's garbage is collected and its heap,
nodes and listeners are read, beside the resident memory of the processes. Growth is the slope of a straight line
through what was read after the first `--warm-up` minutes.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from playwright.sync_api import Page

from access.demo import DEMO_PASSWORD
from access.permissions import ROLES
from alerts.model import AlertStatus
from benchmarks.running import started
from benchmarks.screens import MB, WALL_SIZE, Gauge, browser, face
from bootstrap.embedded import with_servers
from bootstrap.settings import load_settings
from bootstrap.supervisor import running_processes
from bootstrap.wiring import wire
from core.actor import CITY, Actor, Role
from core.errors import CommandCentreError
from dispatch.model import IncidentStatus
from operations.acknowledge_alert import AcknowledgeAlert, acknowledge_alert
from operations.close_incident import CloseIncident, close_incident
from operations.dispatch_units import DispatchUnits, dispatch_units
from operations.ports import Ports

READ_EVERY_S = 60.0
OFFICER_EVERY_S = 2.0
UNDO_KEPT = "() => window.dash_stores.reduce((n, store) => n + store.getState().history.past.length, 0)"
"""Properties that Dash's renderer remembers for an undo."""

STATE_SIZES = """() => Object.fromEntries(Object.entries(window.cc.state)
    .filter(([, kept]) => kept instanceof Map).map(([kind, kept]) => [kind, kept.size]))"""


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--warm-up", type=float, default=5.0, help="minutes that no line is drawn through")
    parser.add_argument(
        "--factor", type=float, default=10.0, help="how much faster than it was the storm runs"
    )
    parser.add_argument("--units", type=int, default=1300)
    options = parser.parse_args(arguments)
    given = {
        "CC_MODE": "drill",
        "CC_DRILL_SPEED": str(options.factor),
        "UNITS": str(options.units),
        "CC_LOG_LEVEL": "WARNING",
    }
    with started(given) as (url, folder), browser() as chromium:
        officer = _Officer(folder)
        officer.start()
        try:
            wall = face(chromium, url, "wall", DEMO_PASSWORD, "/wall/", WALL_SIZE)
            soak = _Soak(wall, folder, officer)
            soak.run(options.minutes)
        finally:
            officer.stop()
        soak.print(options)


class _Officer(threading.Thread):
    """Acknowledges alerts, sends whoever is recommended and closes what somebody has reached, again and again."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        parts = wire(with_servers(load_settings(data_dir=folder)), with_roads=False)
        self._ports: Ports = parts.ports
        self._refresh = parts.refresh_clock
        self._actor = Actor("soak", "soak", Role.DUTY_OFFICER, CITY, ROLES[Role.DUTY_OFFICER])
        self._over = threading.Event()
        self.done: Counter[str] = Counter()

    def stop(self) -> None:
        self._over.set()
        self.join(10)

    def rows(self) -> int:
        """Rows of the journal until now."""
        return self._ports.store.head()

    def run(self) -> None:
        while not self._over.wait(OFFICER_EVERY_S):
            # The system is under load on purpose: what it refuses once is asked for again.
            with suppress(CommandCentreError):
                self._refresh()
                self._work()

    def _work(self) -> None:
        snapshot = self._ports.store.snapshot(self._ports.clock.now())
        advice = {r.incident_id: r.candidates for r in snapshot.recommendations}
        for alert in snapshot.alerts:
            if alert.status is AlertStatus.ACTIVE:
                self._do("acknowledged", acknowledge_alert, AcknowledgeAlert(alert.alert_id))
        for incident in snapshot.incidents:
            if incident.status is IncidentStatus.ON_SCENE:
                self._do("closed", close_incident, CloseIncident(incident.incident_id, None))
            elif incident.status is IncidentStatus.OPEN and advice.get(incident.incident_id):
                best = advice[incident.incident_id][0].unit_id
                self._do("dispatched", dispatch_units, DispatchUnits(incident.incident_id, (best,)))

    def _do(self, what: str, action: Callable[[Ports, Actor, Any], object], command: Any) -> None:
        # The unit may have gone meanwhile, the alert been cleared: the next round looks again.
        with suppress(CommandCentreError):
            action(self._ports, self._actor, command)
            self.done[what] += 1


class _Soak:
    """What was read, minute by minute."""

    def __init__(self, wall: Page, folder: Path, officer: _Officer) -> None:
        self._wall, self._folder, self._officer = wall, folder, officer
        self._gauge = Gauge(wall)
        self._complaints: Counter[str] = Counter()
        wall.on("pageerror", lambda error: self._complaints.update([str(error)[:200]]))
        self.at_min: list[float] = []
        self.read: dict[str, list[float]] = defaultdict(list)
        self.scenes: Counter[str] = Counter()

    def run(self, minutes: float) -> None:
        began, first = time.monotonic(), self._officer.rows()
        while (elapsed_s := time.monotonic() - began) < minutes * 60:
            self._read(elapsed_s / 60)
            self._wait(began + elapsed_s + READ_EVERY_S)
        self._read((time.monotonic() - began) / 60)
        self.rows_a_min = (self._officer.rows() - first) / self.at_min[-1]

    def _wait(self, until: float) -> None:
        """Notes every few seconds which scene is shown."""
        while time.monotonic() < until:
            self.scenes[str(self._wall.evaluate("document.documentElement.dataset.scene || 'city'"))] += 1
            self._wall.wait_for_timeout(5_000)

    def _read(self, at_min: float) -> None:
        spent = self._gauge.read(collected=True)
        self.at_min.append(at_min)
        self.read["page heap MB"].append(spent.heap_bytes / MB)
        self.read["page nodes"].append(spent.nodes)
        self.read["page listeners"].append(spent.listeners)
        self.read["page kept states"].append(sum(self._wall.evaluate(STATE_SIZES).values()))
        self.read["page undo kept"].append(self._wall.evaluate(UNDO_KEPT))
        for name, process in running_processes(self._folder).items():
            with suppress(psutil.NoSuchProcess):
                self.read[f"{name} RSS MB"].append(psutil.Process(process["pid"]).memory_info().rss / MB)
        told = "   ".join(f"{name} {values[-1]:.1f}" for name, values in self.read.items() if values)
        print(f"  {at_min:5.1f} min  {told}", flush=True)

    def print(self, options: argparse.Namespace) -> None:
        print(
            f"soak: {self.at_min[-1]:.0f} min, storm at {options.factor:g} times its rate, {options.units:,} units, "
            f"{self.rows_a_min:.0f} journal rows/min, officer {dict(self._officer.done)}"
        )
        print(f"  scenes shown (every 5 s): {dict(self.scenes)}")
        after = np.array(self.at_min) >= options.warm_up
        print(
            f"  {'':24}{'first':>10}{'warm':>10}{'last':>10}{'growth/h':>12}   after {options.warm_up:g} min"
        )
        for name, values in self.read.items():
            if len(values) != len(self.at_min) or after.sum() < 2:
                print(
                    f"  {name:24}{values[0]:10.1f}{'':10}{values[-1]:10.1f}   read {len(values)} times only"
                )
                continue
            warm = np.array(values)[after]
            slope = np.polyfit(np.array(self.at_min)[after], warm, 1)[0] * 60
            print(f"  {name:24}{values[0]:10.1f}{warm[0]:10.1f}{values[-1]:10.1f}{slope:+12.2f}")
        print(f"  exceptions in the page: {dict(self._complaints) or 'none'}")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
