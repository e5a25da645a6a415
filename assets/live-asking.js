/* What is asked of the server: one request after the other. Dash runs a callback once for what its input holds, so that
   two requests in one breath would be one; and an answer that covers another's notice would take its undo with it. */
(function () {
  "use strict";
  const cc = window.cc;
  const ANSWERED_WITHIN_MS = 8000;
  const waiting = [];
  let asked = 0;
  let current = null;

  cc.onAsk = []; // what is told of each action that is asked for

  const newNonce = () => `${Date.now().toString(36)}-${(asked += 1)}`;

  /** Asks a question that changes nothing: the newest alone is answered, and it waits for no action. */
  cc.question = function (name, request) {
    const nonce = newNonce();
    cc.feed.set(`ASK_${name}`, { ...request, nonce });
    return nonce;
  };

  /** Asks the server for an action through its store; the nonce lets the answer be matched. Null where it was not sent. */
  cc.ask = function (name, request) {
    if (cc.link.status().state !== "online") {
      cc.say({ kind: "refused", action: name, text: cc.t("与服务器的连接已断。没有发出，什么都没有改变；恢复后请重试。") });
      return null;
    }
    const nonce = newNonce();
    waiting.push({ name, nonce, data: { ...request, nonce } });
    for (const tell of cc.onAsk) tell(name);
    next();
    return nonce;
  };

  function next() {
    if (current || !waiting.length) return;
    current = waiting.shift();
    cc.feed.set(`ASK_${current.name}`, current.data);
    current.patience = setTimeout(unanswered, ANSWERED_WITHIN_MS);
  }

  function unanswered() {
    cc.say({ kind: "refused", action: current.name, text: cc.t("服务器没有回答：不知道是否已执行。请先看屏幕上的实际情况，再决定是否重试。") });
    current = null;
    next();
  }

  /** The server has answered the request of this nonce; a fault nobody foresaw knows none and ends what is in work. */
  const heard = (nonce) => {
    cc.answered = nonce;
    if (!current || (nonce && current.nonce !== nonce)) return;
    clearTimeout(current.patience);
    current = null;
    next();
  };

  /* What is told of every answer and of every notice of the page itself. */
  cc.onOutcome = [];
  const told = (outcome) => { for (const tell of cc.onOutcome) tell(outcome); };
  /** Shows a notice of the page itself the way the server's are shown; answers its nonce. */
  cc.say = (notice) => {
    const nonce = `page-${(asked += 1)}`;
    told({ undo: [], opens: null, ...notice, nonce });
    return nonce;
  };

  const drawPanel = (panel) => cc.draw(cc.ids.PANEL, panel);

  /* Dash calls these when the server has answered; its own output is only what it has called them for. */
  window.dash_clientside = Object.assign(window.dash_clientside || {}, {
    answered: {
      told: (outcome) => { if (outcome) { heard(outcome.nonce); told(outcome); } return ""; },
      shown: (panel) => { if (panel) { (cc.drawPanel || drawPanel)(JSON.parse(panel)); cc.tick(); } return ""; },
    },
  });
})();
