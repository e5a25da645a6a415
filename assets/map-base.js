/* The offline base map: districts, water, roads, from the GeoJSON the server keeps; quiet greys. */
(function () {
  "use strict";
  const cc = window.cc;
  const token = cc.config.tokens;
  const LOCAL_FROM_ZOOM = 14;
  const base = { districts: [], water: [], main_roads: [], local_streets: [] };
  const ROADS = {
    motorway: ["road-1", 2.6, 0], trunk: ["road-1", 2.2, 0], primary: ["road-2", 1.7, 0], secondary: ["road-3", 1.2, 10.5],
    tertiary: ["road-4", 0.9, 11.5], link: ["road-4", 0.9, 13],
  };
  const STREET = ["road-5", 0.7, LOCAL_FROM_ZOOM];
  const ORDER = ["link", "tertiary", "secondary", "primary", "trunk", "motorway"];
  const missing = new Set(); // what the server has no file of
  let localAsked = false;

  function linesOf(geometry) {
    const { type, coordinates: c } = geometry;
    if (type === "LineString") return [c];
    if (type === "MultiLineString" || type === "Polygon") return c;
    if (type === "MultiPolygon") return c.flat();
    return [];
  }

  /** A feature as items ready to be painted many times: an area whole, a road line by line, so that
      what is out of view costs nothing. */
  function prepare(feature) {
    const lines = linesOf(feature.geometry);
    const closed = feature.geometry.type.endsWith("Polygon");
    const { name, name_en: english, class: kind } = feature.properties;
    const shared = { name: cc.english ? english || name : name, own: name, kind: String(kind || "").replace("_link", ""), closed };
    return (closed ? [lines] : lines.map((line) => [line])).map((group) => ({ ...shared, ...placed(group) }));
  }

  /** World coordinates in typed arrays, with their box. */
  function placed(group) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    const lines = group.map((line) => {
      const xy = new Float64Array(line.length * 2);
      line.forEach(([lon, lat], i) => {
        const [x, y] = cc.world(lon, lat);
        xy[2 * i] = x; xy[2 * i + 1] = y;
        box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y);
        box[2] = Math.max(box[2], x); box[3] = Math.max(box[3], y);
      });
      return xy;
    });
    return { lines, box };
  }

  const seen = (item, v) =>
    item.box[2] * v.k - v.dx > 0 && item.box[0] * v.k - v.dx < v.width && item.box[3] * v.k - v.dy > 0 && item.box[1] * v.k - v.dy < v.height;

  function trace(g, item, v) {
    for (const xy of item.lines) {
      let lastX = Infinity, lastY = Infinity;
      for (let i = 0; i < xy.length; i += 2) {
        const x = xy[i] * v.k - v.dx, y = xy[i + 1] * v.k - v.dy;
        if (i === 0) g.moveTo(x, y);
        else if (Math.abs(x - lastX) + Math.abs(y - lastY) > 1.2 || i === xy.length - 2) g.lineTo(x, y);
        else continue;
        lastX = x; lastY = y;
      }
      if (item.closed) g.closePath();
    }
  }

  function stroke(g, items, v, colour, width, dash) {
    g.beginPath();
    for (const item of items) if (seen(item, v)) trace(g, item, v);
    g.strokeStyle = colour; g.lineWidth = width; g.setLineDash(dash || []);
    g.stroke();
    g.setLineDash([]);
  }

  function fill(g, items, v, colour) {
    g.beginPath();
    for (const item of items) if (seen(item, v)) trace(g, item, v);
    g.fillStyle = colour;
    g.fill("evenodd");
  }

  function paint(g, v) {
    const grow = v.ui * Math.max(0.7, 1 + (v.zoom - 13) * 0.28);
    g.lineJoin = g.lineCap = "round";
    if (!cc.config.tile_url) {
      for (const district of base.districts) fill(g, [district], v, token.land);
      fill(g, base.water.filter((item) => item.closed), v, token.water);
      stroke(g, base.water.filter((item) => item.closed), v, token["water-edge"], v.ui);
      stroke(g, base.water.filter((item) => !item.closed), v, token["water-edge"], 1.4 * grow);
      if (v.zoom >= LOCAL_FROM_ZOOM) {
        askForLocalStreets();
        stroke(g, base.local_streets, v, token[STREET[0]], STREET[1] * grow);
      }
      for (const kind of ORDER) {
        const [colour, width, from] = ROADS[kind];
        if (v.zoom >= from) stroke(g, base.main_roads.filter((item) => item.kind === kind), v, token[colour], width * grow);
      }
    }
    stroke(g, base.districts, v, token["district-edge"], 1.2 * v.ui, [6 * v.ui, 5 * v.ui]);
  }

  const NEAR_M = 400;
  const WORLD_M = 40075016;

  /** The named main road that passes a place within NEAR_M, for places that have no name of their own; null
      while there is none or the roads have not arrived. `own` is its name as the road network has it. */
  function near([lon, lat], name = "name") {
    const [x, y] = cc.world(lon, lat);
    let nearest = (NEAR_M / (WORLD_M * Math.cos((lat * Math.PI) / 180))) ** 2, found = null;
    const reach = Math.sqrt(nearest);
    for (const road of base.main_roads) {
      if (!road.name || x < road.box[0] - reach || x > road.box[2] + reach || y < road.box[1] - reach || y > road.box[3] + reach) continue;
      for (const xy of road.lines) {
        for (let i = 0; i + 3 < xy.length; i += 2) {
          const dx = xy[i + 2] - xy[i], dy = xy[i + 3] - xy[i + 1];
          const along = Math.max(0, Math.min(1, ((x - xy[i]) * dx + (y - xy[i + 1]) * dy) / (dx * dx + dy * dy || 1)));
          const d = (xy[i] + along * dx - x) ** 2 + (xy[i + 1] + along * dy - y) ** 2;
          if (d < nearest) { nearest = d; found = road[name]; }
        }
      }
    }
    return found;
  }

  async function load(name, layers) {
    try {
      const answer = await fetch(`/basemap/${name}.geojson`);
      missing[answer.status === 404 ? "add" : "delete"](name);
      if (!answer.ok) return;
      base[name] = (await answer.json()).features.filter((f) => f.geometry).flatMap(prepare);
      for (const layer of layers) layer.refresh();
      if (name === "main_roads" && cc.state.seq !== null) cc.feed.changed("incidents");
    } catch (error) {
      // Without a connection there is no map yet; it is asked for again when the link is back.
      base[name].failed = true;
    }
  }

  let drawn = [];
  function askForLocalStreets() {
    if (localAsked || cc.face === "m") return;
    localAsked = true;
    load("local_streets", drawn);
  }

  /** Loads what is missing; `layers` are painted again as it arrives. */
  function begin(layers) {
    drawn = layers;
    for (const name of ["districts", "water", "main_roads"]) if (!base[name].length) load(name, layers);
  }

  cc.base = { paint, begin, data: base, missing, linesOf, placed, trace, seen, near };
})();
