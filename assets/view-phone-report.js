/* From the scene: a new incident with the phone's position, photos, voice notes; and the bar below an open incident. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const phone = cc.views("phone");
  const LONGEST_SIDE_PX = 1600;
  const QUALITY = 0.8;
  const LONGEST_VOICE_MS = 60000;
  const LONGEST_BYTES = 2 * 1024 * 1024;
  const VOICE_TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

  const form = () => document.getElementById(cc.ids.REPORT);
  const set = cc.draw;
  const trouble = (text) => cc.say({ kind: "refused", action: "scene", text });

  // ---- the form

  let media = []; // {kind, bytes, type, at} of a report that is being written
  let place = null; // chosen on the map; else the receiver's
  let pin = null;
  cc.reporting = false;

  function open(yes) {
    cc.reporting = yes;
    form().hidden = !yes;
    document.documentElement.toggleAttribute("data-reporting", yes);
  }

  cc.actions["report-open"] = () => {
    cc.close();
    open(true);
    cc.locate();
    cc.showReportPlace();
    document.querySelector(".phone-detail").hidden = false;
    history.pushState({ subject: "report" }, "");
    const here = cc.here();
    if (here) setTimeout(() => cc.view.showPlace([here.lon, here.lat]), 100);
  };
  cc.closeReport = () => {
    if (!cc.reporting) return false;
    open(false);
    if (pin) { pin.remove(); pin = null; }
    cc.stopLocating();
    cc.onClose();
    return true;
  };
  cc.actions["report-close"] = () => { cc.closeReport(); };
  cc.actions["report-here"] = () => { place = null; cc.locate(); cc.showReportPlace(); };

  cc.pickPlace = (at) => {
    if (!cc.reporting) return false;
    place = { lon: at.lng, lat: at.lat, accuracy_m: null };
    cc.showReportPlace();
    return true;
  };

  const chosen = () => place || cc.here();

  let followed = false;
  cc.showReportPlace = () => {
    if (!cc.reporting) { followed = false; return; }
    const at = chosen();
    if (cc.map && at) {
      const where = [at.lat, at.lon];
      if (pin) pin.setLatLng(where); else pin = L.circleMarker(where, { radius: 9, color: cc.config.tokens.text, weight: 3, fillOpacity: 0.25, interactive: false }).addTo(cc.map);
      if (!followed) { followed = true; cc.view.showPlace([at.lon, at.lat]); }
    }
    const words = place ? t("地图上选的地点") : at ? t("我的位置，精度 {m} m", { m: Math.round(at.accuracy_m) }) : cc.placeTrouble() || t("点地图选地点");
    set(cc.ids.REPORT_PLACE, [
      h("P", { className: at ? "" : "todo", role: "status" }, h("B", {}, words), at ? h("Span", { className: "figure quiet" }, `${at.lon.toFixed(5)}, ${at.lat.toFixed(5)}`) : null),
      place ? h("Button", { type: "button", className: "button", "data-do": "report-here" }, t("用我的位置")) : null,
    ]);
  };

  function showMedia() {
    set(cc.ids.REPORT_MEDIA, media.map((one, i) => h("Span", { key: String(i), className: "chip" }, one.kind === "photo" ? t("照片") : t("录音"), h("Button", { type: "button", className: "dismiss", "data-do": "report-drop", "data-n": String(i), "aria-label": t("去掉") }, "×"))));
  }
  cc.actions["report-drop"] = ({ n }) => { media.splice(Number(n), 1); showMedia(); };

  document.addEventListener("submit", (event) => {
    if (event.target !== form()) return;
    event.preventDefault();
    send();
  });

  async function send() {
    const at = chosen(), problem = form().querySelector(".form-problem");
    problem.textContent = at ? "" : t("还不知道在哪里：等定位，或点地图");
    if (!at) return;
    const text = form().querySelector("textarea"), category = form().querySelector("select");
    const call = {
      kind: "call", url: "/api/v1/calls", time: "received_at", words: t("上报 {name}", { name: category.selectedOptions[0].textContent }),
      json: {
        category: category.value, place: { lon: at.lon, lat: at.lat, crs: "WGS-84" }, caller: t("{name}（现场）", { name: cc.state.actor.name }), text: text.value.trim(),
        ...(at.accuracy_m === null ? {} : { accuracy_m: Math.min(100000, at.accuracy_m) }),
      },
    };
    await cc.outbox.addAll([call, ...media.map((one) => sceneOf(one, "{incident}"))]);
    media = [];
    place = null;
    text.value = "";
    showMedia();
    cc.closeReport();
    if (cc.link.status().state !== "online") cc.say({ kind: "done", action: "call", text: t("已记下，恢复连接后自动上报。") });
  }

  /** A photo or voice note as the outbox takes it, with where it was taken. */
  function sceneOf({ kind, bytes, type, at }, incidentId) {
    const here = cc.here();
    return {
      kind, bytes, type, at, time: "taken_at", url: `/api/v1/incidents/${incidentId}/attachments`, words: kind === "photo" ? t("现场照片") : t("现场录音"),
      query: here ? { lon: here.lon, lat: here.lat, accuracy_m: Math.min(100000, here.accuracy_m) } : {},
    };
  }

  /** Where what is taken now belongs: the report that is being written, or an incident. */
  async function take(kind, bytes, type, incidentId) {
    if (bytes.byteLength > LONGEST_BYTES) { trouble(t("文件太大，没有保存：最多 2 MB")); return; }
    const one = { kind, bytes, type, at: new Date(cc.cityNow()).toISOString() };
    if (incidentId) {
      await cc.outbox.add(sceneOf(one, incidentId));
      if (cc.link.status().state !== "online") cc.say({ kind: "done", action: kind, text: t("已保存，恢复连接后自动发送。") });
    } else { media.push(one); showMedia(); }
  }

  // ---- photo

  cc.actions.photo = ({ incident }) => {
    const input = Object.assign(document.createElement("input"), { type: "file", accept: "image/*" });
    input.setAttribute("capture", "environment");
    input.addEventListener("change", async () => {
      if (!input.files.length) return;
      try {
        const small = await smaller(input.files[0]);
        await take("photo", await small.arrayBuffer(), "image/jpeg", incident);
      } catch (error) {
        trouble(t("照片无法读取，没有保存：{reason}", { reason: error.message }));
      }
    });
    input.click();
  };

  /** A picture that a weak connection carries, without what its file says of place and device. */
  async function smaller(file) {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(picture.width, picture.height));
    const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("canvas"))), "image/jpeg", QUALITY));
  }

  // ---- voice

  let recording = null; // {recorder, since, incident, kept}
  cc.recordingSince = () => (recording ? recording.since : null);

  cc.actions.voice = async ({ incident }) => {
    if (recording) return;
    if (!window.MediaRecorder || !navigator.mediaDevices) { trouble(window.isSecureContext ? t("本浏览器不能录音") : t("浏览器只在 HTTPS 下允许录音")); return; }
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch (error) {
      trouble(error.name === "NotAllowedError" ? t("浏览器不许本页录音：在地址栏或系统设置里允许") : t("没有可用的麦克风"));
      return;
    }
    const type = VOICE_TYPES.find((name) => MediaRecorder.isTypeSupported(name));
    const recorder = new MediaRecorder(stream, { ...(type ? { mimeType: type } : {}), audioBitsPerSecond: 24000 });
    const parts = [];
    recording = { recorder, since: performance.now(), kept: true };
    recorder.ondataavailable = (event) => { if (event.data.size) parts.push(event.data); };
    recorder.onstop = async () => {
      const { kept } = recording;
      stream.getTracks().forEach((track) => track.stop());
      clearTimeout(end);
      recording = null;
      cc.outbox.show();
      if (kept) await take("voice", await new Blob(parts).arrayBuffer(), recorder.mimeType.split(";")[0] || "audio/webm", incident);
    };
    const end = setTimeout(() => recorder.state === "recording" && recorder.stop(), LONGEST_VOICE_MS);
    recorder.start();
    cc.outbox.show();
  };
  cc.actions["voice-stop"] = () => { if (recording) recording.recorder.stop(); };
  cc.actions["voice-drop"] = () => { if (recording) { recording.kept = false; recording.recorder.stop(); } };

  // ---- the bottom bar, and the bar of an open incident

  phone.bar = (outbox, place, duty) => {
    const since = cc.recordingSince();
    if (since !== null) {
      return h("Div", { className: "recording", role: "status" }, h("B", {}, t("录音中")), cc.ticking("age", since, "figure"),
        h("Button", { type: "button", className: "button", "data-do": "voice-drop" }, t("不要")), h("Button", { type: "button", className: "button primary", "data-do": "voice-stop" }, t("停止并保存")));
    }
    const waiting = outbox ? outbox.items.length : 0, failed = outbox ? outbox.items.some((item) => item.problem) : false;
    const may = (permission) => ((cc.state.actor || {}).permissions || []).includes(permission);
    const on = place && place.duty;
    const trouble = on && place.state !== "on" && place.state !== "asking";
    return [
      may("take_call") ? h("Button", { type: "button", className: "button primary", "data-do": "report-open" }, t("上报警情")) : null,
      duty && duty.duty && duty.duty.unit ? h("Button", { type: "button", className: `button ${on ? "on" : ""} ${trouble ? "todo" : ""}`, "data-do": "duty", "aria-pressed": String(Boolean(on)) },
        !on ? t("报位置：关") : trouble ? t("没有定位") : place.low ? t("报位置：省电") : t("报位置：开")) : null,
      waiting || (outbox && outbox.track) ? h("Button", { type: "button", className: `button waiting ${failed ? "todo" : ""}`, "data-do": "outbox" }, failed ? t("未生效") : t("待发送"), h("B", { className: "figure" }, String(waiting || outbox.track))) : null,
    ];
  };

  let navigating = false;
  cc.showScene = () => cc.put("LIVE_SCENE_BAR", { incident: cc.selected ? cc.state.incidents.get(cc.selected) : null, navigating, may: (cc.state.actor || {}).permissions || [] });
  phone.scene = (live) => {
    if (!live || !live.incident) return null;
    const { incident } = live;
    const name = cc.titled(cc.named(incident, "title"));
    if (live.navigating) {
      return [...cc.navigation(incident.place, name).map(([word, href]) => h("A", { key: word, className: "button", href, target: href.startsWith("https") ? "_blank" : undefined, rel: "noreferrer" }, word)),
        h("Button", { type: "button", className: "button", "data-do": "navigate" }, t("返回"))];
    }
    const adds = live.may.includes("add_attachment");
    return [
      h("Button", { type: "button", className: "button", "data-do": "navigate" }, t("导航")),
      adds ? h("Button", { type: "button", className: "button", "data-do": "photo", "data-incident": incident.incident_id }, t("拍照")) : null,
      adds ? h("Button", { type: "button", className: "button", "data-do": "voice", "data-incident": incident.incident_id }, t("录音")) : null,
    ];
  };
  cc.actions.navigate = () => { navigating = !navigating; cc.showScene(); };
  const openIncident = cc.actions.open;
  cc.actions.open = (d) => { navigating = d.then === "navigate"; openIncident(d); cc.showScene(); };
  const openAlert = cc.actions["open-alert"];
  cc.actions["open-alert"] = (d) => { openAlert(d); cc.showScene(); };
})();
