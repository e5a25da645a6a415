/* The wall's scenes by turns: the city, the district in trouble, the newest red; or the one a desk has locked it to. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const seconds = cc.config.scene_s;
  const wall = cc.views("wall");
  const CLOSE_UP = { district: 14.25, incident: 15.25 };
  const TROUBLING = ["I", "II", "III"];
  const NOBODY = 3; // so many incidents that nobody was sent to are trouble without any grade
  const CITY = { scene: "city", subject: null };

  let current = { ...CITY, since: performance.now() };
  let announced = null; // the red that the wall has already turned to

  const districtOf = (row) => {
    const thing = cc.state.incidents.get(row.incident_id) || cc.state.alerts.get(row.alert_id);
    return thing ? String(thing.jurisdiction).slice(0, 6) : "";
  };
  const rows = () => cc.order.queue().filter((row) => !cc.order.quiet(row));
  const rowsIn = (code) => rows().filter((row) => districtOf(row) === code);

  /** The district that needs people most: reds first, then oranges, incidents without anybody, and its response level. */
  function districtInTrouble() {
    const found = new Map();
    for (const row of rows()) {
      const code = districtOf(row);
      if (code.length < 6) continue;
      const sum = found.get(code) || { code, red: 0, orange: 0, nobody: 0, all: 0 };
      if (row.severity === "red" || row.severity === "orange") sum[row.severity] += 1;
      if (row.status === "open") sum.nobody += 1;
      sum.all += 1;
      found.set(code, sum);
    }
    const level = (code) => TROUBLING.includes((cc.state.response_levels.get(code) || {}).level);
    const weight = (sum) => 8 * sum.red + 4 * sum.orange + 2 * sum.nobody + sum.all;
    const trouble = [...found.values()].filter((sum) => sum.red || sum.orange || sum.nobody >= NOBODY || level(sum.code));
    return trouble.sort((a, b) => weight(b) - weight(a) || (a.code < b.code ? -1 : 1))[0] || null;
  }

  /** The red that came last; while nothing is red, the last of the major calls, which nobody grades. */
  function newestRed() {
    const all = rows();
    const reds = all.filter((row) => row.severity === "red");
    return (reds.length ? reds : all.filter((row) => row.incident_id && row.priority === 1)).sort((a, b) => Date.parse(b.since) - Date.parse(a.since) || (a.key < b.key ? -1 : 1))[0] || null;
  }

  /** What may be shown now, in the order it is. */
  function turns() {
    const district = districtInTrouble(), red = newestRed();
    return [CITY, district && { scene: "district", subject: district.code }, red && { scene: "incident", subject: red.key }].filter(Boolean);
  }

  const same = (a, b) => a.scene === b.scene && a.subject === b.subject;
  const rowOf = (key) => rows().find((row) => row.key === key) || null;

  /** What a desk has locked the wall to; an incident that has ended leaves the city, and the wall says why. */
  function lock() {
    const stands = cc.order.wall();
    if (!stands.scene) return null;
    const gone = stands.scene === "incident" && !rowOf(stands.subject);
    return { ...(gone ? CITY : { scene: stands.scene, subject: stands.subject }), gone, set_by: stands.set_by, since_at: stands.since_at };
  }

  function wanted() {
    const locked = lock();
    if (locked) return locked;
    const red = newestRed();
    // A red that nobody has acknowledged is shown at once, and once.
    if (red && red.severity === "red" && red.unconfirmed && red.key !== announced) {
      announced = red.key;
      return { scene: "incident", subject: red.key };
    }
    const all = turns();
    const at = all.findIndex((turn) => turn.scene === current.scene);
    // Whatever is worse now takes the place of what its turn began with.
    return at < 0 ? CITY : all[over() ? (at + 1) % all.length : at];
  }

  const over = () => (performance.now() - current.since) / 1000 >= seconds[current.scene];

  function step() {
    if (cc.state.seq === null || !cc.state.actor) return;
    const next = wanted();
    const changed = !same(next, current);
    // A district that takes another's place in the same turn does not make the turn longer.
    const turned = next.scene !== current.scene || over();
    current = { scene: next.scene, subject: next.subject, since: turned ? performance.now() : current.since };
    cc.showCoverage(current.scene === "city");
    if (!changed) return;
    const row = current.scene === "incident" ? rowOf(current.subject) : null;
    cc.selected = row && row.incident_id;
    cc.selectedAlert = row && !row.incident_id ? row.alert_id : null;
    document.documentElement.dataset.scene = current.scene;
    cc.view.frame();
    cc.feed.changed("scene", "selection");
  }

  /** The places that the map must show; null for the whole city. */
  function framed() {
    if (current.scene === "city") return null;
    const found = current.scene === "incident" ? [rowOf(current.subject)].filter(Boolean) : rowsIn(current.subject);
    const coming = current.scene === "incident" && found.length ? wayTo(found[0].incident_id) : [];
    const places = [...found.map((row) => row.place), ...coming];
    return places.length ? { places, maxZoom: CLOSE_UP[current.scene] } : null;
  }

  /** Where the units under way to an incident are. */
  const wayTo = (incidentId) => cc.assignmentsOf(incidentId).filter((a) => a.status !== "on_scene" && a.path.length).map((a) => a.path[0]);

  /** What the title needs, for the store. */
  function shown() {
    const locked = lock();
    const told = { scene: current.scene, locked: locked && { by: locked.set_by, since_at: locked.since_at, gone: locked.gone } };
    if (current.scene === "city") return { ...told, name: t("全城") };
    if (current.scene === "incident") {
      const row = rowOf(current.subject);
      return row ? { ...told, name: row.name, row } : { ...told, scene: "city", name: t("全城") };
    }
    const found = rowsIn(current.subject);
    const level = (cc.state.response_levels.get(current.subject) || {}).level || null;
    return {
      ...told, name: cc.order.sceneName("district", current.subject), level, incidents: found.filter((row) => row.incident_id).length,
      nobody: found.filter((row) => row.status === "open").length, worst: cc.severities.find((severity) => found.some((row) => row.severity === severity)) || null,
    };
  }

  function facts(live) {
    if (live.scene === "district") {
      return [
        h("Span", {}, t("警情 {n}", { n: live.incidents })),
        live.nobody ? h("B", {}, t("{n} 处无人出警", { n: live.nobody })) : null,
        live.level ? h("Span", {}, cc.stepName(live.level)) : null,
      ];
    }
    return live.row ? [...cc.factsOf(live.row), cc.ticking("since", live.row.since, "since figure"), cc.whoIsOn(live.row)] : [];
  }

  wall.scene = (live) => {
    if (!live) return null;
    const mark = live.scene === "city" ? null : live.row ? cc.mark(live.row.severity, live.row.priority) : cc.mark(live.worst, "·");
    const { locked } = live;
    return h("Div", { className: `scene-title ${locked ? "locked" : ""}`, key: `${live.scene} ${live.name}` },
      h("P", { className: "scene-name" }, mark, h("B", {}, live.name), h("Span", { className: "dots" }, facts(live))),
      locked ? h("P", { className: "scene-lock" }, t("已由{name}锁定", { name: locked.by || "–" }), cc.ticking("since", locked.since_at, "figure"),
        locked.gone ? h("B", {}, t("锁定的警情已结束，显示全城")) : null) : null);
  };

  cc.scenes = { shown, framed, step, current: () => ({ ...current }) };
  setInterval(step, 1000);
  cc.feed.listen((kinds) => { if (["link", "alerts", "incidents", "wall_scenes"].some((kind) => kinds.has(kind))) step(); });
})();
