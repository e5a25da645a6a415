"""Units are painted by a worker beside the page, and by the page where there can be none."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Screens, live
from tests.e2e.ink import inked
from tests.running_system import RunningSystem

NO_WORKER_HERE = "delete window.Worker;"
WORKER_FAILS = """const Real = window.Worker;
window.Worker = class extends Real { constructor(script) { super(script.replace("map-pen", "no-such-pen")); } };"""
PLACES = """() => [...cc.state.units.values()].map((unit) => cc.units.place(unit)).filter(Boolean).map(([x, y]) =>
  [(x - 0.5) * 360, (Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) * 2 - Math.PI / 2) * 180 / Math.PI])
  .filter(([lon, lat]) => cc.map.getBounds().pad(-0.05).contains([lat, lon]))"""


@pytest.mark.parametrize(
    "script", ["", NO_WORKER_HERE, WORKER_FAILS], ids=["worker", "no worker", "worker fails"]
)
def test_every_unit_in_view_is_painted(running_system: RunningSystem, screens: Screens, script: str) -> None:
    if script == WORKER_FAILS:
        # What the browser says of the script that is not there, and the page of what it does instead.
        screens.allow(r"404|no-such-pen|^warning: the map's worker failed")
    desk = screens.open_page("desk1", "/desk/", script=script)
    live(desk)
    kept = 'document.querySelector(".leaflet-pane[class*=cc-units] canvas")'

    def all_painted() -> bool:
        # Units move between the question where they are and the look: nearly all is all.
        places = desk.evaluate(PLACES)
        return len(places) > 20 and inked(desk, places) >= 0.9 * len(places)

    running_system.until(all_painted, 30, "the units on the map")
    assert desk.evaluate(f'{kept}.getContext("bitmaprenderer") !== null') == (script == "")
    desk.evaluate("cc.view.zoom(2)")
    running_system.until(all_painted, 30, "them at another zoom")


WRITTEN = """() => new Promise((resolve) => {
  const layer = new cc.PenLayer("cc-units", 450, (pen) => {
    pen.setLineDash([4, 5]); pen.fillText("dash 4,5", 9, 9); pen.fillText("4,5", 9, 9);
  });
  layer.addTo(cc.map);
  layer.worker.postMessage = ({ words }) => { layer.remove(); resolve(words); };
})"""


def test_a_callsign_that_reads_like_dashes_is_written_as_it_is(
    running_system: RunningSystem, screens: Screens
) -> None:
    desk = screens.open_page("desk1", "/desk/")
    live(desk)
    assert desk.evaluate(WRITTEN) == [[4, 5], "dash 4,5", "4,5"]


AT_THE_EDGE = """() => {
  const [unit] = [...cc.state.units.values()].filter((one) => cc.units.place(one)), [x, y] = cc.units.place(unit);
  const written = [], call = (name) => (...given) => { if (name === "fillText") written.push(given); };
  const pen = new Proxy({}, { get: (_, name) => call(name), set: () => true });
  const k = 1e8, width = 800;
  cc.units.paint(pen, { k, dx: x * k - (width - 4), dy: y * k - 300, width, height: 600, zoom: 17, ui: 1 });
  const [text, at] = written.find(([words]) => words.startsWith(unit.callsign));
  const ruler = document.createElement("canvas").getContext("2d");
  ruler.font = `500 10.5px ${cc.config.tokens.font}`;
  return width - (at + ruler.measureText(text).width / 2);
}"""


def test_a_callsign_at_the_edge_of_the_map_is_not_cut_by_what_lies_beside_it(
    running_system: RunningSystem, screens: Screens
) -> None:
    desk = screens.open_page("desk1", "/desk/")
    live(desk)
    running_system.until(
        lambda: desk.evaluate("[...cc.state.units.values()].some((one) => cc.units.place(one))"),
        30,
        "positions",
    )
    assert desk.evaluate(AT_THE_EDGE) >= 0
