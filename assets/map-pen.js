/* A layer that another processor paints. What its painter draws is written down here and drawn by a worker, which hands
   the picture back: painting thousands of units on a 4K wall, and passing that canvas on, cost the page more than all the
   rest (docs/decisions/0054). This file is the page's script and the worker's. */
(function () {
  "use strict";

  /* What a painter may do, as on a canvas: calls of so many numbers, and properties. */
  const CALLS = { beginPath: 0, closePath: 0, stroke: 0, fill: 0, moveTo: 2, lineTo: 2, arc: 5 };
  const PROPERTIES = ["globalAlpha", "lineWidth", "lineJoin", "lineCap", "strokeStyle", "fillStyle", "font", "textAlign", "textBaseline"];
  const WRITES = ["strokeText", "fillText"];

  /* One way to draw each of them from what was written down: how many numbers follow, and what is done with them. */
  const TABLE = [
    ...Object.entries(CALLS).map(([name, takes]) => ({ name, takes, draw: (g, o, i) => (takes === 0 ? g[name]() : takes === 2 ? g[name](o[i], o[i + 1]) : g[name](o[i], o[i + 1], o[i + 2], o[i + 3], o[i + 4])) })),
    ...PROPERTIES.map((name) => ({ name, takes: 1, draw: (g, o, i, { words }) => { g[name] = words[o[i]]; } })),
    ...WRITES.map((name) => ({ name, takes: 3, draw: (g, o, i, { words }) => g[name](words[o[i]], o[i + 1], o[i + 2]) })),
    { name: "setLineDash", takes: 1, draw: (g, o, i, { words }) => g.setLineDash(words[o[i]]) },
    { name: "stamp", takes: 4, draw: (g, o, i, { stamp }) => stamp(o[i], o[i + 1], o[i + 2], o[i + 3]) },
  ];
  const CODES = Object.fromEntries(TABLE.map(({ name }, code) => [name, code]));

  const STAMP = CODES.stamp;

  /** Draws what was written down on a canvas. */
  function draw(g, { ops, words, ratio, left, top }, stamp) {
    g.setTransform(ratio, 0, 0, ratio, -left * ratio, -top * ratio);
    const given = { words, stamp };
    for (let i = 0; i < ops.length;) {
      const { takes, draw: one } = TABLE[ops[i]];
      one(g, ops, i + 1, given);
      i += 1 + takes;
    }
  }

  function clear(g) {
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.clearRect(0, 0, g.canvas.width, g.canvas.height);
  }

  /** The worker: pictures are copied by hand into one array of pixels, which takes half as long as drawing each, and lie
      over what was drawn before them and below what was drawn after. */
  function work() {
    const sheets = new Map();
    const inked = { left: 0, top: 0, right: 0, bottom: 0 };
    let canvas = null, g = null, stamps = null, image = null, pixels = null;

    function size(width, height) {
      if (canvas && canvas.width === width && canvas.height === height) return;
      [canvas, stamps] = [new OffscreenCanvas(width, height), new OffscreenCanvas(width, height)];
      g = canvas.getContext("2d");
      image = new ImageData(width, height);
      pixels = new Int32Array(image.data.buffer);
      Object.assign(inked, { left: 0, top: 0, right: 0, bottom: 0 });
    }

    /** Keeps a row of square pictures as pixels, with where each line of each picture begins and ends. */
    function keep({ sheet, image: bitmap, pixels: side }) {
      const { width } = bitmap, context = new OffscreenCanvas(width, bitmap.height).getContext("2d");
      context.drawImage(bitmap, 0, 0);
      const from = new Int32Array(context.getImageData(0, 0, width, bitmap.height).data.buffer);
      const begins = new Int32Array(width).fill(side), ends = new Int32Array(width); // of picture n, line y: n * side + y
      for (let which = 0; which * side < width; which++) for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) {
        if (from[y * width + which * side + x] >>> 24 === 0) continue;
        const line = which * side + y;
        begins[line] = Math.min(begins[line], x); ends[line] = x + 1;
      }
      sheets.set(sheet, { side, width, from, begins, ends });
    }

    function copy({ side, width, from, begins, ends }, which, left, top) {
      const across = canvas.width, x0 = Math.max(0, -left), x1 = Math.min(side, across - left), y0 = Math.max(0, -top), y1 = Math.min(side, canvas.height - top);
      if (x0 >= x1 || y0 >= y1) return;
      inked.left = Math.min(inked.left, left + x0); inked.right = Math.max(inked.right, left + x1);
      inked.top = Math.min(inked.top, top + y0); inked.bottom = Math.max(inked.bottom, top + y1);
      for (let y = y0; y < y1; y++) {
        const line = which * side + y, end = Math.min(x1, ends[line]), to = (top + y) * across + left, of = y * width + which * side;
        for (let x = Math.max(x0, begins[line]); x < end; x++) {
          const pixel = from[of + x], alpha = pixel >>> 24;
          if (alpha === 0) continue;
          const below = pixels[to + x];
          pixels[to + x] = alpha === 255 || below === 0 ? pixel : over(pixel, alpha, below);
        }
      }
    }

    /** A half-transparent pixel over another, as canvases compose: colours not multiplied by their alpha, blue and red
        mixed at once. Signed numbers throughout: an engine keeps those as integers. */
    function over(pixel, alpha, below) {
      const whole = alpha * 255 + (below >>> 24) * (255 - alpha), share = ((alpha * 255 * 256) / whole) | 0, rest = 256 - share;
      return (((whole / 255) | 0) << 24) |
        (((Math.imul(pixel & 0xff00ff, share) + Math.imul(below & 0xff00ff, rest)) >>> 8) & 0xff00ff) |
        (((Math.imul(pixel & 0xff00, share) + Math.imul(below & 0xff00, rest)) >>> 8) & 0xff00);
    }

    self.onmessage = ({ data }) => {
      if (data.sheet !== undefined) { keep(data); return; }
      const began = performance.now(), { ops, ratio, left, top, width, height } = data;
      size(width, height);
      // Handing a picture over has left the canvas blank; of the pixels only those lines are cleared that were written.
      pixels.fill(0, inked.top * width, inked.bottom * width);
      Object.assign(inked, { left: width, top: height, right: 0, bottom: 0 });
      let i = 0;
      while (i < ops.length && ops[i] !== STAMP) i += 1 + TABLE[ops[i]].takes;
      const before = ops.subarray(0, i), after = [], stamped = i < ops.length;
      while (i < ops.length) {
        const end = i + 1 + TABLE[ops[i]].takes;
        if (ops[i] === STAMP) copy(sheets.get(ops[i + 1]), ops[i + 2], Math.round((ops[i + 3] - left) * ratio), Math.round((ops[i + 4] - top) * ratio));
        else after.push(...ops.subarray(i, end));
        i = end;
      }
      draw(g, { ...data, ops: before });
      if (stamped) {
        const { left: x, top: y } = inked, [across, down] = [inked.right - x, inked.bottom - y];
        if (across > 0) {
          stamps.getContext("2d", { willReadFrequently: true }).putImageData(image, 0, 0, x, y, across, down);
          g.setTransform(1, 0, 0, 1, 0, 0);
          g.drawImage(stamps, x, y, across, down, x, y, across, down);
        }
        draw(g, { ...data, ops: after });
      }
      const picture = canvas.transferToImageBitmap();
      self.postMessage({ picture, took: performance.now() - began }, [picture]);
    };
  }

  if (typeof document === "undefined") { work(); return; }

  const cc = window.cc;
  const here = document.currentScript.src;

  /* A picture is as large as what is drawn, in steps, so that its size seldom changes. Lines and names reach further than
     the places they are given: so far on a desk, cc.uiScale() times as far on a wall. */
  const STEP_PX = 64, REACH = 24, NAME_REACH = 160;

  /** Writes down what a painter draws: numbers in one row, everything else once in `words`; and how far it reaches. */
  class Pen {
    constructor() {
      Object.assign(this, { ops: [], words: [], known: new Map(), dashes: new Map(), left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity });
      this.far = REACH * cc.uiScale(); this.farName = NAME_REACH * cc.uiScale();
    }

    reach(x, y, by) {
      if (x - by < this.left) this.left = x - by;
      if (x + by > this.right) this.right = x + by;
      if (y - by < this.top) this.top = y - by;
      if (y + by > this.bottom) this.bottom = y + by;
    }

    /** What of an area is drawn on: left, top, across, down. */
    box(area) {
      const between = (from, to, least, most) => {
        const begin = Math.max(least, Math.floor(from / STEP_PX) * STEP_PX), end = Math.min(most, Math.ceil(to / STEP_PX) * STEP_PX);
        return begin < end ? [begin, end - begin] : [least, 1];
      };
      const [left, across] = between(this.left, this.right, area.left, area.left + area.across);
      const [top, down] = between(this.top, this.bottom, 0, area.down);
      return [left, top, across, down];
    }

    word(value, known = this.known, key = value) {
      if (!known.has(key)) known.set(key, this.words.push(value) - 1);
      return known.get(key);
    }

    moveTo(x, y) { this.reach(x, y, this.far); this.ops.push(CODES.moveTo, x, y); }

    lineTo(x, y) { this.reach(x, y, this.far); this.ops.push(CODES.lineTo, x, y); }

    arc(x, y, radius, from, to) { this.reach(x, y, radius + this.far); this.ops.push(CODES.arc, x, y, radius, from, to); }

    /** One picture out of a row of pictures (`sheet` of the layer), its upper left corner at x, y. */
    stamp(sheet, which, x, y) { this.reach(x, y, this.far); this.ops.push(CODES.stamp, sheet, which, x, y); }

    setLineDash(lengths) { this.ops.push(CODES.setLineDash, this.word(lengths, this.dashes, `${lengths}`)); }
  }
  for (const name of ["beginPath", "closePath", "stroke", "fill"]) Pen.prototype[name] = function () { this.ops.push(CODES[name]); };
  for (const name of PROPERTIES) Object.defineProperty(Pen.prototype, name, { set(value) { this.ops.push(CODES[name], this.word(value)); } });
  for (const name of WRITES) Pen.prototype[name] = function (text, x, y) { this.reach(x, y, this.farName); this.ops.push(CODES[name], this.word(text), x, y); };

  /** Like a CanvasLayer, but its painter gets a Pen. A browser that cannot paint in a worker paints in the page. */
  cc.PenLayer = cc.CanvasLayer.extend({
    onAdd(map) {
      this.sheets = new Map();
      this.epoch = 0;
      this.worker = window.Worker && window.OffscreenCanvas && window.ImageBitmapRenderingContext ? new Worker(here) : null;
      if (this.worker) {
        this.worker.onmessage = ({ data }) => this.arrived(data);
        this.worker.onerror = (event) => { event.preventDefault(); this.paintHere(event.message); };
      }
      map.on("viewreset", this.moved, this);
      cc.CanvasLayer.prototype.onAdd.call(this, map);
    },

    onRemove(map) {
      map.off("viewreset", this.moved, this);
      if (this.worker) this.worker.terminate();
      this.busy = this.again = null;
      cc.CanvasLayer.prototype.onRemove.call(this, map);
    },

    /** Written down at the end of the turn, once: the worker needs no frame of the page's. */
    refresh() {
      if (!this.worker) { cc.CanvasLayer.prototype.refresh.call(this); return; }
      if (this.waiting) return;
      this.waiting = true;
      queueMicrotask(() => { this.waiting = false; if (this._map) this.redraw(); });
    },

    contextOf(canvas) { return canvas.getContext(this.worker ? "bitmaprenderer" : "2d"); },

    /** The number of a row of square pictures, kept by `key`; `make` draws it: {image, pixels, side}. */
    sheet(key, make) {
      if (!this.sheets.has(key)) {
        const made = make(), number = this.sheets.size;
        this.sheets.set(key, { number, side: made.side });
        if (this.worker) this.worker.postMessage({ sheet: number, ...made }, [made.image]);
        else (this.images = this.images || new Map()).set(number, made);
      }
      return this.sheets.get(key);
    },

    redraw() {
      // One picture at a time; what changes meanwhile is in the next.
      if (this.busy) { this.again = true; return; }
      const area = this.area();
      if (!area) return;
      const pen = new Pen(), { ratio } = area;
      this.paint(pen, area.view);
      const notes = { ops: pen.ops, words: pen.words, ratio };
      if (!this.worker) { this.drawHere(area, notes); return; }
      Object.assign(area, this.piece(ratio, ...pen.box(area)));
      const { left, top, width, height } = area, ops = Float64Array.from(pen.ops);
      this.busy = { ...area, epoch: this.epoch };
      this.worker.postMessage({ ...notes, ops, left, top, width, height }, [ops.buffer]);
    },

    drawHere(area, notes) {
      this.lay(area);
      const g = this.context;
      clear(g);
      g.imageSmoothingEnabled = false;
      draw(g, { ...notes, left: area.left, top: 0 }, (sheet, which, x, y) => {
        const { image, pixels, side } = this.images.get(sheet);
        g.drawImage(image, which * pixels, 0, pixels, pixels, x, y, side, side);
      });
    },

    /** The picture is laid where the map was when it was written down; the map moves it along. */
    arrived({ picture }) {
      const area = this.busy;
      this.busy = null;
      if (!this._map || !area) { picture.close(); return; }
      if (area.epoch === this.epoch) {
        this.lay(area);
        this.laid = area;
        this.context.transferFromImageBitmap(picture);
      } else picture.close();
      if (this.again || area.epoch !== this.epoch) { this.again = false; this.refresh(); }
    },

    /** Another zoom: what is under way no longer fits, and what is shown is drawn larger or smaller until the next comes. */
    moved() {
      if (!this.worker) return;
      this.epoch += 1;
      const now = this.area(), old = this.laid;
      if (!now || !old) return;
      const scale = now.view.k / old.view.k;
      const place = (at, was, is) => (at + was) * scale - is;
      const corner = [place(old.left, old.view.dx, now.view.dx), place(old.top, old.view.dy, now.view.dy)];
      L.DomUtil.setTransform(this.canvas, this._map.containerPointToLayerPoint(corner), scale);
    },

    paintHere(why) {
      console.warn(`the map's worker failed (${why}); painting in the page`);
      this.worker = this.busy = null;
      this.sheets.clear();
      const fresh = this.canvas.cloneNode(false);
      this.canvas.replaceWith(fresh);
      this.canvas = fresh;
      this.context = this.contextOf(fresh);
      this.refresh();
    },
  });
})();
