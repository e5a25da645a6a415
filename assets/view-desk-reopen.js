/* Stating that a road can be driven: where water stands on it, the desk asks why before it asks the server. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const DO = cc.actions;
  const page = document.documentElement;

  DO.passability = (d) => cc.ask("PASSABILITY", { point_id: d.point, passability: d.state });
  cc.undoing.passability = ([point_id, before, after]) =>
    cc.ask("PASSABILITY", { point_id, passability: before, instead_of: after, reason: t("撤回刚才的设置") });

  for (const state of ["open", "slow"]) {
    DO[`reopen-${state}-ask`] = () => {
      page.dataset.confirming = `reopen-${state}`;
      document.querySelector(`#${cc.ids.PANEL} [data-form="reopen-${state}"] textarea`).focus();
    };
  }
  DO["reopen-point"] = (d, button) => {
    const reason = cc.noteBeside(button);
    if (!reason) { cc.formMisses(button, t("请先写明理由")); return null; }
    delete page.dataset.confirming;
    listed(null);
    return cc.ask("PASSABILITY", { point_id: d.point, passability: d.state, reason });
  };

  /* The same question in the list of what is closed, below the line it is about. */
  let asked = null;
  function listed(point) {
    if (asked === point) return false;
    asked = point;
    cc.draw(cc.ids.CLOSURES_LIST, cc.views("closures").listed({ closures: cc.closuresInForce() }));
    return true;
  }
  DO["reopen-listed-ask"] = (d) => {
    listed(d.point);
    setTimeout(() => {
      const text = document.querySelector(`#${cc.ids.CLOSURES_LIST} [data-form] textarea`);
      if (text) text.focus();
    }, 60);
  };
  DO["reopen-listed-keep"] = () => { listed(null); };
  cc.escapes.push(() => asked !== null && listed(null));

  /** The question about this point, where it is the one that was asked. */
  cc.reopening = (id) => {
    const point = id === asked && cc.state.points.get(id);
    if (!point) return null;
    const depth = typeof point.depth_cm === "number" ? `${point.depth_cm.toFixed(0)} cm` : "";
    return h("Div", { className: "reopening", role: "group", "data-form": "reopen-listed" },
      h("P", {}, t("此处仍有积水 {depth}，仍设为{state}？", { depth, state: t("通行") })),
      h("Label", { className: "field" }, h("Span", {}, t("重新开放的理由（必填）")), h("Textarea", { rows: 2, maxLength: 500 })),
      h("P", { className: "form-problem", role: "alert" }, ""),
      h("Div", { className: "row-end" },
        h("Button", { type: "button", className: "button", "data-do": "reopen-listed-keep" }, t("不改"), h("Kbd", {}, "Esc")),
        h("Button", { type: "button", className: "button primary", "data-do": "reopen-point", "data-point": id, "data-state": "open" }, t("设为{state}", { state: t("通行") }))));
  };
})();
