/* Everything that counts by itself: the city's clock, ages, countdowns. Once a second, no server asked. */
(function () {
  "use strict";
  const cc = window.cc;
  const anchor = { city: Date.now(), here: performance.now(), speed: 1, mode: "live" };

  /** Takes over a `clock` frame; the browser's own wall clock need not be right. */
  function setClock(frame) {
    anchor.city = Date.parse(frame.now);
    anchor.here = performance.now();
    anchor.speed = frame.speed;
    anchor.known = true;
  }

  /** The city's instant in ms since 1970: a drill's scenario time, else the wall's. */
  const cityNow = () => anchor.city + (performance.now() - anchor.here) * anchor.speed;

  function tickText(kind, at) {
    if (kind === "clock") return anchor.known ? cc.clockWords(cityNow()) : "––:––:––";
    if (kind === "date") return anchor.known ? cc.dateWords(cityNow()) : "";
    if (!at) return "";
    if (kind === "near") {
      const [lon, lat, grid] = at.split(",");
      return cc.base.near([Number(lon), Number(lat)]) || (grid ? cc.gridName(grid) : "");
    }
    if (kind === "since") return cc.minutesSeconds((cityNow() - Date.parse(at)) / 1000);
    if (kind === "until") {
      const left = (Date.parse(at) - cityNow()) / 1000;
      return left >= 0 ? cc.minutesSeconds(left) : `+${cc.minutesSeconds(-left)}`;
    }
    if (kind === "stale") {
      const old = (cityNow() - Date.parse(at)) / 1000;
      return old > cc.staleAfterS ? cc.t("{age}前的推荐", { age: cc.age(old) }) : "";
    }
    if (kind === "old") return cc.age(Math.max(0, (cityNow() - Date.parse(at)) / 1000));
    if (kind === "ago") return cc.t("{age}前", { age: cc.age((performance.now() - Number(at)) / 1000) });
    // "age": `at` is a moment of this page's own monotonic clock, in ms
    return cc.age((performance.now() - Number(at)) / 1000);
  }

  /* Each of these elements has exactly one text child, so setting it does not disturb React. */
  function tick() {
    for (const element of document.querySelectorAll("[data-tick]")) {
      const text = tickText(element.dataset.tick, element.dataset.at);
      if (element.textContent !== text) element.textContent = text;
      if (element.dataset.tick === "until") element.classList.toggle("late", text.startsWith("+"));
    }
  }

  cc.staleAfterS = 60; // advice older than this in the city's time is asked for again
  /** The same for sending somebody by it: in a fast drill a minute of the city is gone before
      anybody has read, and an open incident asks again every fifteen seconds of the wall clock. */
  cc.tooOldAfterS = () => Math.max(cc.staleAfterS, 20 * anchor.speed);
  setInterval(tick, 1000);
  Object.assign(cc, { cityNow, setClock, tickText, tick });
})();
