/* The grids as a layer of the map, when asked for: who is reached in time. Blue and grey only, warnings stay loudest. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const token = cc.config.tokens;
  const FILLS = ["coverage-none", "coverage-target", "coverage-major"];
  const EVERY_MS = 5000; // a whole screen is painted for it
  const LOUDNESS = { wall: 0.4 }; // a wall shows it all the time, a desk when asked
  const grids = [];
  let asked = false, shown = false, layer = null;

  function placed(feature) {
    const { type, coordinates: c } = feature.geometry;
    const rings = type === "Polygon" ? c : type === "MultiPolygon" ? c.flat() : [];
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    const lines = rings.map((ring) => {
      const xy = new Float64Array(ring.length * 2);
      ring.forEach(([lon, lat], i) => {
        const [x, y] = cc.world(lon, lat);
        xy[2 * i] = x; xy[2 * i + 1] = y;
        box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y);
        box[2] = Math.max(box[2], x); box[3] = Math.max(box[3], y);
      });
      return xy;
    });
    return { lines, box };
  }

  async function load() {
    if (asked || cc.link.status().state === "signed_out") return;
    asked = true;
    try {
      const answer = await fetch("/basemap/grids.geojson");
      if (!answer.ok) throw new Error(`found ${answer.status}, expected 200`);
      grids.push(...(await answer.json()).features.map(placed));
      if (layer) layer.refresh();
    } catch (error) {
      asked = false; // the next press of the button asks again
    }
  }

  /* One path for each of the three states: 1,272 polygons are three fills. */
  function paint(g, v) {
    const coverage = cc.state.coverage;
    // A measurement of another partition says nothing about these grids.
    if (!shown || !coverage || coverage.grids.length !== grids.length) return;
    for (const state of [0, 1, 2]) {
      g.beginPath();
      grids.forEach((grid, i) => { if (Number(coverage.grids[i]) === state && cc.base.seen(grid, v)) trace(g, grid, v); });
      g.fillStyle = token[FILLS[state]];
      g.globalAlpha = LOUDNESS[cc.face] || 1;
      g.fill("evenodd");
      g.globalAlpha = 1;
      g.strokeStyle = token["coverage-edge"]; g.lineWidth = 0.6 * v.ui;
      g.stroke();
    }
  }

  function trace(g, grid, v) {
    for (const xy of grid.lines) {
      for (let i = 0; i < xy.length; i += 2) g[i ? "lineTo" : "moveTo"](xy[i] * v.k - v.dx, xy[i + 1] * v.k - v.dy);
      g.closePath();
    }
  }

  function show(on) {
    if (shown === on) return;
    shown = on;
    document.documentElement.dataset.coverage = shown ? "shown" : "hidden";
    for (const button of document.querySelectorAll('[data-do="coverage"]')) button.setAttribute("aria-pressed", String(shown));
    if (shown) load();
    if (shown && !layer && cc.map) layer = new cc.CanvasLayer("cc-coverage", 300, paint).addTo(cc.map);
    if (layer) layer.refresh();
  }
  const toggle = () => show(!shown);

  const percent = (share) => `${(share * 100).toFixed(1)}%`;
  const coverage = cc.views("coverage");

  /** The number: share of demand and of grids within the target; nothing is said that was not measured. */
  coverage.figure = (live) => {
    // It is measured for the whole city, and told to those who answer for it.
    if (!live || !live.told) return null;
    const found = live.coverage;
    return [
      h("Span", { className: "counts-name" }, t("覆盖 ≤ 3:48")),
      found === null ? h("B", {}, t("未测")) : h("B", { className: "figure" }, percent(found.overall.demand_within_target)),
      found === null ? null : h("I", { className: "quiet" }, t("需求 · 网格 {share}", { share: percent(found.overall.share_within_target) })),
      found && found.gaps.length ? h("I", { className: "quiet" }, t("{n} 个街道有缺口", { n: found.gaps.length })) : null,
      found && found.straight_line ? h("I", { className: "quiet" }, t("按直线估计")) : null,
    ];
  };

  /** Advice to move up, each with what it brings and one button. */
  coverage.moves = (live) => {
    const { moves = [], orders = [] } = (live && live.coverage) || {};
    return [orders.length ? ordered(orders) : null, moves.length ? advised(moves) : null];
  };

  /** Who was told to wait where, and how much longer. */
  const ordered = (orders) => h("Div", { key: "ordered", className: "ordered" },
    h("H3", {}, t("补位中（{n}）", { n: orders.length })),
    h("Ul", {}, orders.map((order) => h("Li", { key: order.order_id },
      h("Div", {}, h("B", {}, order.callsign), h("P", { className: "quiet dots" }, h("Span", {}, `→ ${cc.waitingPlace(order)}`), h("Span", {}, order.ordered_by))),
      cc.ticking("until", order.ends_at, "quiet figure")))));

  const advised = (moves) => h("Div", { key: "advised" },
      h("H3", {}, t("补位建议")),
      h("Ul", {}, moves.map((move) => h("Li", { key: `${move.unit_id}-${move.grid}` },
        h("Div", {}, h("B", {}, move.callsign), h("P", { className: "quiet dots" }, whatFor(move))),
        h("Button", { type: "button", className: "button small", "data-do": "move-up", "data-unit": move.unit_id, "data-grid": move.grid }, t("采纳"))))));

  /** A grid away from every named road: its district and its number there (the code's last five digits). */
  const gridName = (grid) => {
    const area = cc.state.catalogue.areas[grid.slice(0, 6)];
    return area ? t("{area} {n} 号网格", { area: cc.named(area), n: Number(grid.slice(-5)) }) : grid;
  };

  /** Where an advised or ordered unit is to wait. */
  cc.waitingPlace = (move) => cc.base.near(move.place) || gridName(move.grid);

  const whatFor = (move) => [
    h("Span", {}, `${cc.minutesSeconds(move.travel_time_s)} → ${cc.waitingPlace(move)}`),
    h("Span", {}, move.grids > 0 ? t("多覆盖 {n} 个网格", { n: move.grids }) : t("平均早到 {s} 秒", { s: move.gain_s.toFixed(1) })),
  ];

  cc.actions.coverage = toggle;
  cc.actions["move-up"] = (d) => cc.ask("MOVE_UP", { unit_id: d.unit, grid: d.grid });

  /** A gap that opens or closes is said once, at the desk. */
  const followed = cc.onEvent;
  cc.onEvent = (frame) => {
    if (followed) followed(frame);
    if (!cc.ids.ASK_MOVE_UP || !frame.type.startsWith("coverage.gap_")) return;
    const streets = Object.keys(frame.data.streets || {});
    if (!streets.length) return;
    const told = { n: streets.length, where: inWords(streets) };
    const text = frame.type === "coverage.gap_opened" ? t("覆盖缺口：{n} 个街道（{where}）", told) : t("缺口已补：{n} 个街道（{where}）", told);
    cc.say({ kind: "done", action: "coverage", text });
  };
  /** Made-up streets have codes and no names: their districts, each with how many of them. */
  function inWords(codes) {
    const counts = new Map();
    for (const code of codes) counts.set(code.slice(0, 6), (counts.get(code.slice(0, 6)) || 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]).map(([code, n]) => `${cc.named(cc.state.catalogue.areas[code]) || code} ${n}`).join(cc.english ? ", " : "、");
  }

  let painted = null, paintedAt = -Infinity, soon = null;
  cc.feed.listen((kinds) => {
    if (!kinds.has("coverage") || !layer) return;
    // The figures change with every measurement, who is reached seldom: a whole screen is painted for that alone.
    const grids = cc.state.coverage && cc.state.coverage.grids;
    if (grids === painted) return;
    painted = grids;
    if (soon === null) soon = setTimeout(() => { soon = null; paintedAt = performance.now(); layer.refresh(); }, Math.max(0, paintedAt + EVERY_MS - performance.now()));
  });
  cc.showCoverage = show;
})();
