/* The desk's hand on the wall: what it shows by turns or is locked to, and the choice of another scene. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const DO = cc.actions;
  const desk = cc.views("desk");
  const sheet = () => document.getElementById(cc.ids.WALL);

  const choice = (live, scene, subject, words) => {
    const stands = live.scene === scene && live.subject === subject;
    return h("Button", {
      type: "button", className: `button ${stands ? "primary" : ""}`, "data-do": "wall-scene", "data-scene": scene || "", "data-subject": subject || "",
      "aria-pressed": String(stands), disabled: !live.may, key: `${scene} ${subject}`,
    }, words);
  };

  desk.wall = (live) => {
    if (!live) return null;
    return [
      live.scene
        ? h("P", { className: "wall-stands dots" }, h("B", {}, t("锁定：{name}", { name: live.name || t("已结束的警情") })), h("Span", {}, live.set_by || "–"), cc.ticking("since", live.since_at, "figure"))
        : h("P", { className: "wall-stands" }, t("轮播：全城、最吃紧的区县、最新的红色警情")),
      h("Div", { className: "wall-choices" }, choice(live, null, null, t("轮播")), choice(live, "city", null, t("全城")),
        live.open ? choice(live, "incident", live.open.incident_id, t("打开的警情：{name}", { name: live.open.name })) : null),
      h("Div", { className: "wall-choices" }, live.districts.map((district) => choice(live, "district", district.code, district.name))),
      live.may ? null : h("P", { className: "quiet" }, t("您的角色不能锁定大屏")),
    ];
  };

  DO["wall-open"] = () => {
    sheet().hidden = false;
    const first = sheet().querySelector("[data-do=wall-scene]:not([disabled])");
    if (first) first.focus();
  };
  cc.closeWall = () => {
    if (!sheet() || sheet().hidden) return false;
    sheet().hidden = true;
    return true;
  };
  DO["wall-close"] = () => { cc.closeWall(); };
  DO["wall-scene"] = (d) => cc.ask("WALL_SCENE", { scene: d.scene || null, subject: d.subject || null });
})();
