"""Runs the benchmarks: `python -m benchmarks` runs all, `python -m benchmarks NAME [OPTION …]` one."""

from __future__ import annotations

import runpy
import sys

BENCHMARKS = {
    "alerts_throughput": "readings through HTTP and the rules until they are committed: how many, how fast",
    "alerts_peers": "new alerts and duplicates a second, first notification, beside Alerta and Alertmanager",
    "alerts_growth": "what a reading costs as points and rules grow",
    "storm_table": "precision and lead time of each rule in a real storm (needs the real data)",
    "live_latency": "reading posted -> alert on a WebSocket client, under the load of a storm",
    "roads_nearest": "the 3 nearest units with routes and all arrival times, next to other engines",
    "roads_speeds": "trips foretold with speeds learned from tracks, next to free flow (synthetic tracks)",
    "positions_intake": "2,000 positions a second in -> the frame on a WebSocket client",
    "coverage": "coverage of all grids: searched for all units, and after one unit's change",
    "dispatch_policies": "a simulated day by policy, force, posts and weather (minutes; --quick for less)",
    "double_dispatch": "200 commits at once on 20 units, processes killed: no unit is sent twice",
    "click_to_advice": "an officer's click -> advice on a WebSocket client, 5,200 units, a flood closed",
    "wall_frames": "5,200 units on a 4K wall drawn by the processor: main thread, frames, server -> pixel",
    "many_browsers": "500 browsers on one web process, some of them slow: latency and queues",
    "click_to_faces": "a click on dispatch -> seen on wall, desk and phone",
    "soak": "a wall for half an hour in a storm ten times as fast: growth of page and servers",
    "replay_seek": "how soon a past second is there: state and positions, 1,300 units, a stormy hour",
    "alarm_to_dispatch": "an alarm on the desk -> dispatched, by keyboard alone, in a browser",
    "board_rows": "the board of 5,200 units in a browser: until its rows are there, and how they scroll",
    "page_weight": "what each face weighs over the wire, and when it is useful",
    "roads_accuracy": "how far the synthetic main roads are from real ones (needs the real data)",
}


def main() -> None:
    name, *options = sys.argv[1:] or [""]
    if name and name not in BENCHMARKS:
        known = "\n".join(f"  {known:<18} {what}" for known, what in BENCHMARKS.items())
        sys.exit(f"found {name!r}, expected one of\n{known}")
    for chosen in [name] if name else BENCHMARKS:
        print(f"== {chosen}: {BENCHMARKS[chosen]}", flush=True)
        sys.argv = [chosen, *options]
        runpy.run_module(f"benchmarks.{chosen}", run_name="__main__")


if __name__ == "__main__":
    main()
