"""One embedded network for all tests of roads: it takes seconds to build."""

from __future__ import annotations

import pytest

from roads.embedded import build_embedded
from roads.network import RoadNetwork


@pytest.fixture(scope="session")
def built() -> RoadNetwork:
    return build_embedded()


@pytest.fixture
def city(built: RoadNetwork) -> RoadNetwork:
    """The embedded network with every road open."""
    built.close_roads([])
    return built
