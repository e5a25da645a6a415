/* A sound when something grave begins to wait for somebody: a red alert, or a priority 1 incident that nobody is sent to. */
(function () {
  "use strict";
  const cc = window.cc;
  const KEPT = "cc-sound";
  const QUIET_MS = 4000;
  const known = new Set();
  let context = null;
  let last = -Infinity;
  let first = true;

  const on = () => localStorage.getItem(KEPT) !== "off";
  /* A browser lets a page sound only after somebody has touched it. */
  for (const gesture of ["pointerdown", "keydown"]) document.addEventListener(gesture, () => { if (!context && on()) context = new AudioContext(); }, { once: true });

  function sound() {
    if (!context || !on() || performance.now() - last < QUIET_MS) return;
    last = performance.now();
    for (const [pitch, after] of [[660, 0], [880, 0.18]]) {
      const tone = context.createOscillator(), loud = context.createGain(), at = context.currentTime + after;
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0, at);
      loud.gain.linearRampToValueAtTime(0.15, at + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.001, at + 0.16);
      tone.connect(loud).connect(context.destination);
      tone.start(at);
      tone.stop(at + 0.18);
    }
  }

  cc.feed.listen((kinds) => {
    if (cc.state.seq === null || !(kinds.has("alerts") || kinds.has("incidents"))) return;
    let news = false;
    for (const alert of cc.state.alerts.values()) if (alert.severity === "red" && cc.waits(alert)) news = remember(alert.alert_id) || news;
    for (const incident of cc.state.incidents.values()) if (incident.priority === 1 && incident.status === "open") news = remember(incident.incident_id) || news;
    if (news && !first) sound();
    first = false;
  });
  const remember = (id) => { const isNew = !known.has(id); known.add(id); return isNew; };

  cc.deskSound = {
    on,
    turn: (wanted) => {
      localStorage.setItem(KEPT, wanted ? "on" : "off");
      if (wanted && !context) context = new AudioContext();
      last = -Infinity;
      if (wanted) sound();
    },
  };
})();
