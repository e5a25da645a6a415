/* The unit's own order: what it is, where, and the next step as the biggest thing on the page. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const phone = cc.views("phone");
  const SURE_FOR_MS = 5000;
  cc.duty = null; // what GET /api/v1/duty answered last

  // ---- what this page shows may be known before Dash has drawn its places

  const waiting = {};
  let drawn = false;
  cc.put = (name, data) => { if (drawn) cc.showAll({ [name]: data }); else waiting[name] = data; };
  const poll = setInterval(() => {
    if (!document.getElementById(cc.ids.ROOT) || !window.dash_clientside?.set_props) return;
    clearInterval(poll);
    drawn = true;
    cc.showAll(waiting);
  }, 50);

  const isUnit = () => (cc.state.actor || {}).role === "field_unit";

  function show() {
    cc.put("LIVE_DUTY", { shown: isUnit(), duty: cc.duty, sure: sureUntil > performance.now(), at: Math.round(performance.now()) });
  }
  cc.showDuty = () => { merge(); show(); };

  /* An order may lie outside what this account is told live: its incident and its way are shown all the same. */
  function merge() {
    const { assignment, incident } = cc.duty || {};
    if (assignment) cc.state.assignments.set(assignment.assignment_id, assignment);
    if (incident) cc.state.incidents.set(incident.incident_id, incident);
    cc.feed.changed("assignments", "incidents");
  }

  let asking = null, again = false;
  /** Asks what the unit has to do; questions that come while one is asked are one more. */
  cc.askDuty = function () {
    if (!isUnit()) return Promise.resolve();
    if (asking) { again = true; return asking; }
    asking = (async () => {
      do {
        again = false;
        try {
          const answer = await fetch("/api/v1/duty", { cache: "no-store" });
          if (!answer.ok) break;
          const before = cc.duty && cc.duty.assignment;
          const found = await answer.json();
          if (before && (!found.assignment || found.assignment.assignment_id !== before.assignment_id)) forget(before, found);
          cc.duty = found;
          merge();
        } catch (error) {
          break; // no connection: what is known stands, with its age in the banner
        }
      } while (again);
      asking = null;
      show();
      cc.savePicture(); // the order as it is now, should the connection go in the next second
    })();
    return asking;
  };

  function forget(before, found) {
    cc.state.assignments.delete(before.assignment_id);
    const incident = cc.state.incidents.get(before.incident_id);
    if (incident && !incident.jurisdiction.startsWith(cc.state.actor.jurisdiction)) cc.state.incidents.delete(before.incident_id);
    const done = cc.outbox.list().some((item) => item.step && item.step.assignment_id === before.assignment_id && item.step.to === "available");
    if (!found.assignment && !done && found.unit && found.unit.status === "available" && before.status !== "on_scene") {
      cc.say({ kind: "refused", action: "duty", text: t("任务已撤回：{name}", { name: incident ? cc.titled(cc.named(incident, "title")) : "" }) });
    }
  }

  cc.onEvent.push((frame) => {
    if (!isUnit()) return;
    const own = cc.state.actor.unit_id, incident = cc.duty && cc.duty.incident && cc.duty.incident.incident_id;
    const concerns = Object.values(frame.changes).some((states) => states.some((one) => one.unit_id === own || (incident && one.incident_id === incident)));
    if (concerns) cc.askDuty();
  });
  cc.feed.listen((kinds) => { if (kinds.has("link")) { show(); if (cc.link.status().state === "online") cc.askDuty(); } });

  // ---- what is drawn

  const STEP = { accepted: t("收到"), en_route: t("出发"), on_scene: t("到达"), available: t("完成") };
  const DONE = { accepted: t("已接警"), en_route: t("途中"), on_scene: t("已到达"), available: t("已完成") };
  const UNIT = { available: t("待命"), dispatched: t("已派出"), en_route: t("途中"), on_scene: t("处置中"), returning: t("返回中"), on_break: t("休整"), out_of_service: t("停勤") };

  const queued = (subject) => (cc.outbox ? cc.outbox.list() : []).filter((item) => item.step && !item.problem && item.step.of === subject);

  /** When each step was taken: as the server knows it, or as it waits in the outbox. */
  function steps(assignment) {
    const known = { accepted: assignment.accepted_at, en_route: assignment.en_route_at, on_scene: assignment.on_scene_at, available: null };
    const found = Object.keys(STEP).map((step) => ({ step, at: known[step], waits: false }));
    for (const item of queued(assignment.assignment_id)) {
      const one = found.find((x) => x.step === item.step.to);
      if (one && !one.at) Object.assign(one, { at: item.at, waits: true });
    }
    return found;
  }

  /** The first step after the furthest one taken; a unit that set off without a word has no need to accept. */
  function nextStep(taken) {
    let furthest = -1;
    taken.forEach((one, i) => { if (one.at) furthest = i; });
    return taken[furthest + 1] || null;
  }

  const placeWords = (incident) => {
    const point = incident.point_id && cc.state.points.get(incident.point_id);
    const near = point ? null : cc.base.near(incident.place);
    return point ? cc.named(point) : near ? t("近{road}", { road: near }) : "";
  };

  phone.duty = (live) => {
    if (!live || !live.shown) return null;
    const { duty } = live;
    if (!duty) return h("P", { className: "quiet" }, t("正在读取本单位任务…"));
    if (!duty.unit_id) return h("P", { className: "todo" }, t("此账号没有指定单位，请管理员指定。"));
    if (!duty.unit) return h("P", { className: "todo" }, t("单位 {unit} 尚未登记。", { unit: duty.unit_id }));
    return duty.assignment ? order(duty, live.sure) : waitingFor(duty.unit, duty.move_up);
  };

  function waitingFor(unit, moveUp) {
    const last = queued(unit.unit_id).pop();
    const status = last ? last.step.to : unit.status;
    const choice = (to) => h("Button", { type: "button", className: status === to ? "on" : "", "aria-pressed": String(status === to), "data-do": "unit-status", "data-to": to }, UNIT[to]);
    return [
      h("Header", {}, h("B", {}, unit.callsign), h("Span", { className: "quiet" }, last ? t("{what}，待发送", { what: UNIT[status] }) : UNIT[status]), h("Span", { className: "quiet no-order" }, t("没有任务"))),
      !last && cc.order.tooLong(unit) ? h("P", { className: "overdue" }, t("“{status}”已超时：状态变了请更新", { status: UNIT[status] })) : null,
      h("Div", { className: "segments" }, choice("available"), choice("on_break"), choice("out_of_service")),
      moveUp && Date.parse(moveUp.ends_at) > cc.cityNow() ? waitAt(moveUp) : null,
    ];
  }

  /** Where the officer asked it to wait, and how long that stands. */
  const waitAt = (moveUp) => h("Div", { className: "wait-at" },
    h("P", {}, h("B", {}, t("请到 {place} 待命", { place: cc.waitingPlace(moveUp) })), cc.ticking("until", moveUp.ends_at, "figure quiet")),
    h("P", { className: "quiet" }, t("补位命令：{by}", { by: moveUp.ordered_by })),
    h("Div", { className: "beside" }, cc.navigation(moveUp.place, cc.waitingPlace(moveUp)).map(([word, href]) => h("A", { key: word, className: "button", href, target: href.startsWith("https") ? "_blank" : undefined, rel: "noreferrer" }, word))));

  function order({ unit, assignment, incident, said }, sure) {
    const taken = steps(assignment), next = nextStep(taken);
    const sent = taken.filter((one) => one.at).pop();
    const waits = taken.some((one) => one.waits);
    const alert = cc.alertOf(incident);
    const leftS = assignment.eta_at && !assignment.on_scene_at ? assignment.eta_at : null;
    const where = placeWords(incident);
    const others = taken.slice(taken.indexOf(next) + 1).filter((one) => next && !one.at && one.step !== "available").map((one) => h("Button", { key: one.step, type: "button", className: "button", "data-do": "step", "data-to": one.step, "data-of": assignment.assignment_id }, STEP[one.step]));
    return [
      h("Header", {}, h("B", {}, unit.callsign), h("Span", { className: "quiet" }, sent ? DONE[sent.step] : t("新任务")), waits ? h("Span", { className: "late-mark" }, t("待发送")) : null,
        leftS ? cc.ticking("until", leftS, "eta figure") : null),
      h("Button", { type: "button", className: "order", "data-do": "open", "data-incident": incident.incident_id },
        cc.mark(alert ? alert.severity : null, incident.priority),
        h("Span", { className: "row-what" }, h("Span", { className: "row-title" }, cc.titled(cc.named(incident, "title"))),
          h("Span", { className: "dots" }, where ? h("Span", {}, where) : null, h("Span", { className: "figure" }, incident.number), said ? h("Span", {}, said) : null)),
        h("Span", { className: "chevron" }, "›")),
      h("Ol", { className: "steps" }, taken.map((one) => h("Li", { key: one.step, className: one.waits ? "waits" : one.at ? "done" : "" }, h("Span", {}, STEP[one.step]), h("B", { className: "figure" }, one.at ? cc.clockWords(Date.parse(one.at)).slice(0, 5) : "––:––")))),
      next ? h("Button", { type: "button", className: `button primary big step-${next.step}`, "data-do": "step", "data-to": next.step, "data-of": assignment.assignment_id }, next.step === "available" && sure ? t("再按一次：处置完成，离开现场") : BIG[next.step]) : null,
      others.length ? h("Div", { className: "beside" }, others) : null,
      h("Div", { className: "beside" },
        h("Button", { type: "button", className: "button", "data-do": "open", "data-incident": incident.incident_id, "data-then": "navigate" }, t("导航")),
        h("Button", { type: "button", className: "button", "data-do": "photo", "data-incident": incident.incident_id }, t("拍照")),
        h("Button", { type: "button", className: "button", "data-do": "voice", "data-incident": incident.incident_id }, t("录音"))),
    ];
  }
  const BIG = { accepted: t("接警：任务收到"), en_route: t("出警：出发了"), on_scene: t("到达现场"), available: t("完成处置") };

  // ---- the steps

  let sureUntil = 0;
  cc.actions.step = ({ to, of: id }) => {
    const { unit, assignment } = cc.duty || {};
    if (!assignment || assignment.assignment_id !== id || queued(id).some((item) => item.step.to === to)) return;
    // Done ends the order and cannot be taken back: it is asked once more, in the same place.
    if (to === "available" && sureUntil < performance.now()) {
      sureUntil = performance.now() + SURE_FOR_MS;
      setTimeout(show, SURE_FOR_MS + 50);
      show();
      return;
    }
    sureUntil = 0;
    const step = { of: id, assignment_id: id, to };
    const words = `${unit.callsign} ${STEP[to]}`;
    if (to === "accepted") cc.outbox.add({ kind: "accept", url: `/api/v1/assignments/${id}/accept`, json: {}, time: "accepted_at", words, step }).then(show);
    else status(unit, to, id, words, step);
    if (navigator.vibrate) navigator.vibrate(30);
  };

  function status(unit, to, id, words, step) {
    cc.outbox.add({
      kind: "status", url: `/api/v1/units/${encodeURIComponent(unit.unit_id)}/status`, time: "observed_at",
      json: { status: to, source: "phone", ...(id ? { assignment_id: id } : {}) }, words, step,
    }).then(show);
  }

  cc.actions["unit-status"] = ({ to }) => {
    const { unit } = cc.duty;
    if (unit.status !== to || queued(unit.unit_id).length) status(unit, to, null, `${unit.callsign} ${UNIT[to]}`, { of: unit.unit_id, to });
  };
})();
