/* What needs a person next: the one order of every list, wall, desk and phone. */
(function () {
  "use strict";
  const cc = window.cc;
  const RANK = { red: 4, orange: 3, yellow: 2, blue: 1 };

  /* 0 nobody sent; 1 an alert nobody confirmed; 2 on the way; 3 on scene; 4 an alert that only stands. */
  function need(row) {
    if (row.incident_id) return row.status === "open" ? 0 : row.status === "dispatched" ? 2 : 3;
    return row.unconfirmed ? 1 : 4;
  }

  /* Within a priority: red, then a major call that nobody has graded (people trapped), then the other grades. */
  const gravity = (row) => RANK[row.severity] || (row.incident_id && row.priority === 1 ? 3.5 : 0);

  function rowOfIncident(incident) {
    const alert = cc.alertOf(incident);
    const point = incident.point_id ? cc.state.points.get(incident.point_id) : null;
    return {
      key: incident.incident_id, incident_id: incident.incident_id, alert_id: alert && alert.alert_id,
      number: incident.number, title: cc.named(incident, "title"), name: point ? cc.named(point) : cc.titled(cc.named(incident, "title")), place: incident.place,
      point: point ? cc.named(point) : null, near: point ? null : cc.base.near(incident.place),
      category: cc.named(cc.state.catalogue.categories[incident.category]), priority: incident.priority,
      severity: alert ? alert.severity : null, unconfirmed: Boolean(alert && alert.status === "active"),
      depth_cm: point ? point.depth_cm : alert ? alert.depth_cm : null,
      closed: Boolean(point && point.passability === "closed"), status: incident.status, since: incident.opened_at,
      units: cc.assignmentsOf(incident.incident_id)
        .map((a) => ({ callsign: a.callsign, status: a.status, eta_at: a.eta_at, overdue: a.overdue }))
        .sort((a, b) => (a.callsign < b.callsign ? -1 : 1)),
    };
  }

  function rowOfAlert(alert) {
    const point = cc.state.points.get(alert.point_id);
    return {
      key: alert.alert_id, incident_id: null, alert_id: alert.alert_id, number: "", title: cc.named(alert), name: cc.named(alert),
      place: alert.place, point: cc.named(alert), category: "", priority: 3, severity: alert.severity,
      unconfirmed: alert.status === "active", depth_cm: point ? point.depth_cm : alert.depth_cm,
      closed: Boolean(point && point.passability === "closed"), status: "alert", since: alert.opened_at, units: [],
    };
  }

  /** Every open incident and every alert without one, the most urgent first. */
  function queue() {
    const rows = [...cc.state.incidents.values()].map(rowOfIncident);
    const covered = new Set(rows.map((row) => row.alert_id));
    for (const alert of cc.state.alerts.values()) if (!covered.has(alert.alert_id)) rows.push(rowOfAlert(alert));
    return rows.sort((a, b) =>
      need(a) - need(b) || a.priority - b.priority || gravity(b) - gravity(a) ||
      (a.since < b.since ? -1 : a.since > b.since ? 1 : a.key < b.key ? -1 : 1));
  }

  /** Waterlogged points by severity, closed and slow roads. */
  function water() {
    const counts = { red: 0, orange: 0, yellow: 0, blue: 0, closed: 0, slow: 0 };
    for (const alert of cc.state.alerts.values()) counts[alert.severity] += 1;
    for (const point of cc.state.points.values()) if (point.passability in counts) counts[point.passability] += 1;
    return counts;
  }

  const GROUP = {
    available: "available", dispatched: "coming", en_route: "coming", on_scene: "on_scene",
    returning: "returning", on_break: "off", out_of_service: "off",
  };

  function units() {
    const counts = { available: 0, coming: 0, on_scene: 0, returning: 0, off: 0 };
    for (const unit of cc.state.units.values()) counts[GROUP[unit.status]] += 1;
    return counts;
  }

  cc.order = { queue, water, units, group: (status) => GROUP[status] };
})();
