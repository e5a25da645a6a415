/* Requests for units of this jurisdiction: who asks, for how long yet, and the two answers. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const assistance = cc.views("assistance");

  /** What waits for an answer that this person may give, oldest first. */
  cc.toAnswer = () => {
    const actor = cc.state.actor;
    if (!actor || !actor.permissions.includes("answer_assistance")) return [];
    return [...cc.state.assistance.values()]
      .filter((request) => request.jurisdiction.startsWith(actor.jurisdiction))
      .sort((a, b) => (a.request_id < b.request_id ? -1 : 1))
      .map((request) => ({ ...request, by: cc.named(cc.state.catalogue.districts[request.asked_by_jurisdiction.slice(0, 6)]) || request.asked_by_jurisdiction }));
  };

  const answer = (request, accept, words, look) =>
    h("Button", { type: "button", className: `button small ${look}`.trim(), "data-do": "assist", "data-request": request.request_id, "data-accept": accept ? "yes" : "" }, words);

  assistance.waiting = (live) => {
    if (!live || !live.waiting.length) return null;
    return [
      h("H3", {}, t("联勤请求")),
      h("Ul", {}, live.waiting.map((request) => h("Li", { key: request.request_id },
        h("Div", {}, h("B", {}, request.callsign), h("P", { className: "quiet dots" },
          h("Span", {}, t("{name}请求，警情 {number}", { name: request.by, number: request.number })), cc.ticking("until", request.answer_by, "figure"))),
        answer(request, false, t("拒绝"), ""), answer(request, true, t("同意派出"), "primary")))),
    ];
  };

  /* Whoever asked hears the answer wherever they look; who gave it has been told already. */
  const ANSWERS = {
    "assistance.accepted": ["done", (told) => t("{by}同意借出 {callsign}，已派出", told)],
    "assistance.declined": ["refused", (told) => (told.note ? t("{by}拒绝借出 {callsign}：{note}", told) : t("{by}拒绝借出 {callsign}", told))],
    "assistance.lapsed": ["refused", (told) => t("借用 {callsign} 的请求无人答复，已超时", told)],
  };
  cc.onEvent.push((frame) => {
    const found = ANSWERS[frame.type], request = found && (frame.changes.assistance || [])[0], me = cc.state.actor;
    if (!request || !cc.ids.ASK_DISPATCH || request.requested_by !== me.name || frame.data.by === me.name) return;
    cc.say({ kind: found[0], action: "assistance", text: found[1](frame.data) });
  });

  cc.actions.assist = (d) => cc.ask("ASSISTANCE", { request_id: d.request, accept: d.accept === "yes" });
})();
