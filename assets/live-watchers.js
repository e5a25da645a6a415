/* Who else looks at the incident or alert that is open: this page says what it shows, the server says who else does. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t } = cc;
  const AGAIN_MS = 5000;
  const LOOK_MS = 300;
  let told = null, toldAt = -Infinity, known = null;

  /** Says at once what is newly shown, and the same again every five seconds: who says nothing has gone. */
  function say() {
    if (!cc.link.tell) return; // looking back watches nobody
    const shown = cc.selected || cc.selectedAlert || "";
    const now = performance.now();
    if (shown === told && (!shown || now - toldAt < AGAIN_MS)) return;
    if (shown !== told) known = null;
    if (!cc.link.tell(`looks-at:${shown}`)) return;
    told = shown;
    toldAt = now;
  }

  function words(subject) {
    if (!known || known.subject_id !== subject) return "";
    if (known.names === null) return t("Redis 不可用：不知道还有谁在看");
    return known.names.length ? t("{names} 正在查看", { names: known.names.join(cc.english ? ", " : "、") }) : "";
  }

  /* The panel is drawn again and again; what stands in it is set where it differs. */
  function draw() {
    for (const line of document.querySelectorAll("[data-watched]")) {
      const text = words(line.dataset.watched);
      if (line.textContent !== text) line.textContent = text;
    }
  }

  cc.take.watchers = (watchers) => { known = watchers; draw(); };
  setInterval(() => { say(); draw(); }, LOOK_MS);
})();
