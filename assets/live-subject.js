/* The incident being looked at: opened, followed while it changes, left again. */
(function () {
  "use strict";
  const cc = window.cc;
  const FRESH_MS = 90000;
  const asked = new Map();
  cc.selected = null;
  cc.pointedUnit = null;

  /** Does the event touch the incident that is open? */
  function concerns(frame) {
    if (!cc.selected) return false;
    const incident = cc.state.incidents.get(cc.selected);
    const alert = incident && cc.alertOf(incident);
    if (frame.subject === cc.selected || (incident && frame.subject === incident.point_id) || (alert && frame.subject === alert.alert_id)) return true;
    return Object.values(frame.changes).some((items) => items.some((item) =>
      item.incident_id === cc.selected || (incident && incident.point_id && item.point_id === incident.point_id)));
  }

  function follow(stamp) { cc.feed.set("LIVE_SUBJECT", { incident_id: cc.selected, stamp }); }

  /** Opens an incident: the panel asks the server, the map goes there, advice is asked for if there is none. */
  cc.open = function (incidentId) {
    cc.selected = incidentId;
    cc.pointedUnit = null;
    document.documentElement.dataset.subject = "open";
    const incident = cc.state.incidents.get(incidentId);
    follow(`${cc.state.seq}-${Date.now()}`);
    if (incident) setTimeout(() => cc.view.showPlace(incident.place), 0);
    cc.feed.changed("selection");
    cc.adviseIfStale();
    if (cc.onOpen) cc.onOpen(incident);
  };

  cc.close = function () {
    if (!cc.selected) return false;
    cc.selected = null;
    cc.pointedUnit = null;
    delete document.documentElement.dataset.subject;
    cc.feed.set("LIVE_SUBJECT", null);
    cc.feed.changed("selection");
    if (cc.onClose) cc.onClose();
    return true;
  };

  /** Asks for a recommendation when the open incident has nobody and no fresh advice. */
  cc.adviseIfStale = function (always) {
    const incident = cc.selected && cc.state.incidents.get(cc.selected);
    if (!incident || !cc.ids.ASK_RECOMMEND) return;
    if (!always && incident.status !== "open") return;
    const advice = cc.state.recommendations.get(cc.selected);
    const best = advice && advice.candidates[0] && cc.state.units.get(advice.candidates[0].unit_id);
    const usable = advice && cc.cityNow() - Date.parse(advice.made_at) < FRESH_MS * Math.max(1, (cc.state.clock || {}).speed || 1) && (!best || best.status === "available");
    if (usable && !always) return;
    const now = performance.now();
    if (!always && now - (asked.get(cc.selected) || -Infinity) < 5000) return;
    asked.set(cc.selected, now);
    if (asked.size > 200) asked.delete(asked.keys().next().value);
    cc.ask("RECOMMEND", { incident_id: cc.selected });
  };

  cc.onEvent = (frame) => { if (concerns(frame)) follow(`${frame.seq}`); };
  cc.feed.listen((kinds) => {
    if (!cc.selected || !kinds.has("link") || cc.link.status().state !== "online") return;
    follow(`again-${cc.state.seq}-${Date.now()}`); // what was missed while the link was down
  });
})();
