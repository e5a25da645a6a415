"""When and where calls arise on a simulated day, and the chances that belong to each: drawn once for all policies."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from drills.simulator.city import Floats, SimulatedCity

CALLS_A_DAY = 6_742
"""Cases a day of the real system in 2024 (2,467,722 in the year; 12319.km.org.cn, 2025-02-24; docs/facts.md)."""

FLOOD_CALLS = 1_000
"""Kunming took over 1,000 flood calls in one day on 2013-07-19 (docs/facts.md)."""

STORM_FROM_H, STORM_TO_H = 7.0, 17.0
"""When the flood calls arise and roads are closed: about as on 2026-08-18 (bulletins 09:20 to 17:00)."""

MAJOR_SHARE = 0.10
"""Share of calls that count as major and get two units (assumption; the city publishes none)."""

HOURLY = (
    100, 92, 77, 48, 46, 41, 37, 47, 56, 77, 71, 95, 86, 81, 85, 87, 107, 81, 117, 94, 99, 73, 66, 68,
)  # fmt: skip
"""Calls by hour of the day: 1,831 calls to the San Francisco Fire Department, 2016-12-31 to 2017-01-04 (DataSF, Fire
Department Calls for Service), counted. A New Year's night, so the small hours are busier than on other days."""

TURN_OUT_DECILES_S = (0, 5, 9, 16, 30, 47, 63, 79, 96, 123, 300)
"""Dispatch to wheels turning, of 3,745 turn-outs in the same data; the last is cut off at five minutes."""

SCENE_DECILES_S = (60, 109, 227, 323, 438, 560, 703, 894, 1174, 1849, 3600)
"""On scene to available, of the 1,960 units in the same data that took nobody to a hospital; the first and last are
cut off at one minute and one hour."""

PACE_SPREAD = 0.25
"""Time really taken over the network's: log-normal with this standard deviation of the logarithm and a median of 1.
Assumption; Budge, Ingolfsson & Zerom 2010 (Management Science 56(4), 716-723) find ambulance travel times skewed,
with a coefficient of variation that falls with distance."""

STORM_PACE = 1.15
"""In the storm everybody takes this much longer, closures apart (assumption)."""

RELIEFS = 3
"""So many reliefs of one unit have a turn-out of their own; further ones begin again at the first."""

WARM_UP_H = 2.0
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class SimulatedCall:
    """One call and everything chance decides about it, so that each policy meets the same day.

    `at_s` is seconds after midnight, negative in the warm-up that is not counted; `units` how many are sent.
    `turn_out_s` are of the first and the second unit, then of those who relieve the one and the other.
    """

    at_s: float
    site: int
    major: bool
    units: int
    turn_out_s: tuple[float, ...]
    scene_s: tuple[float, ...]
    pace: float


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The shape of a day and of a job, with where it is from."""

    source: str
    hourly: Floats
    turn_out_deciles_s: Floats
    scene_deciles_s: Floats


OWN_RHYTHM = Rhythm(
    "hourly shares and deciles restated from DataSF (drills/simulator/demand.py)",
    np.array(HOURLY, dtype=np.float64) / sum(HOURLY),
    np.array(TURN_OUT_DECILES_S, dtype=np.float64),
    np.array(SCENE_DECILES_S, dtype=np.float64),
)


def rhythm_of(calls_csv: Path) -> Rhythm:
    """The rhythm of real calls: a file of DataSF's Fire Department Calls for Service; odd times are left out."""
    hours = np.zeros(24)
    seen: set[str] = set()
    turn_out: list[float] = []
    scene: list[float] = []
    with calls_csv.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["Call Number"] not in seen:
                seen.add(row["Call Number"])
                hours[_instant(row["Received DtTm"]).hour] += 1
            turn_out += _seconds(row["Dispatch DtTm"], row["Response DtTm"])
            if not row["Transport DtTm"]:
                scene += _seconds(row["On Scene DtTm"], row["Available DtTm"])
    tenths = np.linspace(0, 100, 11)
    return Rhythm(
        f"{calls_csv.name}: {len(seen):,} calls",
        hours / hours.sum(),
        np.clip(np.percentile(turn_out, tenths), 0, TURN_OUT_DECILES_S[-1]),
        np.clip(np.percentile(scene, tenths), SCENE_DECILES_S[0], SCENE_DECILES_S[-1]),
    )


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p")  # noqa: DTZ007 - only hours and differences are used


def _seconds(start: str, end: str) -> Iterator[float]:
    if start and end and (taken_s := (_instant(end) - _instant(start)).total_seconds()) >= 0:
        yield taken_s


def draw_calls(city: SimulatedCity, rhythm: Rhythm, seed: int, *, storm: bool) -> list[SimulatedCall]:
    """One day's calls in order, with its warm-up; the storm adds calls near the flooded points.

    A grid is drawn by its weight, then one of its sites. The same seed gives the same ordinary calls in both.
    """
    rng = np.random.default_rng(seed)
    hours = np.r_[rhythm.hourly[-int(WARM_UP_H) :], rhythm.hourly]
    counts = rng.poisson(hours * CALLS_A_DAY)
    begins_h = np.arange(-WARM_UP_H, 24)
    at_s = (np.repeat(begins_h, counts) + rng.random(counts.sum())) * 3600
    weight = np.array([grid.weight for grid in city.grids])
    grid = rng.choice(len(weight), size=len(at_s), p=weight / weight.sum())
    sites = [
        int(city.sites[g][int(u * len(city.sites[g]))])
        for g, u in zip(grid, rng.random(len(grid)), strict=True)
    ]
    calls = _with_chances(at_s, sites, rhythm, rng)
    if storm:
        flood = np.random.default_rng([seed, 1])
        many = flood.poisson(FLOOD_CALLS)
        # Most come as the water rises, then fewer and fewer.
        flood_s = 3600 * (STORM_FROM_H + (STORM_TO_H - STORM_FROM_H) * flood.beta(1.5, 3.0, many))
        calls += _with_chances(flood_s, flood.choice(city.flood_sites, many).tolist(), rhythm, flood)
    return sorted(calls, key=lambda call: call.at_s)


def _with_chances(
    at_s: Floats, sites: Sequence[int], rhythm: Rhythm, rng: np.random.Generator
) -> list[SimulatedCall]:
    n = len(at_s)
    tenths = np.linspace(0, 1, 11)
    turn_out = np.interp(rng.random((n, 2)), tenths, rhythm.turn_out_deciles_s)
    scene = np.interp(rng.random((n, 2)), tenths, rhythm.scene_deciles_s)
    major = rng.random(n) < MAJOR_SHARE
    pace = np.exp(rng.normal(0.0, PACE_SPREAD, n))
    # Last, so that a day has the chances that it had before units were relieved.
    relieving = np.interp(rng.random((n, 2 * RELIEFS)), tenths, rhythm.turn_out_deciles_s)
    return [
        SimulatedCall(
            float(at_s[i]), sites[i], bool(major[i]), 1 + int(major[i]),
            (*turn_out[i].tolist(), *relieving[i].tolist()), tuple(scene[i].tolist()), float(pace[i]),
        )
        for i in range(n)
    ]  # fmt: skip


def is_stormy(at_s: float) -> bool:
    """Whether roads are closed and slow at this second of a storm's day."""
    return STORM_FROM_H * 3600 <= at_s < STORM_TO_H * 3600
