"""The city a simulated day takes place in: travel times between its junctions, dry and flooded, and its grids."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.geo import EARTH_RADIUS_M
from dispatch.coverage import Grid, Reach

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Travel:
    """Ways from every junction (column) to every destination (row), as the roads are.

    `seconds` is infinite where there is none; `towards` is the next junction on the way, negative at its end.
    """

    seconds: npt.NDArray[np.float32]
    towards: npt.NDArray[np.int32]


@dataclass(frozen=True)
class SimulatedCity:
    """Places are junctions of a road network. Destinations are those somebody may drive to.

    `point_of_grid` is the destination at which grid i's demand point lies, `sites` the destinations at which calls
    of each grid arise, others than its demand point where it has any: what is planned for is not what happens.
    """

    name: str
    synthetic: bool
    grids: Sequence[Grid]
    node_lon: Floats
    node_lat: Floats
    destination_node: Ints
    point_of_grid: Ints
    sites: Sequence[Ints]
    flood_sites: Ints
    """Destinations near the flooded points, where a storm's own calls arise."""
    posts: Ints
    """Destinations where a patrol may be at home, each as likely, some more than once."""
    dry: Travel
    flooded: Travel

    def straight_m(self, destination: int, nodes: Ints) -> Floats:
        """Metres in a straight line from junctions to a destination (flat within a city)."""
        node = self.destination_node[destination]
        north = np.radians(self.node_lat[nodes] - self.node_lat[node])
        east = np.radians(self.node_lon[nodes] - self.node_lon[node]) * np.cos(
            np.radians(self.node_lat[node])
        )
        return np.asarray(EARTH_RADIUS_M * np.hypot(east, north), dtype=np.float64)

    def reach(self, travel: Travel, node: int, horizon_s: float) -> Reach:
        """What a unit at a junction reaches."""
        seconds = travel.seconds[self.point_of_grid, node]
        rows = np.flatnonzero(seconds <= horizon_s)
        return list(zip(rows.tolist(), seconds[rows].tolist(), strict=True))


class Way:
    """A drive along junctions, from an instant on; `pace` stretches the network's times."""

    def __init__(self, travel: Travel, start: int, destination: int, began_s: float, pace: float) -> None:
        self.destination = destination
        self.nodes = [start]
        seconds, towards = travel.seconds[destination], travel.towards[destination]
        node = start
        while (following := int(towards[node])) >= 0:
            self.nodes.append(following)
            node = following
        whole = float(seconds[start])
        self.passes_s = [began_s + pace * (whole - float(s)) for s in seconds[self.nodes]]

    @property
    def ends_s(self) -> float:
        return self.passes_s[-1]

    def node_at(self, now_s: float) -> int:
        """The junction passed last; where it stands before it starts and after it ends."""
        return self.nodes[max(0, bisect_right(self.passes_s, now_s) - 1)]
