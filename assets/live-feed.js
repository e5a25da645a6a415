/* From the live state to Dash: at most four times a second, each store only when its data differ. */
(function () {
  "use strict";
  const cc = window.cc;
  const EVERY_MS = 250;
  const listeners = [];
  const last = {};
  const dirty = new Set();
  let timer = null;

  const READERS = {
    LIVE_LINK: () => cc.link.status(),
    LIVE_CLOCK: () => cc.state.clock && { ...cc.state.clock, network: (cc.state.health || {}).network, day: cc.dayWords(cc.cityNow()) },
    LIVE_HEALTH: () => cc.state.health && { ...cc.state.health, at: Math.round(cc.state.healthAt) },
    LIVE_METRICS: () => cc.state.metrics && cc.state.metrics.response && { response: cc.state.metrics.response },
    LIVE_COVERAGE: () => cc.state.seq !== null && { coverage: cc.state.coverage },
    LIVE_INCIDENTS: () => cc.state.seq !== null && { ...cc.order.list(), unfolded: [...cc.unfolded], selected: cc.selected || cc.selectedAlert || null, measured: Boolean(cc.state.health && cc.state.health.feeds.readings_age_s !== null) },
    LIVE_ALERTS: () => cc.state.seq !== null && cc.order.water(),
    LIVE_LOAD: () => cc.state.metrics && cc.state.metrics.alarm_load,
    LIVE_ASSISTANCE: () => cc.state.seq !== null && { waiting: cc.toAnswer() },
    LIVE_LEVELS: () => cc.state.seq !== null && cc.order.levels(),
    LIVE_UNITS: () => cc.state.seq !== null && { ...cc.order.units(), ...((cc.state.health || {}).units || {}) },
  };
  const DEPENDS = {
    link: ["LIVE_LINK"], clock: ["LIVE_CLOCK"], health: ["LIVE_HEALTH", "LIVE_UNITS", "LIVE_CLOCK", "LIVE_INCIDENTS"], metrics: ["LIVE_METRICS", "LIVE_LOAD", "LIVE_INCIDENTS"], coverage: ["LIVE_COVERAGE"],
    alerts: ["LIVE_INCIDENTS", "LIVE_ALERTS"], points: ["LIVE_INCIDENTS", "LIVE_ALERTS"],
    incidents: ["LIVE_INCIDENTS"], assignments: ["LIVE_INCIDENTS"], units: ["LIVE_UNITS"], selection: ["LIVE_INCIDENTS"],
    recommendations: [], watchers: [], assistance: ["LIVE_ASSISTANCE"], response_levels: ["LIVE_LEVELS"],
  };

  /** Hands a component its props; does nothing where this face has no such component. */
  function set(name, data) {
    const id = cc.ids[name];
    if (id) window.dash_clientside.set_props(id, { data });
  }

  function flush() {
    timer = null;
    const kinds = new Set(dirty);
    dirty.clear();
    for (const store of new Set([...kinds].flatMap((kind) => DEPENDS[kind]))) {
      if (!cc.ids[store]) continue;
      const data = READERS[store]();
      if (!data) continue;
      const text = JSON.stringify(data);
      if (last[store] === text) continue;
      last[store] = text;
      set(store, data);
    }
    for (const listen of listeners) listen(kinds);
    setTimeout(cc.tick, 0);
  }

  /** Says that these kinds have changed. */
  function changed(...kinds) {
    for (const kind of kinds) dirty.add(kind === "depths" ? "points" : kind);
    if (timer === null) timer = setTimeout(flush, EVERY_MS);
  }

  cc.feed = { set, changed, listen: (fn) => listeners.push(fn), everything: () => changed(...Object.keys(DEPENDS)) };

  let asked = 0;
  /** Asks the server for an action through its store; the nonce lets the answer be matched. */
  cc.ask = function (name, request) {
    if (cc.link.status().state !== "online") {
      cc.say({ kind: "refused", action: name, text: cc.t("与服务器的连接已断。没有发出，什么都没有改变；恢复后请重试。") });
      return null;
    }
    asked += 1;
    const nonce = `${Date.now().toString(36)}-${asked}`;
    set(`ASK_${name}`, { ...request, nonce });
    return nonce;
  };
  /** Shows a notice of the page itself the way the server's are shown. */
  cc.say = (notice) => { asked += 1; set("OUTCOME", { undo: [], opens: null, ...notice, nonce: `page-${asked}` }); };
})();
