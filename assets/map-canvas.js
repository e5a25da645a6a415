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
    initialize(pane, zIndex, paint) { this.paneName = pane; this.zIndex = zIndex; this.paint = paint; },

    onAdd(map) {
      const pane = map.getPane(this.paneName) || map.createPane(this.paneName);
      pane.style.zIndex = this.zIndex;
      pane.style.pointerEvents = "none";
      this.canvas = L.DomUtil.create("canvas", "", pane);
      this.context = this.canvas.getContext("2d");
      map.on("move zoom viewreset resize", this.refresh, this);
      this.refresh();
    },

    onRemove(map) {
      map.off("move zoom viewreset resize", this.refresh, this);
      this.canvas.remove();
    },

    /** Paints in the next frame, once, however often it is asked for. */
    refresh() {
      if (this.waiting) return;
      this.waiting = requestAnimationFrame(() => { this.waiting = null; if (this._map) this.redraw(); });
    },

    redraw() {
      const size = this._map.getSize();
      if (!size.x || !size.y) return;
      const ratio = window.devicePixelRatio || 1;
      const [width, height] = [Math.round(size.x * ratio), Math.round(size.y * ratio)];
      if (this.canvas.width !== width || this.canvas.height !== height) {
        Object.assign(this.canvas, { width, height });
        Object.assign(this.canvas.style, { width: `${size.x}px`, height: `${size.y}px` });
      }
      L.DomUtil.setPosition(this.canvas, this._map.containerPointToLayerPoint([0, 0]));
      this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
      this.context.clearRect(0, 0, size.x, size.y);
      this.paint(this.context, viewOf(this._map, size));
    },
  });

  /** What a painter needs: scale and offset from world coordinates to pixels, size, zoom. */
  function viewOf(map, size) {
    const zoom = map.getZoom();
    const corner = map.getPixelBounds().min;
    return { k: 256 * 2 ** zoom, dx: corner.x, dy: corner.y, width: size.x, height: size.y, zoom, ui: uiScale() };
  }

  /** How much larger than on a desk things are drawn: the root font scales on the wall, with the window alone. */
  let scale = null;
  window.addEventListener("resize", () => { scale = null; });
  function uiScale() {
    if (scale === null) scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    return scale;
  }

  Object.assign(cc, { world, CanvasLayer, uiScale });
})();
