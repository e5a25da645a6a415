/* Taking a call: place by name, click or coordinates; what is known nearby is offered before anything is saved. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const DO = cc.actions;
  const TYPING_MS = 120;
  const form = () => document.getElementById(cc.ids.CALL);
  const field = (name) => form().querySelector(`[name="${name}"]`);
  /* The key stays the same until the call is answered, so that sending twice takes one call. */
  let call = null;

  const problem = (words) => { form().querySelector(".form-problem").textContent = words; };
  const understood = (words) => { form().querySelector(".understood").textContent = words; };

  DO["call-open"] = (d) => {
    cc.closeClosures();
    form().hidden = false;
    if (!call) {
      call = { key: cc.newKey(), nonce: null, place: null, found: [], active: 0, offered: [], enterWaits: false };
      proposePriority();
    }
    document.documentElement.dataset.picking = "yes";
    cc.comboBox(field("coordinates"), cc.ids.CALL_PLACES, t("地点"));
    problem("");
    if (d && d.category) { field("category").value = d.category; proposePriority(); field("coordinates").focus(); askSimilar(); } else field("category").focus();
  };
  cc.closeCall = () => {
    if (!form() || form().hidden) return false;
    if (call && call.found.length) { showFound([]); return true; }
    form().hidden = true;
    showPicked(null);
    delete document.documentElement.dataset.picking;
    return true;
  };
  DO["call-close"] = () => { showFound([]); cc.closeCall(); };
  cc.takingCall = () => Boolean(form() && !form().hidden);

  /* ---------------------------------------------------------------- priority: the category proposes, the officer decides */
  const proposed = () => field("category").selectedOptions[0].dataset.priority;
  function proposePriority() { field("priority").value = proposed(); priorityChanged(); }
  function priorityChanged() { form().querySelector(".priority-reason").hidden = field("priority").value === proposed(); }

  /* ---------------------------------------------------------------- the place */
  let typed = null;
  document.addEventListener("input", (event) => {
    if (!call || event.target.name !== "coordinates" || !form().contains(event.target) || call.writing) return;
    forgetPlace();
    clearTimeout(typed);
    typed = setTimeout(askPlaces, TYPING_MS);
  });
  document.addEventListener("change", (event) => {
    if (!call || !form() || !form().contains(event.target)) return;
    if (event.target.name === "category") { proposePriority(); askSimilar(); }
    if (event.target.name === "priority") priorityChanged();
    if (event.target.name === "frame" && field("coordinates").value.trim()) { forgetPlace(); askPlaces(); }
  });

  function forgetPlace() {
    call.place = null;
    showPicked(null);
    understood("");
    offer([]);
  }

  function askPlaces() {
    const text = field("coordinates").value.trim();
    if (!text) { showFound([]); return; }
    cc.lookUp("PLACES", { text, frame: field("frame").value }, (answer) => {
      if (!call || cc.takingCall() === false) return;
      if (answer.problem) { problem(answer.problem); return; }
      if (answer.frame) { field("frame").value = answer.frame; showFound([]); take(answer.places[0], false); return; }
      showFound(answer.places);
      if (!answer.places.length) understood(t("没有找到“{text}”：换个写法、点地图或粘贴坐标", { text }));
      else understood("");
      if (call.enterWaits && answer.places.length) take(answer.places[0], true);
      call.enterWaits = false;
    });
  }

  function showFound(found) {
    call.found = found;
    call.active = 0;
    drawFound();
  }
  function drawFound() {
    const id = cc.ids.CALL_PLACES;
    document.getElementById(id).hidden = !call.found.length;
    cc.draw(id, call.found.map((place, i) => cc.placeOption(place, i, call.active, id, "call-place")));
    cc.comboSays(field("coordinates"), id, call.found.length, call.active);
    cc.scrollToActive(id, call.active);
  }
  DO["call-place"] = (d) => { take(call.found[Number(d.at)], true); field("coordinates").focus(); };

  /** This is where it is: said in words, drawn on the map, and asked what is known there. */
  function take(place, named) {
    call.place = place;
    if (named) { writeQuietly(field("coordinates"), place.name); showFound([]); }
    const accuracy = [...field("accuracy").options].map((option) => option.value).find((value) => value && Number(value) >= place.accuracy_m);
    field("accuracy").value = accuracy || "";
    const outside = place.kind === "coordinates" && !place.area;
    understood(outside ? t("{name}：不在本市范围内，请核对坐标系", { name: place.name }) : [place.name, ...cc.whereabouts(place)].join(" · "));
    showPicked({ lat: place.lat, lng: place.lon });
    // Who clicked on the map sees the place already.
    if (!outside && !call.clicked) cc.view.showPlace([place.lon, place.lat]);
    call.clicked = false;
    askSimilar();
  }

  /** While a call is taken, a click on the map is its place. */
  cc.pickPlace = (latlng) => {
    if (!cc.takingCall()) return false;
    const coordinates = `${latlng.lng.toFixed(6)}, ${latlng.lat.toFixed(6)}`;
    writeQuietly(field("coordinates"), coordinates);
    field("frame").value = "WGS-84";
    showFound([]);
    showPicked(latlng);
    Object.assign(call, { place: null, clicked: true });
    askPlaces();
    return true;
  };

  let picked = null;
  function showPicked(latlng) {
    if (picked) picked.remove();
    picked = null;
    if (!latlng) return;
    const size = 30 * cc.uiScale();
    const pin = Object.assign(document.createElement("div"), { className: "pin picked" });
    picked = L.marker(latlng, { icon: L.divIcon({ html: pin, className: "pin-frame", iconSize: [size, size] }), interactive: false, keyboard: false, zIndexOffset: 9000 }).addTo(cc.map);
  }

  function writeQuietly(input, value) { call.writing = true; cc.write(input, value); call.writing = false; }

  /* ---------------------------------------------------------------- what is known nearby */
  function askSimilar() {
    if (!call.place || (call.place.kind === "coordinates" && !call.place.area)) { offer([]); return; }
    const { lon, lat } = call.place;
    cc.lookUp("SIMILAR", { category: field("category").value, lon, lat }, (answer) => { if (call) offer(answer.incidents || []); });
  }

  /* Saving adds the call to what it is about by itself; the button says so, and another incident is one press away. */
  function offer(incidents) {
    call.offered = incidents;
    const joins = incidents.find((incident) => incident.joins);
    form().querySelector("[type=submit] > span").textContent = joins ? t("并入 {number}", { number: joins.number }) : t("立警");
    cc.draw(cc.ids.CALL_SIMILAR, incidents.length === 0 ? null : [
      h("P", { key: "head" }, h("B", {}, t("附近已有 {n} 起同类警情", { n: incidents.length }))),
      h("Ul", { key: "list" }, incidents.map((incident) => h("Li", { key: incident.incident_id },
        h("Div", {}, h("B", {}, cc.named(incident, "title")), h("P", { className: "dots" },
          h("Span", { className: "figure" }, incident.number), h("Span", {}, cc.metres(incident.distance_m)), cc.ticking("since", incident.last_call_at || incident.opened_at, "figure"),
          h("Span", {}, t("{n} 个来电", { n: incident.calls || 0 })), h("Span", {}, incident.units ? t("{n} 个单位在办", { n: incident.units }) : incident.status === "open" ? t("无人出警") : t("待销警")))),
        h("Button", { type: "button", className: "button small", "data-do": "call-add", "data-incident": incident.incident_id }, t("并入"))))),
      joins ? h("Button", { key: "new", type: "button", className: "button small", "data-do": "call-new" }, t("都不是，另立一起")) : null,
    ]);
  }
  DO["call-add"] = (d) => submit({ incident_id: d.incident });
  DO["call-new"] = () => submit({ opens_new: true });

  /* ---------------------------------------------------------------- saving */
  function submit(how) {
    const fields = Object.fromEntries(new FormData(form()));
    const text = String(fields.coordinates || "").trim();
    if (!text) { problem(t("请填地点：路名、坐标，或点地图")); field("coordinates").focus(); return null; }
    const numbers = text.match(/\d+/g) || [];
    if (!call.place && numbers.length < 2) { problem(t("请从列表中选定地点，或点地图")); field("coordinates").focus(); return null; }
    if (fields.priority === proposed()) delete fields.priority;
    else if (!String(fields.priority_reason || "").trim()) { problem(t("请先写明更改优先级的理由")); field("priority_reason").focus(); return null; }
    if (call.place) Object.assign(fields, { coordinates: `${call.place.lon}, ${call.place.lat}`, frame: "WGS-84" });
    problem("");
    call.nonce = cc.ask("CALL", { ...fields, ...how, key: call.key });
    return call.nonce;
  }
  document.addEventListener("submit", (event) => {
    if (event.target !== form()) return;
    event.preventDefault();
    submit({});
  });
  document.addEventListener("keydown", (event) => {
    if (!call || !cc.takingCall() || !form().contains(event.target) || event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); submit({}); return; }
    if (event.target !== field("coordinates")) return;
    if (event.key === "Enter") {
      event.preventDefault();
      if (call.found.length) take(call.found[call.active], true);
      else if (call.place) submit({});
      else call.enterWaits = true; // the answer is on its way: its first place is meant
      return;
    }
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || !call.found.length) return;
    event.preventDefault();
    call.active = (call.active + by + call.found.length) % call.found.length;
    drawFound();
  });

  /** After each answer: a call taken clears the form and opens it. */
  cc.onOutcome.push((outcome) => {
    // The unit that was advised has gone: advise another.
    if (outcome.action === "dispatch" && outcome.kind === "refused" && cc.selected) cc.advise();
    if (!call || !outcome.nonce || outcome.nonce !== call.nonce) return;
    if (outcome.kind === "done") {
      for (const name of ["coordinates", "caller", "priority_reason"]) writeQuietly(field(name), "");
      field("text").value = "";
      field("accuracy").value = "";
      forgetPlace();
      showFound([]);
      call = null;
      cc.closeCall();
      if (outcome.opens) setTimeout(() => cc.open(outcome.opens), 300);
    } else problem(outcome.text);
  });
})();
