/* The desk's own pieces: the queue, the small response figure, the card of a unit. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const desk = cc.views("desk");
  const STATUS = {
    available: t("待命"), dispatched: t("已派出"), en_route: t("途中"), on_scene: t("处置中"),
    returning: t("返回中"), on_break: t("休整"), out_of_service: t("停勤"),
  };

  desk.response = (metrics) => {
    if (!metrics) return null;
    const r = metrics.response;
    return [h("Span", { className: "quiet" }, t("响应")), h("B", { className: "figure" }, cc.minutesSeconds(r.median_s)), h("Span", { className: "quiet figure" }, `/ ${cc.minutesSeconds(r.target_s)}`)];
  };

  /** One line of the list: an incident, or an alert that no incident answers. */
  function line(row, selected) {
    return h("Li", { key: row.key },
      h("Button", {
        type: "button", "data-do": row.incident_id ? "open" : "open-alert", "data-incident": row.incident_id || "", "data-alert": row.alert_id || "", "data-key": row.key, "data-waiting": row.waiting.join(" "),
        className: `row ${row.status === "open" ? "is-open" : ""} ${row.unconfirmed ? "waits" : ""} ${row.unconfirmed && row.severity === "red" ? "unconfirmed" : ""} ${row.key === selected ? "selected" : ""}`,
      },
        cc.mark(row.severity, row.priority),
        h("Span", { className: "row-what" }, h("Span", { className: "row-title" }, row.name), h("Span", { className: "dots" }, cc.factsOf(row))),
        h("Span", { className: "row-when" }, cc.ticking("since", row.since, "since figure"), cc.whoIsOn(row))));
  }

  /** One line for all that happens in a basin, street or district; unfolded, its rows stand below it. */
  function group(found, selected) {
    const unfolded = cc.unfolded.has(found.key);
    const waiting = found.waiting.join(" ");
    return h("Li", { key: found.key, className: `group ${unfolded ? "unfolded" : ""}` },
      h("Div", { className: "group-line" },
        h("Button", {
          type: "button", "data-do": "group-toggle", "data-key": found.key, "data-waiting": waiting, "aria-expanded": String(unfolded),
          className: `row is-group ${found.waiting.length && found.worst === "red" ? "unconfirmed" : ""}`,
        },
          cc.mark(found.worst, "·"),
          h("Span", { className: "row-what" }, h("Span", { className: "row-title" }, found.name, h("Span", { className: "quiet" }, t("{n} 条", { n: found.rows.length }))), h("Span", { className: "dots" }, cc.countsOf(found.counts), cc.kindsIn(found.kinds))),
          h("Span", { className: "row-when" }, cc.ticking("since", found.since, "since figure"),
            found.nobody ? h("Span", { className: "nobody" }, t("{n} 处无人出警", { n: found.nobody })) : h("Span", { className: found.waiting.length ? "todo" : "quiet" }, found.waiting.length ? t("{n} 条待确认", { n: found.waiting.length }) : t("已确认")))),
        found.waiting.length ? h("Button", { type: "button", className: "button small", "data-do": "acknowledge", "data-alert": waiting }, t("全部确认")) : null),
      unfolded ? h("Ol", { className: "group-rows" }, found.rows.map((row) => line(row, selected))) : null);
  }

  desk.queue = (live) => {
    if (!live) return null;
    const { rows, groups, aside, counts } = live;
    const asideKey = "group:aside";
    const unfolded = cc.unfolded.has(asideKey);
    return [
      h("H2", {}, t("待出警"), h("Span", { className: "big" }, String(counts.open)),
        counts.waiting ? h("Span", { className: "waiting" }, t("{n} 条预警待确认", { n: counts.waiting })) : null,
        h("Button", { type: "button", className: "link how", "data-do": "grouping", title: "G" }, live.grouped ? t("按片区 · 共 {n}", { n: counts.all }) : t("共 {n}", { n: counts.all }))),
      counts.all === 0 && aside.length === 0 ? cc.allQuiet() : h("Ol", { className: "rows" },
        rows.map((row) => line(row, live.selected)), groups.map((found) => group(found, live.selected)),
        aside.length ? h("Li", { key: asideKey, className: "group aside" },
          h("Button", { type: "button", className: "row is-aside", "data-do": "group-toggle", "data-key": asideKey, "aria-expanded": String(unfolded) },
            h("Span", {}, t("搁置 {shelved} · 抑制 {caused}", { shelved: aside.filter((row) => row.shelved_until).length, caused: aside.filter((row) => !row.shelved_until).length }))),
          unfolded ? h("Ol", { className: "group-rows" }, aside.map((row) => line(row, live.selected))) : null) : null),
    ];
  };

  let explained = false; // whether what the alarm load means stands below its chip
  function explain(now) {
    if (explained === now) return;
    explained = now;
    cc.draw(cc.ids.LOAD, desk.load(cc.state.metrics && cc.state.metrics.alarm_load));
  }
  cc.actions["load-explain"] = () => explain(!explained);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") explain(false); });
  document.addEventListener("click", (event) => { if (!event.target.closest(".load")) explain(false); });

  /** The alarm load of this seat, always in sight; in letters one cannot miss while it is a flood. */
  desk.load = (load) => {
    if (!load) return null;
    const own = load.own, all = load.below;
    return h("Div", { className: `load ${all.band}` },
      h("Button", { type: "button", className: "load-chip", "data-do": "load-explain", title: t("告警负荷：点开看说明"), "aria-expanded": String(explained) },
        h("Span", { className: "quiet" }, t("告警")), h("B", { className: "figure" }, String(own.last_window)), h("Span", { className: "quiet figure" }, t("辖区 {n} / 10 分", { n: all.last_window })),
        all.band === "flood" ? h("B", { className: "flood-word" }, cc.bandWord("flood")) : null),
      explained ? h("Div", { className: "load-said" },
        h("P", {}, t("近 10 分钟：要本席确认的告警 {own} 次，整个辖区 {all} 次。", { own: own.last_window, all: all.last_window })),
        h("P", {}, t("10 分钟内 {limit} 次以上，一个人就跟不上了：这叫告警洪峰，列表自动归组。", { limit: load.limits.flood })),
        h("P", {}, t("本席 24 小时 {day} 次（可承受约 {limit}）；确认用时中位 {time}", { day: own.last_day, limit: load.limits.a_day, time: cc.minutesSeconds(own.acknowledged_median_s) })),
        h("P", { className: "quiet" }, t("界限出自 EEMUA 191。"))) : null);
  };

  /** The flood response level of one's own area, and whether the rules propose another somewhere. */
  desk.level = (levels) => {
    if (!levels || !levels.length) return null;
    const own = levels.find((area) => area.own) || levels[0];
    // Somewhere below one's own area a higher level may stand: the gravest is named.
    const [worst] = levels.filter((area) => !area.own && rank(area) > rank(own)).sort((a, b) => rank(b) - rank(a));
    const proposed = levels.filter((area) => area.proposes).length;
    return h("Button", { type: "button", className: `button level-chip ${proposed ? "proposed" : ""}`, "data-do": "levels-open", title: t("防汛响应级别") },
      cc.stepMark(own.level), h("Span", {}, cc.stepName(own.level)), worst ? h("Span", { className: "level-worst" }, cc.stepMark(worst.level), worst.name) : null, proposed ? h("B", {}, t("{n} 项提议", { n: proposed })) : null);
  };

  const rank = (area) => STEPS.indexOf(area.level);
  const STEPS = [null, "standby", "IV", "III", "II", "I"];
  const maySet = (area) => {
    const actor = cc.state.actor;
    return Boolean(actor) && actor.permissions.includes("set_response_level") && area.jurisdiction.startsWith(actor.jurisdiction);
  };

  /** A figure that a proposal was made by, beside what it is now where that is known here. */
  function figureWords(figure, then, now) {
    const words = { figure: cc.figureName(figure), then: cc.figureValue(figure, then) };
    return now === undefined ? t("{figure} 提议时 {then}", words) : t("{figure} 现 {now}，提议时 {then}", { ...words, now: cc.figureValue(figure, now) });
  }

  function area(stands) {
    const open = cc.levelChosen.area === stands.jurisdiction;
    return h("Li", { key: stands.jurisdiction, className: `level ${open ? "open" : ""} ${stands.level ? "" : "everyday"}` },
      h("Button", { type: "button", className: "level-line", "data-do": "level-area", "data-area": stands.jurisdiction, "data-level": stands.level || "", disabled: !maySet(stands), "aria-expanded": String(open) },
        cc.stepMark(stands.level), h("Span", { className: "level-name" }, stands.name), h("Span", { className: "level-step" }, cc.stepName(stands.level)),
        stands.since_at ? h("Span", { className: "quiet" }, t("{who} {time} 设定", { who: stands.set_by || "", time: cc.clockWords(Date.parse(stands.since_at)) })) : h("Span", { className: "quiet" })),
      stands.reason ? h("P", { className: "level-reason quiet" }, t("理由：{reason}", { reason: stands.reason })) : null,
      stands.proposes ? h("Div", { className: "proposal" },
        h("P", {}, h("B", {}, t("规则提议：{level}", { level: cc.stepName(stands.proposed_level) })), h("Span", { className: "figure" }, cc.clockWords(Date.parse(stands.proposed_at)))),
        h("P", { className: "dots" }, Object.entries(stands.proposed_because).map(([figure, value]) => h("Span", { key: figure }, figureWords(figure, value, stands.figures_now[figure])))),
        maySet(stands) && !open ? h("Button", { type: "button", className: "button small", "data-do": "level-area", "data-area": stands.jurisdiction, "data-level": stands.proposed_level || "" }, t("按提议设定…")) : null) : null,
      open ? h("Div", { className: "level-form", "data-form": "level" },
        h("Div", { className: "segments" }, STEPS.map((step) => h("Button", { type: "button", key: String(step), className: step === cc.levelChosen.level ? "on" : "", "data-do": "level-step", "data-level": step || "", "aria-pressed": String(step === cc.levelChosen.level) }, cc.stepName(step)))),
        h("Label", { className: "field" }, h("Span", {}, t("理由（记入日志）")), h("Textarea", { rows: 2, maxLength: 200 })),
        h("P", { className: "form-problem", role: "alert" }, ""),
        h("Div", { className: "row-end" },
          h("Button", { type: "button", className: "button primary", "data-do": "level-set" }, t("设定 {name}：{level}", { name: stands.name, level: cc.stepName(cc.levelChosen.level) })))) : null);
  }

  const sheetOf = (levels) => (levels && levels.length ? h("Ol", { className: "levels" }, levels.map(area)) : h("P", { className: "quiet" }, t("等待实况…")));
  /* While somebody writes a reason the sheet is not drawn anew: that would take the line away. */
  const writing = () => Boolean(document.activeElement && document.activeElement.closest(`#${cc.ids.LEVELS_LIST} textarea`));
  desk.levels = (levels) => (writing() ? undefined : sheetOf(levels));
  cc.drawLevels = () => cc.draw(cc.ids.LEVELS_LIST, sheetOf(cc.order.levels()));

  desk.unit = (chosen) => {
    const unit = chosen && cc.state.units.get(chosen.unit_id);
    if (!unit) return null;
    const assignment = unit.assignment_id && cc.state.assignments.get(unit.assignment_id);
    const incident = assignment && cc.state.incidents.get(assignment.incident_id);
    return h("Div", { className: "card" },
      h("P", {}, h("B", {}, unit.callsign), h("Span", { className: "quiet" }, STATUS[unit.status]), cc.order.tooLong(unit) ? h("Span", { className: "overdue" }, t("超时")) : null),
      h("P", { className: "dots quiet" }, h("Span", {}, cc.named(cc.state.catalogue.nets[unit.net])), h("Span", {}, cc.named((cc.state.catalogue.kinds || {})[unit.kind])), unit.shift ? h("Span", {}, unit.shift) : null, unit.synthetic ? h("Span", {}, t("合成")) : null),
      cc.units.doubt(unit) ? h("P", { className: "overdue" }, cc.units.doubt(unit)) : null,
      cc.mayServe(unit) ? h("Button", { type: "button", className: "button small", "data-do": "unit-status", "data-unit": unit.unit_id, "data-status": unit.status === "out_of_service" ? "available" : "out_of_service" }, unit.status === "out_of_service" ? t("恢复待命") : t("设为停勤")) : null,
      incident ? h("Button", { type: "button", className: "link", "data-do": "open", "data-incident": incident.incident_id }, cc.named(incident, "title")) : null);
  };
})();
