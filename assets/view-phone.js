/* The phone: cards for a thumb, the detail over them, the way back. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const phone = cc.views("phone");

  /* What is about an area stands at no place. */
  const metresTo = (row) => (row.incident_id || row.point_id ? cc.distanceTo(row.place) : null);

  function distance(row) {
    const found = metresTo(row);
    return found === null ? null : h("B", { className: "figure distance" }, cc.distanceWords(found));
  }

  function card(row) {
    return h("Li", { key: row.key, className: `card-row ${row.status === "open" ? "is-open" : ""} ${row.unconfirmed && row.severity === "red" ? "unconfirmed" : ""}` },
      h("Button", { type: "button", className: "row", "data-do": row.incident_id ? "open" : "open-alert", "data-incident": row.incident_id || "", "data-alert": row.alert_id || "" },
        cc.mark(row.severity, row.priority),
        h("Span", { className: "row-what" }, h("Span", { className: "row-title" }, row.name), h("Span", { className: "dots" }, distance(row), cc.factsOf(row))),
        h("Span", { className: "row-when" }, cc.ticking("since", row.since, "since figure"), cc.whoIsOn(row))),
      row.waiting.length && cc.state.actor.permissions.includes("acknowledge_alert") ? h("Button", { type: "button", className: "button wide acknowledge", "data-do": "acknowledge", "data-alert": row.waiting.join(" ") }, t("确认预警")) : null);
  }

  /** The nearest first when the phone knows where it is and the person asked for it; groups are taken apart then. */
  function nearest({ rows, groups, aside }) {
    const all = [...rows, ...groups.flatMap((found) => found.rows), ...aside];
    return all.map((row) => [metresTo(row), row]).sort(([a], [b]) => (a === null ? Infinity : a) - (b === null ? Infinity : b) || 0).map(([, row]) => row);
  }

  phone.queue = (live) => {
    if (!live) return null;
    const { rows, groups, aside, counts } = live;
    if (cc.distanceTo([0, 0]) !== null && rows.length + groups.length + aside.length) return h("Ol", { className: "rows" }, nearest(live).map(card));
    if (counts.all === 0 && aside.length === 0) return cc.allQuiet();
    return h("Ol", { className: "rows" }, rows.map(card), groups.flatMap((found) => [
      h("Li", { key: found.key, className: "card-group" }, h("Span", {}, found.name), cc.countsOf(found.counts),
        found.waiting.length > 1 ? h("Button", { type: "button", className: "button acknowledge-all", "data-do": "acknowledge", "data-alert": found.waiting.join(" ") }, t("全部确认 {n}", { n: found.waiting.length })) : null),
      ...found.rows.map(card)]), aside.map(card));
  };

  /** The flood response level of one's own district. */
  phone.level = (levels) => {
    if (!levels || !levels.length) return null;
    const own = levels.find((area) => area.own) || levels[0];
    return [
      cc.stepMark(own.level), h("B", {}, own.level ? cc.stepName(own.level) : t("防汛常态")), h("Span", { className: "quiet" }, own.name), own.since_at ? cc.ticking("since", own.since_at, "since figure") : null,
      own.proposes ? h("Span", { className: "proposed-level" }, t("规则提议：{level}", { level: cc.stepName(own.proposed_level) })) : null,
    ];
  };

  /** Whose phone this is, as the server says it. */
  cc.feed.listen((kinds) => {
    const whose = document.querySelector(".whose");
    if (whose && cc.state.actor && kinds.has("link")) whose.textContent = cc.state.actor.name;
  });

  /* Without a connection the panel is drawn from what is known: the server's own comes when it is back. */
  const ask = cc.feed.set;
  cc.feed.set = (name, data) => {
    if (name !== "LIVE_SUBJECT" || cc.link.status().state === "online") ask(name, data);
    else if (data) cc.draw(cc.ids.PANEL, known());
  };

  function known() {
    const row = cc.order.queue().find((one) => (cc.selected ? one.incident_id === cc.selected : one.alert_id === cc.selectedAlert));
    if (!row) return h("Div", { className: "state" }, h("P", { className: "state-title" }, t("未在上次的画面里")));
    const said = cc.duty && cc.duty.incident && cc.duty.incident.incident_id === row.incident_id ? cc.duty.said : "";
    return h("Div", { className: "incident" },
      h("Header", { className: "incident-head" }, cc.mark(row.severity, row.priority), h("Div", {}, h("H2", {}, row.name), h("P", { className: "dots" }, h("Span", { className: "figure" }, row.number), h("Span", {}, cc.titled(row.category))))),
      h("Div", { className: "incident-facts" }, h("P", { className: "dots" }, cc.factsOf(row)), h("P", { className: "dots" }, cc.whoIsOn(row)), said ? h("P", { className: "said" }, said) : null),
      h("P", { className: "quiet" }, t("没有连接：这是上次的画面，经过和照片要等恢复后才有。")));
  }

  const detail = () => document.querySelector(".phone-detail");
  cc.actions["close-subject"] = () => { if (!cc.closeReport()) cc.close(); };
  cc.onOpen = () => {
    detail().hidden = false;
    history.pushState({ subject: cc.selected || cc.selectedAlert }, "");
    window.scrollTo(0, 0);
  };
  cc.onClose = () => {
    detail().hidden = true;
    if (history.state && history.state.subject) history.back();
  };
  window.addEventListener("popstate", () => { if (!cc.closeReport() && (cc.selected || cc.selectedAlert)) cc.close(); });
})();
