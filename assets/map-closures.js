/* Closures that somebody put in force: an outline, or a ring around the place; slow ones dashed. */
(function () {
  "use strict";
  const cc = window.cc;
  const token = cc.config.tokens;
  const LEAST_PX = 9;

  /** Radius in pixels: metres on the ground are larger on a Mercator map the further north they lie. */
  function radius(closure, v) {
    const metres = 40075016.7 * Math.cos((closure.place[1] * Math.PI) / 180);
    return Math.max((closure.radius_m / metres) * v.k, LEAST_PX * v.ui);
  }

  function shape(g, closure, v) {
    g.beginPath();
    if (closure.outline.length) {
      closure.outline.forEach(([lon, lat], i) => {
        const [x, y] = cc.world(lon, lat);
        g[i ? "lineTo" : "moveTo"](x * v.k - v.dx, y * v.k - v.dy);
      });
      g.closePath();
      return;
    }
    const [x, y] = cc.world(closure.place[0], closure.place[1]);
    g.arc(x * v.k - v.dx, y * v.k - v.dy, radius(closure, v), 0, 2 * Math.PI);
  }

  function paint(g, v) {
    const now = cc.cityNow();
    for (const closure of cc.state.closures.values()) {
      // What has run out is not told again: when it ends stands in it.
      if (Date.parse(closure.expires_at) <= now) continue;
      shape(g, closure, v);
      g.globalAlpha = closure.state === "closed" ? 0.22 : 0.1;
      g.fillStyle = token.text;
      g.fill();
      g.globalAlpha = 1;
      g.setLineDash(closure.state === "closed" ? [] : [4 * v.ui, 5 * v.ui]);
      g.strokeStyle = token["label-halo"]; g.lineWidth = 4 * v.ui;
      g.stroke();
      g.strokeStyle = token.text; g.lineWidth = 1.6 * v.ui;
      g.stroke();
    }
    g.setLineDash([]);
  }

  cc.closures = { paint };
})();
