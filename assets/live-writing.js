/* Notes: what was written stays in its line until it comes back as an event, which proves that it was kept. */
(function () {
  "use strict";
  const cc = window.cc;

  cc.actions["note-add"] = (d, button) => {
    const line = button.closest("[data-form]").querySelector("textarea");
    const text = line.value.trim();
    if (!text) { line.focus(); return null; }
    // The same words about the same thing are the same note, however often the button is pressed.
    if (!line.dataset.key || line.dataset.text !== text || line.dataset.subject !== d.subject) Object.assign(line.dataset, { key: cc.newKey(), text, subject: d.subject });
    return cc.ask("NOTE", { about: d.about, subject_id: d.subject, text, key: line.dataset.key });
  };

  cc.onEvent.push((frame) => {
    if (frame.type !== "note.added") return;
    for (const line of document.querySelectorAll(`textarea[data-key="${CSS.escape(frame.data.key || "")}"]`)) {
      if (line.value.trim() === line.dataset.text) line.value = "";
      delete line.dataset.key;
    }
  });

  /* Who may not write has no line to write in. */
  cc.feed.listen(() => {
    const may = (cc.state.actor || {}).permissions || []; // who looks back may nothing
    document.documentElement.dataset.writes = may.includes("add_note") ? "yes" : "no";
  });

  /* A line half written belongs to what was open when it was written; what is written at once after opening stays. */
  const about = new WeakMap();
  const open = () => cc.selected || cc.selectedAlert;
  document.addEventListener("input", (event) => {
    if (event.target.closest('[data-form="new-note"]')) about.set(event.target, open());
  });
  setInterval(() => {
    for (const line of document.querySelectorAll('[data-form="new-note"] textarea')) if (line.value && about.get(line) !== open()) line.value = "";
  }, 100);

  document.addEventListener("keydown", (event) => {
    const line = event.target.closest && event.target.closest('[data-form="new-note"] textarea');
    if (!line || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    line.closest("[data-form]").querySelector("[data-do=note-add]").click();
  });
})();
