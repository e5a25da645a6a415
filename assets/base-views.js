/* What the feed shows is drawn by React itself, each piece in a place of its own. Through Dash every piece would be a store,
   a callback and an output, and each of those makes every component of the page ask whether it is concerned. */
(function () {
  "use strict";
  const cc = window.cc;
  const roots = new WeakMap(); // place on the page → React's root in it

  /** A tree of plain objects (see cc.h) as React's elements; lists keep their keys. */
  function element(node) {
    if (node === null || typeof node !== "object") return node;
    const { createElement, Fragment } = window.React;
    if (Array.isArray(node)) return createElement(Fragment, null, ...node.map(element));
    const { children, ...props } = node.props;
    const inner = children === undefined ? [] : (Array.isArray(children) ? children : [children]).map(element);
    return createElement(node.type.toLowerCase(), props, ...inner);
  }

  function prepare(id, tree) {
    const place = document.getElementById(id);
    if (!place) return;
    if (!roots.has(place)) roots.set(place, window.ReactDOM.createRoot(place));
    roots.get(place).render(element(tree));
  }

  /** Puts these trees into the components with these ids, now and all at once: [id, tree] each. */
  cc.drawAll = (pieces) => window.ReactDOM.flushSync(() => { for (const [id, tree] of pieces) prepare(id, tree); });
  cc.draw = (id, tree) => cc.drawAll([[id, tree]]);

  /** The functions that draw, by what they are about; each script adds its own. */
  cc.views = (name) => (views[name] = views[name] || {});
  const views = {};

  /* For each face: component → the function that draws it, and what it reads. */
  const SHOWS = {
    wall: {
      TRUTH: ["wall.truth", "LIVE_LINK", "LIVE_HEALTH", "LIVE_GAUGES"], SCENE: ["wall.scene", "LIVE_SCENE"], DRILL: ["shared.drill", "LIVE_CLOCK"],
      FEEDS: ["wall.feeds", "LIVE_HEALTH", "LIVE_LINK", "LIVE_GAUGES"], RESPONSE: ["wall.response", "LIVE_METRICS"], TREND: ["wall.trend", "LIVE_METRICS"],
      QUEUE: ["wall.queue", "LIVE_INCIDENTS"], GRADES: ["wall.grades", "LIVE_INCIDENTS", "LIVE_ALERTS"], LOAD: ["wall.load", "LIVE_LOAD"],
      LEVEL: ["wall.level", "LIVE_LEVELS"], UNITS: ["wall.units", "LIVE_UNITS"], COVERAGE: ["wall.coverage", "LIVE_COVERAGE"],
    },
    desk: {
      TRUTH: ["shared.truth", "LIVE_LINK", "LIVE_HEALTH"], DRILL: ["shared.drill", "LIVE_CLOCK"], FEEDS: ["shared.feeds", "LIVE_HEALTH", "LIVE_LINK"],
      RESPONSE: ["desk.response", "LIVE_METRICS"], QUEUE: ["desk.queue", "LIVE_INCIDENTS"], WATER: ["shared.water", "LIVE_ALERTS"], LOAD: ["desk.load", "LIVE_LOAD"],
      LEVEL: ["desk.level", "LIVE_LEVELS"], LEVELS_LIST: ["desk.levels", "LIVE_LEVELS"], WALL_LIST: ["desk.wall", "LIVE_WALL"], UNITS: ["shared.units", "LIVE_UNITS"],
      COVERAGE: ["coverage.figure", "LIVE_COVERAGE"], MOVE_UP: ["coverage.moves", "LIVE_COVERAGE"], UNIT_CARD: ["desk.unit", "UNIT_SELECTED"],
      ASSISTANCE: ["assistance.waiting", "LIVE_ASSISTANCE"], CLOSURES_LIST: ["closures.listed", "LIVE_CLOSURES"],
    },
    m: {
      TRUTH: ["shared.truth", "LIVE_LINK", "LIVE_HEALTH"], DRILL: ["shared.drill", "LIVE_CLOCK"], QUEUE: ["phone.queue", "LIVE_INCIDENTS", "LIVE_PLACE"],
      DUTY: ["phone.duty", "LIVE_DUTY", "LIVE_OUTBOX"], NEAR: ["phone.near", "LIVE_PLACE", "LIVE_INCIDENTS"], OUTBOX: ["phone.outbox", "LIVE_OUTBOX"],
      BAR: ["phone.bar", "LIVE_OUTBOX", "LIVE_PLACE", "LIVE_DUTY"], SCENE: ["phone.scene", "LIVE_SCENE_BAR"], WATER: ["shared.water", "LIVE_ALERTS"],
      LEVEL: ["phone.level", "LIVE_LEVELS"], ASSISTANCE: ["assistance.waiting", "LIVE_ASSISTANCE"],
    },
    replay: {
      QUEUE: ["desk.queue", "LIVE_INCIDENTS"], WATER: ["shared.water", "LIVE_ALERTS"], LEVEL: ["replay.level", "LIVE_LEVELS"],
      UNITS: ["shared.units", "LIVE_UNITS"], UNIT_CARD: ["desk.unit", "UNIT_SELECTED"],
    },
  };
  const shows = Object.entries(SHOWS[cc.face] || {}).map(([name, [view, ...reads]]) => ({ name, id: cc.ids[name], view: view.split("."), reads }));
  const values = {};

  /** Does this face show anything of it? */
  cc.isShown = (read) => shows.some((show) => show.reads.includes(read));

  /** One piece that fails leaves what stood there and stops no other. */
  function drawn(of, what, reads) {
    try {
      return views[of][what](...reads.map((read) => values[read]));
    } catch (error) {
      window.reportError(error);
      return undefined;
    }
  }

  /** Takes over new values and draws what reads them. A view that answers undefined leaves what stands. */
  cc.showAll = (changes) => {
    Object.assign(values, changes);
    const pieces = [];
    for (const { name, id, view: [of, what], reads } of shows) {
      if (!reads.some((read) => read in changes)) continue;
      const made = drawn(of, what, reads);
      if (made === undefined) continue;
      if (name === "TREND") window.dash_clientside.set_props(id, { figure: made });
      else pieces.push([id, made]);
    }
    if (pieces.length) cc.drawAll(pieces);
  };
})();
