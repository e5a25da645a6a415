/* Another unit than advised, or one in another's place: why is asked beside it, once it is chosen. What is chosen so far
   outlives fresh advice; of a unit that can no longer be chosen it is said. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const DO = cc.actions;
  let tree = null; // the panel that stands
  let chosen = null; // {incident, unit, callsign, does, assignment, reason, row}: half made, as of the last drawing
  let sent = null; // the nonce it went with

  const panel = () => document.getElementById(cc.ids.PANEL);
  const asking = () => panel().querySelector(".asks-why:not([hidden])");

  DO.why = (d, button) => {
    const row = button.closest("li");
    for (const why of panel().querySelectorAll(".asks-why")) why.hidden = !row.contains(why);
    row.querySelector("select.override").focus();
  };
  function forget() {
    const open = asking();
    chosen = null;
    if (open) open.hidden = true;
    return open;
  }
  cc.hideWhy = () => {
    const open = forget();
    if (open) open.parentElement.querySelector('[data-do="why"]').focus();
    return Boolean(open);
  };
  function sendFor(button, ends) {
    const form = button.closest(".asks-why"), select = form.querySelector("select.override");
    form.querySelector(".form-problem").textContent = select.value ? "" : t("请先选择理由");
    if (select.value) return (sent = cc.send(button.dataset.unit, null, select.value, ends));
    select.focus();
    return null;
  }
  DO["dispatch-other"] = (d, button) => sendFor(button);
  DO["take-over"] = (d, button) => sendFor(button, { replaces: d.assignment });
  cc.onOutcome.push((outcome) => { if (sent && outcome.nonce === sent && outcome.kind !== "refused") forget(); });

  const inner = (node) => (node && node.props && Array.isArray(node.props.children) ? node.props.children : node && node.props ? [node.props.children] : []);
  /** The first node of a tree for which this holds, or null. */
  function find(node, holds) {
    if (!node || typeof node !== "object") return null;
    if (holds(node.props)) return node;
    for (const child of inner(node)) {
      const found = find(child, holds);
      if (found) return found;
    }
    return null;
  }
  const sends = (does, unit, assignment) => (props) => props["data-do"] === does && props["data-unit"] === unit && (props["data-assignment"] || undefined) === assignment;
  const rowOf = (of, { does, unit, assignment }) => find(of, (props) => props["data-route"] === unit && inner({ props }).some((child) => find(child, sends(does, unit, assignment))));

  /** What stands half made in the panel; what did when the panel had no list, while the incident is still open. */
  function halfMade() {
    const open = asking();
    if (!open) return chosen && chosen.incident === cc.selected ? chosen : null;
    const button = open.querySelector("[data-unit]"), row = open.closest("li");
    const made = { incident: tree.props["data-incident"], unit: button.dataset.unit, does: button.dataset.do, assignment: button.dataset.assignment, callsign: row.querySelector("b").textContent, reason: open.querySelector("select").value };
    return made.incident === cc.selected ? { ...made, row: rowOf(tree, made) } : null;
  }

  const busy = (unit) => cc.state.units.has(unit) && cc.state.units.get(unit).status !== "available";
  /** Why what was chosen is no choice any more, in words; an empty text where it went as was wished. */
  function gone({ incident, unit, callsign, does, assignment }, next) {
    const on = cc.assignmentsOf(incident);
    if (on.some((one) => one.unit_id === unit)) return "";
    if (busy(unit)) return t("{callsign} 已不可派，没有派出；请另选单位", { callsign });
    if (does === "take-over" ? !on.some((one) => one.assignment_id === assignment) : on.length) return t("此处已有变化，{callsign} 没有派出；请重新选择", { callsign });
    const best = find(next, (props) => props.className === "best");
    if (best && find(best, (props) => props["data-route"] === unit)) return t("{callsign} 现在就在推荐之中，不用另选", { callsign });
    return null;
  }

  /** The chosen unit's line, as of earlier advice and saying so, in the panel whose advice does not name it. */
  function withRow(next, row) {
    const kept = structuredClone(row), time = find(kept, (props) => props.className === "minutes");
    if (time) {
      const why = find(kept, (props) => props.className === "reason"), costs = find(kept, (props) => props.className === "reason uncovers");
      if (why) why.props.children = t("新的推荐里没有它；先前算得 {time}", { time: time.props.children });
      if (costs) costs.props.children = "";
      Object.assign(time.props, { className: "minutes earlier", children: "–:––" });
    }
    const list = find(next, (props) => props.className === "others"), advice = find(next, (props) => props.className === "advice");
    const rows = list && find(list, (props) => inner({ props }).some((child) => child && child.type === "Li"));
    if (rows) rows.props.children = [...inner(rows), kept];
    else if (list || advice) (list || advice).props.children = [...inner(list || advice), h("Ul", { className: "others" }, [kept])];
  }

  cc.drawPanel = (next) => {
    const made = halfMade(), said = made && gone(made, next);
    const drops = made && said !== null, focused = made && asking() && asking().contains(document.activeElement);
    const goesOn = made && !drops && next.props["data-incident"] === made.incident && find(next, (props) => props.className === "advice" || props.className === "others");
    if (drops) forget();
    if (goesOn && !rowOf(next, made)) withRow(next, made.row);
    chosen = drops ? null : made;
    tree = next;
    cc.draw(cc.ids.PANEL, next);
    if (said) cc.say({ kind: "refused", action: "choice", text: said });
    if (goesOn) again(made, focused);
  };

  /** Where its line came anew, the question is asked as it stood. */
  function again({ unit, does, reason }, focused) {
    const button = panel().querySelector(`.asks-why [data-do="${does}"][data-unit="${CSS.escape(unit)}"]`);
    const form = button && button.closest(".asks-why");
    if (!form || !form.hidden) return;
    form.hidden = false;
    form.querySelector("select").value = reason;
    const fold = form.closest("details");
    if (fold) fold.open = true;
    if (focused) form.querySelector("select").focus({ preventScroll: true });
  }

  /* A unit that goes elsewhere while it is chosen: its advice may be long in coming. */
  cc.onEvent.push((frame) => {
    if (!asking() || !(frame.changes.units || []).length) return;
    const made = halfMade(), said = made && busy(made.unit) ? gone(made, tree) : null;
    if (said === null) return;
    forget();
    if (said) cc.say({ kind: "refused", action: "choice", text: said });
  });
})();
