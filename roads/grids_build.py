"""Regenerates catalogue/areas/grids.csv: 1,272 synthetic management grids over the eight main districts.

Run: python -m roads.grids_build
"""

from __future__ import annotations

import numpy as np
import shapely
from scipy.cluster.vq import kmeans2

from core.geo import LonLat
from dispatch.coverage import Grid
from roads.grid_outlines import district_land
from roads.grids import GRIDS, write_grids
from roads.layout import load_layout
from roads.metric import Bools, Floats, Ints
from roads.plane import from_plane, to_plane

GRIDS_IN_ALL = 1_272
"""Management grids of the eight main districts (the city's figure, docs/facts.md)."""

DISTRICTS = ("530102", "530103", "530111", "530112", "530114")
"""Wuhua, Panlong, Guandu, Xishan, Chenggong; the other three of the eight, the high-tech, economic and holiday
zones, lie inside them and have no code of their own."""

SEED = 20260818
SAMPLE_M = 150.0
STREET_GRIDS, COMMUNITY_GRIDS = 24, 4
"""About how many grids make a street and a community: 1,272 grids over some 57 streets and, says the city, the
community as the unit."""

RURAL_DENSITY = 0.012
"""People per area outside the built-up outlines, against 1 in the closest-built ones (assumption)."""

CENTRE, CENTRE_M, CENTRE_PEAK = LonLat(102.7125, 25.0400), 3_500.0, 2.0
"""The middle of town has up to 1 + CENTRE_PEAK times as many (assumption)."""

FIRST_STREET = 901
"""Synthetic streets are numbered from here: real codes begin at 001 and 401."""


def build() -> list[Grid]:
    """The grids by code: k-means of a demand density inside each district.

    A grid's weight is the density summed over its cell. Both are this project's assumption: densely built areas,
    most in the middle of town, little elsewhere, nobody on the lake.
    """
    rng = np.random.default_rng(SEED)
    samples = {code: _samples(code) for code in DISTRICTS}
    whole = sum(float(density.sum()) for _, density in samples.values())
    counts = _apportioned({code: float(d.sum()) / whole for code, (_, d) in samples.items()})
    grids = []
    for code in DISTRICTS:
        places, density = samples[code]
        # The square root draws grids smaller where more people are, but not as much smaller.
        middles = _clustered(places, np.sqrt(density), counts[code], rng)
        owner = np.argmin(np.linalg.norm(places[:, None] - middles[None], axis=2), axis=1)
        weight = np.bincount(owner, density, minlength=len(middles)) / whole
        street = _clustered_labels(middles, round(len(middles) / STREET_GRIDS), rng)
        keys = _keys(code, middles, street)
        grids += [
            Grid(key, LonLat(*place), w)
            for key, place, w in zip(keys, from_plane(middles).tolist(), weight.tolist(), strict=True)
        ]
    return sorted(grids, key=lambda grid: grid.code)


def _samples(code: str) -> tuple[Floats, Floats]:
    """Points of a raster over a district's land (metres), and the density at each."""
    land = district_land(code)
    west, south, east, north = shapely.bounds(land)
    raster = np.meshgrid(np.arange(west, east, SAMPLE_M), np.arange(south, north, SAMPLE_M))
    x, y = (axis.ravel() for axis in raster)
    shapely.prepare(land)
    inside = shapely.contains_xy(land, x, y)
    places = np.c_[x[inside], y[inside]]
    density = np.full(len(places), RURAL_DENSITY)
    areas = load_layout().urban
    closest = min(area.spacing_m for area in areas)
    for area in areas:
        built: Bools = shapely.contains_xy(
            shapely.polygons(to_plane(area.outline)), places[:, 0], places[:, 1]
        )
        density[built] = np.maximum(density[built], (closest / area.spacing_m) ** 2)
    away_m = np.linalg.norm(places - to_plane([CENTRE])[0], axis=1)
    return places, density * (1 + CENTRE_PEAK * np.exp(-((away_m / CENTRE_M) ** 2)))


def _apportioned(shares: dict[str, float]) -> dict[str, int]:
    """Whole numbers in these shares that add up to GRIDS_IN_ALL (largest remainder)."""
    exact = {code: share * GRIDS_IN_ALL for code, share in shares.items()}
    counts = {code: int(value) for code, value in exact.items()}
    missing = GRIDS_IN_ALL - sum(counts.values())
    for code in sorted(exact, key=lambda c: counts[c] - exact[c])[:missing]:
        counts[code] += 1
    return counts


def _clustered(places: Floats, density: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Middles of `count` clusters of places drawn as often as they are dense."""
    drawn = places[rng.choice(len(places), size=count * 60, p=density / density.sum())]
    drawn = drawn + rng.uniform(-SAMPLE_M / 2, SAMPLE_M / 2, drawn.shape)
    start = drawn[rng.choice(len(drawn), size=count, replace=False)]
    middles, label = kmeans2(drawn, start, iter=25, minit="matrix", missing="warn")
    used: Bools = np.bincount(label, minlength=count) > 0
    return np.asarray(np.where(used[:, None], middles, start), dtype=np.float64)


def _clustered_labels(middles: Floats, count: int, rng: np.random.Generator) -> Ints:
    start = middles[rng.choice(len(middles), size=count, replace=False)]
    return np.asarray(kmeans2(middles, start, iter=25, minit="matrix")[1], dtype=np.int64)


def _keys(code: str, middles: Floats, street: Ints) -> list[str]:
    """Codes: streets from north to south, communities of neighbouring grids inside, a running number."""
    keys = [""] * len(middles)
    order = sorted(np.unique(street).tolist(), key=lambda s: -float(middles[street == s, 1].mean()))
    for street_number, s in enumerate(order):
        rows = np.flatnonzero(street == s)
        rows = rows[np.lexsort((-middles[rows, 1], np.round(middles[rows, 0] / 1_000)))]
        for at, row in enumerate(rows.tolist()):
            community, sequence = divmod(at, COMMUNITY_GRIDS)
            keys[row] = f"{code}{FIRST_STREET + street_number:03d}{community + 1:03d}{sequence + 1:02d}"
    return keys


if __name__ == "__main__":
    with GRIDS.open("w", encoding="utf-8", newline="") as file:
        write_grids(file, build())
