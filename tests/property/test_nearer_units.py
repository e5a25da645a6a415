"""Looking only inside a box around those chosen finds exactly what looking at everybody finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.geo import LonLat, distance_m
from dispatch.passed_over import TOLD, nearer_units

TARGET = LonLat(102.75, 25.02)
near = st.floats(-0.02, 0.02)
places = st.dictionaries(
    st.integers(0, 200).map(lambda n: f"u{n:03d}"),
    st.builds(lambda lon, lat: LonLat(TARGET.lon + lon, TARGET.lat + lat), near, near),
    max_size=60,
)


@given(places, st.data())
def test_the_nearer_units_are_those_that_a_look_at_everybody_finds(
    where: dict[str, LonLat], data: st.DataObject
) -> None:
    chosen = data.draw(st.sets(st.sampled_from(sorted(where)), max_size=4)) if where else set()
    crow = {unit_id: distance_m(place, TARGET) for unit_id, place in where.items()}
    farthest = max((crow[unit_id] for unit_id in chosen), default=float("inf"))
    expected = sorted(
        (u for u, m in crow.items() if u not in chosen and m < farthest), key=lambda u: (crow[u], u)
    )
    assert nearer_units(TARGET, chosen, where) == expected[:TOLD]
