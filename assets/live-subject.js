/* The incident or alert being looked at: opened, followed while it changes, left again. */
(function () {
  "use strict";
  const cc = window.cc;
  const AGAIN_MS = 15000;
  const SETTLED_MS = 300;
  const UNANSWERED_MS = 2000;
  const AWAITED_MS = 500;
  let question = 0;
  let answered = 0; // the newest question whose answer stands
  let awaitedUntil = -Infinity;
  let openedAt = 0;
  let askedAt = -Infinity;
  cc.selected = null; // an incident
  cc.selectedAlert = null; // or an alert, never both
  cc.pointedUnit = null;

  /** Does the event touch what is open? */
  function concerns(frame) {
    if (cc.selectedAlert) {
      const alert = cc.state.alerts.get(cc.selectedAlert);
      if (frame.subject === cc.selectedAlert) return true;
      const point = alert && alert.point_id;
      return Object.values(frame.changes).some((items) => items.some((item) =>
        item.alert_id === cc.selectedAlert || (point && item.point_id === point && !item.alert_id)));
    }
    if (!cc.selected) return false;
    const incident = cc.state.incidents.get(cc.selected);
    const alerts = incident ? cc.alertsOf(incident).map((alert) => alert.alert_id) : [];
    if (frame.subject === cc.selected || (incident && frame.subject === incident.point_id) || alerts.includes(frame.subject)) return true;
    return Object.values(frame.changes).some((items) => items.some((item) =>
      item.incident_id === cc.selected || (incident && incident.point_id && item.point_id === incident.point_id)));
  }

  /** Somebody has asked for something that will stand in the panel, and has not seen it yet; for a moment at most. */
  cc.awaits = () => performance.now() < awaitedUntil;
  const awaited = () => { if (cc.ids.LIVE_SUBJECT) awaitedUntil = performance.now() + AWAITED_MS; };

  const drawn = (panel) => cc.draw(cc.ids.PANEL, panel);

  /** Asks for the panel of what is open (`extra` is what a face adds to the question) and draws it, unless
      something else is open by then or the answer to a newer question stands. Where none comes, what stands stays and is
      asked for again. */
  cc.follow = async function (extra) {
    if (!cc.ids.LIVE_SUBJECT) return; // a wall has no panel
    const mine = (question += 1), incident = cc.selected, alert = cc.selectedAlert;
    try {
      const panel = await cc.call("LIVE_SUBJECT", incident || alert ? { incident_id: incident, alert_id: alert, ...extra } : null);
      if (!panel || mine < answered || incident !== cc.selected || alert !== cc.selectedAlert) return;
      answered = mine;
      (cc.drawPanel || drawn)(JSON.parse(panel));
      awaitedUntil = -Infinity;
      cc.tick();
    } catch (error) {
      if (error.notice) cc.say(error.notice); // asked the same again it would answer the same
      else setTimeout(() => { if (mine === question) cc.follow(extra); }, UNANSWERED_MS);
    }
  };

  function show(place) {
    cc.pointedUnit = null;
    openedAt = performance.now();
    askedAt = -Infinity;
    delete document.documentElement.dataset.confirming;
    document.documentElement.dataset.subject = "open";
    awaited();
    cc.follow();
    if (place) setTimeout(() => cc.view.showPlace(place), 0);
    cc.feed.changed("selection");
    if (cc.onOpen) cc.onOpen();
  }

  /** Opens an incident: the panel asks the server, the map goes there. */
  cc.open = function (incidentId) {
    cc.selected = incidentId;
    cc.selectedAlert = null;
    const incident = cc.state.incidents.get(incidentId);
    show(incident && incident.place);
  };

  /** Opens an alert: why it is there and what may be done about it. */
  cc.openAlert = function (alertId) {
    cc.selected = null;
    cc.selectedAlert = alertId;
    const alert = cc.state.alerts.get(alertId);
    show(alert && alert.place);
  };

  cc.close = function () {
    if (!cc.selected && !cc.selectedAlert) return false;
    cc.selected = null;
    cc.selectedAlert = null;
    cc.pointedUnit = null;
    delete document.documentElement.dataset.subject;
    delete document.documentElement.dataset.confirming;
    cc.follow();
    cc.feed.changed("selection");
    if (cc.onClose) cc.onClose();
    return true;
  };

  /** Advice names somebody, is not old, and all of whom it names for one key press are still there. */
  function usable(advice) {
    const named = advice ? advice.candidates.filter((candidate) => candidate.need !== null) : [];
    const gone = ({ unit_id }) => cc.state.units.has(unit_id) && cc.state.units.get(unit_id).status !== "available";
    return named.length > 0 && cc.cityNow() - Date.parse(advice.made_at) <= cc.staleAfterS * 1000 && !named.some(gone);
  }

  /** Asks for a recommendation, which arrives as an event. */
  cc.advise = function () {
    askedAt = performance.now();
    awaited();
    return cc.ask("RECOMMEND", { incident_id: cc.selected });
  };

  /* While an incident is open that has nobody, and its advice is missing, names nobody or somebody who has gone, or is
     old: when it is opened, and then every AGAIN_MS. Stepping through the queue asks for nothing. */
  function adviseIfNeeded() {
    const incident = cc.selected && cc.state.incidents.get(cc.selected);
    if (!incident || !cc.ids.ASK_RECOMMEND || incident.status !== "open" || cc.link.status().state !== "online") return;
    const now = performance.now();
    if (now - openedAt < SETTLED_MS || now - askedAt < AGAIN_MS || usable(cc.state.recommendations.get(cc.selected))) return;
    cc.advise();
  }
  setInterval(adviseIfNeeded, 250);

  cc.onEvent.push((frame) => { if (concerns(frame)) cc.follow(); });
  cc.feed.listen((kinds) => {
    if (!(cc.selected || cc.selectedAlert) || !kinds.has("link") || cc.link.status().state !== "online") return;
    cc.follow(); // what was missed while the link was down
  });
})();
