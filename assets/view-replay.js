/* Looking back: a clock that is played, the state of its instant, then the journal's rows at their second. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const DO = cc.actions;
  const API = "/api/v1/replay";
  const LOOP_MS = 200;
  const POSITIONS_MS = 500;
  const PERIOD_MS = 20000;
  const AHEAD_S = 6; // of wall time: how far rows are fetched before they are due
  const PANEL_MS = 900;
  const SPEEDS = () => [...document.querySelectorAll(`#${cc.ids.SPEED} [data-speed]`)].map((button) => Number(button.dataset.speed));
  const period = { since: null, until: null, marks: [], minutes: 60 };
  const film = { playing: false, speed: 20, waiting: false, rows: [], last: 0, until: 0, asking: false, take: 0 };
  let problem = null; // what is said above the map
  let positionsAt = null, positionsAsked = false;

  const iso = (ms) => new Date(ms).toISOString();
  const at = () => Math.min(cc.cityNow(), period.until || Infinity);
  const begin = () => (period.minutes ? Math.max(period.since, period.until - period.minutes * 60000) : period.since);
  const clamped = (ms) => Math.max(period.since, Math.min(ms, period.until));

  /** The page's clock stands at `ms` and runs as the film does. */
  function clock(ms) { cc.setClock({ now: iso(ms), speed: film.playing && !film.waiting ? film.speed : 0 }); }

  async function ask(path) {
    try {
      const answer = await fetch(`${API}/${path}`, { cache: "no-store" });
      if (answer.status === 401) { say(t("登录已失效，画面不再更新"), `${cc.config.sign_in_url}?next=/replay/`); return null; }
      if (!answer.ok) { say(t("读取记录失败（{status}）；画面停在已读到的一刻", { status: answer.status })); return null; }
      say(null);
      return answer;
    } catch (error) {
      say(t("与服务器的连接已断；画面停在已读到的一刻"));
      return null;
    }
  }

  function say(text, href) {
    if (problem === text) return;
    problem = text;
    const line = text && h(href ? "A" : "P", { href, className: "worst" }, text);
    cc.draw(cc.ids.STATE, line);
  }

  /* ---- the state ---- */

  /** What was known at `ms`; then `after` is done, unless something else was asked for meanwhile. */
  async function seek(ms, after) {
    const take = (film.take += 1);
    const wanted = clamped(ms);
    film.waiting = "state";
    clock(wanted);
    draw();
    const answer = await ask(`state?at=${encodeURIComponent(iso(wanted))}`);
    if (take !== film.take) return;
    film.waiting = false;
    if (!answer) { film.playing = false; clock(wanted); draw(); return; }
    const frame = await answer.json();
    if (take !== film.take) return;
    const read = frame.state.points.some((point) => point.observed_at);
    Object.assign(film, { rows: [], last: frame.seq, until: wanted, asking: false });
    cc.state.health = { feeds: { readings_age_s: read ? 0 : null, positions_age_s: null }, units: {} };
    cc.take.snapshot({ ...frame, metrics: null, coverage: null, clock: null, health: null });
    cc.feed.everything();
    clock(wanted);
    cc.follow();
    positionsAt = null;
    draw();
    if (after) after();
  }

  async function fetchRows() {
    if (film.asking || film.waiting === "state") return;
    const until = Math.min(period.until, at() + Math.max(AHEAD_S * film.speed, 30) * 1000);
    if (until <= film.until || film.until > at() + (AHEAD_S / 2) * film.speed * 1000) return;
    const take = film.take;
    film.asking = true;
    const answer = await ask(`rows?after=${film.last}&until=${encodeURIComponent(iso(until))}`);
    if (take !== film.take) return;
    film.asking = false;
    if (!answer) { film.playing = false; clock(at()); draw(); return; }
    const { rows, more } = await answer.json();
    if (take !== film.take) return;
    film.rows.push(...rows);
    if (rows.length) film.last = rows[rows.length - 1].seq;
    film.until = more ? Date.parse(rows[rows.length - 1].known_at) - 1 : until;
  }

  /** Applies what is known by `now`, in the journal's order. */
  function apply(now) {
    const kinds = new Set();
    while (film.rows.length && Date.parse(film.rows[0].known_at) <= now) {
      const row = film.rows.shift();
      if (row.reload) { seek(Date.parse(row.known_at)); return; }
      cc.state.seq = row.seq - 1;
      cc.take.event(row);
      for (const kind in row.changes) kinds.add(kind);
      for (const tell of cc.onEvent) tell(row);
    }
    if (kinds.size) cc.feed.changed(...kinds);
  }

  function loop() {
    if (period.since === null || film.last === null) return;
    const now = at();
    if (film.playing) {
      if (now >= period.until) { film.playing = false; clock(period.until); }
      else if (!film.waiting && now > film.until) { film.waiting = "rows"; clock(film.until); }
      else if (film.waiting === "rows" && film.until > now) { film.waiting = false; clock(now); }
      fetchRows();
    }
    apply(at());
    cc.tick();
    draw();
  }

  async function positions() {
    const now = Math.round(at());
    if (positionsAsked || period.since === null || cc.state.seq === null || now === positionsAt) return;
    positionsAsked = true;
    const answer = await ask(`positions?at=${encodeURIComponent(iso(now))}`);
    if (answer && cc.units) { cc.units.frame(await answer.arrayBuffer()); positionsAt = now; }
    positionsAsked = false;
  }

  async function readPeriod() {
    const answer = await ask("period");
    if (!answer) return false;
    const found = await answer.json();
    period.since = found.since ? Date.parse(found.since) : null;
    period.until = Date.parse(found.until);
    // To the millisecond after: the journal counts microseconds, and a mark is jumped to for what is known then.
    period.marks = found.marks.map((mark) => ({ ...mark, at: Date.parse(mark.at) + 1 }));
    if (period.since === null) say(t("还没有可回放的记录"));
    drawTrack();
    return period.since !== null;
  }

  /* ---- the panel: what was known of a thing then, asked for again no more often than it can be read ---- */

  const followAt = cc.follow;
  const open = () => cc.selected || cc.selectedAlert;
  let panelTimer = null, panelAsked = -Infinity;
  cc.follow = () => {
    if (!open()) { followAt(); return; }
    if (panelTimer === null) panelTimer = setTimeout(() => {
      panelTimer = null;
      panelAsked = performance.now();
      followAt({ at: iso(at()) });
    }, Math.max(0, panelAsked + PANEL_MS - performance.now()));
  };

  /* ---- what is pressed ---- */

  function play(playing) {
    film.playing = playing && at() < period.until;
    clock(at());
    draw();
  }
  function faster(by) {
    const all = SPEEDS(), i = all.indexOf(film.speed) + by;
    if (i < 0 || i >= all.length) return;
    film.speed = all[i];
    clock(at());
    draw();
  }
  function jump(by) {
    const now = at();
    const marks = by > 0 ? period.marks.filter((mark) => mark.at > now) : period.marks.filter((mark) => mark.at < now - (film.playing ? 1000 : 0)).reverse();
    if (!marks.length) return;
    const [mark] = marks;
    if (mark.at < begin()) choosePeriod(null);
    seek(mark.at, () => (mark.kind === "incidents" ? cc.open(mark.id) : cc.openAlert(mark.id)));
  }
  function choosePeriod(minutes) {
    period.minutes = minutes;
    if (at() < begin()) seek(begin());
    drawTrack();
    draw();
  }

  DO["replay-play"] = () => play(!film.playing);
  DO["replay-back"] = () => jump(-1);
  DO["replay-on"] = () => jump(1);
  DO["replay-speed"] = (d) => { film.speed = Number(d.speed); clock(at()); draw(); };
  DO["replay-period"] = (d) => choosePeriod(d.minutes ? Number(d.minutes) : null);
  DO["replay-mark"] = (d) => { const mark = period.marks[Number(d.mark)]; if (mark) seek(mark.at, () => (mark.kind === "incidents" ? cc.open(mark.id) : cc.openAlert(mark.id))); };
  DO["zoom-in"] = () => cc.view.zoom(0.75);
  DO["zoom-out"] = () => cc.view.zoom(-0.75);
  DO["zoom-home"] = () => cc.view.frame();
  DO["group-toggle"] = (d) => { if (!cc.unfolded.delete(d.key)) cc.unfolded.add(d.key); cc.feed.changed("selection"); };
  DO.grouping = () => { cc.grouping = cc.order.list().grouped ? "rows" : "groups"; cc.feed.changed("selection"); };
  DO.help = () => { const help = document.getElementById(cc.ids.HELP); help.hidden = !help.hidden; };
  DO.acknowledge = () => null; // nothing can be done about the past

  function step(by) {
    const rows = [...document.querySelectorAll(`#${cc.ids.QUEUE} [data-key]`)];
    const next = rows[Math.min(rows.length - 1, Math.max(0, rows.indexOf(document.activeElement) + by))];
    if (!next) return;
    next.focus();
    if (next.dataset.incident) cc.open(next.dataset.incident); else if (next.dataset.alert) cc.openAlert(next.dataset.alert);
  }
  function back() {
    const help = document.getElementById(cc.ids.HELP);
    if (!help.hidden) { help.hidden = true; return; }
    if (cc.close()) return;
    if (cc.selectedUnit) cc.view.selectUnit(null);
  }
  const KEYS = {
    " ": () => play(!film.playing), ArrowLeft: (e) => seek(at() - (e.shiftKey ? 60000 : 10000)), ArrowRight: (e) => seek(at() + (e.shiftKey ? 60000 : 10000)),
    "[": () => jump(-1), "]": () => jump(1), "-": () => faster(-1), "+": () => faster(1), "=": () => faster(1),
    Home: () => seek(begin()), End: () => seek(period.until), j: () => step(1), k: () => step(-1), Escape: back, "?": () => DO.help(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || period.since === null) return;
    const act = KEYS[event.key];
    if (!act || (event.key === " " && pressed(event))) return;
    event.preventDefault();
    act(event);
  });
  /* The bar plays wherever the keyboard stands among the times; elsewhere it presses what has the focus. */
  const pressed = (event) => event.target.closest("button, summary, a") && !event.target.closest(".transport");
  document.addEventListener("keyup", (event) => { if (event.key === " " && !pressed(event)) event.preventDefault(); });

  /* ---- the time below ---- */

  const track = () => document.getElementById(cc.ids.TRACK);
  let slider = null, dragged = false;

  function drawTrack() {
    const place = track();
    if (!place || period.since === null) return;
    if (!slider) {
      place.innerHTML = '<div class="replay-marks"></div><input type="range" step="1"><div class="replay-ends figure"><span></span><span></span></div>';
      slider = place.querySelector("input");
      slider.setAttribute("aria-label", t("回放的时刻"));
      slider.addEventListener("input", () => { dragged = true; film.playing = false; film.take += 1; clock(Number(slider.value) * 1000); cc.tick(); draw(); });
      slider.addEventListener("change", () => { dragged = false; seek(Number(slider.value) * 1000); });
    }
    const [from, to] = [begin(), period.until];
    slider.min = String(Math.ceil(from / 1000));
    slider.max = String(Math.floor(to / 1000));
    const ends = place.querySelectorAll(".replay-ends span");
    ends[0].textContent = cc.clockWords(from);
    ends[1].textContent = t("现在 {time}", { time: cc.clockWords(to) });
    const marks = place.querySelector(".replay-marks");
    marks.replaceChildren(...period.marks.map((mark, i) => ({ mark, i })).filter(({ mark }) => mark.at >= from && mark.at <= to).map(({ mark, i }) => {
      const tick = document.createElement("button");
      Object.assign(tick, { type: "button", title: `${cc.clockWords(mark.at)} ${cc.named(mark)}`, tabIndex: -1 });
      Object.assign(tick.dataset, { do: "replay-mark", mark: String(i) });
      if (mark.kind === "alerts") tick.append(Object.assign(document.createElement("span"), { className: "mark mark-red" }));
      tick.style.left = `${((mark.at - from) / Math.max(1, to - from)) * 100}%`;
      return tick;
    }));
  }

  function draw() {
    if (!slider) return;
    const now = at();
    if (!dragged) slider.value = String(Math.floor(now / 1000));
    slider.setAttribute("aria-valuetext", cc.clockWords(now));
    const button = document.querySelector('[data-do="replay-play"]');
    const sign = film.playing ? "‖" : "▶";
    if (button && button.textContent !== sign) button.textContent = sign;
    document.documentElement.dataset.replay = film.waiting ? "waiting" : film.playing ? "playing" : "paused";
    for (const one of document.querySelectorAll("[data-do=replay-speed]")) choose(one, Number(one.dataset.speed) === film.speed);
    for (const one of document.querySelectorAll("[data-do=replay-period]")) choose(one, (one.dataset.minutes ? Number(one.dataset.minutes) : null) === period.minutes);
  }
  function choose(button, on) {
    button.classList.toggle("on", on);
    button.setAttribute("aria-pressed", String(on));
  }

  const replay = cc.views("replay");
  /** The flood response level of one's own area then. */
  replay.level = (levels) => {
    const own = levels && (levels.find((area) => area.own) || levels[0]);
    return own ? h("Span", { className: "level-chip" }, cc.stepMark(own.level), h("Span", {}, cc.stepName(own.level))) : null;
  };

  cc.link = { status: () => ({ state: "replay", since: 0 }) };
  cc.film = { seek, at, period, state: film };

  const waiting = setInterval(async () => {
    if (!track() || !window.dash_clientside?.set_props) return;
    clearInterval(waiting);
    cc.feed.begin();
    if (!(await readPeriod())) { setInterval(async () => { if (period.since === null && (await readPeriod())) start(); }, 5000); return; }
    start();
  }, 50);

  function start() {
    const asked = new URLSearchParams(location.search);
    const known = period.marks.find((mark) => mark.id === asked.get("incident"));
    const wanted = known ? known.at : asked.get("at") ? Date.parse(asked.get("at").replace(" ", "+")) : period.until - 15 * 60000;
    if (wanted < begin()) period.minutes = null;
    drawTrack();
    seek(Number.isNaN(wanted) ? period.until : wanted, () => { if (asked.get("incident")) cc.open(asked.get("incident")); });
    setInterval(loop, LOOP_MS);
    setInterval(positions, POSITIONS_MS);
    setInterval(readPeriod, PERIOD_MS);
  }
})();
