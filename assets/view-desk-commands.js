/* The command bar: what is open, every unit, every place and every act, found and done by typing. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const DO = cc.actions;
  const TYPING_MS = 120;
  const MOST = 12;
  const bar = () => document.getElementById(cc.ids.COMMANDS);
  const isOpen = () => Boolean(bar() && !bar().hidden);
  let found = [];
  let active = 0;
  let places = [];
  let typed = null;
  let before = null;

  /* Each: `words` shown, `also` what else it is found by (pinyin, its initials, the other language), `key` its own key,
     `now` whether it can be done now, `does`. Other scripts may add theirs. */
  const panel = () => document.getElementById(cc.ids.PANEL);
  const has = (act) => Boolean(panel().querySelector(`[data-do="${act}"]:not([aria-busy])`));
  const press = (act) => cc.press(act, panel());
  const may = (permission) => cc.state.actor && cc.state.actor.permissions.includes(permission);
  cc.commands = [
    { words: t("出警：派推荐的第一个单位"), also: "cj chujing dispatch send", key: "D", now: () => cc.selected && panel().querySelector(".best [data-do=dispatch]"), does: () => cc.press("dispatch", panel().querySelector(".best")) },
    { words: t("确认预警"), also: "qr queren acknowledge ack", key: "A", now: () => has("acknowledge"), does: () => press("acknowledge") },
    { words: t("搁置预警"), also: "gz gezhi shelve", key: "S", now: () => has("shelve-ask"), does: () => press("shelve-ask") },
    { words: t("上报预警"), also: "sb shangbao escalate", key: "E", now: () => has("escalate"), does: () => press("escalate") },
    { words: t("解除预警"), also: "jc jiechu clear", key: "C", now: () => has("clear-ask"), does: () => press("clear-ask") },
    { words: t("销警"), also: "xj xiaojing close incident", key: "", now: () => has("close-ask") || has("close-incident"), does: () => press("close-ask") || press("close-incident") },
    { words: t("撤回刚才的出警、确认或搁置"), also: "ch chehui undo", key: "U", now: () => cc.undoable(), does: () => { const toast = cc.undoable(); if (toast) DO.undo({ undo: toast.undo.join(" "), undoes: toast.action, nonce: toast.nonce }); } },
    { words: t("接警"), also: "jj jiejing call new", key: "N", now: () => may("take_call"), does: () => DO["call-open"]({}) },
    { words: t("关闭道路"), also: "gb dl guanbi daolu close road closure dj duanjiao", key: "", now: () => DO["closures-open"] && may("set_passability"), does: () => DO["closures-open"]({}) },
    { words: t("防汛响应级别"), also: "xy jb xiangying jibie level response", key: "R", now: () => true, does: () => DO["levels-open"]() },
    { words: t("单位看板"), also: "dw kb danwei kanban units board", key: "L", now: () => true, does: () => cc.showBoard("units") },
    { words: t("预警列表"), also: "yj lb yujing liebiao alerts list", key: "", now: () => true, does: () => cc.showBoard("alerts") },
    { words: t("按片区或逐条列出"), also: "gz pianqu group rows", key: "G", now: () => true, does: () => DO.grouping() },
    { words: t("网格覆盖"), also: "wg fg wangge fugai coverage grids", key: "", now: () => true, does: () => cc.press("coverage") },
    { words: t("全城"), also: "qc quancheng city home map", key: "", now: () => true, does: () => cc.view.frame() },
    { words: t("关闭声音"), also: "sy jy shengyin sound off mute", key: "", now: () => cc.deskSound.on(), does: () => { cc.deskSound.turn(false); cc.say({ kind: "done", action: "sound", text: t("声音已关闭") }); } },
    { words: t("打开声音"), also: "sy shengyin sound on", key: "", now: () => !cc.deskSound.on(), does: () => { cc.deskSound.turn(true); cc.say({ kind: "done", action: "sound", text: t("声音已打开") }); } },
    { words: t("切换语言"), also: "yy yuyan language english zhongwen", key: "", now: () => true, does: () => document.querySelector(".bar a.language[lang]").click() },
    { words: t("键盘"), also: "jp bz jianpan bangzhu help keys", key: "?", now: () => true, does: () => DO.help() },
    { words: t("我的登录"), also: "dl wd denglu wode sessions sign-ins browsers", key: "", now: () => true, does: () => location.assign(cc.config.sessions_url) },
    { words: t("退出"), also: "tc tuichu sign out logout", key: "", now: () => true, does: () => location.assign(cc.config.sign_out_url) },
  ];

  /** Each category of call is a command of its own. */
  const calls = () => (may("take_call") ? [...document.querySelectorAll(`#${cc.ids.CALL} [name="category"] option`)].map((option) =>
    ({ kind: t("接警"), words: option.textContent, also: `jj call ${option.value}`, does: () => DO["call-open"]({ category: option.value }) })) : []);

  /* ---------------------------------------------------------------- finding */
  const closeness = (words, text) => {
    if (!text) return 9;
    const low = text.toLowerCase();
    return low === words ? 0 : low.startsWith(words) ? 1 : low.split(/[\s：:·]+/).some((part) => part.startsWith(words)) ? 2 : low.includes(words) ? 4 : 9;
  };
  const commandsNow = () => cc.commands.filter((command) => command.now()).map((command) => ({ kind: t("命令"), ...command }));
  const rowItem = (row) => ({
    kind: row.incident_id ? t("警情") : t("预警"), words: row.title, detail: [row.number, row.category, row.status === "open" ? t("无人出警") : row.unconfirmed ? t("待确认") : ""].filter(Boolean).join(" · "),
    also: `${row.number} ${row.point || ""} ${row.near || ""}`, does: () => (row.incident_id ? cc.open(row.incident_id) : cc.openAlert(row.alert_id)),
  });
  const unitItem = (unit) => ({ kind: t("单位"), words: unit.callsign, detail: cc.named(cc.state.catalogue.nets[unit.net]), does: () => {
    const at = cc.units.place(unit);
    cc.view.selectUnit(unit);
    if (at) cc.view.showPlace(cc.lonLat(at));
  } });
  const placeItem = (place) => ({ place, does: () => cc.view.showPlace([place.lon, place.lat]) });

  function find() {
    const words = input().value.trim().toLowerCase();
    const rows = cc.state.seq === null ? [] : cc.order.queue();
    if (!words) return [...commandsNow().filter((command) => ["D", "A", "U"].includes(command.key)), ...rows.slice(0, 5).map(rowItem), ...commandsNow().filter((command) => !["D", "A", "U"].includes(command.key))].slice(0, MOST);
    const scored = [];
    const offer = (item, bias) => { const near = Math.min(closeness(words, item.words), closeness(words, item.also)); if (near < 9) scored.push([near + bias, scored.length, item]); };
    for (const command of commandsNow()) offer(command, 0);
    for (const command of calls()) offer(command, 0.3);
    for (const row of rows) offer(rowItem(row), 0.5);
    let units = 0;
    for (const unit of cc.state.units.values()) {
      if (units >= 40) break;
      if (closeness(words, unit.callsign) < 9) { offer(unitItem(unit), 0.6); units += 1; }
    }
    for (const place of places) scored.push([place.kind === "coordinates" ? 0 : 2.5, scored.length, placeItem(place)]);
    return scored.sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, MOST).map(([, , item]) => item);
  }

  function draw() {
    const id = cc.ids.COMMANDS_LIST;
    cc.draw(id, found.length ? found.map((item, i) => (item.place ? cc.placeOption(item.place, i, active, id, "command-run") : h("Li", {
      key: `${item.kind}-${item.words}-${i}`, id: `${id}-${i}`, role: "option", "aria-selected": String(i === active), className: i === active ? "active" : "", "data-do": "command-run", "data-at": String(i),
    }, h("Span", { className: "option-kind quiet" }, item.kind), h("Span", { className: "option-name" }, item.words), item.detail ? h("Span", { className: "quiet option-detail" }, item.detail) : null, item.key ? h("Kbd", {}, item.key) : null)))
      : [h("Li", { key: "none", className: "quiet nothing", role: "option", "aria-selected": "false", "aria-disabled": "true" }, t("没有找到。换个写法，或按 Esc 返回。"))]);
    cc.comboSays(input(), id, found.length, active);
    cc.scrollToActive(id, active);
  }
  function refresh() {
    found = find();
    active = 0;
    draw();
  }

  /* ---------------------------------------------------------------- the input, which React does not own */
  function input() {
    const place = bar().querySelector(".command-input");
    if (!place.firstChild) {
      const made = Object.assign(document.createElement("input"), { type: "text", placeholder: t("查找警情、单位、地点，或输入命令"), autocomplete: "off", spellcheck: false });
      cc.comboBox(made, cc.ids.COMMANDS_LIST, t("查找警情、单位、地点，或输入命令"));
      made.addEventListener("input", () => {
        places = [];
        refresh();
        clearTimeout(typed);
        typed = setTimeout(askPlaces, TYPING_MS);
      });
      made.addEventListener("keydown", (event) => {
        if (event.isComposing) return;
        const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (by && found.length) { event.preventDefault(); active = (active + by + found.length) % found.length; draw(); }
        if (event.key === "Enter") { event.preventDefault(); run(active); }
        if (event.key === "Tab") event.preventDefault(); // the list belongs to this input; Esc leaves
      });
      place.append(made);
    }
    return place.firstChild;
  }
  function askPlaces() {
    const text = input().value.trim();
    if (text.length < 2) return;
    cc.lookUp("PLACES", { text, frame: "WGS-84" }, (answer) => {
      if (!isOpen() || input().value.trim() !== text) return;
      places = answer.places || [];
      const chosen = found[active];
      found = find();
      // What the officer has moved to stays chosen.
      const again = active > 0 && chosen ? found.findIndex((item) => item.words === chosen.words && item.kind === chosen.kind) : 0;
      active = Math.max(0, again);
      draw();
    });
  }

  function run(at) {
    const item = found[at];
    if (!item) return;
    close();
    item.does();
  }
  DO["command-run"] = (d) => run(Number(d.at));
  DO["commands-open"] = () => {
    before = document.activeElement;
    bar().hidden = false;
    input().value = "";
    places = [];
    refresh();
    input().focus();
  };
  function close() {
    if (!isOpen()) return false;
    bar().hidden = true;
    clearTimeout(typed);
    if (before && before.isConnected && before !== document.body) before.focus(); else input().blur();
    return true;
  }
  cc.escapes.push(close);
  document.addEventListener("pointerdown", (event) => { if (isOpen() && event.target === bar()) close(); });
  /* While it is open the page behind it does not hear the keys. */
  cc.commanding = isOpen;
})();
