/* What the duty officer's buttons ask for. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t } = cc;
  const DO = cc.actions;

  function send(units, advice, reason, ends) {
    const unit_ids = units.split(" ");
    // As this screen shows them: a unit that has been elsewhere meanwhile is not sent by what was known before.
    const seen = Object.fromEntries(unit_ids.filter((id) => cc.state.units.has(id)).map((id) => [id, cc.state.units.get(id).version]));
    return cc.ask("DISPATCH", { incident_id: cc.selected, unit_ids, recommendation_id: advice || null, override_reason: reason || null, seen, ...ends });
  }

  cc.send = send;
  DO.dispatch = (d) => cc.adviseFirst(d.advice) || send(d.unit, d.advice);
  DO.preempt = (d) => cc.adviseFirst(d.advice) || send(d.unit, d.advice, null, { preempts: d.assignment });
  DO.relieve = (d) => cc.adviseFirst(d.advice) || send(d.unit, d.advice, null, { replaces: d.assignment });
  DO["stand-down"] = (d) => cc.ask("STAND_DOWN", { assignment_ids: [d.assignment] });
  Object.assign(cc.undoing, {
    dispatch: (ids) => cc.ask("STAND_DOWN", { assignment_ids: ids }),
    shelve: ([id]) => cc.ask("UNSHELVE", { alert_id: id }),
  });
  DO.recommend = () => cc.advise();
  /* Closing takes units off and cannot be undone: the panel asks, in place, before it does. */
  const page = document.documentElement;
  const closing = (part) => document.querySelector(`#${cc.ids.PANEL} [data-do="${part}"]`);
  DO["close-ask"] = () => { page.dataset.confirming = "close"; closing("close-keep").focus(); };
  cc.keepOpen = () => {
    const part = page.dataset.confirming;
    if (!part) return false;
    delete page.dataset.confirming;
    if (closing(`${part}-ask`)) closing(`${part}-ask`).focus();
    return true;
  };
  DO["form-keep"] = () => { cc.keepOpen(); };
  DO["close-keep"] = () => { cc.keepOpen(); };
  DO["close-incident"] = () => {
    delete page.dataset.confirming;
    return cc.ask("CLOSE", { incident_id: cc.selected });
  };
  /* What may be done about an alert, each asked in place: the panel shows the form, Esc takes it back. */
  const ask = (part) => () => {
    page.dataset.confirming = part;
    const form = document.querySelector(`#${cc.ids.PANEL} [data-form="${part}"]`);
    if (form) form.querySelector("textarea, button").focus();
  };
  DO["note-ask"] = ask("note");
  DO["shelve-ask"] = ask("shelve");
  DO["clear-ask"] = ask("clear");
  DO.shelve = (d, button) => {
    const reason = cc.noteBeside(button);
    if (!reason) { missing(button, t("请先写明理由")); return null; }
    delete page.dataset.confirming;
    return cc.ask("SHELVE", { alert_id: d.alert, minutes: Number(d.minutes), reason });
  };
  DO.unshelve = (d) => cc.ask("UNSHELVE", { alert_id: d.alert });
  DO.escalate = (d) => cc.ask("ESCALATE", { alert_id: d.alert, told: d.told });
  DO["all-clear"] = (d, button) => {
    delete page.dataset.confirming;
    return cc.ask("ALL_CLEAR", { alert_id: d.alert, outcome: d.outcome, note: cc.noteBeside(button) });
  };
  cc.formMisses = missing;
  function missing(button, words) {
    const form = button.closest("[data-form]");
    form.querySelector(".form-problem").textContent = words;
    form.querySelector("textarea").focus();
  }
  // What was missing is being given: the words that ask for it go.
  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-form], .asks-why"), problem = form && form.querySelector(".form-problem");
    if (problem) problem.textContent = "";
  });

  /* Groups of a flood: unfolded, acknowledged whole; and the choice between groups and single lines. */
  DO["group-toggle"] = (d) => {
    if (!cc.unfolded.delete(d.key)) cc.unfolded.add(d.key);
    cc.feed.changed("selection");
  };
  DO.grouping = () => {
    const grouped = cc.order.list().grouped;
    cc.grouping = grouped ? "rows" : "groups";
    cc.feed.changed("selection");
  };

  /* The flood response level: the sheet of all areas, and setting one of them. */
  const sheet = () => document.getElementById(cc.ids.LEVELS);
  const chosen = { area: null, level: null };
  cc.levelChosen = chosen;
  function choose(area, level) {
    Object.assign(chosen, { area, level });
    cc.drawLevels();
    if (area) setTimeout(bringBack, 50);
  }
  const later = (selector) => setTimeout(() => { const found = sheet().querySelector(selector); if (found) found.focus(); }, 60);
  DO["levels-open"] = () => {
    sheet().hidden = false;
    choose(null, null);
    later("[data-do=level-area]:not([disabled])");
  };
  cc.closeLevels = () => {
    if (!sheet() || sheet().hidden) return false;
    const area = chosen.area;
    if (!area) { sheet().hidden = true; return true; }
    choose(null, null);
    later(`[data-area="${area}"]`);
    return true;
  };
  DO["levels-close"] = () => { choose(null, null); sheet().hidden = true; };
  /* What was typed stays with its area until its level is set: a request that failed, or a sheet that was closed, costs
     nobody the reason. */
  const drafts = new Map(); // jurisdiction → { text, nonce of the request it was sent with }
  DO["level-area"] = (d) => {
    if (chosen.area === d.area) { choose(null, null); return; }
    choose(d.area, d.level || null);
    later("[data-form] textarea");
  };
  function bringBack() {
    const field = sheet().querySelector("[data-form] textarea"), draft = drafts.get(chosen.area);
    if (field && draft && !field.value) field.value = draft.text;
  }
  document.addEventListener("input", (event) => {
    if (chosen.area && sheet() && sheet().contains(event.target)) drafts.set(chosen.area, { text: event.target.value, nonce: null });
  });
  cc.onOutcome.push((outcome) => {
    for (const [area, draft] of drafts) if (draft.nonce === outcome.nonce && outcome.kind === "done") drafts.delete(area);
  });
  DO["level-step"] = (d) => choose(chosen.area, d.level || null);
  DO["level-set"] = (d, button) => {
    const reason = cc.noteBeside(button);
    if (!reason) { missing(button, t("请先写明理由")); return null; }
    const nonce = cc.ask("RESPONSE_LEVEL", { jurisdiction: chosen.area, level: chosen.level, reason });
    drafts.set(chosen.area, { text: reason, nonce });
    if (nonce) choose(null, null);
    return nonce;
  };
  DO["zoom-in"] = () => cc.view.zoom(0.75);
  DO["zoom-out"] = () => cc.view.zoom(-0.75);
  DO["zoom-home"] = () => cc.view.frame();
  DO.help = () => { const help = document.getElementById(cc.ids.HELP); help.hidden = !help.hidden; };

  /* A unit that is too long in one status is told once to everybody at a desk. */
  const LATE = {
    not_en_route: (callsign) => t("{callsign} 已派出，超时未出发", { callsign }), not_on_scene: (callsign) => t("{callsign} 在途，超时未到达", { callsign }),
    still_on_scene: (callsign) => t("{callsign} 处置时间过长，请问候", { callsign }), returning: (callsign) => t("{callsign} 返回超时，请核实", { callsign }),
    on_break: (callsign) => t("{callsign} 休整超时，请核实", { callsign }), out_of_service: (callsign) => t("{callsign} 停勤超时，请核实", { callsign }),
  };
  /* While one such notice stands the next takes its place with the number: sixty at once must not push out the answer to what somebody did. */
  let late = null;
  cc.onEvent.push((frame) => {
    if (frame.type !== "assignment.overdue" && frame.type !== "unit.overdue") return;
    const text = LATE[frame.data.waits_for || frame.data.status](frame.data.callsign);
    const more = late && cc.dismiss(late.nonce) ? late.more + 1 : 0;
    const nonce = cc.say({ kind: "refused", action: "overdue", text: more ? t("{text}（另有 {n} 个单位超时）", { text, n: more }) : text });
    late = { nonce, more };
  });

  /* The way of the unit under the pointer is drawn. */
  document.addEventListener("pointerover", (event) => point(event.target));
  document.addEventListener("focusin", (event) => point(event.target));
  function point(target) {
    const row = target.closest && target.closest("[data-route]");
    const unit = row ? row.dataset.route : null;
    if (unit === cc.pointedUnit) return;
    cc.pointedUnit = unit;
    cc.view.refresh();
  }
})();
