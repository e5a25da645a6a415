/* The page's configuration, the words of its language, and figures as people read them. */
(function () {
  "use strict";
  const config = JSON.parse(document.getElementById("cc-config").textContent);
  const cc = (window.cc = { config, ids: config.ids, face: config.face, english: config.locale === "en" });
  cc.onEvent = []; // what is told of each row of the journal

  /** The message in the page's language, with {name} filled in; the Chinese text is the key. */
  function t(message, params) {
    const words = (cc.english && config.words[message]) || message;
    return params ? words.replace(/\{(\w+)\}/g, (_, name) => String(params[name])) : words;
  }

  /** `name_zh` or `name_en` of a public state (or `title_…`). */
  function named(thing, field = "name") {
    if (!thing) return "";
    return thing[`${field}_${config.locale}`] || thing[`${field}_zh`] || "";
  }

  /** An English title begins with a capital wherever it begins. */
  const titled = (text) => (cc.english && text ? text[0].toUpperCase() + text.slice(1) : text);

  /** 3:48, or 1:03:48 from an hour on. */
  function minutesSeconds(seconds) {
    if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return "–:––";
    const whole = Math.max(0, Math.round(seconds));
    const two = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(whole / 3600);
    if (hours) return `${hours}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
    return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
  }

  /** An age in its largest unit: 12 s, 4 min, 2 h. */
  function age(seconds) {
    if (seconds === null || seconds === undefined) return t("从未");
    if (seconds < 90) return t("{n} 秒", { n: Math.max(0, Math.round(seconds)) });
    if (seconds < 5400) return t("{n} 分", { n: Math.round(seconds / 60) });
    return t("{n} 小时", { n: Math.round(seconds / 3600) });
  }

  const clockFormat = new Intl.DateTimeFormat("en-GB", {
    timeZone: config.zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  const dateFormat = new Intl.DateTimeFormat(cc.english ? "en-GB" : "zh-CN", {
    timeZone: config.zone, year: "numeric", month: "long", day: "numeric", weekday: "long",
  });
  const dayFormat = new Intl.DateTimeFormat("sv-SE", { timeZone: config.zone });

  /** A Dash component as a plain object, so that React compares it with what stands there. */
  function h(type, props, ...children) {
    const found = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
    const inner = found.length === 0 ? undefined : found.length === 1 ? found[0] : found;
    return { type, namespace: "dash_html_components", props: { ...props, children: inner } };
  }

  /** A time that runs on by itself (see base-ticks.js): since, until, age. */
  function ticking(kind, at, className) {
    return h("Span", { className, "data-tick": kind, "data-at": String(at) }, cc.tickText(kind, String(at)));
  }

  /** The mark of a grade (shape and colour), or of a priority where nothing is graded. */
  function mark(severity, priority) {
    if (severity) return h("Span", { className: `mark mark-${severity}` });
    return h("Span", { className: `mark mark-priority priority-${priority}` }, String(priority));
  }

  /** A figure of a rule in words, and its value with its unit; one without words stands under its own name. */
  const figureOf = (name) => config.figures[name] || config.figures[name.split(".")[0]] || [name, ""];
  const figureName = (name) => figureOf(name)[0];
  const figureValue = (name, value) => `${Math.round(value * 10) / 10}${figureOf(name)[1] ? ` ${figureOf(name)[1]}` : ""}`;

  Object.assign(cc, {
    figureName, figureValue,
    t, named, titled, minutesSeconds, age, h, ticking, mark,
    clockWords: (instant) => clockFormat.format(instant),
    dateWords: (instant) => dateFormat.format(instant),
    dayWords: (instant) => dayFormat.format(instant),
    severities: ["red", "orange", "yellow", "blue"],
  });
})();
