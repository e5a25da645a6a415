/* Where this phone is: asked for on a tap only; incidents by distance, the unit's position, the way to navigation. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const phone = cc.views("phone");
  const EARTH_M = 6371008.8;
  const ON_DUTY_KEY = "cc-on-duty";
  const SEND_EVERY_MS = { busy: 5000, idle: 15000, low: 60000 };
  const KEEP_EVERY_MS = 30000;
  const MOST_KEPT = 500;
  const LOW_BATTERY = 0.2;

  const here = { state: "off", lon: null, lat: null, accuracy_m: null, wall: 0, heading: null, speed: null };
  let near = false, duty = false, watch = null, watchedClosely = null, low = false;
  let sentAt = 0, keptAt = 0, sending = false;
  let track = [];

  const radians = (degrees) => (degrees * Math.PI) / 180;
  /** Metres between two places on a sphere. */
  function metres([lon1, lat1], [lon2, lat2]) {
    const a = Math.sin(radians(lat2 - lat1) / 2) ** 2 + Math.cos(radians(lat1)) * Math.cos(radians(lat2)) * Math.sin(radians(lon2 - lon1) / 2) ** 2;
    return 2 * EARTH_M * Math.asin(Math.sqrt(a));
  }
  const distanceWords = (m) => (m < 995 ? `${Math.max(10, Math.round(m / 10) * 10)} m` : `${(m / 1000).toFixed(1)} km`);

  function show() {
    cc.put("LIVE_PLACE", {
      near, duty, state: here.state, low, accuracy_m: here.accuracy_m === null ? null : Math.round(here.accuracy_m),
      // To ten metres: nothing is drawn again because a receiver trembles.
      place: here.lon === null ? null : [Math.round(here.lon * 1e4) / 1e4, Math.round(here.lat * 1e4) / 1e4],
      at: here.wall ? performance.now() - (Date.now() - here.wall) : null,
    });
    if (cc.showReportPlace) cc.showReportPlace();
  }

  function begin() {
    if (!navigator.geolocation) { here.state = "unavailable"; show(); return; }
    if (!window.isSecureContext) { here.state = "insecure"; show(); return; }
    const closely = !low;
    if (watch !== null && watchedClosely === closely) return;
    if (watch !== null) navigator.geolocation.clearWatch(watch);
    watchedClosely = closely;
    if (here.state !== "on") here.state = "asking";
    watch = navigator.geolocation.watchPosition(found, failed, { enableHighAccuracy: closely, maximumAge: 5000, timeout: 30000 });
    show();
  }

  function end() {
    if (near || duty || cc.reporting) return;
    if (watch !== null) navigator.geolocation.clearWatch(watch);
    watch = null;
    Object.assign(here, { state: "off", lon: null, lat: null, accuracy_m: null, wall: 0 });
    show();
  }

  function found({ coords, timestamp }) {
    Object.assign(here, { state: "on", lon: coords.longitude, lat: coords.latitude, accuracy_m: coords.accuracy, heading: coords.heading, speed: coords.speed, wall: Math.min(timestamp, Date.now()) });
    show();
    report();
  }

  function failed(error) {
    here.state = error.code === 1 ? "denied" : here.lon === null ? "unavailable" : "old";
    show();
  }

  /** What is said of the receiver when it gives nothing. */
  const TROUBLE = {
    denied: t("浏览器不许本页定位：在地址栏或系统设置里允许"), unavailable: t("本机没有给出定位"), old: t("定位中断，显示的是之前的位置"),
    insecure: t("浏览器只在 HTTPS 下给出定位"), asking: t("正在定位…"),
  };
  cc.placeTrouble = () => TROUBLE[here.state] || "";
  cc.here = () => (here.lon === null ? null : { lon: here.lon, lat: here.lat, accuracy_m: here.accuracy_m, wall: here.wall });
  cc.locate = begin;
  cc.stopLocating = end;

  // ---- near me

  cc.distanceTo = (place) => (near && here.lon !== null && place ? metres([here.lon, here.lat], place) : null);
  cc.distanceWords = distanceWords;

  phone.near = (live) => {
    if (!live) return h("Button", { type: "button", className: "button", "data-do": "near" }, t("按距离排"));
    const trouble = live.near ? TROUBLE[live.state] : "";
    return [
      h("Button", { type: "button", className: `button ${live.near ? "on" : ""}`, "data-do": "near", "aria-pressed": String(live.near) }, live.near ? t("按轻重排") : t("按距离排")),
      h("P", { className: trouble ? "todo" : "quiet", role: "status" }, trouble || (live.near && live.place ? t("离我最近的在前 · 精度 {m} m", { m: live.accuracy_m }) : "")),
    ];
  };
  cc.actions.near = () => { near = !near; if (near) begin(); else end(); show(); };

  // ---- the unit's own position, through the same intake as every terminal's

  const unitId = () => (cc.state.actor || {}).unit_id;
  const pace = () => (low ? SEND_EVERY_MS.low : cc.duty && cc.duty.assignment ? SEND_EVERY_MS.busy : SEND_EVERY_MS.idle);

  /** The place as the intake takes it; its instant is the city's. */
  function fix() {
    const speed = cc.state.clock ? cc.state.clock.speed : 1;
    return {
      unit_id: unitId(), lon: here.lon, lat: here.lat, heading_deg: Number.isFinite(here.heading) ? here.heading : 0,
      speed_kmh: Number.isFinite(here.speed) ? Math.min(1000, Math.max(0, here.speed * 3.6)) : 0,
      fixed_at: new Date(cc.cityNow() - (Date.now() - here.wall) * speed).toISOString(),
    };
  }

  async function report() {
    if (!duty || !unitId() || here.lon === null || here.state !== "on") return;
    const now = Date.now();
    if (cc.link.status().state !== "online") {
      if (now - keptAt < KEEP_EVERY_MS) return;
      keptAt = now;
      track = [...track, fix()].slice(-MOST_KEPT);
      await cc.keep.write("track", track);
      cc.outbox.show();
      return;
    }
    if (sending || now - sentAt < pace()) return;
    sentAt = now;
    await post([...track, fix()]);
  }

  async function post(positions) {
    sending = true;
    try {
      const answer = await fetch("/api/v1/positions", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ crs: "WGS-84", positions }) });
      // Refused for good: kept points would be refused again for ever.
      if ((answer.ok || (answer.status >= 400 && answer.status < 429 && answer.status !== 401)) && track.length) { track = []; await cc.keep.forget("track"); cc.outbox.show(); }
      if (answer.ok) told(await answer.json());
    } catch (error) {
      sentAt = 0; // no connection: what is next is kept
    } finally {
      sending = false;
    }
  }

  let outside = false;
  /** The intake sets aside what lies outside the city or is no way a vehicle goes: the person has to know. */
  function told(body) {
    const odd = body.quarantined.length > 0 && body.accepted === 0;
    if (odd && !outside) cc.say({ kind: "refused", action: "position", text: t("定位不可信或不在本市，没有采用") });
    outside = odd;
  }

  cc.trackLength = () => track.length;
  cc.actions.duty = () => {
    duty = !duty;
    localStorage.setItem(ON_DUTY_KEY, duty ? "1" : "");
    if (duty) begin(); else end();
    show();
  };
  cc.keep.read("track").then((found) => { track = found || []; });
  /* Who stands still hears nothing from some receivers: they are asked, so that a place is never older than it says. */
  setInterval(() => {
    if (!duty || watch === null) return;
    const old = Date.now() - here.wall;
    if (old > 15000) navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: !low, maximumAge: 0, timeout: 10000 });
    else if (here.state === "on") report();
  }, 5000);

  /* What was kept without a connection goes as soon as there is one, whether the receiver speaks again or not. */
  cc.feed.listen((kinds) => {
    if (kinds.has("link") && cc.link.status().state === "online" && unitId() && track.length && !sending) post(track);
  });

  /* On duty stays on duty after a reload: the permission was given then. */
  cc.feed.listen((kinds) => {
    if (!kinds.has("link") || !unitId() || duty || localStorage.getItem(ON_DUTY_KEY) !== "1") return;
    duty = true;
    begin();
    show();
  });

  if (navigator.getBattery) {
    navigator.getBattery().then((battery) => {
      const look = () => { low = !battery.charging && battery.level < LOW_BATTERY; if (watch !== null) begin(); show(); };
      battery.addEventListener("levelchange", look);
      battery.addEventListener("chargingchange", look);
      look();
    });
  }

  // ---- navigation apps, each in its own coordinate system

  /* GCJ-02 from WGS-84 as published with wandergis/coordtransform; intake/coordinates.py goes the other way. */
  function gcj02(lon, lat) {
    const A = 6378245, EE = 0.00669342162296594323, PI = Math.PI;
    const x = lon - 105, y = lat - 35;
    const waves = (20 * Math.sin(6 * x * PI) + 20 * Math.sin(2 * x * PI)) * 2 / 3;
    let dLat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + waves;
    dLat += (20 * Math.sin(y * PI) + 40 * Math.sin(y / 3 * PI)) * 2 / 3 + (160 * Math.sin(y / 12 * PI) + 320 * Math.sin(y * PI / 30)) * 2 / 3;
    let dLon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + waves;
    dLon += (20 * Math.sin(x * PI) + 40 * Math.sin(x / 3 * PI)) * 2 / 3 + (150 * Math.sin(x / 12 * PI) + 300 * Math.sin(x / 30 * PI)) * 2 / 3;
    const magic = 1 - EE * Math.sin(radians(lat)) ** 2;
    return [lon + dLon * 180 / (A / Math.sqrt(magic) * Math.cos(radians(lat)) * PI), lat + dLat * 180 / ((A * (1 - EE)) / (magic * Math.sqrt(magic)) * PI)];
  }
  cc.gcj02 = gcj02;

  /** Links to the navigation apps people have here; Baidu converts GCJ-02 itself when told. */
  cc.navigation = ([lon, lat], name) => {
    const [gLon, gLat] = gcj02(lon, lat).map((degrees) => degrees.toFixed(6));
    const word = encodeURIComponent(name);
    const amap = `${cc.config.amap_url}?to=${gLon},${gLat},${word}&mode=car&coordinate=gaode&callnative=1`;
    const baidu = `baidumap://map/direction?destination=latlng:${gLat},${gLon}|name:${word}&coord_type=gcj02&mode=driving&src=command-centre`;
    const other = `geo:${lat.toFixed(6)},${lon.toFixed(6)}?q=${lat.toFixed(6)},${lon.toFixed(6)}(${word})`;
    return [[t("高德"), amap], [t("百度"), baidu], [t("其他地图"), other]];
  };
  show();
})();
