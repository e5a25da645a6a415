"""The design tokens of assets/tokens.css, read once, and the one plotly template made of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

ASSETS = Path(__file__).resolve().parent.parent / "assets"
_DECLARATION = re.compile(r"--([a-z0-9-]+):\s*([^;]+);")


@lru_cache(maxsize=1)
def tokens() -> Mapping[str, str]:
    """Token name (without the dashes) to value; the first declaration, which is the `:root` one, counts."""
    found: dict[str, str] = {}
    for name, value in _DECLARATION.findall((ASSETS / "tokens.css").read_text(encoding="utf-8")):
        found.setdefault(name, value.strip())
    return found


def plotly_template() -> dict[str, Any]:
    """Layout of every chart: quiet axes, tabular figures, no decoration."""
    token = tokens()
    axis = {
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "color": token["text-quiet"],
        "fixedrange": True,
    }
    return {
        "layout": {
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": token["font"], "color": token["text-quiet"]},
            "colorway": [token["text"], token["text-quiet"]],
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "showlegend": False,
            "hovermode": False,
            "xaxis": axis,
            "yaxis": axis,
        }
    }
