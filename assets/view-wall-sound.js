/* A tone while a red alert waits for somebody, until it is acknowledged; and the truth where a browser forbids it. */
(function () {
  "use strict";
  const cc = window.cc;
  const AGAIN_MS = 4000;
  const TONES = [[0, 880], [0.28, 660]]; // seconds after the beginning, hertz
  const LENGTH_S = 0.22;
  const LOUDNESS = 0.2;
  let context = null;
  let sounded = -Infinity;
  let count = 0;

  /** Red alerts that nobody has acknowledged. */
  const calling = () => cc.state.seq !== null && [...cc.state.alerts.values()].some((alert) => alert.severity === "red" && cc.waits(alert));

  function begin() {
    if (!context && window.AudioContext) {
      context = new AudioContext();
      context.onstatechange = tell;
    }
    if (context && context.state !== "running") context.resume().catch(() => {}); // refused until somebody touches the page: `tell` says so
    tell();
  }

  const allowed = () => Boolean(context) && context.state === "running";

  function tell() {
    const state = !allowed() ? "forbidden" : calling() ? "calling" : "ready";
    if (document.documentElement.dataset.sound === state) return;
    document.documentElement.dataset.sound = state;
    cc.feed.changed("sound");
  }

  function tone() {
    for (const [after, hertz] of TONES) {
      const at = context.currentTime + after;
      const oscillator = context.createOscillator(), gain = context.createGain();
      oscillator.frequency.value = hertz;
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
      gain.gain.linearRampToValueAtTime(0, at + LENGTH_S);
      oscillator.connect(gain).connect(context.destination);
      oscillator.onended = () => { oscillator.disconnect(); gain.disconnect(); };
      oscillator.start(at);
      oscillator.stop(at + LENGTH_S);
    }
  }

  function look() {
    tell();
    if (!calling() || !allowed() || performance.now() - sounded < AGAIN_MS) return;
    sounded = performance.now();
    count += 1;
    tone();
  }

  for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, begin);
  begin();
  setInterval(look, 1000);
  cc.feed.listen((kinds) => { if (kinds.has("alerts")) look(); });
  cc.sound = { forbidden: () => !allowed(), sounded: () => count };
})();
