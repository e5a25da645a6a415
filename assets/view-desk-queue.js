/* The desk's own pieces: the queue, the small response figure, the card of a unit. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const desk = ((window.dash_clientside = window.dash_clientside || {}).desk = window.dash_clientside.desk || {});
  const STATUS = {
    available: t("待命"), dispatched: t("已派出"), en_route: t("途中"), on_scene: t("处置中"),
    returning: t("返回中"), on_break: t("休整"), out_of_service: t("停勤"),
  };

  desk.response = (metrics) => {
    if (!metrics) return null;
    const r = metrics.response;
    return [h("Span", { className: "quiet" }, t("响应")), h("B", { className: "figure" }, cc.minutesSeconds(r.median_s)), h("Span", { className: "quiet figure" }, `/ ${cc.minutesSeconds(r.target_s)}`)];
  };

  desk.queue = (live) => {
    if (!live) return null;
    const rows = live.rows;
    const waiting = rows.filter((row) => row.status === "open").length;
    return [
      h("H2", {}, t("待出警"), h("Span", { className: "big" }, String(waiting)), h("Span", { className: "quiet" }, t("共 {n}", { n: rows.length }))),
      rows.length === 0 ? cc.allQuiet() : h("Ol", { className: "rows" }, rows.map((row) =>
        h("Li", { key: row.key },
          h("Button", {
            type: "button", "data-do": row.incident_id ? "open" : "alert", "data-incident": row.incident_id || "", "data-alert": row.alert_id || "", "data-key": row.key,
            className: `row ${row.status === "open" ? "is-open" : ""} ${row.unconfirmed && row.severity === "red" ? "unconfirmed" : ""} ${row.incident_id && row.incident_id === live.selected ? "selected" : ""}`,
          },
            cc.mark(row.severity, row.priority),
            h("Span", { className: "row-what" }, h("Span", { className: "row-title" }, row.name), h("Span", { className: "dots" }, cc.factsOf(row))),
            h("Span", { className: "row-when" }, cc.ticking("since", row.since, "since figure"),
              cc.whoIsOn(row) || h("Span", { className: row.unconfirmed ? "todo" : "quiet" }, row.unconfirmed ? t("点此确认") : t("已确认"))))))),
    ];
  };

  desk.unit = (chosen) => {
    const unit = chosen && cc.state.units.get(chosen.unit_id);
    if (!unit) return null;
    const assignment = unit.assignment_id && cc.state.assignments.get(unit.assignment_id);
    const incident = assignment && cc.state.incidents.get(assignment.incident_id);
    return h("Div", { className: "card" },
      h("P", {}, h("B", {}, unit.callsign), h("Span", { className: "quiet" }, STATUS[unit.status])),
      h("P", { className: "dots quiet" }, h("Span", {}, cc.named(cc.state.catalogue.nets[unit.net])), h("Span", {}, cc.named((cc.state.catalogue.kinds || {})[unit.kind])), unit.shift ? h("Span", {}, unit.shift) : null, unit.synthetic ? h("Span", {}, t("合成")) : null),
      cc.units.doubt(unit) ? h("P", { className: "overdue" }, cc.units.doubt(unit)) : null,
      incident ? h("Button", { type: "button", className: "link", "data-do": "open", "data-incident": incident.incident_id }, cc.named(incident, "title")) : null);
  };
})();
