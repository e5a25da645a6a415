/* The wall's own pieces: the number, its trend, the list read from eight metres. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const ROWS = 40;
  const STEPS = ["I", "II", "III", "IV", "standby"];
  const DISTRICTS = 4;
  const wall = ((window.dash_clientside = window.dash_clientside || {}).wall = {});

  wall.response = (metrics) => {
    if (!metrics) return null;
    const r = metrics.response;
    const share = (value) => (value === null ? "–" : `${Math.round(value * 100)}%`);
    // The track runs to twice the target, so that the target always stands in the middle.
    const along = (s) => `${Math.min(100, (s / (2 * r.target_s)) * 100)}%`;
    const verdict = r.median_s === null ? t("还没有到达记录") : r.median_s <= r.target_s ? t("比目标快 {time}", { time: cc.minutesSeconds(r.target_s - r.median_s) }) : t("比目标慢 {time}", { time: cc.minutesSeconds(r.median_s - r.target_s) });
    return [
      h("H2", {}, t("响应时间"), h("Span", { className: "quiet" }, t("接报到到达 · 中位"))),
      h("Div", { className: `key-figure ${r.median_s === null ? "none" : r.median_s >= 600 ? "long" : ""}` }, cc.minutesSeconds(r.median_s)),
      h("P", { className: "against" }, h("Span", { className: "quiet" }, t("目标")), h("B", { className: "figure" }, cc.minutesSeconds(r.target_s)), h("Span", { className: r.median_s > r.target_s ? "over" : "quiet" }, verdict)),
      h("Div", { className: "track" },
        r.median_s === null ? null : h("Div", { className: "run", style: { width: along(r.median_s) } }),
        r.p90_s === null ? null : h("Div", { className: "p90", style: { left: along(r.p90_s) } }),
        h("Div", { className: "goal" })),
      h("Dl", { className: "figures" },
        h("Div", {}, h("Dt", {}, "P90"), h("Dd", {}, cc.minutesSeconds(r.p90_s))),
        h("Div", {}, h("Dt", {}, t("重大警情 ≤ {time}", { time: cc.minutesSeconds(r.target_major_s) })), h("Dd", {}, share(r.share_major_within_180s), h("Span", { className: "quiet" }, t("目标 90%")))),
        h("Div", {}, h("Dt", {}, t("本班到达")), h("Dd", {}, String(r.count)))),
      r.series.length ? h("P", { className: "trend-name quiet" }, t("最近 {n} 次到达，横线为目标", { n: r.series.length })) : null,
    ];
  };

  wall.trend = (metrics) => {
    const series = metrics ? metrics.response.series : [];
    const token = cc.config.tokens;
    const y = series.map((s) => s.response_s / 60);
    const goal = metrics ? metrics.response.target_s / 60 : 3.8;
    const n = Math.max(series.length, 12);
    // One bar for each arrival, the newest at the right; those over the target stand out.
    return {
      data: [{ type: "bar", x: y.map((_, i) => n - y.length + i), y, marker: { color: y.map((v) => (v <= goal ? token["unit-stale"] : token["text-quiet"])), line: { width: 0 } } }],
      layout: {
        template: cc.config.chart, bargap: 0.35, margin: { l: 0, r: 0, t: 0, b: 0 },
        xaxis: { visible: false, range: [-0.5, n - 0.5], fixedrange: true }, yaxis: { visible: false, range: [0, Math.max(goal * 1.5, ...y) * 1.05], fixedrange: true },
        shapes: [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: goal, y1: goal, line: { color: token.text, width: cc.uiScale() } }],
      },
    };
  };

  const line = (row) =>
    h("Li", { key: row.key, className: `row ${row.status === "open" ? "is-open" : ""} ${row.unconfirmed ? "waits" : ""} ${row.unconfirmed && row.severity === "red" ? "unconfirmed" : ""}`, "data-rows": "1" },
      cc.mark(row.severity, row.priority),
      h("Div", { className: "row-what" }, h("P", { className: "row-title" }, row.name), h("P", { className: "dots" }, cc.factsOf(row))),
      h("Div", { className: "row-when" }, cc.ticking("since", row.since, "since figure"), cc.whoIsOn(row)));

  const group = (found) =>
    h("Li", { key: found.key, className: `row is-group ${found.nobody ? "is-open" : ""} ${found.waiting.length && found.worst === "red" ? "unconfirmed" : ""}`, "data-rows": String(found.rows.length) },
      cc.mark(found.worst, "·"),
      h("Div", { className: "row-what" }, h("P", { className: "row-title" }, found.name), h("P", { className: "dots" }, cc.countsOf(found.counts))),
      h("Div", { className: "row-when" }, cc.ticking("since", found.since, "since figure"),
        found.nobody ? h("Span", { className: "nobody" }, t("{n} 处无人出警", { n: found.nobody })) : h("Span", { className: "quiet" }, found.waiting.length ? t("{n} 条待确认", { n: found.waiting.length }) : t("已确认"))));

  wall.queue = (live) => {
    if (!live) return null;
    const { rows, groups, counts } = live;
    const shown = [...rows.slice(0, ROWS).map(line), ...groups.map(group)];
    return [
      h("H2", {}, t("待处置"), h("Span", { className: "big" }, String(counts.open)), h("Span", { className: "quiet" }, live.grouped ? t("在办 {n} · 共 {all} · 按片区", { n: counts.incidents - counts.open, all: counts.all }) : t("在办 {n} · 共 {all}", { n: counts.incidents - counts.open, all: counts.all }))),
      counts.all === 0 ? cc.allQuiet() : h("Ol", { className: "rows" }, shown),
      h("P", { className: "more", "data-all": String(counts.all) }),
    ];
  };

  /** The flood response level of the city, and of those districts that have one or should. */
  wall.level = (levels) => {
    if (!levels || !levels.length) return null;
    const [city, ...districts] = levels;
    const worst = (area) => Math.min(...[area.level, area.proposes ? area.proposed_level : null].map((step) => STEPS.indexOf(step)).filter((rank) => rank >= 0));
    const named = districts.filter((area) => area.level || area.proposes).sort((a, b) => worst(a) - worst(b));
    const hidden = named.length - DISTRICTS;
    return [
      h("Div", { className: `level-city ${city.level ? "" : "everyday"}` }, cc.stepMark(city.level), h("B", {}, cc.stepName(city.level)),
        city.since_at ? cc.ticking("since", city.since_at, "since figure") : null),
      city.proposes ? h("P", { className: "proposed-level" }, t("规则提议：{level}", { level: cc.stepName(city.proposed_level) })) : null,
      named.length ? h("Ul", { className: "level-districts" }, named.slice(0, DISTRICTS).map((area) =>
        h("Li", { key: area.jurisdiction }, cc.stepMark(area.level), h("Span", {}, area.name), area.level ? h("Span", { className: "quiet" }, cc.stepName(area.level)) : null,
          area.proposes ? h("B", {}, t("提议{level}", { level: cc.stepName(area.proposed_level) })) : null))) : null,
      hidden > 0 ? h("P", { className: "quiet" }, t("另有 {n} 个区县", { n: hidden })) : null,
    ];
  };

  /** What alarms ask of the duty seats, against the limits of EEMUA 191. */
  wall.load = (load) => {
    if (!load) return null;
    const { own, below, seats, limits } = load;
    const flooded = seats.filter((seat) => seat.band === "flood").length;
    return [
      h("H2", {}, t("告警负荷"), h("Span", { className: `band ${below.band}` }, cc.bandWord(below.band))),
      h("Dl", { className: "figures" },
        h("Div", {}, h("Dt", {}, t("近 10 分钟")), h("Dd", {}, String(below.last_window), h("Span", { className: "quiet" }, t("本席 {n} · 洪峰 ≥ {limit}", { n: own.last_window, limit: limits.flood })))),
        h("Div", {}, h("Dt", {}, t("待确认")), h("Dd", {}, String(below.unanswered), h("Span", { className: "quiet" }, t("确认中位 {time}", { time: cc.minutesSeconds(below.acknowledged_median_s) })))),
        h("Div", {}, h("Dt", {}, t("高 / 中 / 低 %")), h("Dd", {}, cc.mixWords(below.mix), h("Span", { className: "quiet" }, t("宜 {mix}", { mix: cc.mixWords(limits.mix) })))),
        flooded ? h("Div", {}, h("Dt", {}, t("洪峰中的席位")), h("Dd", {}, String(flooded))) : null),
    ];
  };

  /** Shows the rows that fit whole and says how many do not: none is cut in half, none is missed unsaid. */
  function fit() {
    const list = document.querySelector(`#${cc.ids.QUEUE} .rows`);
    const more = document.querySelector(`#${cc.ids.QUEUE} .more`);
    if (!list || !more) return;
    const room = list.getBoundingClientRect().bottom + 1;
    let hidden = 0, open = 0, drawn = 0;
    for (const row of list.children) {
      const out = hidden > 0 || row.getBoundingClientRect().bottom > room;
      row.style.visibility = out ? "hidden" : "";
      drawn += Number(row.dataset.rows);
      hidden += out ? Number(row.dataset.rows) : 0;
      open += out && row.classList.contains("is-open") ? 1 : 0;
    }
    hidden += Math.max(0, Number(more.dataset.all) - drawn);
    const words = !hidden ? "" : open ? t("还有 {n} 条未显示，其中 {open} 条无人出警", { n: hidden, open }) : t("还有 {n} 条未显示", { n: hidden });
    if (more.textContent !== words) more.textContent = words;
  }

  /* After each drawing of the list, whatever drew it, and when the screen changes. */
  const watched = setInterval(() => {
    const list = document.getElementById(cc.ids.QUEUE);
    if (!list) return;
    clearInterval(watched);
    new MutationObserver(fit).observe(list, { childList: true, subtree: true });
    new ResizeObserver(fit).observe(list);
  }, 50);
})();
