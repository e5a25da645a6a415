/* What needs a person next: the one order of every list, wall, desk and phone; and how a flood of rows becomes groups. */
(function () {
  "use strict";
  const cc = window.cc;
  const DEAD_AFTER_MS = 3600000; // as alerts/model.py has it
  const WATERLOGGING = "waterlogging"; // the category whose grades are the map's

  /* 0 nobody sent; 1 an alert nobody took charge of; 2 on the way; 3 on scene; 4 an alert that is over and waits for its
     all-clear; 5 an alert that only stands; 6 set aside or explained by another. */
  function need(row) {
    if (row.incident_id) return row.status === "open" ? 0 : row.status === "dispatched" ? 2 : 3;
    return row.shelved_until || row.suppressed_by ? 6 : row.unconfirmed ? 1 : row.returned_at ? 4 : 5;
  }

  /* Within a priority: red, then a major call that nobody has graded (people trapped), then the other grades. */
  const gravity = (row) => cc.gravity[row.severity] || (row.incident_id && row.priority === 1 ? 3.5 : 0);

  /** What a person has to know of an alert beside its grade. */
  function marksOf(alert) {
    const cause = alert.suppressed_by && cc.state.alerts.get(alert.suppressed_by);
    return {
      unconfirmed: cc.waits(alert), level: cc.levelName(alert), acknowledged_by: alert.acknowledged_by, told: alert.told,
      escalated: Boolean(alert.escalated_at), escalate_at: cc.waits(alert) ? alert.escalate_at : null, returned_at: alert.returned_at, returned: alert.returned_at ? returnedWord(alert) : null, held: isHeld(alert),
      shelved_until: alert.shelved_until, suppressed_by: alert.suppressed_by ? (cause ? cc.named(cause) : cc.t("另一预警")) : null,
    };
  }
  const NO_MARKS = {
    unconfirmed: false, level: null, acknowledged_by: null, told: null, escalated: false, escalate_at: null, returned_at: null, returned: null, held: false,
    shelved_until: null, suppressed_by: null,
  };

  /** Where a row is listed in a flood: basin or street, else the district. */
  function groupOf(thing, point) {
    const area = cc.state.catalogue.areas[String(thing.jurisdiction).slice(0, 6)];
    return cc.named(thing, "group") || cc.named(point, "group") || cc.named(area) || thing.jurisdiction;
  }

  /** The depth in cm that is measured now where an alert stands; null where nothing is: an area and a message have no
      gauge, a silent one says nothing, and the rain of the last minutes is not what a warning of hours is about. */
  function depthNow(alert) {
    const rule = cc.state.catalogue.rules[alert.rule_id];
    if (alert.quantity !== "depth_cm" || (rule && rule.silence)) return null;
    const point = cc.state.points.get(alert.point_id);
    const depth = point && point.quantity === "depth_cm" ? point.depth_cm : alert.value;
    return depth === undefined ? null : depth;
  }
  const inCm = (depth_cm) => (depth_cm ? `${Math.round(depth_cm)} cm` : null);

  /** Whether the water now stands below where its level begins, which only the set-back holds. */
  function isHeld(alert) {
    const grade = cc.state.catalogue.grades.find((one) => one.code === alert.grade_code);
    const depth = depthNow(alert);
    return alert.category === WATERLOGGING && !alert.returned_at && Boolean(grade) && depth !== null && Math.round(depth) < grade.at_least.depth_cm; // as it is shown
  }

  /** Why the alert is over: water falls, a unit leaves, everything else is as it should be. */
  function returnedWord(alert) {
    const rule = cc.state.catalogue.rules[alert.rule_id];
    if (!rule || (rule.watches === "point" && !rule.silence)) return cc.t("已回落");
    return rule.watches === "geofence" ? cc.t("已离开") : cc.t("已恢复");
  }

  const kindOf = (category) => cc.titled(cc.named(cc.state.catalogue.categories[category]) || category);

  /** The callsign of a free unit that advice has found clearly sooner than one still on its way, and that the reader has
      to ask nobody for; null without one. */
  function reliefOf(incident) {
    const advice = cc.state.recommendations.get(incident.incident_id);
    const holds = ({ unit_id, relieves, must_ask }) => {
      if (must_ask && !must_ask.startsWith(cc.state.actor?.jurisdiction)) return false;
      const assignment = relieves && cc.state.assignments.get(relieves.assignment_id), unit = cc.state.units.get(unit_id);
      return Boolean(assignment && unit) && ["dispatched", "en_route"].includes(assignment.status) && unit.status === "available";
    };
    const found = advice ? advice.candidates.find(holds) : null;
    return found ? found.callsign : null;
  }

  function rowOfIncident(incident) {
    const alerts = cc.alertsOf(incident);
    const alert = alerts[0] || null;
    const point = incident.point_id ? cc.state.points.get(incident.point_id) : null;
    return {
      ...(alert ? marksOf(alert) : NO_MARKS),
      key: incident.incident_id, incident_id: incident.incident_id, alert_id: alert && alert.alert_id, alert_ids: alerts.map((a) => a.alert_id),
      waiting: alerts.filter(cc.waits).map((a) => a.alert_id), point_id: incident.point_id,
      calls: incident.calls || 0, number: incident.number, title: cc.named(incident, "title"), name: point ? cc.named(point) : cc.titled(cc.named(incident, "title")), place: incident.place,
      point: point ? cc.named(point) : null, near: point ? null : cc.base.near(incident.place), group: groupOf(incident, point),
      category: cc.named(cc.state.catalogue.categories[incident.category]), priority: incident.priority, severity: alert ? alert.severity : null,
      depth_cm: point ? point.depth_cm : alert ? alert.depth_cm : null, measured: inCm(alert ? depthNow(alert) : point && point.depth_cm), kind: kindOf(incident.category), area: false,
      closed: Boolean(point && point.passability === "closed"), status: incident.status, since: incident.opened_at,
      relief: reliefOf(incident),
      units: cc.assignmentsOf(incident.incident_id)
        .map((a) => ({ callsign: a.callsign, status: a.status, eta_at: a.eta_at, overdue: a.overdue }))
        .sort((a, b) => (a.callsign < b.callsign ? -1 : 1)),
    };
  }

  function rowOfAlert(alert) {
    const point = cc.state.points.get(alert.point_id);
    const wet = alert.category === WATERLOGGING;
    const rule = cc.state.catalogue.rules[alert.rule_id];
    return {
      ...marksOf(alert),
      key: alert.alert_id, incident_id: null, alert_id: alert.alert_id, alert_ids: [alert.alert_id], waiting: cc.waits(alert) ? [alert.alert_id] : [],
      point_id: alert.point_id, number: "", title: cc.named(alert), name: cc.named(alert), place: alert.place, point: cc.named(alert), group: groupOf(alert, point),
      category: wet ? "" : cc.named(cc.state.catalogue.categories[alert.category]) || cc.named(rule), priority: 3, severity: alert.severity,
      depth_cm: !wet ? null : point ? point.depth_cm : alert.depth_cm, measured: inCm(depthNow(alert)), kind: kindOf(alert.category), area: /^(area|cap|coverage):/.test(alert.subject_id),
      closed: wet && Boolean(point && point.passability === "closed"), status: "alert", since: alert.opened_at, units: [],
    };
  }

  /** Every open incident and every alert without one, the most urgent first. */
  function queue() {
    const rows = [...cc.state.incidents.values()].map(rowOfIncident);
    const covered = new Set(rows.flatMap((row) => row.alert_ids));
    for (const alert of cc.state.alerts.values()) if (!covered.has(alert.alert_id)) rows.push(rowOfAlert(alert));
    return rows.sort((a, b) =>
      need(a) - need(b) || a.priority - b.priority || gravity(b) - gravity(a) ||
      (a.since < b.since ? -1 : a.since > b.since ? 1 : a.key < b.key ? -1 : 1));
  }

  /* A flood of alarms, or more rows than anybody reads: then every incident that nobody was sent to stays a line of its
     own, since each asks for a decision, and so do the most urgent of the others; everything else stands under its basin,
     street or district. */
  const MANY_ROWS = 40;
  const LINES_IN_A_FLOOD = 12;
  const KINDS_NAMED = 3; // of what a group holds; the rest is a number
  cc.grouping = "auto"; // or "groups", "rows": what the officer chose
  cc.unfolded = new Set(); // keys of the groups that the officer opened

  function flooded(rows) {
    if (cc.grouping !== "auto") return cc.grouping === "groups";
    const load = cc.state.metrics && cc.state.metrics.alarm_load;
    return rows.length > MANY_ROWS || Boolean(load && load.below.band === "flood");
  }

  function gradesOf(rows) {
    const counts = { red: 0, orange: 0, yellow: 0, blue: 0, none: 0 };
    for (const row of rows) counts[row.severity || "none"] += 1;
    return counts;
  }

  /** What is inside in words, the most frequent first: [["Waterlogging", 5], …]; a last one without a name for all others. */
  function kindsOf(rows) {
    const counts = new Map();
    for (const row of rows) counts.set(row.kind, (counts.get(row.kind) || 0) + 1);
    const found = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const others = found.slice(KINDS_NAMED).reduce((sum, [, n]) => sum + n, 0);
    return others ? [...found.slice(0, KINDS_NAMED), [null, others]] : found;
  }

  function groupsOf(rows) {
    const found = new Map();
    for (const row of rows) {
      if (!found.has(row.group)) found.set(row.group, { key: `group:${row.group}`, name: row.group, rows: [] });
      found.get(row.group).rows.push(row);
    }
    return [...found.values()].map((group) => {
      const counts = gradesOf(group.rows);
      return {
        ...group, counts, kinds: kindsOf(group.rows), worst: cc.severities.find((severity) => counts[severity]) || null,
        since: group.rows.reduce((least, row) => (row.since < least ? row.since : least), group.rows[0].since),
        waiting: group.rows.flatMap((row) => row.waiting), nobody: group.rows.filter((row) => row.status === "open").length,
      };
    }).sort((a, b) => (cc.gravity[b.worst] || 0) - (cc.gravity[a.worst] || 0) || b.waiting.length - a.waiting.length || (a.since < b.since ? -1 : 1));
  }

  /** The list as it is shown: rows of their own, then groups, and apart from both what is set aside or explained. */
  function list() {
    const all = queue();
    const aside = all.filter((row) => need(row) === 6);
    const rows = all.filter((row) => need(row) !== 6);
    const counts = { all: rows.length, open: rows.filter((row) => row.status === "open").length, incidents: rows.filter((row) => row.incident_id).length, waiting: rows.flatMap((row) => row.waiting).length, grades: gradesOf(rows.filter((row) => row.incident_id)) };
    if (!flooded(rows)) return { rows, groups: [], aside, counts, grouped: false };
    const lines = rows.filter((row) => row.incident_id).filter((row, i) => row.status === "open" || i < LINES_IN_A_FLOOD);
    const own = new Set(lines.map((row) => row.key));
    return { rows: lines, groups: groupsOf(rows.filter((row) => !own.has(row.key))), aside, counts, grouped: true };
  }

  /** Waterlogged points by their gravest grade, other alerts, closed and slow roads. What is over is not counted. */
  function water() {
    const counts = { red: 0, orange: 0, yellow: 0, blue: 0, closed: 0, slow: 0, others: 0, closures: 0 };
    const wet = new Map();
    for (const alert of cc.state.alerts.values()) {
      if (alert.returned_at) continue;
      if (alert.category !== WATERLOGGING) { counts.others += alert.suppressed_by || alert.shelved_until ? 0 : 1; continue; }
      const known = wet.get(alert.subject_id);
      if (!known || cc.gravity[alert.severity] > cc.gravity[known]) wet.set(alert.subject_id, alert.severity);
    }
    for (const severity of wet.values()) counts[severity] += 1;
    for (const point of cc.state.points.values()) if (point.passability in counts) counts[point.passability] += 1;
    for (const closure of cc.state.closures.values()) if (closure.state === "closed") counts.closures += 1;
    return counts;
  }

  /** The figures of an area as they are now, where its points are seen here: those a proposal is made of, but the rain
      of hours, which is summed on the server. A gauge silent for an hour counts as on the server: no more. */
  function figuresNow(jurisdiction) {
    if (!jurisdiction.startsWith(cc.state.actor.jurisdiction)) return {};
    const found = { points_graded: 0, roads_closed: 0 };
    for (const grade of cc.state.catalogue.grades) found[`points_${grade.code}`] = 0;
    for (const point of cc.state.points.values()) {
      if (point.quantity !== "depth_cm" || !point.jurisdiction.startsWith(jurisdiction)) continue;
      if (point.passability === "closed") found.roads_closed += 1;
      if (!point.grade_code || cc.cityNow() - Date.parse(point.observed_at) > DEAD_AFTER_MS) continue;
      found.points_graded += 1;
      found[`points_${point.grade_code}`] += 1;
    }
    return found;
  }

  /** The flood response level of the city and of each district that is seen here, the city first; those never set stand
      at none. `own` is that of the listener's own area. */
  function levels() {
    const areas = cc.state.catalogue.areas;
    return Object.keys(areas).sort().map((jurisdiction) => {
      const stands = cc.state.response_levels.get(jurisdiction) || {};
      const proposes = Boolean(stands.proposed_at) && (stands.proposed_level || null) !== (stands.level || null);
      const figures_now = proposes ? figuresNow(jurisdiction) : {};
      return { figures_now, level: null, since_at: null, set_by: null, reason: null, proposed_level: null, proposed_at: null, proposed_because: {}, ...stands, jurisdiction, name: cc.named(areas[jurisdiction]), proposes, own: String(cc.state.actor.jurisdiction).slice(0, 6) === jurisdiction };
    });
  }

  const GROUP = {
    available: "available", dispatched: "coming", en_route: "coming", on_scene: "on_scene",
    returning: "returning", on_break: "off", out_of_service: "off",
  };

  /** Has the status it is in been told to last too long? What was told of another status says nothing. */
  const tooLong = (unit) => Boolean(unit.overdue_status_at) && unit.overdue_status_at === unit.status_at;

  const NONE = { available: 0, coming: 0, on_scene: 0, returning: 0, off: 0 };
  function units() {
    const counts = { ...NONE, nets: {} };
    for (const net in cc.state.catalogue.nets) counts.nets[net] = { ...NONE };
    for (const unit of cc.state.units.values()) {
      counts[GROUP[unit.status]] += 1;
      if (counts.nets[unit.net]) counts.nets[unit.net][GROUP[unit.status]] += 1;
    }
    return counts;
  }

  /** The gauges by what they measure: how many there are and when the newest of their values was taken; and those that
      a rule about silence has found silent, by name. */
  function gauges() {
    const feeds = {}, silent = new Map();
    for (const point of cc.state.points.values()) {
      const feed = (feeds[point.quantity] = feeds[point.quantity] || { points: 0, never: 0, newest_at: null });
      feed.points += 1;
      if (!point.observed_at) feed.never += 1;
      else if (!feed.newest_at || Date.parse(point.observed_at) > Date.parse(feed.newest_at)) feed.newest_at = point.observed_at;
    }
    for (const alert of cc.state.alerts.values()) {
      const rule = cc.state.catalogue.rules[alert.rule_id];
      if (rule && rule.silence && !alert.returned_at) silent.set(alert.subject_id, cc.named(alert));
    }
    return { feeds, silent: [...silent.values()].sort() };
  }

  /** What the wall of the listener's own jurisdiction was told to show; `open` is the incident that stands open here. */
  function wall() {
    const stands = cc.state.wall_scenes.get(cc.state.actor.jurisdiction) || {};
    const { scene = null, subject = null, set_by = null, since_at = null } = stands;
    const districts = Object.keys(cc.state.catalogue.areas).sort().filter((code) => code.length > 4).map((code) => ({ code, name: cc.named(cc.state.catalogue.areas[code]) }));
    const open = cc.selected && cc.state.incidents.get(cc.selected);
    return {
      scene, subject, set_by, since_at, name: sceneName(scene, subject), districts, may: cc.state.actor.permissions.includes("lock_wall"),
      open: open ? { incident_id: open.incident_id, name: sceneName("incident", open.incident_id) } : null,
    };
  }

  /** A scene in words: the city, the district or the incident; null for an incident that is no longer open. */
  function sceneName(scene, subject) {
    if (scene === "district") return cc.named(cc.state.catalogue.areas[subject]) || subject;
    if (scene !== "incident") return cc.t("全城");
    const incident = cc.state.incidents.get(subject);
    return incident ? rowOfIncident(incident).name : null;
  }

  cc.order = { queue, list, water, levels, units, gauges, wall, sceneName, depthNow, returnedWord, group: (status) => GROUP[status], tooLong, quiet: (row) => need(row) === 6 };
})();
