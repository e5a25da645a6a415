/* Ways of units to their incidents: what is left bright, what is driven dim; the proposed way dashed. */
(function () {
  "use strict";
  const cc = window.cc;
  const token = cc.config.tokens;

  const worlds = new WeakMap();
  function worldPath(path) {
    if (!worlds.has(path)) worlds.set(path, path.map(([lon, lat]) => cc.world(lon, lat)));
    return worlds.get(path);
  }

  function line(g, points, v) {
    g.beginPath();
    points.forEach(([x, y], i) => g[i ? "lineTo" : "moveTo"](x * v.k - v.dx, y * v.k - v.dy));
    g.stroke();
  }

  /** Where on the path the unit is: index of the nearest vertex. */
  function reached(points, place) {
    let best = 0, nearest = Infinity;
    points.forEach(([x, y], i) => {
      const d = (x - place[0]) ** 2 + (y - place[1]) ** 2;
      if (d < nearest) { nearest = d; best = i; }
    });
    return best;
  }

  function paint(g, v) {
    g.lineJoin = g.lineCap = "round";
    for (const assignment of cc.state.assignments.values()) {
      if (assignment.status === "on_scene" || assignment.path.length < 2) continue;
      const points = worldPath(assignment.path);
      const place = cc.units.place(cc.state.units.get(assignment.unit_id));
      const from = place ? reached(points, place) : 0;
      const chosen = !cc.selected || cc.selected === assignment.incident_id;
      g.globalAlpha = chosen ? 1 : 0.45;
      g.setLineDash(assignment.straight_line ? [3 * v.ui, 6 * v.ui] : []);
      g.strokeStyle = token["route-driven"]; g.lineWidth = 2 * v.ui;
      line(g, points.slice(0, from + 1), v);
      g.strokeStyle = token["route-casing"]; g.lineWidth = 6 * v.ui;
      line(g, place ? [place, ...points.slice(from + 1)] : points, v);
      g.strokeStyle = token.route; g.lineWidth = 2.6 * v.ui;
      line(g, place ? [place, ...points.slice(from + 1)] : points, v);
    }
    g.globalAlpha = 1;
    proposed(g, v);
    g.setLineDash([]);
  }

  /** The ways of all recommended units, or of the one pointed at in the list. */
  function proposed(g, v) {
    const advice = cc.selected && cc.state.recommendations.get(cc.selected);
    if (!advice || (!cc.pointedUnit && cc.assignmentsOf(cc.selected).length)) return;
    const pointed = advice.candidates.filter((c) => c.unit_id === cc.pointedUnit);
    const shown = (pointed.length ? pointed : advice.candidates.filter((c) => c.need !== null)).filter((c) => c.path.length > 1);
    g.setLineDash([]);
    g.strokeStyle = token["route-casing"]; g.lineWidth = 7 * v.ui;
    for (const candidate of shown) line(g, worldPath(candidate.path), v);
    g.setLineDash([8 * v.ui, 7 * v.ui]);
    g.strokeStyle = token.route; g.lineWidth = 3 * v.ui;
    for (const candidate of shown) line(g, worldPath(candidate.path), v);
  }

  cc.routes = { paint };
})();
