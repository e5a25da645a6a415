"""The sheet of a hand-over: what the next officer reads of an incident that is still open."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.view_models.handover import handover_view
from tests.unit.dashboard.states import CATALOGUE, an_incident

NOTHING = {
    "since": None,
    "at": None,
    "units": {},
    **{k: [] for k in ("unacknowledged", "shelved", "returned", "closures", "roads", "levels", "away")},
}
RESPONSE = dict.fromkeys(("median_s", "p90_s", "share_within_target", "target_s"))
COUNTS: dict[str, Any] = {
    **dict.fromkeys(("opened", "closed", "calls", "sent", "overridden"), 0),
    "alerts": {},
}


@pytest.mark.parametrize(
    ("status", "units", "said"),
    [
        ("open", [], ("待出警", "无人出警")),
        ("on_scene", [{"callsign": "巡1", "status": "on_scene"}], ("处置中", "巡1 已到达")),
        ("on_scene", [], ("待销警", "单位已离开")),
    ],
)
def test_an_incident_whose_unit_has_cleared_is_not_handed_over_as_unattended(
    status: str, units: list[dict[str, str]], said: tuple[str, str]
) -> None:
    incident = {**an_incident(), "status": status, "units": units}
    summary = {**NOTHING, "incidents": [incident], "counts": COUNTS, "response": RESPONSE}
    (row,) = handover_view(summary, CATALOGUE, {}, ZoneInfo("Asia/Shanghai")).sections[0].rows
    assert (row[4], row[6]) == said
