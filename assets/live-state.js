/* What the city looks like now, kept as docs/live-protocol.md says: a snapshot, then whole states by id. */
(function () {
  "use strict";
  const cc = window.cc;
  const ID = {
    alerts: "alert_id", incidents: "incident_id", units: "unit_id",
    assignments: "assignment_id", recommendations: "incident_id", points: "point_id",
    closures: "closure_id", assistance: "request_id", response_levels: "jurisdiction", wall_scenes: "jurisdiction",
  };
  const ENDED = {
    alerts: (a) => a.status === "cleared",
    incidents: (i) => i.status === "closed",
    assignments: (a) => a.status === "cleared" || a.status === "stood_down",
    closures: (c) => c.reopened_at !== null,
    assistance: (r) => r.status !== "waiting",
  };
  const state = {
    seq: null, catalogue: { grades: [], categories: {}, nets: {}, rules: {}, areas: {}, districts: {} }, actor: null, metrics: null, health: null, clock: null, coverage: null,
    healthAt: 0, unitByIndex: [],
  };
  for (const kind in ID) state[kind] = new Map();

  function keep(kind, item) {
    const id = item[ID[kind]];
    // What has ended is forgotten at once: a wall runs for weeks.
    if (ENDED[kind] && ENDED[kind](item)) state[kind].delete(id);
    else state[kind].set(id, item);
    if (kind === "units") state.unitByIndex[item.index] = item;
  }

  function takeSnapshot(frame) {
    state.unitByIndex = [];
    for (const kind in ID) {
      state[kind].clear();
      for (const item of frame.state[kind] || []) keep(kind, item);
    }
    forgetOrphans();
    Object.assign(state, { seq: frame.seq, catalogue: frame.catalogue, actor: frame.actor });
    takeMetrics(frame.metrics);
    takeCoverage(frame.coverage);
    takeClock(frame.clock);
    takeHealth(frame.health);
  }

  /** False when a row is missing between what is known and this one. */
  function takeEvent(frame) {
    if (state.seq === null || frame.seq !== state.seq + 1) return false;
    state.seq = frame.seq;
    for (const kind in frame.changes) if (ID[kind]) for (const item of frame.changes[kind]) keep(kind, item);
    takeDepths(frame.changes.depths || []);
    if (frame.changes.incidents) forgetOrphans();
    return true;
  }

  /** What readings change of a point many times a second: these fields and no others. */
  function takeDepths(depths) {
    for (const depth of depths) {
      const point = state.points.get(depth.point_id);
      if (point) state.points.set(depth.point_id, { ...point, ...depth });
    }
  }

  function forgetOrphans() {
    for (const id of state.recommendations.keys()) if (!state.incidents.has(id)) state.recommendations.delete(id);
  }

  function takeMetrics(metrics) { if (metrics && metrics.alarm_load) state.metrics = metrics; }
  function takeCoverage(coverage) { state.coverage = coverage || null; }
  function takeClock(clock) { if (clock) { state.clock = clock; cc.setClock(clock); } }
  function takeHealth(health) {
    if (!health || !health.feeds) return;
    state.health = health;
    state.healthAt = performance.now();
    // That a closure has run out is not told: without this they would pile up on a wall.
    const now = cc.cityNow();
    for (const [id, closure] of state.closures) if (Date.parse(closure.expires_at) <= now) state.closures.delete(id);
  }

  const RANK = { red: 4, orange: 3, yellow: 2, blue: 1 };

  /** The open alerts that an incident answers, by their link to it or by the point and kind both have; the gravest first. */
  function alertsOf(incident) {
    const found = [];
    for (const alert of state.alerts.values()) {
      const same = incident.point_id && alert.point_id === incident.point_id && alert.category === incident.category;
      if (alert.incident_id === incident.incident_id || same) found.push(alert);
    }
    return found.sort((a, b) => quiet(a) - quiet(b) || RANK[b.severity] - RANK[a.severity] || (a.opened_at < b.opened_at ? -1 : 1));
  }
  const alertOf = (incident) => alertsOf(incident)[0] || null;

  /** Nobody is called to it now: set aside, explained by another, or over. */
  const quiet = (alert) => Boolean(alert.shelved_until || alert.suppressed_by || alert.returned_at);
  /** Somebody has still to take charge of it. */
  const waits = (alert) => alert.status === "active" && !quiet(alert);

  /** The word of the level an alert has reached, as its rule names it. */
  function levelName(alert) {
    const rule = state.catalogue.rules[alert.rule_id];
    return (rule && cc.named(rule.levels[alert.grade_code])) || alert.grade_code;
  }

  function assignmentsOf(incidentId) {
    return [...state.assignments.values()].filter((a) => a.incident_id === incidentId);
  }

  cc.state = state;
  cc.take = { snapshot: takeSnapshot, event: takeEvent, metrics: takeMetrics, coverage: takeCoverage, clock: takeClock, health: takeHealth };
  Object.assign(cc, { alertOf, alertsOf, waits, quiet, levelName, assignmentsOf, gravity: RANK });
})();
