/* The outbox: every act of the phone goes through it, at once when there is a connection, in order when it is back. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const phone = cc.views("phone");
  const LATE_AFTER_MS = 10000;
  const PATIENCE_MS = 60000;
  const REST_MS = [1000, 2000, 5000, 10000, 30000];
  let items = [];
  let sending = false;
  let holding = 0;
  let failures = 0;
  let timer = null;
  let open = false;

  const newKey = () => (crypto.randomUUID ? crypto.randomUUID() : [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join(""));
  const mine = (item) => item.owner === (cc.state.actor || {}).actor_id;
  const cityIso = () => new Date(cc.cityNow()).toISOString();

  const show = () => cc.put("LIVE_OUTBOX", {
    open, lasting: cc.keep.lasting, track: cc.trackLength ? cc.trackLength() : 0,
    items: items.map(({ key, kind, words, wall, problem, owner, tried }) => ({ key, kind, words, at: performance.now() - (Date.now() - wall), problem, foreign: !mine({ owner }), tried })),
  });

  /** Puts an act in: `url` with {incident} where a call's answer will say it, `json` or `bytes`, the name of its time. */
  async function put(act) {
    const item = {
      key: newKey(), owner: (cc.state.actor || {}).actor_id, wall: Date.now(), at: cityIso(), tried: 0, problem: null,
      offline: cc.link.status().state !== "online", method: "POST", json: null, bytes: null, type: null, query: null, after: null, step: null, ...act,
    };
    const n = await cc.keep.add(item);
    if (item.n === undefined) item.n = n;
    items.push(item);
    return item;
  }

  /** Puts acts in that belong together, the later ones after the first: what a call opens gets its photos. */
  async function addAll([first, ...others]) {
    holding += 1;
    const item = await put(first);
    for (const other of others) await put({ ...other, after: item.key });
    holding -= 1;
    show();
    send();
    return item;
  }
  const add = (act) => addAll([act]);

  function request(item, late) {
    const headers = { "Idempotency-Key": item.key };
    if (item.bytes) {
      const query = new URLSearchParams({ ...item.query, [item.time]: item.at, ...(late ? { late: "true" } : {}) });
      return [`${item.url}?${query}`, { method: item.method, headers: { ...headers, "Content-Type": item.type }, body: item.bytes }];
    }
    const body = { ...item.json };
    if (item.time) Object.assign(body, { [item.time]: item.at, ...(late ? { late: true } : {}) });
    else if (late && item.lateNote) body.note = t("离线补报，原时间 {at}", { at: cc.clockWords(Date.parse(item.at)) });
    return [item.url, { method: item.method, headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body) }];
  }

  /** The half of a server's message that is in the reader's language. */
  function said(detail) {
    const halves = String(detail).split(" / ");
    return halves.find((half) => /[\u4e00-\u9fff]/.test(half) !== cc.english) || halves[0];
  }

  async function send() {
    clearTimeout(timer);
    if (sending || holding || !cc.state.actor || cc.link.status().state !== "online") return;
    sending = true;
    try {
      for (;;) {
        const item = items.find((one) => mine(one) && !one.problem && !one.after);
        if (!item || !(await deliver(item))) break;
        failures = 0;
      }
    } finally {
      sending = false;
      show();
    }
    if (items.some((one) => mine(one) && !one.problem && !one.after)) timer = setTimeout(send, REST_MS[Math.min(failures++, REST_MS.length - 1)]);
  }

  /** False when it has to wait: nobody answered, or the server is busy. What was sent once is sent again as it was. */
  async function deliver(item) {
    const late = item.offline || item.tried > 0 || Date.now() - item.wall > LATE_AFTER_MS;
    if (item.tried === 0) item.at = new Date(Math.min(Date.parse(item.at), cc.cityNow())).toISOString();
    item.tried += 1;
    await cc.keep.change(item);
    let answer, body;
    try {
      answer = await fetch(...request(item, late).map((part, i) => (i ? { ...part, signal: AbortSignal.timeout ? AbortSignal.timeout(PATIENCE_MS) : undefined } : part)));
      body = await answer.json();
    } catch (error) {
      if (!answer || answer.ok) return false; // no connection, or it broke off in the answer
      body = {};
    }
    if (answer.ok) { await delivered(item, body, late); return true; }
    if (answer.status === 401 || answer.status === 429 || answer.status >= 500) return false;
    item.problem = { status: answer.status, detail: said(body.detail || answer.status) };
    await cc.keep.change(item, ...orphaned(item));
    cc.say({ kind: "refused", action: item.kind, text: t("{what}没有生效：{reason}", { what: item.words, reason: item.problem.detail }) });
    if (cc.askDuty) cc.askDuty();
    return true;
  }

  /* What was to follow a call that was refused has no incident to go to. */
  function orphaned(item) {
    return items.filter((one) => one.after === item.key).map((one) => Object.assign(one, { after: null, problem: { status: 0, detail: t("它所属的警情没有报上") } }));
  }

  async function delivered(item, body, late) {
    const waiting = items.filter((one) => one.after === item.key).map((one) => Object.assign(one, { after: null, url: one.url.replace("{incident}", body.incident_id) }));
    await cc.keep.settle(item.n, waiting);
    // A step counts as waiting until the order is read that holds it: in between the big button would go back a step.
    if (item.step && cc.askDuty) await cc.askDuty();
    items = items.filter((one) => one !== item);
    show();
    const place = body.incident_number ? `${item.words} ${body.incident_number}` : item.words;
    cc.say({ kind: "done", action: item.kind, text: late ? t("已补报：{what}", { what: place }) : t("已发送：{what}", { what: place }) });
  }

  cc.outbox = { add, addAll, send, list: () => items, show };

  cc.keep.items().then((found) => { items = [...(found || []), ...items.filter((one) => !(found || []).some((two) => two.key === one.key))]; show(); send(); });
  window.addEventListener("online", () => send());
  cc.feed.listen((kinds) => { if (kinds.has("link")) { failures = 0; show(); send(); } });

  // ---- what is seen of it

  phone.outbox = (live) => {
    if (!live || !live.open) { hide(true); return null; }
    hide(false);
    const row = (item) => h("Li", { key: item.key, className: item.problem ? "problem" : "" },
      h("Div", {}, h("B", {}, item.words),
        h("P", { className: "quiet" }, item.problem ? item.problem.detail : item.foreign ? t("属另一账号，等其登录") : item.tried ? t("正在发送…") : t("待发送"), " · ", cc.ticking("ago", Math.round(item.at), "figure"))),
      item.problem ? h("Button", { type: "button", className: "button", "data-do": "outbox-drop", "data-key": item.key }, t("知道了")) : null);
    return [
      h("Header", {}, h("H2", {}, t("待发送")), h("Button", { type: "button", className: "button", "data-do": "outbox" }, t("关闭"))),
      live.lasting ? null : h("P", { className: "todo" }, t("本浏览器不能离线保存：关掉页面会丢失未发送的内容")),
      live.items.length || live.track ? h("Ol", {}, live.items.map(row), live.track ? h("Li", { key: "track" }, h("Div", {}, h("B", {}, t("本单位位置")), h("P", { className: "quiet figure" }, t("{n} 个点", { n: live.track })))) : null) : h("P", { className: "quiet" }, t("没有待发送的内容")),
    ];
  };
  function hide(yes) {
    const sheet = document.getElementById(cc.ids.OUTBOX);
    if (sheet && sheet.hidden !== yes) sheet.hidden = yes;
  }

  cc.actions.outbox = () => { open = !open; show(); };
  cc.actions["outbox-drop"] = async (d) => {
    const item = items.find((one) => one.key === d.key);
    if (!item) return;
    await cc.keep.settle(item.n);
    items = items.filter((one) => one !== item);
    if (!items.length) open = false;
    show();
  };

  /* Taking charge of an alert without a connection: the outbox tells it later, with the time it was pressed. */
  const online = cc.actions.acknowledge;
  cc.actions.acknowledge = (d, button) => {
    if (cc.link.status().state === "online") return online(d, button);
    for (const id of d.alert.split(" ")) {
      const alert = cc.state.alerts.get(id);
      if (items.some((item) => item.alert === id)) continue;
      add({ kind: "acknowledge", alert: id, url: `/api/v1/alerts/${id}/acknowledge`, json: {}, lateNote: true, words: t("确认预警 {name}", { name: cc.named(alert) }) });
    }
    return null;
  };
})();
