/* What all faces show of the live stores: the truth banner, the drill label, feeds, counts, toasts. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const shared = cc.views("shared");

  /** The server started while Redis was away: where units are nobody knows, which is not as if none had ever said. */
  cc.positionsUnknown = ({ redis }) => Boolean(redis) && !redis.ok && redis.age_s === null;
  /** An age that is not there, in words. */
  cc.noAge = (health) => h("B", {}, health && cc.positionsUnknown(health) ? t("未知") : t("从未"));

  /** Everything on the screen that may not be true right now, the worst first. */
  function untruths(link, health) {
    const found = [];
    if (link && link.state === "signed_out") {
      return [{ worst: true, text: t("登录已失效，画面不再更新"), href: `${cc.config.sign_in_url}?next=${location.pathname}` }];
    }
    if (link && link.state === "connecting") return [{ connecting: true, text: t("正在连接…") }];
    if (link && link.state === "offline") found.push({ worst: true, text: t("与服务器的连接已断，画面停在"), at: link.since });
    if (!health) return found;
    const { database, redis, rules, worker, scheduler, feeds, units } = health;
    if (!database.ok) found.push({ worst: true, text: t("数据库不可用，操作暂停") });
    // Workers and the scheduler are heard of through Redis only: while it is away nobody knows more of them than this.
    if (!redis.ok) found.push({ text: cc.positionsUnknown(health) ? t("服务启动以来 Redis 不可用：单位位置未知，评级和推荐暂停") : t("Redis 不可用已 {age}：单位位置停更，评级和推荐暂停", { age: cc.age(redis.age_s) }) });
    else if (!worker.ok) found.push({ text: t("后台进程停止：水位不再评级，推荐暂停") });
    else if (!rules.ok) found.push({ text: t("评级落后 {age}，还有 {n} 批", { age: cc.age(rules.lag_s), n: rules.waiting_batches }) });
    if (rules.points_ahead) found.push({ worst: true, text: t("系统时钟曾被拨回：{n} 个监测点的新读数暂不评级", { n: rules.points_ahead }) });
    for (const rule of rules.failing || []) found.push({ text: t("规则“{name}”出错 {n} 次，不再判断", { name: cc.named(rule), n: rule.failures }) });
    const refused = (health.catalogue || {}).refused;
    if (refused) found.push(cc.refusedWords(refused));
    if (redis.ok && !scheduler.ok) found.push({ text: t("调度进程停止：丢失的任务不会重做") });
    const seen = feeds.positions_age_s !== null && feeds.positions_age_s <= 15;
    const waits = redis.ok && !seen && health.network && health.network.straight_line && (cc.state.clock || {}).mode === "drill";
    if (!redis.ok) { /* said above */ }
    else if (waits) found.push({ text: t("演练在等路网：巡逻单位还没有上路") });
    else if (feeds.positions_age_s === null) found.push({ text: t("从未收到单位位置") });
    else if (!seen) found.push({ text: t("单位位置 {age} 未更新", { age: cc.age(feeds.positions_age_s) }) });
    else if (units.stale > units.with_fix / 2) found.push({ text: t("{n} 个单位的定位已过时", { n: units.stale }) });
    if (feeds.readings_age_s === null) found.push({ text: t("从未收到水位，积水情况未知") });
    else if (feeds.readings_age_s > 120) found.push({ text: t("水位 {age} 未更新", { age: cc.age(feeds.readings_age_s) }) });
    return [...found, ...withoutRoads(health)];
  }

  const AREAS = ["districts", "water"];
  /** What the map cannot show and travel times cannot know, and what is to be done about it. */
  function withoutRoads({ network }) {
    const found = [], missing = (cc.base || {}).missing || new Set();
    if (network && network.straight_line) found.push({ text: t("没有路网：图上没有道路，到达时间按直线估计。请管理员运行 app.py roads build 或导入路网，再重启") });
    else if (missing.has("main_roads")) found.push({ text: t("底图没有道路：请管理员运行 app.py roads build 或重新导入路网") });
    if (AREAS.some((name) => missing.has(name))) found.push({ text: t("底图没有区县和水系：请管理员重启网站") });
    return found;
  }

  shared.truth = (link, health) => cc.truthLines(untruths(link, health));
  cc.untruths = untruths;
  cc.truthLines = (found) => found.map((item, i) =>
    h(item.href ? "A" : "P", { key: i, href: item.href, className: item.worst ? "worst" : item.connecting ? "connecting" : "" },
      h("Span", item.whole ? { title: item.whole } : {}, item.text), item.at ? cc.ticking("ago", item.at, "figure") : null, item.href ? h("B", {}, t("重新登录")) : null));

  shared.drill = (clock) => {
    if (!clock) return null;
    const parts = [];
    if (clock.mode === "drill") {
      parts.push(h("B", {}, t("演练")), h("Span", {}, t("回放 {day}", { day: clock.day })));
      parts.push(h("Span", { className: "figure" }, clock.speed ? `${clock.speed}×` : t("暂停")));
    }
    const network = clock.network || {};
    if (clock.synthetic || network.synthetic) {
      parts.push(h("Span", {}, network.synthetic && clock.synthetic ? t("合成路网与单位") : network.synthetic ? t("合成路网") : t("合成单位")));
    }
    return parts.length ? h("Div", { className: "drill-label dots" }, parts) : null;
  };

  shared.feeds = (health, link) => {
    if (!health) return null;
    const dead = link && link.state !== "online";
    const one = (name, age_s, ok, of) =>
      h("Span", { className: `feed ${dead ? "dead" : ok ? "" : "bad"}` }, h("I", {}, name),
        age_s === null || age_s === undefined ? cc.noAge(of) : cc.ticking("age", Math.round(health.at - age_s * 1000), "figure"));
    const { feeds, rules, worker, database } = health;
    return [
      one(t("水位"), feeds.readings_age_s, feeds.readings_age_s !== null && feeds.readings_age_s <= 120),
      one(t("位置"), feeds.positions_age_s, feeds.positions_age_s !== null && feeds.positions_age_s <= 15, health),
      h("Span", { className: `feed ${dead ? "dead" : rules.ok ? "" : "bad"}` }, h("I", {}, t("评级")), h("B", {}, rules.waiting_batches ? t("差 {n} 批", { n: rules.waiting_batches }) : t("已跟上"))),
      h("Span", { className: `feed ${dead ? "dead" : worker.ok && database.ok ? "" : "bad"}` }, h("I", {}, t("系统")), h("B", {}, worker.ok && database.ok ? t("正常") : t("故障"))),
    ];
  };

  shared.water = (counts) => {
    if (!counts) return null;
    const grades = cc.severities.map((severity) =>
      h("Span", { className: `count ${counts[severity] ? "" : "none"}`, key: severity }, cc.mark(severity), h("B", {}, String(counts[severity]))));
    return [
      h("Span", { className: "counts-name" }, t("积水点")), h("Span", { className: "grades" }, grades),
      h("Span", { className: `count ${counts.closed ? "" : "none"}` }, h("Span", { className: "mark mark-road" }), h("I", {}, t("断交")), h("B", {}, String(counts.closed))),
      counts.others ? h("Span", { className: "count others" }, h("I", {}, t("其他预警")), h("B", {}, String(counts.others))) : null,
    ];
  };

  shared.units = (counts) => {
    if (!counts) return null;
    const one = (kind, name) => h("Span", { className: `count ${counts[kind] ? "" : "none"}` }, h("Span", { className: `unit unit-${kind}` }), h("I", {}, name), h("B", {}, String(counts[kind])));
    const parts = counts.total === undefined ? [] : [
      [t("无定位"), counts.total - counts.with_fix], [t("定位过时"), counts.stale], [t("定位冻结"), counts.frozen], [t("定位跳变"), counts.outlier],
    ].filter(([, n]) => n > 0);
    const lost = parts.reduce((sum, [, n]) => sum + n, 0);
    return [
      // Each unit stands in one of these: together they are the force.
      h("Span", { className: "counts-name" }, t("单位")), one("available", t("待命")), one("coming", t("途中")), one("on_scene", t("处置")), counts.returning ? one("returning", t("返回中")) : null, counts.off ? one("off", t("停用")) : null,
      lost > 0 ? h("Span", { className: "count", title: parts.map(([word, n]) => `${word} ${n}`).join(" · ") }, h("Span", { className: "unit unit-stale" }), h("I", {}, parts.length === 1 ? parts[0][0] : t("定位异常")), h("B", {}, String(lost))) : null,
    ];
  };

  /** Who is on it, in one line: callsign, then minutes to go or "there". */
  cc.whoIsOn = function (row) {
    if (!row.incident_id) return cc.whoHas(row);
    if (!row.units.length && row.status !== "open") return h("Span", { className: "quiet" }, t("待销警"));
    if (!row.units.length) return h("Span", { className: "nobody" }, t("无人出警"));
    const [first, ...others] = row.units;
    const who = h("Span", { className: "who" }, h("B", {}, first.callsign),
      first.status === "on_scene" ? h("Span", { className: "quiet" }, t("已到达")) : first.eta_at ? cc.ticking("until", first.eta_at, "figure eta") : h("Span", { className: "quiet" }, t("途中")),
      others.length ? h("Span", { className: "quiet" }, `+${others.length}`) : null,
      row.units.some((unit) => unit.overdue) ? h("Span", { className: "overdue" }, t("超时")) : null);
    if (!row.relief || !cc.ids.ASK_DISPATCH) return who;
    // Two callsigns beside each other would leave no room for the facts.
    return h("Span", { className: "who-below" }, who, h("Span", { className: "sooner" }, t("{callsign} 更快", { callsign: row.relief })));
  };

  const TOLD = { community: t("社区"), street: t("街道"), district: t("区级"), city: t("市级") };

  /** What is known of a row's place: of an incident its priority, by which the list is sorted first; level, what was measured, closed road, or the category; and what became of the alert. */
  cc.factsOf = function (row) {
    return [
      row.incident_id ? h("Span", { className: "priority-word", title: t("警情优先级，列表先按它排") }, t("{n} 级", { n: row.priority })) : null,
      row.level ? h("Span", {}, cc.titled(row.level)) : row.near ? h("Span", {}, t("近{road}", { road: row.near })) : h("Span", {}, cc.titled(row.category)),
      row.level && row.category && !row.incident_id ? h("Span", {}, cc.titled(row.category)) : null,
      row.measured ? h("Span", { className: "figure" }, row.measured) : null,
      row.closed ? h("Span", { className: "road-closed" }, t("断交")) : null,
      row.calls > 1 ? h("Span", { className: "figure" }, t("{n} 个来电", { n: row.calls })) : null,
      row.held ? h("Span", { className: "held", title: t("现值低于本级起点，尚未回落够，等级保持") }, t("保持")) : null,
      row.returned_at ? h("Span", { className: "returned" }, row.returned) : null,
      row.escalated && row.unconfirmed ? h("Span", { className: "told" }, t("已报{level}", { level: TOLD[row.told] })) : null,
    ];
  };

  /** Who has an alert, or what it waits for, in one line. */
  cc.whoHas = function (row) {
    if (row.shelved_until) return h("Span", { className: "quiet" }, t("搁置"), " ", cc.ticking("until", row.shelved_until, "figure"));
    if (row.suppressed_by) return h("Span", { className: "quiet" }, t("由{name}引起", { name: row.suppressed_by }));
    if (row.unconfirmed) {
      return h("Span", { className: "who" }, h("Span", { className: "todo" }, t("待确认")),
        row.escalate_at ? h("Span", { className: "quiet escalates", title: t("无人确认则上报") }, "↑", cc.ticking("until", row.escalate_at, "figure")) : null);
    }
    if (row.returned_at) return h("Span", { className: "quiet" }, t("待解除"));
    return h("Span", { className: "quiet" }, row.acknowledged_by || t("已确认"));
  };

  /** How many of each grade a group holds, the gravest first. */
  cc.countsOf = (counts) => h("Span", { className: "grades" }, cc.severities.filter((severity) => counts[severity]).map((severity) =>
    h("Span", { className: "count", key: severity }, cc.mark(severity), h("B", {}, String(counts[severity])))),
    counts.none ? h("Span", { className: "count" }, h("I", {}, t("未评级")), h("B", {}, String(counts.none))) : null);

  /** What a group holds, in words. */
  cc.kindsIn = (kinds) => kinds.map(([name, n]) => h("Span", { key: name || "others" }, name ? `${name} ${n}` : t("其他 {n}", { n })));

  /** The step of the flood response: Ⅳ to Ⅰ wear the grades' marks, standby and everyday work wear none. */
  const STEP_MARK = { IV: "blue", III: "yellow", II: "orange", I: "red" };
  cc.stepMark = (step) => (STEP_MARK[step] ? cc.mark(STEP_MARK[step]) : h("Span", { className: `mark mark-step ${step ? "standby" : ""}` }, step ? "·" : "–"));
  cc.stepName = (step) => (step === "standby" ? t("戒备") : step ? t("{numeral}级响应", { numeral: cc.config.numerals[STEP_MARK[step]] }) : t("常态"));

  const BANDS = { steady: t("平稳"), busy: t("偏忙"), flood: t("告警洪峰") };
  cc.bandWord = (band) => BANDS[band];
  /** Shares of high, medium and low priority beside what the standard asks for. */
  cc.mixWords = (mix) => (mix ? ["high", "medium", "low"].map((p) => Math.round(mix[p] * 100)).join("/") : "–");

  /** The calm state of a list: nothing needs anybody. Without a single reading nobody knows that it is calm. */
  cc.allQuiet = () => {
    const measured = cc.state.health && cc.state.health.feeds.readings_age_s !== null;
    return h("Div", { className: "state calm" },
      h("P", { className: "state-title" }, measured ? t("一切平静") : t("没有警情")),
      h("P", {}, measured ? t("没有未处置的警情和积水。") : t("还没有水位数据，积水情况未知。")));
  };

  const PHONE = cc.face === "m"; // its list has no room beside it: one notice, and no longer than it takes to read
  const TOASTS = PHONE ? 1 : 3;
  const HASTY_MS = 1500; // an action so soon after a notice was asked for before anybody could read it
  const toasts = [];
  let timer = null;
  /** That nobody was sent although somebody asked for it must be read, on however busy a desk. */
  const stays = ({ kind, action }) => kind === "refused" && ["dispatch", "DISPATCH", "stale_advice"].includes(action);
  cc.onOutcome.push((outcome) => {
    // Closing has stood everybody down: there is nothing left to take back.
    if (outcome.action === "close" && outcome.kind === "done") for (const toast of toasts) toast.undo = [];
    const shownInForm = ["call", "close_road"].includes(outcome.action) && outcome.kind === "refused";
    if (outcome.kind === "quiet" || shownInForm || toasts.some((toast) => toast.nonce === outcome.nonce)) return;
    // Undo stands for ten seconds; a refusal stays until it has been read.
    const now = performance.now(), lasts_ms = stays(outcome) ? Infinity : outcome.kind === "refused" ? 20000 : outcome.undo.length ? 10000 : PHONE ? 3000 : 5000;
    toasts.push({ ...outcome, at: now, until: now + lasts_ms });
    drawToasts();
  });
  /* What stays is over with the next thing that is asked for; advice is asked for by the page itself. */
  cc.onAsk.push((name) => {
    if (name === "RECOMMEND") return;
    for (const toast of toasts) if (stays(toast) && performance.now() - toast.at > HASTY_MS) toast.until = 0;
    drawToasts();
  });
  function drawToasts() {
    const now = performance.now();
    const alive = toasts.filter((toast) => toast.until >= now), staying = alive.filter(stays), others = alive.filter((toast) => !stays(toast));
    // What has been done and cannot be taken back goes first: a refusal must be read, an undo be found.
    while (others.length > Math.max(1, TOASTS - staying.length)) others.splice(Math.max(0, others.findIndex((toast) => toast.kind !== "refused" && !toast.undo.length)), 1);
    toasts.splice(0, toasts.length, ...alive.filter((toast) => staying.includes(toast) || others.includes(toast)));
    clearTimeout(timer);
    const next = Math.min(...toasts.map((toast) => toast.until));
    if (Number.isFinite(next)) timer = setTimeout(drawToasts, next - now + 50);
    const byKey = cc.face === "desk" ? cc.undoable() : null, newest = others[others.length - 1];
    // What stays and the newest stand whole, older ones are folded to a line each.
    const isFolded = (toast) => toast !== newest && !stays(toast);
    cc.draw(cc.ids.TOASTS, [...others, ...staying].reverse().map((toast) => h("Div", { className: `toast ${toast.kind} ${isFolded(toast) ? "older" : ""}`, key: toast.nonce, title: isFolded(toast) ? toast.text : undefined }, h("P", {}, toast.text),
      toast.undo.length ? h("Button", { type: "button", className: "button small", "data-do": "undo", "data-undo": toast.undo.join(" "), "data-undoes": toast.action, "data-nonce": toast.nonce }, t("撤回"), toast === byKey ? h("Kbd", {}, "U") : null) : null,
      h("Button", { type: "button", className: "dismiss", "data-do": "dismiss", "data-nonce": toast.nonce, "aria-label": t("关闭") }, "×"))));
    // Folded between two words, never within one.
    for (const line of document.querySelectorAll(`#${cc.ids.TOASTS} .older p`)) line.toggleAttribute("data-cut", line.scrollHeight > line.clientHeight + 2);
  }
  /** Takes a notice away; whether it still stood. */
  cc.dismiss = (nonce) => {
    const i = toasts.findIndex((toast) => toast.nonce === nonce);
    if (i >= 0) toasts.splice(i, 1);
    drawToasts();
    return i >= 0;
  };
  cc.undoable = () => toasts.filter((toast) => toast.undo.length && toast.until >= performance.now()).pop();
})();
