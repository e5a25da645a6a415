"""The storm as fixtures."""

from __future__ import annotations

import pytest

from alerts.model import MonitoredPoint
from bootstrap.catalogue import load_catalogue
from drills.scenario import Scenario
from drills.storyline import Storyline
from tests.unit.drills.city import the_storm


@pytest.fixture(scope="session")
def points() -> dict[str, MonitoredPoint]:
    return dict(load_catalogue().points)


@pytest.fixture(scope="session")
def storyline() -> Storyline:
    return the_storm()


@pytest.fixture(scope="session")
def storm(storyline: Storyline) -> Scenario:
    return storyline.scenario
