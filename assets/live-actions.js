/* Every button says what it does in `data-do`; one listener does it. */
(function () {
  "use strict";
  const cc = window.cc;
  const DO = {
    open: (d) => cc.open(d.incident),
    "open-alert": (d) => cc.openAlert(d.alert),
    "close-subject": () => cc.close(),
    acknowledge: (d, button) => cc.ask("ACKNOWLEDGE", { alert_ids: d.alert.split(" "), note: noteBeside(button) }),
    /* The offer stands until it was really sent: without a link it can be taken again. */
    undo: (d) => {
      const sent = cc.undoing[d.undoes](d.undo.split(" "));
      if (sent !== null && d.nonce) cc.dismiss(d.nonce);
      return sent;
    },
    dismiss: (d) => cc.dismiss(d.nonce),
  };

  /* How each action is taken back, by the ids its answer named; the desk adds its own. */
  cc.undoing = { acknowledge: (ids) => cc.ask("UNACKNOWLEDGE", { alert_ids: ids }) };

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-do]");
    if (!target || !DO[target.dataset.do]) return;
    const nonce = DO[target.dataset.do](target.dataset, target, event);
    if (typeof nonce === "string") busy(target, nonce);
  });

  /** What was written in the note that stands with a button; nothing where there is none. */
  function noteBeside(button) {
    const form = button.closest("[data-form]");
    const note = form && form.querySelector("textarea");
    return (note && note.value.trim()) || null;
  }
  cc.noteBeside = noteBeside;

  /** A button that was pressed waits for its answer, so that nobody presses it twice. */
  function busy(button, nonce) {
    button.setAttribute("aria-busy", "true");
    const end = () => { button.removeAttribute("aria-busy"); clearInterval(poll); };
    const started = performance.now();
    const poll = setInterval(() => { if (cc.answered === nonce || performance.now() - started > 8000 || !button.isConnected) end(); }, 100);
  }

  /** The key of one request: it stays the same until it is answered, so that sending twice does it once. */
  cc.newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");

  /** Sets an input that React controls: through the native setter, with the event React listens to. */
  cc.write = (input, value) => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, value);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };

  cc.actions = DO;
  cc.press = (name, scope) => {
    const button = (scope || document).querySelector(`[data-do="${name}"]:not([aria-busy])`);
    if (button) button.click();
    return Boolean(button);
  };
})();
