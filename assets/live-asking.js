/* What is asked of the server: its Dash callbacks, called without Dash's renderer, which would go through the whole state of
   the page for a request and again for its answer. Actions go one after the other: an answer that covers another's notice
   would take its undo with it. */
(function () {
  "use strict";
  const cc = window.cc;
  const ANSWERED_WITHIN_MS = 8000;
  const waiting = [];
  let asked = 0;
  let busy = false;

  cc.onAsk = []; // what is told of each action that is asked for

  const newNonce = () => `${Date.now().toString(36)}-${(asked += 1)}`;

  /** A refusal before the callback was run: `said` is what the server said of it. */
  class Refused extends Error {}
  /** A fault that nobody foresaw: the server tells of it beside the output it does not have (page.py: Face._report). */
  class Faulted extends Error {
    constructor(notice) { super(notice.text); this.notice = notice; }
  }

  /** Calls the callback that asks by this name; answers what it puts into its output. Throws Refused, Faulted, or another
      error where nobody knows whether it was run. */
  cc.call = async function (name, data) {
    const id = cc.ids[name];
    const response = await fetch(`/${cc.face}/_dash-update-component`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ output: cc.config.callbacks[id], inputs: [{ id, property: "data", value: data }] }),
      signal: AbortSignal.timeout(ANSWERED_WITHIN_MS),
    });
    // A page instead of an answer: the guard sends whoever is not signed in to sign in.
    if (response.redirected || response.status === 401) throw new Refused(cc.t("请重新登录"));
    if (response.status >= 400 && response.status < 500) throw new Refused(((await response.json().catch(() => null)) || {}).detail || String(response.status));
    if (!response.ok) throw new Error(String(response.status));
    const { response: outputs, sideUpdate } = await response.json();
    const [fault] = Object.values(sideUpdate || {});
    if (fault) throw new Faulted(fault.data);
    const [{ data: value }] = Object.values(outputs);
    return value;
  };

  /** Asks the server for an action; the nonce lets the answer be matched. Null where it was not sent. */
  cc.ask = function (name, request) {
    if (cc.link.status().state !== "online") {
      cc.say({ kind: "refused", action: name, text: cc.t("与服务器的连接已断。没有发出，什么都没有改变；恢复后请重试。") });
      return null;
    }
    const nonce = newNonce();
    waiting.push({ name, data: { ...request, nonce } });
    for (const tell of cc.onAsk) tell(name);
    work();
    return nonce;
  };

  async function work() {
    if (busy) return;
    busy = true;
    while (waiting.length) {
      const { name, data } = waiting.shift();
      const outcome = await cc.call(`ASK_${name}`, data).catch((error) => ({ kind: "refused", undo: [], opens: null, ...error.notice, action: name, nonce: data.nonce, text: error.notice ? error.notice.text : error instanceof Refused
        ? cc.t("服务器拒绝了，什么都没有改变：{said}", { said: error.message })
        : cc.t("服务器没有回答：不知道是否已执行。请先看屏幕上的实际情况，再决定是否重试。") }));
      cc.answered = data.nonce;
      if (outcome) told(outcome);
    }
    busy = false;
  }

  /* What is told of every answer and of every notice of the page itself. */
  cc.onOutcome = [];
  function told(outcome) {
    for (const tell of cc.onOutcome) {
      try { tell(outcome); } catch (error) { window.reportError(error); } // the next request waits for nobody's fault
    }
  }
  /** Shows a notice of the page itself the way the server's are shown; answers its nonce. */
  cc.say = (notice) => {
    const nonce = `page-${(asked += 1)}`;
    told({ undo: [], opens: null, ...notice, nonce });
    return nonce;
  };
})();
