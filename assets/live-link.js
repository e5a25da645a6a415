/* The one WebSocket of the page: retries for ever, notices silence, starts afresh at a gap. */
(function () {
  "use strict";
  const cc = window.cc;
  const SILENT_MS = 6000;
  const GREETED_WITHIN_MS = 20000; // a server that has just started greets hundreds of screens; hanging up makes it worse
  const LONGEST_WAIT_MS = 5000;
  const LAID_OUT_WITHIN_MS = 20000; // Dash asks for the layout once; refused, it shows nothing, for ever and without a word
  const SESSION_ENDED = 4401;
  const link = { state: "connecting", since: performance.now(), tries: 0, ever: false };
  let socket = null;
  let heard = performance.now();
  let greeted = false; // this socket has brought something

  function become(state) {
    if (link.state === state) return;
    link.state = state;
    link.since = heard; // what is shown is as old as what was heard last
    document.documentElement.dataset.link = state;
    cc.feed.changed("link");
  }

  function onText(frame) {
    if (frame.kind === "snapshot") {
      cc.take.snapshot(frame);
      link.tries = 0;
      if (link.ever || link.kept) reloadIfCodeChanged();
      link.ever = true;
      link.kept = false;
      become("online");
      cc.feed.everything();
    } else if (frame.kind === "event") {
      if (!cc.take.event(frame)) { socket.close(); return; }
      cc.feed.changed(...Object.keys(frame.changes));
      for (const tell of cc.onEvent) tell(frame);
    } else if (cc.take[frame.kind]) {
      cc.take[frame.kind](frame[frame.kind]);
      cc.feed.changed(frame.kind);
    }
  }

  function connect() {
    heard = performance.now();
    greeted = false;
    const mine = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws/live`);
    socket = mine;
    mine.binaryType = "arraybuffer";
    mine.onmessage = (message) => {
      if (socket !== mine) return;
      heard = performance.now();
      greeted = true;
      if (typeof message.data === "string") onText(JSON.parse(message.data));
      else if (cc.units) cc.units.frame(message.data);
    };
    mine.onclose = (event) => { if (socket === mine) lost(event.code); };
  }

  function lost(code) {
    socket = null;
    if (!link.kept) cc.state.seq = null;
    // Before the first picture nothing is lost yet: it is still being connected.
    become(code === SESSION_ENDED ? "signed_out" : link.ever || link.kept ? "offline" : "connecting");
    const cap = Math.min(LONGEST_WAIT_MS, 500 * 2 ** link.tries);
    link.tries += 1;
    setTimeout(connect, 200 + Math.random() * cap);
    if (link.state !== "signed_out" && link.tries % 4 === 0) askWhetherSignedOut();
  }

  /* A refused handshake shows no code to the browser; the page itself tells. */
  async function askWhetherSignedOut() {
    const page = await fetchPage();
    if (page && page.redirected) become("signed_out");
  }

  async function reloadIfCodeChanged() {
    const page = await fetchPage();
    if (!page || page.redirected) return;
    const version = /"version":"([0-9a-f]+)"/.exec(await page.text());
    if (!version || version[1] === cc.config.version) return;
    // Once for each version: a page that cannot become the new one must not reload for ever.
    if (sessionStorage.getItem("cc-reloaded-for") === version[1]) return;
    sessionStorage.setItem("cc-reloaded-for", version[1]);
    location.reload();
  }

  async function fetchPage() {
    try {
      const page = await fetch(location.pathname, { cache: "no-store" });
      return page.ok ? page : null;
    } catch (error) {
      return null; // the server is away: the banner says so already
    }
  }

  setInterval(() => {
    if (!socket) return;
    if (performance.now() - heard > (greeted ? SILENT_MS : GREETED_WITHIN_MS)) {
      const silent = socket;
      socket = null;
      silent.onclose = null;
      silent.close();
      lost(0);
    } else if (socket.readyState === WebSocket.OPEN) socket.send("ping");
  }, 2000);

  /** Says something to the server while there is a link; true when it could be said. */
  function tell(text) {
    if (!socket || socket.readyState !== WebSocket.OPEN) return false;
    socket.send(text);
    return true;
  }

  /** What was kept from before is shown, so many ms old, until the server is heard. */
  function showKept(ageMs) {
    if (link.ever) return;
    link.kept = true;
    become("offline");
    link.since = performance.now() - ageMs;
    cc.feed.everything();
  }

  cc.link = { tell, status: () => ({ state: link.state, since: Math.round(link.since) }), showKept };

  const unlaid = setInterval(async () => { if (await fetchPage()) location.reload(); }, LAID_OUT_WITHIN_MS);

  /* The page must stand before the first frame arrives. */
  const waiting = setInterval(() => {
    if (!document.getElementById(cc.ids.ROOT) || !window.dash_clientside?.set_props) return;
    clearInterval(waiting);
    clearInterval(unlaid);
    document.documentElement.dataset.link = "connecting";
    cc.feed.begin();
    connect();
  }, 50);
})();
