/* Runs assets/live-asking.js against a server of a few prepared answers: for tests, without a browser. */
"use strict";
const fs = require("fs");
const vm = require("vm");
const path = require("path");

const { answers, asks } = JSON.parse(fs.readFileSync(0, "utf-8"));
const outcomes = [], asked = [];
const cc = {
  t: (words, values = {}) => words.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all)),
  face: "desk", link: { status: () => ({ state: "online" }) }, config: { callbacks: { asking: "told.data" } },
  ids: Object.fromEntries(asks.map((name) => [`ASK_${name}`, "asking"])),
};
async function fetch(url, { body }) {
  const { status, body: text, redirected = false } = answers.shift();
  asked.push(JSON.parse(body).inputs[0].value);
  return { status, ok: status < 300, redirected, json: async () => JSON.parse(text) };
}
const context = vm.createContext({ window: { cc, reportError: console.error }, fetch, AbortSignal, performance });
vm.runInContext(fs.readFileSync(path.join(__dirname, "..", "assets", "live-asking.js"), "utf-8"), context);
cc.onOutcome.push((outcome) => outcomes.push(outcome.text));
for (const name of asks) cc.ask(name, {});
setTimeout(() => process.stdout.write(JSON.stringify({ outcomes, asked: asked.length })), 100);
