/* The wall's own pieces: the number, its trend, the list read from eight metres. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const ROWS = 16; // more than fit; each costs time whenever the list changes
  const STEPS = ["I", "II", "III", "IV", "standby"];
  const DISTRICTS_IN_WORDS = 3; // more of them stand with their marks alone
  const SILENT_NAMED = 3;
  const wall = cc.views("wall");

  wall.response = (metrics) => {
    if (!metrics) return null;
    const r = metrics.response;
    const share = (value) => (value === null ? "–" : `${Math.round(value * 100)}%`);
    // The track runs to twice the target, so that the target always stands in the middle.
    const along = (s) => `${Math.min(100, (s / (2 * r.target_s)) * 100)}%`;
    const verdict = r.median_s === null ? t("还没有到达记录") : r.median_s <= r.target_s ? t("比目标快 {time}", { time: cc.minutesSeconds(r.target_s - r.median_s) }) : t("比目标慢 {time}", { time: cc.minutesSeconds(r.median_s - r.target_s) });
    return [
      h("H2", {}, t("响应时间"), h("Span", { className: "quiet" }, t("接报到到达 · 中位 · {n} 次", { n: r.count }))),
      h("Div", { className: `key-figure ${r.median_s === null ? "none" : r.median_s >= 600 ? "long" : ""}` }, cc.minutesSeconds(r.median_s)),
      h("P", { className: "against" }, h("Span", { className: "quiet" }, t("目标")), h("B", { className: "figure" }, cc.minutesSeconds(r.target_s)), h("Span", { className: r.median_s > r.target_s ? "over" : "quiet" }, verdict)),
      h("Div", { className: "track" },
        r.median_s === null ? null : h("Div", { className: "run", style: { width: along(r.median_s) } }),
        r.p90_s === null ? null : h("Div", { className: "p90", style: { left: along(r.p90_s) } }),
        h("Div", { className: "goal" })),
      h("Dl", { className: "figures" },
        h("Div", {}, h("Dt", {}, "P90"), h("Dd", {}, cc.minutesSeconds(r.p90_s))),
        h("Div", {}, h("Dt", {}, t("重大警情 ≤ {time}", { time: cc.minutesSeconds(r.target_major_s) })), h("Dd", {}, share(r.share_major_within_180s), h("Span", { className: "quiet" }, t("目标 90%"))))),
    ];
  };

  const HOUR_S = 3600;
  let charted = null;
  const AXIS_TOP_MIN = 8; // minutes at the least, so that the target lies in the same place on most days
  /** The last hour: above, each arrival against the target; below, how many incidents were open and points under water. */
  wall.trend = (metrics) => {
    const token = cc.config.tokens, ui = cc.uiScale();
    const base = { template: cc.config.chart, margin: { l: 4 * ui, r: 0, t: 0, b: 0 }, font: { size: 14 * ui } };
    if (!metrics || !metrics.hour) return { data: [], layout: base };
    const { response, hour } = metrics;
    // The chart costs more than anything else here and most news does not concern it.
    const content = JSON.stringify([response.series, response.target_s, hour]);
    if (content === charted) return undefined;
    charted = content;
    const until = Date.parse(hour.since) + HOUR_S * 1000;
    const ago = (instant) => (Date.parse(instant) - until) / 60000;
    const goal = response.target_s / 60;
    const arrived = response.series.filter((s) => s.reached_at && ago(s.reached_at) >= -60);
    const minutes = hour.incidents.map((_, i) => (i * hour.step_s - HOUR_S) / 60);
    const top = Math.max(AXIS_TOP_MIN, ...arrived.map((s) => s.response_s / 60)) * 1.08;
    const most = Math.max(4, ...hour.incidents, ...hour.flooded) * 1.2;
    const steps = (y, colour, dash) => ({ type: "scatter", mode: "lines", x: minutes, y, yaxis: "y2", line: { shape: "hv", color: colour, width: 2.2 * ui, dash } });
    const at = (text, y, yref, colour, more) => ({ xref: "paper", yref, x: 0, y, text, showarrow: false, xanchor: "left", yanchor: "bottom", font: { size: 14 * ui, color: colour }, ...more });
    const last = hour.incidents.length - 1;
    return {
      data: [
        { type: "scatter", mode: "markers", x: arrived.map((s) => ago(s.reached_at)), y: arrived.map((s) => s.response_s / 60), marker: { size: 7 * ui, symbol: arrived.map((s) => (s.response_s <= response.target_s ? "circle-open" : "circle")), color: token.text, line: { width: 1.6 * ui, color: token.text } } },
        steps(hour.flooded, token["text-quiet"], "dot"), steps(hour.incidents, token.text, "solid"),
      ],
      layout: {
        ...base,
        xaxis: { visible: false, range: [-60, 1], fixedrange: true },
        yaxis: { visible: false, domain: [0.52, 1], range: [0, top], fixedrange: true },
        yaxis2: { visible: false, domain: [0, 0.4], range: [0, most], fixedrange: true, anchor: "x" },
        shapes: [
          { type: "line", xref: "paper", x0: 0, x1: 1, yref: "y", y0: goal, y1: goal, line: { color: token["text-quiet"], width: ui } },
          { type: "line", xref: "paper", x0: 0, x1: 1, yref: "paper", y0: 0, y1: 0, line: { color: token.edge, width: ui } },
        ],
        annotations: [
          at(t("到达 {n}", { n: arrived.length }), 1, "paper", token["text-quiet"], { yanchor: "top" }),
          at(t("目标 {time}", { time: cc.minutesSeconds(response.target_s) }), goal, "y", token["text-quiet"], { x: 1, xanchor: "right" }),
          at([t("━ 未结警情 {n}", { n: hour.incidents[last] }), t("┄ 积水点 {n}", { n: hour.flooded[last] })].join("  "), 0.4, "paper", token["text-quiet"]),
        ],
      },
    };
  };

  let shownKey = null; // what the scene is about
  const line = (row) =>
    h("Li", { key: row.key, className: `row ${row.key === shownKey ? "shown" : ""} ${row.status === "open" ? "is-open" : ""} ${row.unconfirmed ? "waits" : ""} ${row.unconfirmed && row.severity === "red" ? "unconfirmed" : ""}`, "data-rows": "1", "data-open": row.status === "open" ? "1" : "0" },
      cc.mark(row.severity, row.priority),
      h("Div", { className: "row-what" }, h("P", { className: "row-title" }, row.name), h("P", { className: "dots" }, cc.factsOf(row))),
      h("Div", { className: "row-when" }, cc.ticking("since", row.since, "since figure"), cc.whoIsOn(row)));

  const group = (found) =>
    h("Li", { key: found.key, className: `row is-group ${found.nobody ? "is-open" : ""} ${found.waiting.length && found.worst === "red" ? "unconfirmed" : ""}`, "data-rows": String(found.rows.length), "data-open": String(found.nobody) },
      cc.mark(found.worst, "·"),
      h("Div", { className: "row-what" }, h("P", { className: "row-title" }, found.name), h("P", { className: "dots" }, cc.countsOf(found.counts), cc.kindsIn(found.kinds))),
      h("Div", { className: "row-when" }, cc.ticking("since", found.since, "since figure"),
        found.nobody ? h("Span", { className: "nobody" }, t("{n} 处无人出警", { n: found.nobody })) : h("Span", { className: "quiet" }, found.waiting.length ? t("{n} 条待确认", { n: found.waiting.length }) : t("已确认"))));

  wall.queue = (live) => {
    if (!live) return null;
    const { rows, groups, counts } = live;
    shownKey = live.selected;
    const shown = [...rows.slice(0, ROWS).map(line), ...groups.map(group)];
    return [
      h("H2", {}, t("待处置"), h("Span", { className: "big" }, String(counts.open)), h("Span", { className: "quiet" }, live.grouped ? t("在办 {n} · 共 {all} · 按片区", { n: counts.incidents - counts.open, all: counts.all }) : t("在办 {n} · 共 {all}", { n: counts.incidents - counts.open, all: counts.all }))),
      counts.all === 0 ? cc.allQuiet() : h("Ol", { className: "rows" }, shown),
      h("P", { className: "more", "data-all": String(counts.all), "data-open": String(counts.open) }),
    ];
  };

  /** The flood response level of the city and of every district: those at everyday work in one line. */
  wall.level = (levels) => {
    if (!levels || !levels.length) return null;
    const [city, ...districts] = levels;
    const worst = (area) => Math.min(...[area.level, area.proposes ? area.proposed_level : null].map((step) => STEPS.indexOf(step)).filter((rank) => rank >= 0));
    const named = districts.filter((area) => area.level || area.proposes).sort((a, b) => worst(a) - worst(b));
    const everyday = districts.length - named.length;
    const brief = named.length > DISTRICTS_IN_WORDS;
    return [
      h("Div", { className: `level-city ${city.level ? "" : "everyday"}` }, cc.stepMark(city.level), h("B", {}, cc.stepName(city.level)),
        city.since_at ? cc.ticking("since", city.since_at, "since figure") : null),
      city.proposes ? h("P", { className: "proposed-level" }, t("规则提议：{level}", { level: cc.stepName(city.proposed_level) })) : null,
      h("Ul", { className: `level-districts ${brief ? "brief" : ""}` }, named.map((area) =>
        h("Li", { key: area.jurisdiction }, cc.stepMark(area.level), h("Span", {}, area.name), area.level && !brief ? h("Span", { className: "quiet" }, cc.stepName(area.level)) : null,
          area.proposes ? h("B", {}, brief ? ["→ ", cc.stepMark(area.proposed_level)] : t("提议{level}", { level: cc.stepName(area.proposed_level) })) : null)),
        everyday ? h("Li", { key: "everyday", className: "quiet" }, named.length ? t("其余 {n} 个区县常态", { n: everyday }) : t("{n} 个区县均为常态", { n: everyday })) : null),
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

  /** Incidents and flooded points by grade, in the same columns, and the roads that are closed. */
  wall.grades = (live, water) => {
    if (!live || !water) return null;
    const cell = (n, key) => h("Td", { key, className: n ? "" : "none" }, String(n));
    const { grades } = live.counts;
    return h("Table", {}, h("Thead", {}, h("Tr", {}, h("Th", {}), cc.severities.map((severity) => h("Th", { key: severity }, cc.mark(severity))), h("Th", {}, t("未评级")))),
      h("Tbody", {},
        h("Tr", {}, h("Th", {}, t("未结警情")), cc.severities.map((severity) => cell(grades[severity], severity)), cell(grades.none, "none")),
        h("Tr", {}, h("Th", {}, t("积水点")), cc.severities.map((severity) => cell(water[severity], severity)), h("Td", {})),
        h("Tr", {}, h("Td", { colSpan: "6", className: "roads" }, h("Span", { className: "mark mark-road" }),
          [[t("积水断交"), water.closed], [t("积水缓行"), water.slow], [t("人工封闭"), water.closures], [t("其他预警"), water.others]].map(([name, n]) =>
            h("Span", { key: name, className: n ? "" : "none" }, name, h("B", {}, String(n))))))));
  };

  const COLUMNS = [["available", t("待命")], ["coming", t("途中")], ["on_scene", t("处置")], ["returning", t("返回")], ["off", t("停用")]];
  /** Units by net and status, with the marks they wear on the map. */
  wall.units = (units) => {
    if (!units || !cc.units) return null;
    const nets = Object.keys(cc.state.catalogue.nets);
    const lost = [[t("无定位"), units.total - units.with_fix], [t("定位过时"), units.stale], [t("定位冻结"), units.frozen], [t("定位跳变"), units.outlier]].filter(([, n]) => n > 0);
    const cell = (n, key) => h("Td", { key, className: n ? "" : "none" }, String(n));
    const sign = (net, status) => h("Img", { src: cc.units.symbol(net, status), alt: "" });
    return h("Table", {}, h("Thead", {}, h("Tr", {}, h("Th", {}, t("单位")), COLUMNS.map(([status, name]) => h("Th", { key: status }, name)))),
      h("Tbody", {},
        nets.map((net, i) => h("Tr", { key: net }, h("Th", {}, sign(i, "available"), cc.titled(cc.named(cc.state.catalogue.nets[net]))), COLUMNS.map(([status]) => cell(units.nets[net][status], status)))),
        lost.length ? h("Tr", { className: "lost" }, h("Td", { colSpan: "6", className: "roads" }, lost.map(([name, n]) => h("Span", { key: name }, name, h("B", {}, String(n)))))) : null));
  };

  const percent = (share) => `${(share * 100).toFixed(1)}%`;
  wall.coverage = (live) => {
    if (!live) return null;
    const found = live.coverage;
    if (!found) return [h("Span", { className: "quiet" }, t("覆盖 ≤ 3:48")), h("B", {}, t("未测"))];
    return [
      h("Span", { className: "quiet" }, t("覆盖 ≤ 3:48")), h("B", { className: "figure" }, percent(found.overall.demand_within_target)),
      h("Span", { className: "quiet" }, t("需求 · 网格 {share}", { share: percent(found.overall.share_within_target) })),
      h("Span", { className: "quiet" }, t("{n} 个街道不足一半", { n: found.streets_below_half })),
      found.straight_line ? h("Span", {}, t("按直线估计")) : null,
    ];
  };

  /** Beside what every face says of the system: gauges that say nothing, units nobody sees, a browser without sound. */
  wall.truth = (link, health, gauges) => {
    const found = cc.untruths(link, health);
    if (link && link.state === "online" && gauges && gauges.silent.length) {
      const { silent } = gauges, names = silent.slice(0, SILENT_NAMED).join(cc.english ? ", " : "、");
      found.push({ text: silent.length > SILENT_NAMED ? t("{n} 个监测点无数据：{names} 等", { n: silent.length, names }) : t("{n} 个监测点无数据：{names}", { n: silent.length, names }) });
    }
    if (link && link.state === "online" && health && health.units && !cc.positionsUnknown(health)) {
      const nowhere = health.units.total - health.units.with_fix;
      if (nowhere > 0) found.push({ text: t("{n} 个单位没有定位，不在图上", { n: nowhere }) });
    }
    if (link && link.sound === false) found.push({ text: t("浏览器不许发声：红色预警只闪不响。点一下画面，或按部署说明加启动参数") });
    return cc.truthLines(found);
  };

  /** How old what stands here is: each feed by itself, the parts of the system, the gauges. */
  wall.feeds = (health, link, gauges) => {
    if (!health || !gauges) return null;
    const dead = link && link.state !== "online";
    const one = (name, ok, value) => h("Span", { className: `feed ${dead ? "dead" : ok ? "" : "bad"}`, key: name }, h("I", {}, name), value);
    const received = (name, age_s, late_s, of) => one(name, age_s !== null && age_s <= late_s, age_s === null ? cc.noAge(of) : cc.ticking("age", Math.round(health.at - age_s * 1000), "figure"));
    // The newest value of each quantity by the city's clock, which a drill runs faster.
    const newest = (name, feed) => feed && one(name, Boolean(feed.newest_at), feed.newest_at ? cc.ticking("old", feed.newest_at, "figure") : h("B", {}, t("从未")));
    const points = Object.values(gauges.feeds).reduce((sum, feed) => sum + feed.points, 0);
    const { feeds, rules, worker, scheduler, database, redis } = health;
    const parts = [[database, t("数据库")], [redis, "Redis"], [worker, t("后台")], [scheduler, t("调度")]].filter(([part]) => !part.ok).map(([, name]) => name);
    return [
      received(t("读数"), feeds.readings_age_s, 120), newest(t("水位"), gauges.feeds.depth_cm), newest(t("雨量"), gauges.feeds.rain_mm),
      received(t("位置"), feeds.positions_age_s, 15, health), newest(t("覆盖"), { newest_at: cc.state.coverage ? cc.state.coverage.at : null }),
      one(t("评级"), rules.ok, h("B", {}, rules.waiting_batches ? t("差 {n} 批", { n: rules.waiting_batches }) : t("已跟上"))),
      one(t("监测点"), !gauges.silent.length, h("B", {}, gauges.silent.length ? t("{n} / {all} 无数据", { n: gauges.silent.length, all: points }) : t("{all} 个有数据", { all: points }))),
      one(t("系统"), !parts.length, h("B", {}, parts.length ? parts.join(" ") : t("正常"))),
    ];
  };

  /** Shows the rows that fit whole and says how many do not: none is cut in half, none is missed unsaid. */
  function fit() {
    const list = document.querySelector(`#${cc.ids.QUEUE} .rows`);
    const more = document.querySelector(`#${cc.ids.QUEUE} .more`);
    if (!list || !more) return;
    const room = list.getBoundingClientRect().bottom + 1;
    let hidden = Number(more.dataset.all), open = Number(more.dataset.open), full = false;
    for (const row of list.children) {
      full = full || row.getBoundingClientRect().bottom > room;
      row.style.visibility = full ? "hidden" : "";
      hidden -= full ? 0 : Number(row.dataset.rows);
      open -= full ? 0 : Number(row.dataset.open);
    }
    const words = hidden <= 0 ? "" : open > 0 ? t("还有 {n} 条未显示，其中 {open} 条无人出警", { n: hidden, open }) : t("还有 {n} 条未显示", { n: hidden });
    if (more.textContent !== words) more.textContent = words;
  }

  /* After each drawing of the list, whatever drew it, and when the screen changes. */
  const watched = setInterval(() => {
    const list = document.getElementById(cc.ids.QUEUE);
    if (!list) return;
    clearInterval(watched);
    new MutationObserver(fit).observe(list, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-all", "data-open"] });
    new ResizeObserver(fit).observe(list);
  }, 50);
})();
