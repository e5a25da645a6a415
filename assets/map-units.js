/* Units on the map: positions come as binary frames and go straight to a canvas, never through Dash. */
(function () {
  "use strict";
  const cc = window.cc;
  const token = cc.config.tokens;
  const HEADINGS = 36;
  const DOUBTS = [[0x8000, cc.t("定位过时")], [0x4000, cc.t("定位冻结")], [0x2000, cc.t("定位跳变")]]; // docs/live-protocol.md
  const DOUBTED = DOUBTS.reduce((bits, [bit]) => bits | bit, 0);
  const positions = { n: 0, index: new Uint16Array(0), heading: new Uint16Array(0), x: new Float64Array(0), y: new Float64Array(0), at: new Map() };
  const SILENT_MS = 2000;
  const LATER_MS = 50;
  let layer = null;
  let heard = -Infinity;

  /* The outline tells the net: dart, round, square; each has a nose, which is the heading. */
  const OUTLINES = [
    (g, r) => { g.moveTo(0, -r); g.lineTo(r * 0.72, r * 0.8); g.lineTo(0, r * 0.4); g.lineTo(-r * 0.72, r * 0.8); g.closePath(); },
    (g, r) => { g.moveTo(0, -r * 1.05); g.lineTo(r * 0.5, -r * 0.45); g.arc(0, 0, r * 0.68, -0.75, Math.PI + 0.75); g.closePath(); },
    (g, r) => { const s = r * 0.58; g.moveTo(0, -r * 1.05); g.lineTo(s, -s); g.lineTo(s, s); g.lineTo(-s, s); g.lineTo(-s, -s); g.closePath(); },
  ];
  const FILLS = {
    available: ["unit-available", null], coming: ["unit-busy", null], on_scene: ["ground", "unit-busy"],
    returning: ["unit-returning", null], off: [null, "unit-off"], stale: [null, "unit-stale"],
  };

  /** Draws a kind of unit in so many headings, side by side, on a canvas that `make` gives. */
  function drawn(make, net, status, radius, headings) {
    const ratio = window.devicePixelRatio || 1, side = Math.ceil(radius * 2.6), pixels = Math.ceil(side * ratio);
    const canvas = make(pixels * headings, pixels);
    const g = canvas.getContext("2d");
    const [inside, edge] = FILLS[status];
    for (let i = 0; i < headings; i++) {
      g.setTransform(ratio, 0, 0, ratio, (i + 0.5) * pixels, pixels / 2);
      g.rotate((i / headings) * 2 * Math.PI);
      g.beginPath();
      OUTLINES[net % OUTLINES.length](g, radius);
      g.lineJoin = "round";
      g.strokeStyle = token.ground; g.lineWidth = radius * 0.42; g.stroke();
      if (inside) { g.fillStyle = token[inside]; g.fill(); }
      if (edge) { g.strokeStyle = token[edge]; g.lineWidth = radius * 0.24; g.stroke(); }
    }
    return { canvas, pixels, side };
  }

  const inPage = (width, height) => Object.assign(document.createElement("canvas"), { width, height });
  const apart = (width, height) => new OffscreenCanvas(width, height);

  /** All headings of one kind of unit, for the layer's stamps. */
  function sheet(net, status, radius) {
    const { canvas, pixels, side } = drawn(layer.worker ? apart : inPage, net, status, radius, HEADINGS);
    return { image: layer.worker ? canvas.transferToImageBitmap() : canvas, pixels, side };
  }

  const symbols = new Map();
  /** The picture of a kind of unit, heading north, as the map draws it: for legends. */
  function symbol(net, status) {
    const key = `${net}|${status}`;
    if (!symbols.has(key)) symbols.set(key, drawn(inPage, net, status, 14, 1).canvas.toDataURL());
    return symbols.get(key);
  }

  /** Takes over a binary frame (docs/live-protocol.md, little endian). */
  function frame(buffer) {
    const view = new DataView(buffer);
    const n = view.getUint32(12, true);
    if (positions.index.length < n) {
      positions.index = new Uint16Array(n + 256); positions.heading = new Uint16Array(n + 256);
      positions.x = new Float64Array(n + 256); positions.y = new Float64Array(n + 256);
    }
    positions.n = n;
    heard = performance.now();
    positions.at.clear();
    for (let i = 0, p = 16; i < n; i++, p += 12) {
      const [x, y] = cc.world(view.getInt32(p + 4, true) / 1e6, view.getInt32(p + 8, true) / 1e6);
      const index = view.getUint16(p, true);
      positions.index[i] = index; positions.heading[i] = view.getUint16(p + 2, true);
      positions.x[i] = x; positions.y[i] = y;
      positions.at.set(index, i);
    }
    show();
  }

  /** Whoever waits for an answer sees it first: units move a moment later. */
  let later = null;
  function show() {
    if (!layer) return;
    if (!cc.awaits || !cc.awaits()) layer.refresh();
    else if (later === null) later = setTimeout(() => { later = null; show(); }, LATER_MS);
  }

  function size(zoom) { return zoom < 11.5 ? 3.2 : zoom < 12.5 ? 4.5 : zoom < 13.5 ? 5.5 : zoom < 15 ? 7 : 9; }

  /** Quiet units first, those at work on top; callsigns when there is room for them. */
  function paint(pen, v) {
    const nets = new Map(Object.keys(cc.state.catalogue.nets).map((net, i) => [net, i]));
    const radius = size(v.zoom) * v.ui, ratio = window.devicePixelRatio || 1;
    const busy = [], kinds = {};
    const kindOf = (net, status) => (kinds[status] = kinds[status] || [])[net] || (kinds[status][net] = layer.sheet(`${net}|${status}|${radius}|${ratio}`, () => sheet(net, status, radius)));
    const draw = (i, unit) => {
      const x = positions.x[i] * v.k - v.dx, y = positions.y[i] * v.k - v.dy;
      if (x < -20 || y < -20 || x > v.width + 20 || y > v.height + 20) return;
      const heading = positions.heading[i];
      const doubt = heading & DOUBTED ? DOUBTS.find(([bit]) => heading & bit) : null;
      const { number, side } = kindOf(nets.get(unit.net) || 0, doubt ? "stale" : cc.order.group(unit.status));
      const turn = Math.round((heading & 0x1ff) / 10) % HEADINGS;
      pen.stamp(number, turn, Math.round((x - side / 2) * ratio) / ratio, Math.round((y - side / 2) * ratio) / ratio);
      if (unit.unit_id === cc.selectedUnit) ring(pen, x, y, radius * 1.9, v.ui);
      if (v.zoom >= 15.5 || unit.unit_id === cc.selectedUnit) callsign(pen, doubt ? `${unit.callsign} · ${doubt[1]}` : unit.callsign, x, y + radius * 2, v);
    };
    for (let i = 0; i < positions.n; i++) {
      const unit = cc.state.unitByIndex[positions.index[i]];
      if (!unit) continue;
      if (unit.assignment_id) busy.push([i, unit]);
      else draw(i, unit);
    }
    for (const [i, unit] of busy) draw(i, unit);
  }

  function ring(g, x, y, radius, ui) {
    g.beginPath(); g.arc(x, y, radius, 0, 2 * Math.PI);
    g.strokeStyle = token.text; g.lineWidth = 1.5 * ui; g.stroke();
  }

  const ruler = document.createElement("canvas").getContext("2d"); // the pen writes down and measures nothing
  /** Under a unit that is in view; near the edge it moves in, so that no panel cuts it. */
  function callsign(g, text, at, y, { ui, width }) {
    const [left, right] = cc.view.sides();
    if (at < left || at > width - right) return;
    g.font = ruler.font = `500 ${10.5 * ui}px ${token.font}`;
    const half = ruler.measureText(text).width / 2 + 3 * ui, x = Math.min(Math.max(at, left + half), width - right - half);
    g.textAlign = "center"; g.textBaseline = "top";
    g.strokeStyle = token["label-halo"]; g.lineWidth = 3 * ui; g.lineJoin = "round";
    g.strokeText(text, x, y); g.fillStyle = token["text-quiet"]; g.fillText(text, x, y);
  }

  /** The unit nearest to a point of the view, within reach of a finger, or null. */
  function hit(point, v) {
    let best = null, nearest = (14 * v.ui) ** 2;
    for (let i = 0; i < positions.n; i++) {
      const dx = positions.x[i] * v.k - v.dx - point.x, dy = positions.y[i] * v.k - v.dy - point.y, d = dx * dx + dy * dy;
      if (d < nearest && cc.state.unitByIndex[positions.index[i]]) { nearest = d; best = cc.state.unitByIndex[positions.index[i]]; }
    }
    return best;
  }

  /** World coordinates of a unit, or null when it has no fix. */
  function place(unit) {
    const i = unit && positions.at.get(unit.index);
    return i === undefined || i === null ? null : [positions.x[i], positions.y[i]];
  }

  /** What is wrong with a unit's fix, in words; empty when nothing is. */
  function doubt(unit) {
    const i = positions.at.get(unit.index);
    if (i === undefined) return cc.t("无定位");
    return (DOUBTS.find(([bit]) => positions.heading[i] & bit) || ["", ""])[1];
  }

  cc.units = { frame, paint, hit, place, doubt, symbol, attach: (made) => { layer = made; }, count: () => positions.n, silent: () => performance.now() - heard > SILENT_MS };
})();
