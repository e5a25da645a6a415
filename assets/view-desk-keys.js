/* The whole desk by keyboard; Esc always goes one step back. */
(function () {
  "use strict";
  const cc = window.cc;

  const rows = () => [...document.querySelectorAll(`#${cc.ids.QUEUE} [data-key]`)];

  function step(by) {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(document.activeElement);
    const open = cc.selected || cc.selectedAlert;
    const chosen = all.findIndex((row) => open && row.dataset.key === open);
    const next = all[Math.min(all.length - 1, Math.max(0, (at >= 0 ? at : chosen >= 0 ? chosen : by > 0 ? -1 : all.length) + by))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    // With one open, going through the queue shows each.
    if (!open || next.dataset.do === "group-toggle") return;
    if (next.dataset.incident) cc.open(next.dataset.incident);
    else if (next.dataset.alert) cc.openAlert(next.dataset.alert);
  }

  function back() {
    if (cc.escapes.some((closes) => closes())) return;
    const help = document.getElementById(cc.ids.HELP);
    if (!help.hidden) { help.hidden = true; return; }
    if (cc.closeWall() || cc.closeLevels() || cc.closeCall() || cc.closeClosures() || cc.keepOpen() || cc.hideWhy()) return;
    if (cc.closeBoard()) return;
    if (cc.close()) return;
    if (cc.selectedUnit) { cc.view.selectUnit(null); return; }
    held = null;
    if (document.activeElement) document.activeElement.blur();
  }

  /* Drawing a list or the panel again replaces its elements: the keyboard stays where it was. */
  let held = null;
  const NAMES = ["do", "key", "unit", "assignment", "state"];
  function nameOf(element) {
    const within = element.closest && element.closest(`#${cc.ids.QUEUE}, #${cc.ids.PANEL}`);
    if (!within || !element.dataset.do) return null;
    return `#${within.id} ` + NAMES.filter((name) => element.dataset[name]).map((name) => `[data-${name}="${CSS.escape(element.dataset[name])}"]`).join("");
  }
  cc.nameOf = nameOf;
  document.addEventListener("focusin", (event) => { held = nameOf(event.target); });
  document.addEventListener("pointerdown", () => { held = null; });
  function holdFocus() {
    if (!held || (document.activeElement && document.activeElement !== document.body)) return;
    const again = document.querySelector(held);
    if (again) again.focus({ preventScroll: true });
  }

  /* So does what was unfolded. */
  const unfolded = new Set();
  const foldOf = (details) => `${cc.selected || cc.selectedAlert} ${details.dataset.fold || details.className}`;
  document.addEventListener("toggle", (event) => {
    if (!panel().contains(event.target)) return;
    if (event.target.open) unfolded.add(foldOf(event.target)); else unfolded.delete(foldOf(event.target));
  }, true);
  function keepUnfolded() {
    for (const details of panel().querySelectorAll("details")) if (unfolded.has(foldOf(details))) details.open = true;
  }
  const drawn = setInterval(() => {
    const places = [cc.ids.QUEUE, cc.ids.PANEL].map((id) => document.getElementById(id));
    if (!places.every(Boolean)) return;
    clearInterval(drawn);
    for (const place of places) new MutationObserver(() => { keepUnfolded(); holdFocus(); }).observe(place, { childList: true, subtree: true });
  }, 50);

  const panel = () => document.getElementById(cc.ids.PANEL);
  const KEYS = {
    j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1),
    d: () => cc.selected && cc.press("dispatch", panel().querySelector(".best") || document.createElement("div")),
    a: () => {
      if ((cc.selected || cc.selectedAlert) && cc.press("acknowledge", panel())) return;
      // While the list is drawn again nothing has the focus: the row it was on is meant.
      const on = document.activeElement;
      const row = (on && on !== document.body) || !held ? on : document.querySelector(held);
      if (row && row.dataset && row.dataset.waiting) cc.ask("ACKNOWLEDGE", { alert_ids: row.dataset.waiting.split(" "), note: null });
    },
    s: () => cc.selectedAlert && (cc.press("shelve-ask", panel()) || cc.press("unshelve", panel())),
    e: () => cc.selectedAlert && cc.press("escalate", panel()),
    c: () => cc.selectedAlert && cc.press("clear-ask", panel()),
    r: () => cc.actions["levels-open"](),
    g: () => cc.actions.grouping(),
    u: () => {
      const toast = cc.undoable();
      if (toast) cc.actions.undo({ undo: toast.undo.join(" "), undoes: toast.action, nonce: toast.nonce });
      else cc.say({ kind: "done", action: "undo", text: cc.t("没有可撤回的操作：撤回只在提示还在时有效。出警可在警情的“在办单位”里撤回；确认后不再管的预警，可写备注或上报。") });
    },
    n: () => cc.actions["call-open"]({}),
    l: () => cc.actions["board-open"](),
    "/": () => cc.actions["commands-open"](),
    b: () => cc.actions["closures-open"](),
    w: () => cc.actions["wall-open"](),
    "?": () => cc.actions.help(),
    Enter: () => {
      if (rows().includes(document.activeElement)) return false;
      const first = rows()[0];
      if (first) { first.focus(); first.click(); }
    },
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { back(); return; }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (!cc.commanding()) cc.actions["commands-open"]();
      return;
    }
    // The grid has keys of its own.
    const typing = event.target.closest && event.target.closest("input, textarea, select, .board-grid");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || (event.key === "Enter" && event.target.closest("button, a, summary"))) return;
    if (act() !== false) event.preventDefault();
  });
})();
