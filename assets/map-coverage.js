/* The grids as a layer of the map, when asked for: who is reached in time. Blue and grey only, warnings stay loudest. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const token = cc.config.tokens;
  const FILLS = ["coverage-none", "coverage-target", "coverage-major"];
  const EVERY_MS = 5000; // a whole screen is painted for it
  const MOVES_SHOWN = 3;
  const ADVICE_EVERY_MS = 10000;
  const LOUDNESS = { wall: 0.4 }; // a wall shows it all the time, a desk when asked
  const grids = [];
  let asked = false, shown = false, layer = null;

  function placed(feature) {
    const rings = cc.base.linesOf(feature.geometry);
    return { ...cc.base.placed(rings), closed: true, street: String(feature.properties.code).slice(0, 9), corners: rings.flat() };
  }

  async function load() {
    if (asked || cc.link.status().state === "signed_out") return;
    asked = true;
    try {
      const answer = await fetch("/basemap/grids.geojson");
      if (!answer.ok) throw new Error(`found ${answer.status}, expected 200`);
      grids.push(...(await answer.json()).features.map(placed));
      if (layer) layer.refresh();
      frameLacking();
    } catch (error) {
      asked = false; // the next press of the button asks again
    }
  }

  /* One path for each of the three states: 1,272 polygons are three fills. */
  function paint(g, v) {
    if (!shown) return;
    fill(g, v);
    outline(g, v);
  }

  function fill(g, v) {
    const coverage = cc.state.coverage;
    // A measurement of another partition says nothing about these grids.
    if (!coverage || coverage.grids.length !== grids.length) return;
    for (const state of [0, 1, 2]) {
      g.beginPath();
      grids.forEach((grid, i) => { if (Number(coverage.grids[i]) === state && cc.base.seen(grid, v)) cc.base.trace(g, grid, v); });
      g.fillStyle = token[FILLS[state]];
      g.globalAlpha = LOUDNESS[cc.face] || 1;
      g.fill("evenodd");
      g.globalAlpha = 1;
      g.strokeStyle = token["coverage-edge"]; g.lineWidth = 0.6 * v.ui;
      g.stroke();
    }
  }

  /** The streets that the opened alert is about. */
  function outline(g, v) {
    if (!lacking.size) return;
    g.beginPath();
    for (const grid of grids) if (lacking.has(grid.street) && cc.base.seen(grid, v)) cc.base.trace(g, grid, v);
    g.strokeStyle = token.route; g.lineWidth = 1.2 * v.ui;
    g.globalAlpha = 0.7;
    g.stroke();
    g.globalAlpha = 1;
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
  const toggle = () => { borrowed = false; show(!shown); };

  /* An alert about coverage brings the layer with it, frames its streets, and takes the layer away again. */
  let lacking = new Set(), followed = null, borrowed = false;
  function followAlert() {
    const alert = cc.selectedAlert && cc.state.alerts.get(cc.selectedAlert);
    const about = alert && alert.subject_id.startsWith("coverage:") ? alert : null;
    const streets = Object.keys(about ? about.because : {}).filter((name) => name.startsWith("covered_pct.")).map((name) => name.slice(12));
    const changed = streets.length !== lacking.size || streets.some((code) => !lacking.has(code));
    const opened = about && followed !== about.alert_id;
    lacking = new Set(streets);
    followed = about && about.alert_id;
    if (opened && !shown) { borrowed = true; show(true); }
    if (!about && borrowed) { borrowed = false; show(false); }
    if (changed && layer) layer.refresh();
    if (opened) setTimeout(frameLacking, 0);
  }

  function frameLacking() {
    const corners = grids.filter((grid) => lacking.has(grid.street)).flatMap((grid) => grid.corners);
    if (corners.length) cc.view.showPlaces(corners);
  }

  /* Its advice changes with every measurement, and no event says so. */
  setInterval(() => { if (followed && cc.link.status().state === "online") cc.follow(); }, ADVICE_EVERY_MS);

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
      found && found.streets_below_half ? h("I", { className: "quiet" }, t("{n} 个街道不足一半", { n: found.streets_below_half })) : null,
      found && found.straight_line ? h("I", { className: "quiet" }, t("按直线估计")) : null,
    ];
  };

  /** Advice to move up, each with what it brings and one button. */
  coverage.moves = (live) => {
    const { moves: all = [], orders = [] } = (live && live.coverage) || {};
    for (const [unit, at] of justOrdered) if (performance.now() - at > ORDER_SHOWS_MS) justOrdered.delete(unit);
    const moves = all.filter((move) => !justOrdered.has(move.unit_id));
    // What is advised for a gap alone stands in its alert.
    return [orders.length ? ordered(orders) : null, moves.length ? advised(moves.slice(0, MOVES_SHOWN)) : null];
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
  cc.gridName = gridName;
  cc.waitingPlace = (move) => cc.base.near(move.place) || gridName(move.grid);

  const whatFor = (move) => [
    h("Span", {}, `${cc.minutesSeconds(move.travel_time_s)} → ${cc.waitingPlace(move)}`),
    h("Span", {}, move.grids > 0 ? t("多覆盖 {n} 个网格", { n: move.grids }) : t("平均早到 {s} 秒", { s: move.gain_s.toFixed(1) })),
  ];

  /* What somebody has just ordered is advised no longer; the next measurement says so a moment later. */
  const ORDER_SHOWS_MS = 10000;
  const justOrdered = new Map();
  cc.onEvent.push((frame) => {
    if (frame.type !== "move_up.ordered") return;
    justOrdered.set(frame.subject, performance.now());
    if (cc.ids.MOVE_UP) cc.draw(cc.ids.MOVE_UP, coverage.moves({ coverage: cc.state.coverage }));
  });

  cc.actions.coverage = toggle;
  cc.actions["show-place"] = (d) => cc.view.showPlace([Number(d.lon), Number(d.lat)]);
  cc.actions["move-up"] = (d) => cc.ask("MOVE_UP", { unit_id: d.unit, grid: d.grid });

  let painted = null, paintedAt = -Infinity, soon = null;
  cc.feed.listen((kinds) => { if (kinds.has("selection") || kinds.has("alerts")) followAlert(); });
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
