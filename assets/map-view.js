/* Puts the layers on the face's map, keeps them fresh, and says what was clicked. */
(function () {
  "use strict";
  const cc = window.cc;
  let map = null;
  const layers = {};
  let framed = false;

  L.Map.addInitHook(function () {
    this.whenReady(() => setTimeout(() => {
      if (this.getContainer().id === cc.ids.MAP || this.getContainer().closest(`#${cc.ids.MAP}`)) begin(this);
    }, 0));
  });

  function begin(made) {
    if (map === made) return;
    map = made;
    framed = false;
    cc.map = map;
    if (cc.config.tile_url) {
      L.tileLayer(cc.config.tile_url, { attribution: cc.config.tile_attribution, maxZoom: 18 }).addTo(map);
      if (cc.config.tile_attribution) L.control.attribution({ prefix: false }).addTo(map);
    }
    layers.base = new cc.CanvasLayer("cc-base", 250, cc.base.paint, cc.config.tile_url ? null : cc.config.tokens.ground).addTo(map);
    layers.units = new cc.PenLayer("cc-units", 450, (g, v) => { cc.closures.paint(g, v); cc.routes.paint(g, v); cc.units.paint(g, v); }).addTo(map);
    layers.labels = new cc.CanvasLayer("cc-labels", 550, cc.labels.paint).addTo(map);
    cc.units.attach(layers.units);
    cc.marks.attach(map);
    cc.base.begin([layers.base, layers.labels]);
    map.on("click", clicked);
    // Panels open and close beside the map; Leaflet only watches the window.
    const watched = new ResizeObserver(() => {
      map.invalidateSize({ animate: false, pan: false });
      if (cc.face === "wall") frame(true);
    });
    for (const part of [map.getContainer(), ...document.querySelectorAll(".wall-top, .wall-foot")]) watched.observe(part);
    if (cc.state.seq !== null) { frame(); refresh(); }
  }

  /** How much of the map the wall's panels cover, left and right, in pixels. */
  function sides() {
    return [".wall-left", ".wall-right"].map((panel) => { const found = document.querySelector(panel); return found ? found.offsetWidth : 0; });
  }

  /* What a wall shows above and below grows and shrinks by a line with each figure; the map would jump with it, and every
     layer be painted anew. So room is kept in steps, and given back only where much of it is free. */
  const STEP = 0.02, FREE = 0.06; // shares of the view's height
  let kept = [0, 0];
  /** How much of the view is kept free for what lies above and below, in pixels. */
  function lids() {
    const [over, under] = [".wall-top", ".wall-foot"].map((part) => document.querySelector(part)), { y } = map.getSize();
    const needed = [over ? over.offsetTop + over.offsetHeight : 0, under ? y - under.offsetTop : 0];
    kept = needed.map((need, i) => (need > kept[i] || need < kept[i] - y * FREE ? Math.ceil(need / (y * STEP)) * y * STEP : kept[i]));
    return kept;
  }

  /** Shows the monitored points with what lies around them, or what the wall's scene is about, free of the panels that
      lie over the map. */
  let fitted = null;
  function frame(again = false) {
    const scene = cc.scenes ? cc.scenes.framed() : null;
    const places = (scene ? scene.places : [...cc.state.points.values()].map((p) => p.place)).map(([lon, lat]) => [lat, lon]);
    if (!map || places.length === 0 || !map.getSize().x) return;
    const { x, y } = map.getSize();
    const [left, right] = sides(), [top, bottom] = lids();
    const margin = cc.face === "wall" ? x * 0.02 : 0;
    const view = JSON.stringify([places, x, y, left, right, top, bottom, scene && scene.maxZoom]);
    if (again && view === fitted) return;
    fitted = view;
    map.fitBounds(L.latLngBounds(places).pad(cc.face === "wall" ? 0.14 : 0.08), {
      paddingTopLeft: [left + margin, top + y * (cc.face === "wall" ? 0.02 : 0.04)], paddingBottomRight: [right + margin, bottom + y * (cc.face === "wall" ? 0.02 : 0.1)], animate: false,
      ...(scene ? { maxZoom: scene.maxZoom } : {}),
    });
    framed = true;
  }

  /** A canvas is painted whole, so only the one whose content may differ is painted: names when a mark says something
      else, units and ways when one of these kinds changed (every kind, when none is named). */
  const WITH_UNITS = ["assignments", "recommendations", "closures", "selection"];
  let named = null;
  function refresh(kinds) {
    if (!map) return;
    if (!framed && !cc.selected) frame();
    cc.marks.refresh();
    const names = cc.marks.labels().map((label) => `${label.text}|${label.x}|${label.y}|${label.strong}`).join("\n");
    if (!kinds || names !== named) layers.labels.refresh();
    named = names;
    // A unit's new status is drawn with the next positions, unless none come.
    if (!kinds || WITH_UNITS.some((kind) => kinds.has(kind)) || cc.units.silent()) layers.units.refresh();
  }

  function clicked(event) {
    if (cc.pickPlace && cc.pickPlace(event.latlng)) return;
    const size = map.getSize(), corner = map.getPixelBounds().min;
    const view = { k: 256 * 2 ** map.getZoom(), dx: corner.x, dy: corner.y, width: size.x, height: size.y, ui: cc.uiScale() };
    selectUnit(cc.units.hit(event.containerPoint, view));
  }

  /** Rings a unit on the map and shows its card; null for none. */
  function selectUnit(unit) {
    cc.selectedUnit = unit ? unit.unit_id : null;
    cc.showAll({ UNIT_SELECTED: unit ? { unit_id: unit.unit_id } : {} });
    layers.units.refresh();
  }

  /** Centres on a place, closer than before if it was far out. */
  function showPlace(place) {
    if (!map) return;
    map.invalidateSize({ animate: false });
    framed = true;
    map.setView([place[1], place[0]], Math.max(map.getZoom(), cc.face === "m" ? 14.5 : 14.25), { animate: false });
  }

  /** Frames these places, no closer than one place alone would be. */
  function showPlaces(places) {
    if (!map) return;
    map.invalidateSize({ animate: false });
    framed = true;
    const [left, right] = sides(), [top, bottom] = lids();
    map.fitBounds(L.latLngBounds(places.map(([lon, lat]) => [lat, lon])).pad(0.1), { paddingTopLeft: [left, top], paddingBottomRight: [right, bottom], maxZoom: 14.25, animate: false });
  }

  /* Depths change many times a second, and a whole screen of labels is painted for them: not more often than this. */
  const DEPTHS_EVERY_MS = 2000;
  let depths = null;
  function refreshSoon() {
    if (depths === null) depths = setTimeout(() => { depths = null; refresh(new Set(["depths"])); }, DEPTHS_EVERY_MS);
  }

  cc.view = { lids, frame, refresh: () => refresh(), showPlace, showPlaces, sides, selectUnit, zoom: (by) => map && map.setZoom(map.getZoom() + by, { animate: false }) };
  cc.feed.listen((kinds) => {
    if (["alerts", "points", "incidents", "assignments", "units", "selection", "recommendations", "closures"].some((k) => kinds.has(k))) refresh(kinds);
    else if (kinds.has("depths")) refreshSoon();
    // Once the server is back, what of the base map could not be loaded is asked for again.
    if (kinds.has("link") && cc.link.status().state === "online" && map) cc.base.begin([layers.base, layers.labels]);
  });
})();
