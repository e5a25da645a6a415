/* The phone: cards for a thumb, the detail over them, the way back. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const phone = ((window.dash_clientside = window.dash_clientside || {}).phone = {});

  function card(row) {
    return h("Li", { key: row.key, className: `card-row ${row.status === "open" ? "is-open" : ""} ${row.unconfirmed && row.severity === "red" ? "unconfirmed" : ""}` },
      h("Button", { type: "button", className: "row", "data-do": row.incident_id ? "open" : "open-alert", "data-incident": row.incident_id || "", "data-alert": row.alert_id || "" },
        cc.mark(row.severity, row.priority),
        h("Span", { className: "row-what" }, h("Span", { className: "row-title" }, row.name), h("Span", { className: "dots" }, cc.factsOf(row))),
        h("Span", { className: "row-when" }, cc.ticking("since", row.since, "since figure"), cc.whoIsOn(row))),
      row.waiting.length ? h("Button", { type: "button", className: "button wide acknowledge", "data-do": "acknowledge", "data-alert": row.waiting.join(" ") }, t("确认预警")) : null);
  }

  phone.queue = (live) => {
    if (!live) return null;
    const { rows, groups, aside, counts } = live;
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

  const detail = () => document.querySelector(".phone-detail");
  cc.onOpen = () => {
    detail().hidden = false;
    history.pushState({ subject: cc.selected || cc.selectedAlert }, "");
    window.scrollTo(0, 0);
  };
  cc.onClose = () => {
    detail().hidden = true;
    if (history.state && history.state.subject) history.back();
  };
  window.addEventListener("popstate", () => { if (cc.selected || cc.selectedAlert) cc.close(); });
})();
