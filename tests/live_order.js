/* Answers what the list of every face would show of a state: for tests, without a browser. */
"use strict";
const fs = require("fs");
const vm = require("vm");
const path = require("path");

const assets = path.join(__dirname, "..", "assets");
const { state, now, ask } = JSON.parse(fs.readFileSync(0, "utf-8"));
const views = {};
const cc = {
  t: (words, values = {}) => words.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all)), named: (thing, field = "name") => (thing && thing[`${field}_zh`]) || "", titled: (words) => words,
  views: () => views, onOutcome: [], onAsk: [],
  h: (type, props, ...children) => ({ type, ...props, children: children.flat(Infinity).filter(Boolean) }),
  severities: ["red", "orange", "yellow", "blue"], base: { near: () => null }, cityNow: () => Date.parse(now), setClock: () => {},
};
const context = vm.createContext({ window: { cc }, cc, performance: { now: () => 0 }, console });
for (const script of ["live-catalogue.js", "live-state.js", "live-order.js", "view-shared.js"]) vm.runInContext(fs.readFileSync(path.join(assets, script), "utf-8"), context);
cc.take.snapshot({ seq: 1, state, ...state.around });
const answers = {
  list: () => cc.order.list(), levels: () => cc.order.levels(),
  foot: () => views.units(cc.order.units()).filter((one) => one && one.className !== "counts-name").map((one) => one.children.slice(1).map((part) => part.children[0])),
  refused: () => cc.refusedWords(state.refused[0]),
  depths: () => [...cc.state.alerts.values()].map((alert) => cc.order.depthNow(alert)),
};
process.stdout.write(JSON.stringify(answers[ask]()));
