/* A sheet that closes gives the keyboard back to what had it before: else the next key goes to a field that nobody sees. */
(function () {
  "use strict";
  const cc = window.cc;
  const SHEETS = ".call-form, .board, .overlay";
  const before = new WeakMap(); // sheet → what had the keyboard when it came into it, and its name in a list

  document.addEventListener("focusin", (event) => {
    const sheet = event.target.closest(SHEETS);
    const from = event.relatedTarget;
    if (sheet && !sheet.contains(from)) before.set(sheet, { from, name: from && cc.nameOf(from) });
  });

  function giveBack(sheet) {
    const holds = document.activeElement;
    if (!sheet.hidden || !sheet.contains(holds)) return;
    const { from, name } = before.get(sheet) || {};
    // A row that was drawn again meanwhile is another element.
    const back = from && !from.isConnected && name ? document.querySelector(name) : from;
    if (back && back.isConnected && !back.closest("[hidden]")) back.focus({ preventScroll: true });
    else holds.blur();
  }

  const waiting = setInterval(() => {
    const sheets = document.querySelectorAll(SHEETS);
    if (!sheets.length) return;
    clearInterval(waiting);
    // Told at the end of what hid it, before any further key.
    const hidden = new MutationObserver((changes) => { for (const { target } of changes) giveBack(target); });
    for (const sheet of sheets) hidden.observe(sheet, { attributeFilter: ["hidden"] });
  }, 50);
})();
