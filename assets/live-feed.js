/* From the live state to the screen: at most four times a second, each piece only when its data differ. */
(function () {
  "use strict";
  const cc = window.cc;
  const EVERY_MS = 250;
  const DEPTHS_MS = 1000; // what readings alone change
  const SOON_MS = 20; // what comes after a rest is shown at once, with what comes beside it
  const listeners = [];
  const last = {};
  const dirty = new Set();
  let timer = null;
  let due = Infinity;
  let flushed = -Infinity;
  let begun = false;

  const READERS = {
    LIVE_LINK: () => ({ ...cc.link.status(), ...(cc.sound ? { sound: !cc.sound.forbidden() } : {}) }),
    LIVE_CLOCK: () => cc.state.clock && { ...cc.state.clock, network: (cc.state.health || {}).network, day: cc.dayWords(cc.cityNow()) },
    LIVE_HEALTH: () => cc.state.health && { ...cc.state.health, at: Math.round(cc.state.healthAt) },
    LIVE_METRICS: () => cc.state.metrics && cc.state.metrics.response && { response: cc.state.metrics.response, hour: cc.state.metrics.hour || null },
    // Without its instant and its grids, which the map reads for itself: a measurement that says the same redraws nothing.
    LIVE_COVERAGE: () => cc.state.seq !== null && { told: cc.state.actor.jurisdiction === cc.config.whole, coverage: cc.state.coverage && { ...cc.state.coverage, at: null, grids: null } },
    LIVE_INCIDENTS: () => cc.state.seq !== null && { ...cc.order.list(), unfolded: [...cc.unfolded], selected: cc.selected || cc.selectedAlert || null, measured: Boolean(cc.state.health && cc.state.health.feeds.readings_age_s !== null) },
    LIVE_ALERTS: () => cc.state.seq !== null && cc.order.water(),
    LIVE_LOAD: () => cc.state.metrics && cc.state.metrics.alarm_load,
    LIVE_ASSISTANCE: () => cc.state.seq !== null && { waiting: cc.toAnswer() },
    LIVE_CLOSURES: () => cc.state.seq !== null && { closures: cc.closuresInForce() },
    LIVE_LEVELS: () => cc.state.seq !== null && cc.order.levels(),
    LIVE_UNITS: () => cc.state.seq !== null && { ...cc.order.units(), ...(cc.state.health && !cc.positionsUnknown(cc.state.health) ? cc.state.health.units : {}) },
    LIVE_GAUGES: () => cc.state.seq !== null && cc.order.gauges(),
    LIVE_WALL: () => cc.state.seq !== null && cc.order.wall(),
    LIVE_SCENE: () => cc.state.seq !== null && cc.scenes.shown(),
  };
  const DEPENDS = {
    link: ["LIVE_LINK"], sound: ["LIVE_LINK"], clock: ["LIVE_CLOCK"], health: ["LIVE_HEALTH", "LIVE_UNITS", "LIVE_CLOCK", "LIVE_INCIDENTS", "LIVE_CLOSURES"], metrics: ["LIVE_METRICS", "LIVE_LOAD", "LIVE_INCIDENTS"], coverage: ["LIVE_COVERAGE"],
    alerts: ["LIVE_INCIDENTS", "LIVE_ALERTS", "LIVE_GAUGES", "LIVE_SCENE", "LIVE_LEVELS"], points: ["LIVE_LEVELS", "LIVE_INCIDENTS", "LIVE_ALERTS", "LIVE_GAUGES", "LIVE_CLOSURES"], depths: ["LIVE_INCIDENTS", "LIVE_GAUGES", "LIVE_SCENE"],
    incidents: ["LIVE_INCIDENTS", "LIVE_WALL", "LIVE_SCENE"], assignments: ["LIVE_INCIDENTS", "LIVE_SCENE"], units: ["LIVE_UNITS"], selection: ["LIVE_INCIDENTS", "LIVE_WALL"],
    recommendations: ["LIVE_INCIDENTS"], watchers: [], assistance: ["LIVE_ASSISTANCE"], response_levels: ["LIVE_LEVELS", "LIVE_SCENE"], closures: ["LIVE_ALERTS", "LIVE_CLOSURES"], wall_scenes: ["LIVE_WALL", "LIVE_SCENE"], scene: ["LIVE_SCENE"],
  };

  /* Dash's renderer remembers every property that was ever set, for an undo that no face has: hundreds of megabytes a day
     of states that are long over. Its store is where set_props itself finds it. */
  function forgetUndo() {
    for (const store of window.dash_stores || []) {
      const { history } = store.getState();
      if (history && history.past.length) history.past.length = 0;
    }
  }

  function flush() {
    timer = null;
    due = Infinity;
    flushed = performance.now();
    const kinds = new Set(dirty);
    dirty.clear();
    const news = {};
    for (const store of new Set([...kinds].flatMap((kind) => DEPENDS[kind]))) {
      if (!cc.isShown(store)) continue;
      const data = READERS[store]();
      if (!data) continue;
      const text = JSON.stringify(data);
      if (last[store] === text) continue;
      last[store] = text;
      news[store] = data;
    }
    cc.showAll(news);
    for (const listen of listeners) listen(kinds);
    forgetUndo();
    cc.tick();
  }

  /** Says that these kinds have changed. */
  function changed(...kinds) {
    for (const kind of kinds) dirty.add(kind);
    if (!begun) return;
    const now = performance.now();
    const at = Math.max(now + SOON_MS, flushed + (kinds.every((kind) => kind === "depths") ? DEPTHS_MS : EVERY_MS));
    if (timer !== null && due <= at) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(flush, at - now);
  }

  /** The page stands: what has changed until now is drawn. Before, Dash has no place for it. */
  function begin() {
    begun = true;
    changed("link");
  }

  cc.feed = { changed, begin, listen: (fn) => listeners.push(fn), everything: () => changed(...Object.keys(DEPENDS)) };
})();
