"""What is painted on a page's map, asked of the canvas itself."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

_INKED = """(places) => {
  const canvas = document.querySelector(".leaflet-pane[class*=cc-units] canvas"),
    over = canvas.getBoundingClientRect(), ratio = canvas.width / over.width,
    all = window.cc.map.getContainer().getBoundingClientRect();
  const one = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  return places.filter(([lon, lat]) => {
    const at = window.cc.map.latLngToContainerPoint([lat, lon]);
    const [x, y] = [at.x + all.left - over.left, at.y + all.top - over.top].map((px) => Math.floor(px * ratio));
    one.clearRect(0, 0, 1, 1);
    one.drawImage(canvas, x, y, 1, 1, 0, 0, 1, 1);
    return one.getImageData(0, 0, 1, 1).data[3] > 0;
  }).length;
}"""


def inked(page: Page, places: list[Any]) -> int:
    """On how many of these places (longitude, latitude) the layer of units, ways and closures shows something."""
    return int(page.evaluate(_INKED, places))
