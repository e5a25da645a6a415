/* Marks of what is wrong: one for each waterlogged point or incident, kept by id and changed in place. */
(function () {
  "use strict";
  const cc = window.cc;
  const kept = new Map();
  const chooses = cc.face === "desk" || cc.face === "replay"; // a mark opens what it stands for
  let map = null;

  /** What ought to stand on the map: rows of the queue, and closed or slow roads without either. */
  function wanted() {
    const rows = new Map();
    const points = new Set();
    for (const row of cc.order.queue()) {
      // One mark for a place: what needs a person most. What is set aside or explained stands in the list only.
      if (cc.order.quiet(row) || (row.point_id && points.has(row.point_id))) continue;
      rows.set(row.key, row);
      points.add(row.point_id);
    }
    for (const point of cc.state.points.values()) {
      if (points.has(point.point_id) || point.passability === "open") continue;
      rows.set(point.point_id, {
        key: point.point_id, incident_id: null, title: cc.named(point), point: cc.named(point), place: point.place, severity: null,
        priority: "", closed: point.passability === "closed", depth_cm: point.depth_cm, status: "road", units: [],
      });
    }
    return rows;
  }

  const isChosen = (row) => (row.incident_id ? row.incident_id === cc.selected : Boolean(row.alert_id) && row.alert_id === cc.selectedAlert);

  function look(row) {
    return [
      "pin", row.area ? "is-flag" : "", row.severity ? `pin-${row.severity}` : "pin-plain", row.closed ? "is-closed" : "", row.unconfirmed ? "unconfirmed" : "",
      row.status === "open" ? "is-open" : "", isChosen(row) ? "selected" : "",
      row.depth_cm === null || row.depth_cm === undefined ? "" : "is-wet",
    ].filter(Boolean).join(" ");
  }

  function element(row) {
    const pin = document.createElement("div");
    const shape = document.createElement("span");
    shape.className = row.severity ? `mark mark-${row.severity}` : row.status === "road" ? "mark mark-road" : `mark mark-priority priority-${row.priority}`;
    if (!row.severity && row.status !== "road") shape.textContent = String(row.priority);
    pin.append(shape, ...["wave", "bar", "more"].map((name) => Object.assign(document.createElement("i"), { className: name })));
    return pin;
  }

  function place(row) {
    const pin = element(row);
    const size = 30 * cc.uiScale();
    const marker = L.marker([row.place[1], row.place[0]], {
      icon: L.divIcon({ html: pin, className: "pin-frame", iconSize: [size, size] }),
      interactive: chooses, keyboard: false, title: chooses ? row.title : "", zIndexOffset: (cc.gravity[row.severity] || 0) * 1000,
    });
    if (chooses) marker.on("click", () => { if (row.incident_id) cc.open(row.incident_id); else if (row.alert_id) cc.openAlert(row.alert_id); });
    marker.addTo(map);
    return { marker, pin, shape: `${row.severity}|${row.priority}|${row.incident_id}|${row.place}` };
  }

  /** Brings the map to what the state says; a mark that stays is not built again. */
  function refresh() {
    if (!map) return;
    const rows = wanted();
    for (const [key, mark] of kept) {
      const row = rows.get(key);
      if (row && mark.shape === `${row.severity}|${row.priority}|${row.incident_id}|${row.place}`) continue;
      mark.marker.remove();
      kept.delete(key);
    }
    for (const [key, row] of rows) {
      if (!kept.has(key)) kept.set(key, place(row));
      const mark = kept.get(key);
      mark.row = row;
      mark.at = cc.world(row.place[0], row.place[1]);
      mark.within = false;
      mark.more = 0;
    }
    if (cc.face === "wall") gather();
    for (const mark of kept.values()) {
      const looks = `${look(mark.row)}${mark.within ? " is-within" : ""}`, more = mark.more ? `+${mark.more}` : "";
      if (mark.pin.className !== looks) mark.pin.className = looks;
      if (mark.pin.lastChild.textContent !== more) mark.pin.lastChild.textContent = more;
    }
  }

  /* Nobody clicks on a wall, and from eight metres marks over each other say less than one with the number of those it
     stands for: the gravest stands. What is said of an area stands anywhere in it, so its flag is moved where it is free. */
  const APART = [44, 34]; // across and down, as large as a mark with its bar and wave
  const STEPS = [0, 1, 2, 3].flatMap((ring) => (ring ? [[0, -1], [1, -1], [-1, -1], [1, 0], [-1, 0], [0, 1], [1, 1], [-1, 1]].map(([x, y]) => [x * ring, y * ring]) : [[0, 0]]));
  function gather() {
    const k = 256 * 2 ** map.getZoom(), [across, down] = APART.map((part) => (part * cc.uiScale()) / k);
    const before = (a, b) => Boolean(a.row.area) - Boolean(b.row.area) || (cc.gravity[b.row.severity] || 0) - (cc.gravity[a.row.severity] || 0) ||
      (b.row.status === "open") - (a.row.status === "open") || (a.row.key < b.row.key ? -1 : 1);
    const standing = [];
    const over = ([x, y]) => standing.find(({ at }) => Math.abs(at[0] - x) < across && Math.abs(at[1] - y) < down);
    for (const mark of [...kept.values()].sort(before)) {
      const [x, y] = mark.at;
      if (mark.row.area) {
        const free = STEPS.map(([i, j]) => [x + i * across, y + j * down]).find((at) => !over(at));
        if (free) mark.at = free;
        mark.marker.setLatLng(map.unproject(L.point(mark.at).multiplyBy(k), map.getZoom()));
      }
      const host = mark.row.area ? null : over(mark.at);
      mark.within = Boolean(host);
      if (host) host.more += 1;
      else standing.push(mark);
    }
  }

  /** Names for the label layer, the most serious first. */
  function labels() {
    const found = [...kept.values()].filter((mark) => !mark.within).map(({ row, at: [x, y] }) => {
      const depth = row.depth_cm ? ` ${Math.round(row.depth_cm)} cm` : "";
      // How far the mark reaches: a bar across, a wave or the pole of a flag below.
      return { x, y, half: row.closed ? 24 : 19, foot: row.area ? 38 : 22, text: `${row.name}${depth}`, short: depth.trim(), strong: row.status === "open" || isChosen(row), rank: (isChosen(row) ? 10 : 0) + (cc.gravity[row.severity] || 0) };
    });
    return found.sort((a, b) => b.rank - a.rank);
  }

  cc.marks = { refresh, labels, attach: (made) => { map = made; map.on("zoomend", refresh); refresh(); }, size: () => kept.size };
})();
