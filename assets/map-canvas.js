/* A Leaflet layer that is one canvas over the view, painted at most once a frame. */
(function () {
  "use strict";
  const cc = window.cc;

  /** World coordinates of Web Mercator, 0 to 1, from degrees. */
  function world(lon, lat) {
    const s = Math.sin((lat * Math.PI) / 180);
    return [lon / 360 + 0.5, 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)];
  }

  const CanvasLayer = L.Layer.extend({
    /** `ground` is the colour of a layer through which nothing shows, which is composed for less. */
    initialize(pane, zIndex, paint, ground) { Object.assign(this, { paneName: pane, zIndex, paint, ground }); },

    onAdd(map) {
      const pane = map.getPane(this.paneName) || map.createPane(this.paneName);
      pane.style.zIndex = this.zIndex;
      pane.style.pointerEvents = "none";
      this.canvas = L.DomUtil.create("canvas", "", pane);
      this.canvas.style.transformOrigin = "0 0";
      this.context = this.contextOf(this.canvas);
      map.on("move zoom viewreset resize", this.refresh, this);
      this.refresh();
    },

    contextOf(canvas) { return canvas.getContext("2d", { alpha: !this.ground }); },

    onRemove(map) {
      map.off("move zoom viewreset resize", this.refresh, this);
      this.canvas.remove();
    },

    /** Paints in the next frame, once, however often it is asked for. */
    refresh() {
      if (this.waiting) return;
      this.waiting = requestAnimationFrame(() => { this.waiting = null; if (this._map) this.redraw(); });
    },

    /** What a picture covers: pixels, where it lies, and the view it is of; null while the map has no size. */
    area() {
      const size = this._map.getSize();
      if (!size.x || !size.y) return null;
      const ratio = window.devicePixelRatio || 1;
      const [left, right] = covered();
      return { ratio, view: viewOf(this._map, size), ...this.piece(ratio, left, 0, size.x - left - right, size.y) };
    },

    /** A piece of the view, in pixels from its upper left corner: how many of the screen's it has, where it lies. */
    piece(ratio, left, top, across, down) {
      const at = this._map.containerPointToLayerPoint([left, top]);
      return { left, top, across, down, width: Math.round(across * ratio), height: Math.round(down * ratio), at };
    },

    /** Lays the canvas where the picture belongs. */
    lay({ across, down, width, height, at }) {
      if (this.canvas.width !== width || this.canvas.height !== height) {
        Object.assign(this.canvas, { width, height });
        Object.assign(this.canvas.style, { width: `${across}px`, height: `${down}px` });
      }
      L.DomUtil.setPosition(this.canvas, at);
    },

    redraw() {
      const area = this.area();
      if (!area) return;
      this.lay(area);
      const { ratio, left, across, down } = area;
      this.context.setTransform(ratio, 0, 0, ratio, -left * ratio, 0);
      this.context.clearRect(left, 0, across, down);
      if (this.ground) {
        this.context.fillStyle = this.ground;
        this.context.fillRect(left, 0, across, down);
      }
      this.paint(this.context, area.view);
    },
  });

  /* The share of each scrim that is opaque (view-wall.css), and a little less: no canvas need lie below it. On a 4K wall
     that is a third of every picture. */
  const OPAQUE = { ".scrim-left": 0.66, ".scrim-right": 0.72 };
  let hidden = null;
  function covered() {
    if (hidden === null && (cc.face !== "wall" || document.querySelector(".scrim"))) {
      hidden = Object.entries(OPAQUE).map(([scrim, share]) => {
        const found = document.querySelector(scrim);
        return found ? Math.floor(found.offsetWidth * share) : 0;
      });
    }
    return hidden || [0, 0];
  }

  /** What a painter needs: scale and offset from world coordinates to pixels, size, zoom. */
  function viewOf(map, size) {
    const zoom = map.getZoom();
    const corner = map.getPixelBounds().min;
    return { k: 256 * 2 ** zoom, dx: corner.x, dy: corner.y, width: size.x, height: size.y, zoom, ui: uiScale() };
  }

  /** How much larger than on a desk things are drawn: the root font scales on the wall, with the window alone. */
  let scale = null;
  window.addEventListener("resize", () => { scale = hidden = null; });
  function uiScale() {
    if (scale === null) scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    return scale;
  }

  Object.assign(cc, { world, CanvasLayer, uiScale });
})();
