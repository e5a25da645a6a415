/* What the phone keeps through a lost connection: the outbox, the last picture, the way driven. In IndexedDB. */
(function () {
  "use strict";
  const cc = window.cc;
  const NAME = "cc-phone";
  const SAVE_EVERY_MS = 10000;
  const SHOW_KEPT_AFTER_MS = 1500;
  const KINDS = ["alerts", "incidents", "units", "assignments", "recommendations", "points", "closures", "assistance", "response_levels"];

  const memory = { outbox: new Map(), kept: new Map() };
  let next = 1;

  /* Where the browser keeps nothing (some private windows), things stand in memory only, and the page says so. */
  const opened = new Promise((resolve) => {
    if (!window.indexedDB) { resolve(null); return; }
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("outbox", { keyPath: "n", autoIncrement: true });
      asked.result.createObjectStore("kept");
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => resolve(null);
  });

  /** One transaction over one shelf; done when it is on the disk. */
  async function run(shelf, mode, work) {
    const base = await opened;
    if (!base) { cc.keep.lasting = false; return work(null); }
    return new Promise((resolve, reject) => {
      const doing = base.transaction(shelf, mode, mode === "readwrite" ? { durability: "strict" } : undefined);
      const asked = work(doing.objectStore(shelf));
      doing.oncomplete = () => resolve(asked && asked.result);
      doing.onerror = doing.onabort = () => reject(doing.error);
    });
  }

  cc.keep = {
    lasting: true,
    items: () => run("outbox", "readonly", (s) => (s ? s.getAll() : { result: 0 })).then((found) => found && found.result === 0 ? [...memory.outbox.values()] : found),
    add: (item) => run("outbox", "readwrite", (s) => {
      if (s) return s.add(item);
      item.n = next++;
      memory.outbox.set(item.n, item);
      return null;
    }),
    change: (...items) => run("outbox", "readwrite", (s) => { for (const item of items) if (s) s.put(item); else memory.outbox.set(item.n, item); return null; }),
    /** Takes one away and changes others in the same transaction: a call that is delivered, and the photos that wait for it. */
    settle: (n, changed = []) => run("outbox", "readwrite", (s) => {
      if (s) { s.delete(n); for (const item of changed) s.put(item); } else { memory.outbox.delete(n); for (const item of changed) memory.outbox.set(item.n, item); }
      return null;
    }),
    read: (key) => run("kept", "readonly", (s) => (s ? s.get(key) : null)).then((found) => (cc.keep.lasting ? found : memory.kept.get(key))),
    write: (key, value) => run("kept", "readwrite", (s) => { if (s) s.put(value, key); else memory.kept.set(key, value); return null; }),
    forget: (key) => run("kept", "readwrite", (s) => { if (s) s.delete(key); else memory.kept.delete(key); return null; }),
  };

  // ---- the last picture

  function picture() {
    const { seq, catalogue, actor, metrics, coverage, health, clock } = cc.state;
    const state = Object.fromEntries(KINDS.map((kind) => [kind, [...cc.state[kind].values()]]));
    return { wall: Date.now(), duty: cc.duty, frame: { seq, catalogue, actor, metrics, coverage, health, clock: { ...clock, now: new Date(cc.cityNow()).toISOString() }, state } };
  }

  function save() {
    if (cc.link.status().state !== "online" || cc.state.seq === null || !cc.state.clock) return;
    cc.keep.write("picture", picture()).catch((error) => console.warn("the picture was not kept:", error.message));
  }
  cc.savePicture = save;
  setInterval(save, SAVE_EVERY_MS);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(); });
  let savedOnce = false;
  cc.feed.listen((kinds) => { if (!savedOnce && kinds.has("incidents") && cc.link.status().state === "online") { savedOnce = true; setTimeout(save, 1000); } });

  /** Shows what was kept when the server says nothing: its clock runs on, its age stands in the banner. */
  async function showKept() {
    const kept = await cc.keep.read("picture");
    if (!kept || cc.link.status().state === "online" || cc.link.status().state === "signed_out") return;
    const age = Math.max(0, Date.now() - kept.wall);
    const { clock } = kept.frame;
    clock.now = new Date(Date.parse(clock.now) + age * clock.speed).toISOString();
    cc.take.snapshot(kept.frame);
    cc.duty = kept.duty || null;
    if (cc.showDuty) cc.showDuty();
    cc.link.showKept(age);
  }
  const ready = setInterval(() => {
    if (!document.getElementById(cc.ids.ROOT) || !cc.link) return;
    clearInterval(ready);
    setTimeout(() => { if (cc.link.status().state === "connecting") showKept(); }, navigator.onLine ? SHOW_KEPT_AFTER_MS : 0);
  }, 50);

  // ---- installed, and signed out

  if ("serviceWorker" in navigator) {
    window.addEventListener("load", () => {
      navigator.serviceWorker.register("/m/worker.js", { scope: "/m/", updateViaCache: "none" })
        .then(() => navigator.serviceWorker.ready)
        .then(handOver)
        .catch((error) => console.info("no worker, so no start without a connection:", error.message));
    });
  }
  /* The first visit loads everything before the worker is there: it is told what that was. */
  function handOver(registration) {
    const tell = () => {
      const loaded = performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => name.startsWith(location.origin));
      registration.active.postMessage({ keep: ["/m/", ...loaded.map((name) => name.slice(location.origin.length))] });
    };
    cc.feed.listen((kinds) => { if (kinds.has("link") && cc.link.status().state === "online") setTimeout(tell, 3000); });
    if (cc.link.status().state === "online") setTimeout(tell, 3000);
  }
  if (navigator.storage && navigator.storage.persist) navigator.storage.persist();

  let warned = false;
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a");
    if (!link || link.getAttribute("href") !== cc.config.sign_out_url) return;
    event.preventDefault();
    const waiting = (cc.outbox.list() || []).filter((item) => item.owner === (cc.state.actor || {}).actor_id).length;
    if (waiting && !warned) {
      warned = true;
      cc.say({ kind: "refused", action: "sign-out", text: cc.t("还有 {n} 条没有发出，会留在本机，等本人再次登录后发送。再按一次退出。", { n: waiting }) });
      return;
    }
    // Whoever takes the phone next must not read this person's picture.
    await Promise.all([cc.keep.forget("picture"), cc.keep.forget("track")]).catch(() => undefined);
    location.href = link.href;
  }, true);
})();
