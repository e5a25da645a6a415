/* The board: every unit and every alert as rows that are sorted, filtered, searched and acted on; fed by transactions. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t } = cc;
  const DO = cc.actions;
  const FIXES_MS = 5000;
  const TICK_MS = 1000;
  const sheet = () => document.getElementById(cc.ids.BOARD);
  const host = (tab) => document.getElementById(tab === "units" ? cc.ids.BOARD_UNITS : cc.ids.BOARD_ALERTS);
  const fixes = new Map(); // unit index → ms since 1970 of its newest fix
  const boards = { units: null, alerts: null };
  let tab = "units";
  let loading = null;

  const STATUS = {
    available: t("待命"), dispatched: t("已派出"), en_route: t("途中"), on_scene: t("处置中"),
    returning: t("返回中"), on_break: t("休整"), out_of_service: t("停勤"),
  };
  const SEVERITY = { red: t("红色"), orange: t("橙色"), yellow: t("黄色"), blue: t("蓝色") };

  /* ---------------------------------------------------------------- rows */
  const areaName = (code) => cc.named(cc.state.catalogue.areas[String(code).slice(0, 6)]) || String(code);

  function unitRow(unit) {
    const assignment = unit.assignment_id && cc.state.assignments.get(unit.assignment_id);
    const incident = assignment && cc.state.incidents.get(assignment.incident_id);
    return {
      id: unit.unit_id, index: unit.index, callsign: unit.callsign, net: cc.named(cc.state.catalogue.nets[unit.net]) || unit.net,
      kind: cc.named((cc.state.catalogue.kinds || {})[unit.kind]) || unit.kind, status: cc.order.tooLong(unit) ? t("{status} · 超时", { status: STATUS[unit.status] }) : STATUS[unit.status], since: Date.parse(unit.status_at),
      area: areaName(unit.jurisdiction), incident: incident ? `${incident.number} ${cc.named(incident, "title")}` : "", incident_id: incident ? incident.incident_id : "",
    };
  }

  const stands = (alert) => (alert.shelved_until ? t("已搁置") : alert.suppressed_by ? t("已抑制") : alert.returned_at ? t("{returned}，待解除", { returned: cc.order.returnedWord(alert) })
    : cc.waits(alert) ? t("待确认") : alert.acknowledged_by ? t("已由 {name} 确认", { name: alert.acknowledged_by }) : t("已确认"));

  function alertRow(alert) {
    const rule = cc.state.catalogue.rules[alert.rule_id];
    return {
      id: alert.alert_id, severity: alert.severity, gravity: cc.gravity[alert.severity] || 0, level: cc.titled(cc.levelName(alert)), name: cc.named(alert),
      category: cc.titled(cc.named(cc.state.catalogue.categories[alert.category]) || cc.named(rule) || alert.category),
      measured: cc.order.depthNow(alert), since: Date.parse(alert.opened_at), stands: stands(alert), area: areaName(alert.jurisdiction),
      place: alert.place,
    };
  }

  const KINDS = { units: { id: "unit_id", row: unitRow }, alerts: { id: "alert_id", row: alertRow } };

  /* ---------------------------------------------------------------- what the grid is told */
  const say = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  const seconds = (at) => (at ? (cc.cityNow() - at) / 1000 : null);
  say.ccRowId = (params) => params.data.id;
  say.ccSince = (params) => (params.data ? seconds(params.data.since) : null);
  say.ccFixAge = (params) => (params.data ? seconds(fixes.get(params.data.index)) : null);
  say.ccSpan = (params) => (params.value === null || params.value === undefined ? "" : cc.minutesSeconds(params.value));
  say.ccAge = (params) => (params.value === null || params.value === undefined ? t("无定位") : cc.age(params.value));
  say.ccMeasured = (params) => (params.value === null || params.value === undefined ? "–" : `${Math.round(params.value)} cm`);
  say.ccSeverity = (params) => (params.data ? SEVERITY[params.data.severity] || "" : "");
  say.ccWords = (params) => cc.gridWords(params);
  (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {}).ccGrade = (props) =>
    window.React.createElement("span", { className: "board-grade" }, window.React.createElement("span", { className: `mark mark-${props.data.severity}`, "aria-hidden": "true" }), props.value);

  const fn = (code) => ({ function: code });
  const word = (name, field, more) => ({ headerName: name, field, filter: "agTextColumnFilter", ...more });
  const span = (name, colId, getter, formatter) => ({ headerName: name, colId, valueGetter: fn(getter), valueFormatter: fn(formatter), filter: "agNumberColumnFilter", width: 120, cellClass: "figure" });
  const COLUMNS = {
    units: () => [
      word(t("呼号"), "callsign", { width: 130 }), word(t("网"), "net", { width: 180 }), word(t("种类"), "kind", { width: 110 }), word(t("状态"), "status", { width: 110 }),
      span(t("状态已持续"), "since", "ccSince(params)", "ccSpan(params)"), word(t("辖区"), "area", { width: 120 }),
      span(t("位置多久前"), "fix", "ccFixAge(params)", "ccAge(params)"), word(t("在办警情"), "incident", { flex: 1, minWidth: 220 }),
    ],
    alerts: () => [
      { field: "gravity", hide: true, sort: "desc", sortIndex: 0 }, // the gravest first until somebody sorts otherwise
      { headerName: t("级别"), colId: "grade", valueGetter: fn("ccSeverity(params)"), cellRenderer: "ccGrade", filter: "agTextColumnFilter", width: 130 },
      word(t("等级"), "level", { width: 120 }), word(t("地点"), "name", { flex: 1, minWidth: 200 }), word(t("类别"), "category", { width: 150 }),
      { headerName: t("实测"), field: "measured", valueFormatter: fn("ccMeasured(params)"), filter: "agNumberColumnFilter", width: 100, cellClass: "figure" },
      span(t("已持续"), "since", "ccSince(params)", "ccSpan(params)"), word(t("状态"), "stands", { width: 190 }), word(t("辖区"), "area", { width: 120 }),
    ],
  };
  const THEME = "themeQuartz.withParams({backgroundColor: 'var(--panel)', foregroundColor: 'var(--text)', headerBackgroundColor: 'var(--panel-raised)', headerTextColor: 'var(--text-quiet)', borderColor: 'var(--edge)', rowHoverColor: 'var(--panel-raised)', selectedRowBackgroundColor: 'var(--panel-high)', oddRowBackgroundColor: 'var(--panel)', menuBackgroundColor: 'var(--panel-high)', accentColor: 'var(--text)', fontFamily: 'inherit', fontSize: '0.875rem', headerFontSize: '0.8125rem', spacing: '0.375rem', wrapperBorder: false, browserColorScheme: 'dark'})";

  const gridId = (of) => `${host(of).id}-grid`;
  const component = (of) => ({
    type: "AgGrid", namespace: "dash_ag_grid",
    props: {
      id: gridId(of), columnDefs: COLUMNS[of](), rowData: [], getRowId: "ccRowId(params)", className: "", style: { height: "100%", width: "100%" },
      defaultColDef: { sortable: true, resizable: true, suppressHeaderMenuButton: false },
      dashGridOptions: {
        theme: fn(THEME), rowHeight: Math.round(30 * cc.uiScale()), headerHeight: Math.round(34 * cc.uiScale()), animateRows: false, getLocaleText: fn("ccWords(params)"), suppressMenuHide: true, cacheQuickFilter: true, asyncTransactionWaitMillis: 250,
        loading: true, rowSelection: of === "alerts" ? { mode: "multiRow", enableClickSelection: false } : { mode: "singleRow", checkboxes: false, enableClickSelection: true },
        suppressColumnVirtualisation: false, rowBuffer: 12,
      },
    },
  });

  function loadGrid() {
    if (!loading) {
      loading = new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = `/${cc.face}/${sheet().dataset.script}`;
        script.onload = resolve;
        script.onerror = () => { loading = null; reject(new Error("found no grid, expected its script")); };
        document.head.append(script);
      });
    }
    return loading;
  }

  /** The grid of a tab, made when it is first shown. */
  function grid(of) {
    if (!boards[of]) {
      const board = (boards[of] = { api: null, shown: new Map(), dirty: new Set(), all: true });
      board.ready = make(of, board);
    }
    return boards[of].ready;
  }
  async function make(of, board) {
    try {
      await loadGrid();
    } catch (error) {
      boards[of] = null;
      cc.say({ kind: "refused", action: "board", text: t("看板没有载入，请重试。其他不受影响。") });
      return null;
    }
    window.dash_clientside.set_props(host(of).id, { children: component(of) });
    await standing(of);
    board.api = await window.dash_ag_grid.getApiAsync(gridId(of));
    board.api.addEventListener("rowClicked", ({ data, event }) => { if (!(event && event.target.closest(".ag-selection-checkbox, .ag-checkbox"))) choose(of, data); });
    board.api.addEventListener("cellKeyDown", ({ data, event }) => { if (event.key === "Enter" && data) choose(of, data); });
    board.api.addEventListener("modelUpdated", count);
    board.api.addEventListener("selectionChanged", selected);
    update(of);
    return board;
  }
  const standing = (of) => new Promise((resolve) => {
    const look = setInterval(() => { if (document.getElementById(gridId(of))) { clearInterval(look); resolve(); } }, 20);
  });

  /** Tells the grid what differs from what it shows: whole after a snapshot, else the rows that an event named. */
  function update(of) {
    const board = boards[of];
    if (!board || !board.api || cc.state.seq === null) return;
    const { id, row } = KINDS[of];
    const items = cc.state[of];
    const change = { add: [], update: [], remove: [] };
    const look = board.all ? [...items.keys(), ...board.shown.keys()] : [...board.dirty];
    for (const key of new Set(look)) {
      const item = items.get(key);
      if (!item) { if (board.shown.delete(key)) change.remove.push({ id: key }); continue; }
      const made = row(item), text = JSON.stringify(made);
      if (board.shown.get(key) === text) continue;
      change[board.shown.has(key) ? "update" : "add"].push(made);
      board.shown.set(item[id], text);
    }
    board.dirty.clear();
    board.all = false;
    if (change.add.length || change.update.length || change.remove.length) board.api.applyTransactionAsync(change, () => filled(board));
    else filled(board);
  }

  /** The rows stand, or there are none: until then the grid says that it loads, and no number is told. */
  function filled(board) {
    if (board.filled) return;
    board.filled = true;
    board.api.setGridOption("loading", false);
    count();
  }

  /* An event names what changed; an alert's line also follows what explains it, and a unit's its assignment. */
  let seen = null;
  cc.onEvent.push((frame) => {
    seen = frame.seq;
    for (const unit of frame.changes.units || []) touch("units", unit.unit_id);
    for (const assignment of frame.changes.assignments || []) touch("units", assignment.unit_id);
    for (const alert of frame.changes.alerts || []) touch("alerts", alert.alert_id);
  });
  const touch = (of, id) => { if (boards[of]) boards[of].dirty.add(id); };
  cc.feed.listen((kinds) => {
    if (cc.state.seq === null) return;
    for (const of of ["units", "alerts"]) {
      // A snapshot came between two events, or before the first.
      if (boards[of] && cc.state.seq !== seen) boards[of].all = true;
      if (open() && tab === of) update(of);
    }
    seen = cc.state.seq;
    // The card of the chosen unit says what it is now.
    if (kinds.has("units") && cc.selectedUnit) cc.showAll({ UNIT_SELECTED: { unit_id: cc.selectedUnit } });
  });

  /* What counts by itself is drawn again in the rows that are seen, and only there. */
  setInterval(() => {
    const board = boards[tab];
    if (open() && board && board.api) board.api.refreshCells({ columns: tab === "units" ? ["since", "fix"] : ["since"] });
  }, TICK_MS);
  function askFixes() {
    if (!open() || tab !== "units") return;
    cc.lookUp("FIXES", {}, (answer) => { for (const [index, at] of answer.fixes || []) fixes.set(index, at * 1000); });
  }
  setInterval(askFixes, FIXES_MS);

  /* ---------------------------------------------------------------- opening, searching, choosing */
  const open = () => Boolean(sheet() && !sheet().hidden);
  function search() {
    const place = sheet().querySelector(".board-search");
    if (!place.firstChild) {
      const input = Object.assign(document.createElement("input"), { type: "search", placeholder: t("在所有列中查找") });
      input.setAttribute("aria-label", t("在所有列中查找"));
      input.addEventListener("input", () => { const board = boards[tab]; if (board && board.api) board.api.setGridOption("quickFilterText", input.value); });
      place.append(input);
    }
    return place.firstChild;
  }

  async function show(wanted) {
    tab = wanted;
    sheet().hidden = false;
    document.documentElement.dataset.board = "open";
    for (const button of sheet().querySelectorAll("[data-tab]")) {
      const on = button.dataset.tab === tab;
      button.classList.toggle("on", on);
      button.setAttribute("aria-selected", String(on));
    }
    for (const of of ["units", "alerts"]) host(of).hidden = of !== tab;
    askFor(null);
    search().focus();
    askFixes();
    count();
    const board = await grid(tab);
    if (!board || tab !== wanted) return;
    board.api.setGridOption("quickFilterText", search().value);
    update(tab);
    count();
    selected();
  }
  cc.showBoard = (wanted, words) => {
    search().value = words || "";
    return show(wanted);
  };
  DO["board-open"] = () => { if (open()) closeBoard(); else show(tab); };
  DO["board-tab"] = (d) => { show(d.tab); };
  DO["board-larger"] = () => { document.documentElement.dataset.boardSize = document.documentElement.dataset.boardSize === "large" ? "" : "large"; };
  DO["board-close"] = () => { closeBoard(); };
  /* A filter that is open is closed by the grid itself, before anybody else hears of the key. */
  let filtering = false;
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") filtering = Boolean(document.querySelector(".ag-popup-child")); }, true);
  function closeBoard() {
    if (!open()) return false;
    if (filtering) { filtering = false; return true; }
    if (asking) { askFor(null); return true; }
    sheet().hidden = true;
    delete document.documentElement.dataset.board;
    return true;
  }
  cc.closeBoard = closeBoard;

  function count() {
    const board = boards[tab];
    const place = sheet().querySelector(".board-count");
    if (!board || !board.filled) { place.textContent = t("正在载入…"); return; }
    const shown = board.api.getDisplayedRowCount(), all = cc.state[tab].size;
    const words = shown === all ? t("{n} 行", { n: all }) : t("{shown} / {n} 行", { shown, n: all });
    if (place.textContent !== words) place.textContent = words;
  }

  function choose(of, row) {
    if (of === "alerts") { cc.openAlert(row.id); return; }
    const unit = cc.state.units.get(row.id);
    const at = unit && cc.units.place(unit);
    cc.view.selectUnit(unit || null);
    if (at) cc.view.showPlace(cc.lonLat(at));
    if (row.incident_id && cc.state.incidents.has(row.incident_id) && cc.selected) cc.open(row.incident_id);
  }

  /** Degrees from world coordinates (map-canvas.js turns them the other way). */
  cc.lonLat = ([x, y]) => {
    const n = Math.exp((0.5 - y) * 4 * Math.PI);
    return [(x - 0.5) * 360, (Math.asin((n - 1) / (n + 1)) * 180) / Math.PI];
  };

  /* ---------------------------------------------------------------- the selected alerts */
  let asking = null;
  const chosen = () => (boards.alerts && boards.alerts.api ? boards.alerts.api.getSelectedRows().map((row) => row.id) : []);
  function selected() {
    const ids = tab === "alerts" ? chosen() : [];
    const acts = sheet().querySelector(".board-acts");
    acts.hidden = ids.length === 0;
    if (!ids.length) askFor(null);
    const may = cc.state.actor.permissions;
    const NEEDS = { acknowledge: "acknowledge_alert", shelve: "shelve_alert", escalate: "escalate_alert", clear: "all_clear" };
    for (const button of acts.querySelectorAll("[data-act]")) button.disabled = !may.includes(NEEDS[button.dataset.act]);
  }
  function askFor(what) {
    asking = what;
    const asked = sheet().querySelector(".board-asked");
    asked.hidden = !what;
    asked.querySelector(".asked-shelve-many").hidden = what !== "shelve";
    asked.querySelector(".asked-clear-many").hidden = what !== "clear";
    asked.querySelector(".form-problem").textContent = "";
    if (what) asked.querySelector("textarea").focus();
  }
  const ask = (request) => {
    const ids = chosen();
    if (!ids.length) return null;
    const nonce = cc.ask("ALERTS", { alert_ids: ids, ...request });
    if (nonce) { askFor(null); boards.alerts.api.deselectAll(); }
    return nonce;
  };
  DO["board-act"] = (d) => {
    if (d.act === "acknowledge") {
      const ids = chosen();
      boards.alerts.api.deselectAll();
      return ids.length ? cc.ask("ACKNOWLEDGE", { alert_ids: ids, note: null }) : null;
    }
    if (d.act === "escalate") return ask({ act: "escalate" });
    askFor(d.act);
    return null;
  };
  DO["board-shelve"] = (d, button) => {
    const reason = cc.noteBeside(button);
    if (!reason) { sheet().querySelector(".board-asked .form-problem").textContent = t("请先写明理由"); return null; }
    return ask({ act: "shelve", minutes: Number(d.minutes), reason });
  };
  DO["board-clear"] = (d, button) => ask({ act: "clear", outcome: d.outcome, note: cc.noteBeside(button) });
  cc.undoing.alerts_shelve = (ids) => cc.ask("ALERTS", { act: "unshelve", alert_ids: ids });

  /* ---------------------------------------------------------------- a unit in and out of service */
  DO["unit-status"] = (d) => cc.ask("UNIT_STATUS", { unit_id: d.unit, status: d.status });
  cc.undoing.unit_status = ([id]) => cc.ask("UNIT_STATUS", { unit_id: id, status: "available" });
  /** What may be done to a unit's status: only while it has no assignment, and where the role may. */
  cc.mayServe = (unit) => {
    const actor = cc.state.actor;
    return !unit.assignment_id && actor.permissions.includes("report_status") && String(unit.jurisdiction).startsWith(actor.jurisdiction);
  };
})();
