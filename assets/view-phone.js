/* The phone: cards for a thumb, the detail over them, the way back. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const phone = ((window.dash_clientside = window.dash_clientside || {}).phone = {});

  phone.queue = (live) => {
    if (!live) return null;
    if (live.rows.length === 0) return cc.allQuiet();
    return h("Ol", { className: "rows" }, live.rows.map((row) =>
      h("Li", { key: row.key, className: `card-row ${row.status === "open" ? "is-open" : ""} ${row.unconfirmed && row.severity === "red" ? "unconfirmed" : ""}` },
        h("Button", { type: "button", className: "row", "data-do": row.incident_id ? "open" : "nothing", "data-incident": row.incident_id || "" },
          cc.mark(row.severity, row.priority),
          h("Span", { className: "row-what" }, h("Span", { className: "row-title" }, row.name), h("Span", { className: "dots" }, cc.factsOf(row))),
          h("Span", { className: "row-when" }, cc.ticking("since", row.since, "since figure"), cc.whoIsOn(row))),
        row.unconfirmed ? h("Button", { type: "button", className: "button wide acknowledge", "data-do": "acknowledge", "data-alert": row.alert_id }, t("确认预警")) : null)));
  };

  /** Whose phone this is, as the server says it. */
  cc.feed.listen((kinds) => {
    const whose = document.querySelector(".whose");
    if (whose && cc.state.actor && kinds.has("link")) whose.textContent = cc.state.actor.name;
  });

  const detail = () => document.querySelector(".phone-detail");
  cc.onOpen = () => {
    detail().hidden = false;
    history.pushState({ subject: cc.selected }, "");
    window.scrollTo(0, 0);
  };
  cc.onClose = () => {
    detail().hidden = true;
    if (history.state && history.state.subject) history.back();
  };
  window.addEventListener("popstate", () => { if (cc.selected) cc.close(); });
})();
