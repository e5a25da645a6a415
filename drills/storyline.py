"""A scenario drawn out into everything that is sent, in order: readings of water and rain, passability, calls."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.model import MonitoredPoint, Passability, Reading
from core.geo import EARTH_RADIUS_M, LonLat
from drills.scenario import Level, Rain, Scenario, Sumps


class Basis(StrEnum):
    """Where a reading comes from."""

    PUBLISHED = "published"
    INTERPOLATED = "interpolated"
    ASSUMED = "assumed"
    """Before the first published depth, or kept after the last."""
    SYNTHETIC = "synthetic"
    """Made up: the course of the rain, the wells of pump stations."""


@dataclass(frozen=True, slots=True)
class GaugeReading:
    reading: Reading
    basis: Basis

    @property
    def at(self) -> datetime:
        return self.reading.observed_at


@dataclass(frozen=True, slots=True)
class PassabilityReport:
    point_id: str
    passability: Passability
    at: datetime
    source: str
    note: str | None


@dataclass(frozen=True, slots=True)
class CitizenCall:
    """A made-up call; `key` is the same in every run, so that a repeated call stays one."""

    key: str
    category: str
    place: LonLat
    caller: str
    text: str
    at: datetime


Item = GaugeReading | PassabilityReport | CitizenCall


class DepthCurve:
    """Depth of one point over time: straight lines through what was published, from an assumed dry start."""

    def __init__(self, scenario: Scenario, point_id: str) -> None:
        known = [(at, o.depth_cm) for at, o in scenario.observed(point_id).items() if o.depth_cm is not None]
        self.first_at, self.last_at = known[0][0], known[-1][0]
        self.published: Mapping[datetime, float] = dict(known)
        self._knots = [(scenario.assumed_beginnings[point_id].dry_until, 0.0), *known]
        self._instants = [at for at, _ in self._knots]

    def depth_cm(self, at: datetime) -> float:
        """Centimetres at any instant; exact at every published one."""
        if at in self.published:
            return self.published[at]
        right = bisect_right(self._instants, at)
        if right == 0:
            return 0.0
        if right == len(self._knots):
            return self._knots[-1][1]
        (from_at, from_cm), (to_at, to_cm) = self._knots[right - 1], self._knots[right]
        return from_cm + (to_cm - from_cm) * ((at - from_at) / (to_at - from_at))

    def basis(self, at: datetime) -> Basis:
        if at in self.published:
            return Basis.PUBLISHED
        return Basis.INTERPOLATED if self.first_at < at < self.last_at else Basis.ASSUMED


class Storyline:
    """Everything a scenario sends, sorted by instant. The same scenario gives the same items."""

    def __init__(self, scenario: Scenario, points: Mapping[str, MonitoredPoint]) -> None:
        self.scenario = scenario
        curves = {point_id: DepthCurve(scenario, point_id) for point_id in scenario.point_ids}
        items: list[Item] = []
        for point_id, curve in curves.items():
            items.extend(_gauge_readings(scenario, point_id, curve))
            items.extend(_passability_reports(scenario, point_id))
        if scenario.rain:
            items.extend(_rain(scenario.rain, scenario.ends_at))
        if scenario.sumps:
            items.extend(_sump_levels(scenario, scenario.sumps))
        items.extend(_calls(scenario, curves, points))
        # Sorting is stable, so equal instants keep one order too.
        self.items: tuple[Item, ...] = tuple(sorted(items, key=lambda item: item.at))
        self._instants = [item.at for item in self.items]

    def count_until(self, at: datetime) -> int:
        """How many items are due when the city's clock shows `at`."""
        return bisect_right(self._instants, at)


def _gauge_readings(scenario: Scenario, point_id: str, curve: DepthCurve) -> Iterator[GaugeReading]:
    rng = random.Random(f"{scenario.seed}/gauge/{point_id}")
    step = timedelta(seconds=scenario.readings.every_s)
    # Each gauge has its own second of the minute, as real ones do.
    at = scenario.starts_at + timedelta(seconds=rng.randrange(max(1, int(scenario.readings.every_s))))
    instants = {at_published for at_published in curve.published if at_published >= scenario.starts_at}
    while at <= scenario.ends_at:
        instants.add(at)
        at += step
    silent = scenario.silences.points.get(point_id) if scenario.silences else None
    for instant in sorted(instants):
        if silent and silent.begins_at <= instant < silent.ends_at:
            continue
        depth_cm = curve.depth_cm(instant)
        basis = curve.basis(instant)
        if basis is not Basis.PUBLISHED and depth_cm > 0:
            depth_cm += rng.uniform(-1, 1) * scenario.readings.noise_cm
        yield GaugeReading(Reading(point_id, instant, max(0.0, round(depth_cm, 1))), basis)


def _rain(rain: Rain, until: datetime) -> Iterator[GaugeReading]:
    """What each gauge caught since its reading before, in tenths of a millimetre that add up to its total; the first
    readings lie before the scenario begins and are due at once."""
    step = timedelta(seconds=rain.every_s)
    for point_id, total_mm in rain.totals_mm.items():
        fallen_mm, at = 0.0, rain.begins_at + step
        while at <= until:
            now_mm = round(total_mm * _share_fallen(rain, at), 1)
            reading = Reading(point_id, at, round(now_mm - fallen_mm, 1), "rain_mm")
            yield GaugeReading(reading, Basis.SYNTHETIC)
            fallen_mm, at = now_mm, at + step


def _share_fallen(rain: Rain, at: datetime) -> float:
    """How much of the rain has fallen, 0 to 1; evenly within each part."""
    parts = len(rain.shares) * min(1.0, (at - rain.begins_at) / (rain.ends_at - rain.begins_at))
    whole = int(parts)
    begun = rain.shares[whole] * (parts - whole) if whole < len(rain.shares) else 0.0
    return sum(rain.shares[:whole]) + begun


def _sump_levels(scenario: Scenario, sumps: Sumps) -> Iterator[GaugeReading]:
    step = timedelta(seconds=sumps.every_s)
    for point_id, levels in sumps.levels_cm.items():
        rng = random.Random(f"{scenario.seed}/sump/{point_id}")
        at = scenario.starts_at + timedelta(seconds=rng.randrange(max(1, int(sumps.every_s))))
        while at <= scenario.ends_at:
            depth_cm = _level_cm(levels, at) + rng.uniform(-1, 1) * sumps.noise_cm
            reading = Reading(point_id, at, max(0.0, round(depth_cm, 1)), "depth_cm")
            yield GaugeReading(reading, Basis.SYNTHETIC)
            at += step


def _level_cm(levels: Sequence[Level], at: datetime) -> float:
    """Centimetres at an instant: straight from level to level, the first before it and the last after it."""
    right = bisect_right(levels, at, key=lambda level: level.at)
    if right in (0, len(levels)):
        return levels[min(right, len(levels) - 1)].depth_cm
    before, after = levels[right - 1], levels[right]
    return before.depth_cm + (after.depth_cm - before.depth_cm) * ((at - before.at) / (after.at - before.at))


def _passability_reports(scenario: Scenario, point_id: str) -> Iterator[PassabilityReport]:
    publisher = scenario.source.publisher_zh
    closed_from = scenario.assumed_beginnings[point_id].closed_from
    if closed_from is not None:
        note = "推定：首份通报前已断交 / assumed: closed before the first bulletin"
        yield PassabilityReport(point_id, Passability.CLOSED, closed_from, f"演练推定（{publisher}）", note)
    for at, observation in scenario.observed(point_id).items():
        source = f"{publisher} {scenario.source.published.isoformat()}"
        yield PassabilityReport(point_id, observation.driven, at, source, observation.note)


def _calls(
    scenario: Scenario, curves: Mapping[str, DepthCurve], points: Mapping[str, MonitoredPoint]
) -> Iterator[CitizenCall]:
    rng = random.Random(f"{scenario.seed}/calls")
    kinds = scenario.calls.kinds
    minutes = [scenario.starts_at + timedelta(minutes=n) for n in range(1, _whole_minutes(scenario))]
    # The deeper the water and the more points, the more calls; nobody calls where it is dry.
    weights = [sum(curve.depth_cm(minute) for curve in curves.values()) for minute in minutes]
    chosen = rng.choices(minutes, weights, k=scenario.calls.count) if any(weights) else []
    instants = sorted(minute + timedelta(seconds=rng.randrange(60)) for minute in chosen)
    for number, at in enumerate(instants, 1):
        wet = {point_id: curve.depth_cm(at) for point_id, curve in curves.items()}
        point = points[rng.choices(list(wet), [depth + 1e-9 for depth in wet.values()])[0]]
        kind = rng.choices(kinds, [kind.weight for kind in kinds])[0]
        yield CitizenCall(
            key=f"{scenario.scenario}-call-{number:03d}",
            category=kind.category,
            place=_near(rng, point.place, scenario.calls.within_m),
            caller=f"{scenario.calls.label}群众来电 {number:03d}",
            text=f"{scenario.calls.label}{point.name_zh}：{rng.choice(kind.texts)}",
            at=at,
        )


def _whole_minutes(scenario: Scenario) -> int:
    return math.floor((scenario.ends_at - scenario.starts_at).total_seconds() / 60)


def _near(rng: random.Random, place: LonLat, within_m: float) -> LonLat:
    """A place at most `within_m` metres away, each square metre as likely."""
    away_m, turn = within_m * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
    degree_m = math.radians(1) * EARTH_RADIUS_M
    lat = place.lat + away_m * math.cos(turn) / degree_m
    lon = place.lon + away_m * math.sin(turn) / (degree_m * math.cos(math.radians(place.lat)))
    return LonLat(round(lon, 6), round(lat, 6))
