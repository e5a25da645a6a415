/* Closing roads: a click for a place, clicks for an outline, until when and why; and the list of what is closed. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const token = cc.config.tokens;
  const DO = cc.actions;
  const page = document.documentElement;
  const KIND = { road: t("道路"), segment: t("路段"), underpass: t("下穿通道"), culvert: t("涵洞"), area: t("区域") };
  const STATE = { closed: t("断交"), slow: t("缓行") };
  const closures = cc.views("closures");

  const sheet = () => document.getElementById(cc.ids.CLOSING);
  const form = () => sheet().querySelector("form");
  const field = (name) => form().querySelector(`[name="${name}"]`);
  const isArea = () => field("kind").value === "area";

  let corners = []; // L.LatLng
  let drawn = []; // what stands for them on the map
  let proposed = ""; // the name that the map gave
  let asking = null; // {key, nonce, words}: the same until it is answered or changed, so that sending twice closes once

  function problem(words) { form().querySelector(".form-problem").textContent = words; }

  function radius_m() { return Number(field("kind").selectedOptions[0].dataset.radius); }

  function draw() {
    for (const layer of drawn) layer.remove();
    drawn = [];
    if (!cc.map || sheet().hidden) return;
    const style = { color: token.text, weight: 2, fillColor: token.text, fillOpacity: 0.18, interactive: false, dashArray: field("state").value === "slow" ? "4 5" : null };
    if (isArea()) {
      if (corners.length > 1) drawn.push((corners.length > 2 ? L.polygon : L.polyline)(corners, style));
    } else if (corners.length) drawn.push(L.circle(corners[0], { ...style, radius: radius_m() }));
    for (const corner of corners) drawn.push(L.circleMarker(corner, { ...style, radius: 4, fillOpacity: 1, dashArray: null }));
    for (const layer of drawn) layer.addTo(cc.map);
  }

  /** What is chosen on the map so far, and what to do next. */
  function place() {
    if (isArea()) {
      if (corners.length < 3) return t("在地图上依次点出轮廓，至少 3 点；已点 {n} 点", { n: corners.length });
      return t("轮廓 {n} 点；其中的道路全部断交", { n: corners.length });
    }
    if (!corners.length) return t("请在地图上点一处");
    const [{ lng, lat }] = corners;
    const where = `${lng.toFixed(5)}, ${lat.toFixed(5)}`;
    if (field("kind").value === "segment") return t("{where}，最近的一段路", { where });
    const within = { where, n: radius_m() };
    return field("kind").value === "road" && field("name").value.trim() ? t("{where}，{n} 米之内叫这个名字的路", within) : t("{where}，{n} 米之内", within);
  }

  function show() {
    form().querySelector(".closure-place").textContent = place();
    form().querySelector(".closure-place").classList.toggle("todo", corners.length < (isArea() ? 3 : 1));
    form().querySelector('[data-do="closure-corner-back"]').hidden = !isArea() || !corners.length;
    draw();
  }

  /** The main road that passes the place, unless the officer has typed something else. */
  function proposeName() {
    const given = field("name").value.trim();
    if (!corners.length || (given && given !== proposed)) return;
    // As the road network has it, in either language: the name says which road is meant.
    proposed = cc.base.near([corners[0].lng, corners[0].lat], "own") || "";
    cc.write(field("name"), proposed);
  }

  DO["closures-open"] = () => {
    if (!sheet().hidden || !cc.map) return;
    cc.closeCall();
    sheet().hidden = false;
    page.dataset.picking = "yes";
    // Two corners close together are two clicks and no wish to look closer.
    cc.map.doubleClickZoom.disable();
    problem("");
    show();
    field("kind").focus();
  };
  cc.closeClosures = () => {
    if (!sheet() || sheet().hidden) return false;
    sheet().hidden = true;
    corners = [];
    draw();
    delete page.dataset.picking;
    cc.map.doubleClickZoom.enable();
    return true;
  };
  DO["closures-close"] = () => { cc.closeClosures(); };
  DO["closure-corner-back"] = () => { corners = corners.slice(0, -1); asking = null; show(); };

  const pick = cc.pickPlace;
  cc.pickPlace = (latlng) => {
    if (!sheet() || sheet().hidden) return pick(latlng);
    corners = isArea() ? [...corners, latlng] : [latlng];
    asking = null;
    problem("");
    proposeName();
    show();
    return true;
  };

  document.addEventListener("input", (event) => {
    if (!sheet() || !form().contains(event.target)) return;
    asking = null;
    if (event.target.name === "reason" || event.target.name === "hours") return;
    // An outline is no place and a place no outline; between places the one clicked stays.
    if (event.target.name === "kind") corners = isArea() ? [] : corners.slice(0, 1);
    show();
  });

  document.addEventListener("submit", (event) => {
    if (!sheet() || event.target !== form()) return;
    event.preventDefault();
    if (corners.length < (isArea() ? 3 : 1)) { problem(place()); return; }
    const fields = Object.fromEntries(new FormData(form()));
    if (!String(fields.reason || "").trim()) { problem(t("请先写明理由")); field("reason").focus(); return; }
    problem("");
    if (!asking) {
      const { hours, ...said } = fields;
      const expires_at = new Date(cc.cityNow() + Number(hours) * 3600000).toISOString();
      asking = { request: { ...said, expires_at, corners: corners.map(({ lng, lat }) => [lng, lat]), key: cc.newKey() } };
    }
    asking.nonce = cc.ask("CLOSE_ROAD", asking.request);
  });

  /** After each answer: a closed road clears the form, a refusal stands in it. */
  cc.onOutcome.push((outcome) => {
    if (!asking || !outcome.nonce || outcome.nonce !== asking.nonce) return;
    if (outcome.kind === "done") {
      asking = null;
      form().reset();
      cc.write(field("name"), "");
      cc.closeClosures();
    } else problem(outcome.text);
  });

  cc.undoing.close_road = ([id]) => cc.ask("REOPEN_ROAD", { closure_id: id });
  DO["reopen-road"] = (d) => cc.ask("REOPEN_ROAD", { closure_id: d.closure });
  DO["closure-show"] = (d) => cc.view.showPlace([Number(d.lon), Number(d.lat)]);

  /** What is in force: closures that somebody set, the newest first, and points whose road somebody called closed. */
  cc.closuresInForce = () => {
    const now = cc.cityNow();
    const set = [...cc.state.closures.values()].filter((c) => Date.parse(c.expires_at) > now)
      .sort((a, b) => (a.closed_at > b.closed_at ? -1 : 1))
      .map((c) => ({ id: c.closure_id, name: c.name, place: c.place, kind: c.kind, state: c.state, until: c.expires_at, by: c.closed_by, reason: c.reason }));
    const stated = [...cc.state.points.values()].filter((p) => p.passability === "closed")
      .map((p) => ({ point: p.point_id, wet: Boolean(p.grade_code), name: cc.named(p), place: p.place, state: "closed", by: p.passability_by, at: p.passability_at }))
      .sort((a, b) => (a.at > b.at ? -1 : 1));
    return [...set, ...stated];
  };

  const DAY_MS = 86400000;
  function until(instant) {
    const at = Date.parse(instant);
    return at - cc.cityNow() > DAY_MS ? t("到 {day}", { day: cc.dayWords(at) }) : t("到 {time}", { time: cc.clockWords(at).slice(0, 5) });
  }

  function line(c) {
    const facts = c.point ? [t("监测点"), STATE[c.state], c.by] : [KIND[c.kind], STATE[c.state], until(c.until), c.by];
    const reopen = c.point
      ? { "data-do": c.wet ? "reopen-listed-ask" : "passability", "data-point": c.point, "data-state": "open" }
      : { "data-do": "reopen-road", "data-closure": c.id };
    return h("Li", { key: c.id || c.point },
      h("Button", { type: "button", className: "closure-line", "data-do": "closure-show", "data-lon": String(c.place[0]), "data-lat": String(c.place[1]), title: t("在地图上显示") },
        h("B", {}, c.name || t("未命名的一处")), h("Span", { className: "dots" }, facts.map((fact, i) => fact && h("Span", { key: i }, fact))),
        c.reason ? h("Span", { className: "quiet closure-reason" }, c.reason) : null),
      h("Button", { type: "button", className: "button small", ...reopen }, t("重新开放")),
      c.point ? cc.reopening(c.point) : null);
  }

  closures.listed = (live) => {
    if (!live) return null;
    return [
      h("H3", {}, t("现在断交和缓行的道路"), " ", h("Span", { className: "quiet figure" }, String(live.closures.length))),
      live.closures.length ? h("Ul", {}, live.closures.map(line)) : h("P", { className: "quiet" }, t("没有。")),
    ];
  };
})();
