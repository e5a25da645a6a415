/* Names on the map, the important ones first, none over another. */
(function () {
  "use strict";
  const cc = window.cc;
  const token = cc.config.tokens;
  const NAMED_FROM = { motorway: 11.5, trunk: 11.5, primary: 12.5, secondary: 13.5, tertiary: 14.5 };

  function Page(width, height) {
    // No name runs under what lies over the map of a desk or a phone.
    const map = cc.map.getContainer().getBoundingClientRect();
    const taken = [...document.querySelectorAll(".zoom, .closures-open, .unit-card, .phone-detail .back")].map((over) => over.getBoundingClientRect())
      .map((over) => [over.left - map.left, over.top - map.top, over.right - map.left, over.bottom - map.top]);
    const [left, right] = cc.view.sides().map((side) => side && side + 28 * cc.uiScale());
    // What lies over the map of a wall, above and below.
    const [top, below] = cc.view.lids(), bottom = height - below;
    return {
      free: (b) => b[0] >= left && b[1] >= top && b[2] <= width - right && b[3] <= bottom &&
        !taken.some((o) => b[0] < o[2] && b[2] > o[0] && b[1] < o[3] && b[3] > o[1]),
      take: (b) => taken.push(b),
    };
  }

  function write(g, text, x, y, colour) {
    g.strokeStyle = token["label-halo"];
    g.lineWidth = 3 * cc.uiScale();
    g.lineJoin = "round";
    g.strokeText(text, x, y);
    g.fillStyle = colour;
    g.fillText(text, x, y);
  }

  /** Names of what is wrong: beside their mark. */
  function marks(g, v, page) {
    const size = (cc.face === "wall" ? 14.2 : 13) * v.ui;
    g.font = `600 ${size}px ${token.font}`;
    g.textBaseline = "middle";
    const labels = cc.marks.labels();
    for (const label of labels) {
      const x = label.x * v.k - v.dx, y = label.y * v.k - v.dy, half = label.half * v.ui;
      page.take([x - half, y - 19 * v.ui, x + half, y + label.foot * v.ui]);
    }
    // Where the whole name finds no room, the depth alone says how bad it is.
    for (const label of labels) for (const text of [label.text, label.short]) if (!text || beside(g, v, page, label, text, size)) break;
  }

  /** Writes at the first of eight sides that is free; false when none is. */
  function beside(g, v, page, label, text, size) {
    const x = label.x * v.k - v.dx, y = label.y * v.k - v.dy, gap = (label.half + 6) * v.ui, foot = (label.foot + 3) * v.ui;
    const width = g.measureText(text).width;
    const above = y - 25 * v.ui - size * 0.4, below = y + foot + size * 0.6;
    const sides = [[x + gap, y], [x - gap - width, y], [x - width / 2, above], [x - width / 2, below]];
    for (const middle of [above, below]) for (const at of [x + gap * 0.5, x - gap * 0.5 - width]) sides.push([at, middle]);
    for (const [left, middle] of sides) {
      const box = [left - 3, middle - size * 0.65, left + width + 3, middle + size * 0.65];
      if (!page.free(box)) continue;
      page.take(box);
      g.textAlign = "left";
      write(g, text, left, middle, label.strong ? token.text : token["text-quiet"]);
      return true;
    }
    return false;
  }

  function inside(item, x, y) {
    let odd = false;
    for (const xy of item.lines) {
      for (let i = 0, j = xy.length - 2; i < xy.length; j = i, i += 2) {
        if (xy[i + 1] > y !== xy[j + 1] > y && x < ((xy[j] - xy[i]) * (y - xy[i + 1])) / (xy[j + 1] - xy[i + 1]) + xy[i]) odd = !odd;
      }
    }
    return odd;
  }

  /** Middle of the part of an area that is in view and not under a panel; null when there is none. */
  function middleInView(item, v) {
    const [left, right] = cc.view.sides();
    const found = [];
    for (let i = 1; i < 14; i++) {
      for (let j = 1; j < 9; j++) {
        const px = left + ((v.width - left - right) * i) / 14, py = (v.height * j) / 9;
        if (inside(item, (px + v.dx) / v.k, (py + v.dy) / v.k)) found.push([px, py]);
      }
    }
    if (found.length < 3) return null;
    const cx = found.reduce((sum, p) => sum + p[0], 0) / found.length, cy = found.reduce((sum, p) => sum + p[1], 0) / found.length;
    const far = (p) => Math.hypot(p[0] - cx, p[1] - cy);
    return found.reduce((best, p) => (far(p) < far(best) ? p : best));
  }

  function areas(g, v, page, items, font, colour, spacing) {
    g.font = font;
    g.textAlign = "center";
    g.textBaseline = "middle";
    if ("letterSpacing" in g) g.letterSpacing = `${spacing}px`;
    for (const item of items) {
      if (!item.name || !cc.base.seen(item, v)) continue;
      const width = g.measureText(item.name).width, half = parseFloat(font.match(/([\d.]+)px/)[1]) * 0.7;
      if ((item.box[2] - item.box[0]) * v.k < width * 0.8) continue;
      const middle = middleInView(item, v);
      if (!middle) continue;
      const [x, y] = middle;
      const box = [x - width / 2, y - half, x + width / 2, y + half];
      if (!page.free(box)) continue;
      page.take(box);
      write(g, item.name, x, y, colour);
    }
    if ("letterSpacing" in g) g.letterSpacing = "0px";
  }

  /** The straightest visible stretch of a line that is long enough for its name, or null. */
  function stretch(item, v, needed) {
    let best = null;
    for (const xy of item.lines) {
      for (let i = 0; i + 3 < xy.length; i += 2) {
        const x0 = xy[i] * v.k - v.dx, y0 = xy[i + 1] * v.k - v.dy;
        if (x0 < 0 || y0 < 0 || x0 > v.width || y0 > v.height) continue;
        let way = 0, px = x0, py = y0;
        for (let j = i + 2; j + 1 < xy.length; j += 2) {
          const x = xy[j] * v.k - v.dx, y = xy[j + 1] * v.k - v.dy;
          way += Math.hypot(x - px, y - py);
          px = x; py = y;
          const chord = Math.hypot(x - x0, y - y0);
          if (chord < way * 0.97) break;
          if (chord >= needed) {
            const far = Math.hypot((x + x0) / 2 - v.width / 2, (y + y0) / 2 - v.height / 2);
            if (!best || far < best.far) best = { far, x: (x + x0) / 2, y: (y + y0) / 2, angle: Math.atan2(y - y0, x - x0) };
            break;
          }
        }
        if (best && best.far < v.height / 6) return best;
      }
    }
    return best;
  }

  function roads(g, v, page) {
    const size = (cc.face === "wall" ? 14 : 11.5) * v.ui;
    g.font = `400 ${size}px ${token.font}`;
    g.textAlign = "center";
    g.textBaseline = "middle";
    const done = new Set();
    for (const kind of Object.keys(NAMED_FROM)) {
      if (v.zoom < NAMED_FROM[kind]) continue;
      for (const road of cc.base.data.main_roads) {
        if (road.kind !== kind || !road.name || done.has(road.name) || !cc.base.seen(road, v)) continue;
        const width = g.measureText(road.name).width;
        const place = stretch(road, v, width * 1.15);
        if (!place) continue;
        const w = (Math.abs(Math.cos(place.angle)) * width + Math.abs(Math.sin(place.angle)) * size) / 2 + 4;
        const e = (Math.abs(Math.sin(place.angle)) * width + Math.abs(Math.cos(place.angle)) * size) / 2 + 4;
        const box = [place.x - w, place.y - e, place.x + w, place.y + e];
        if (!page.free(box)) continue;
        page.take(box);
        done.add(road.name);
        const angle = Math.abs(place.angle) > Math.PI / 2 ? place.angle + Math.PI : place.angle;
        g.save();
        g.translate(place.x, place.y);
        g.rotate(angle);
        write(g, road.name, 0, 0, token["label-road"]);
        g.restore();
      }
    }
  }

  function paint(g, v) {
    const page = Page(v.width, v.height);
    marks(g, v, page);
    if (cc.config.tile_url) return;
    const spread = cc.english ? 1 : 4;
    areas(g, v, page, cc.base.data.water.filter((w) => w.closed), `italic 400 ${(cc.face === "wall" ? 15 : 13) * v.ui}px ${token.font}`, token["label-water"], spread * v.ui);
    areas(g, v, page, cc.base.data.districts, `500 ${(cc.face === "wall" ? 16 : 14) * v.ui}px ${token.font}`, token["label-district"], 1.5 * spread * v.ui);
    roads(g, v, page);
  }

  cc.labels = { paint };
})();
