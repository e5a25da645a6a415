/* Nobody is sent by old advice unasked: where units were a while ago says little. The first press asks anew, the next sends. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t } = cc;
  const HASTY_MS = 1500; // what is pressed again sooner was not read in between
  const REMEMBERED_MS = 30000;
  let first = null; // {incident, shown, at}: the press that asked

  /** When the advice was made that the panel shows, which may be older than the newest the page knows of. */
  function shownAt() {
    const mark = document.querySelector(`#${cc.ids.PANEL} [data-tick="stale"]`);
    return mark ? mark.dataset.at : null;
  }

  /** The nonce of the request for fresh advice (true where it is under way) where what is shown is too old to send by; null where it may be sent. */
  cc.adviseFirst = (advice) => {
    const shown = shownAt();
    const old_s = advice && shown ? (cc.cityNow() - Date.parse(shown)) / 1000 : 0;
    if (old_s <= cc.tooOldAfterS()) return null;
    const now = performance.now();
    const asked = first && first.incident === cc.selected && now - first.at < REMEMBERED_MS ? first : null;
    if (asked && (asked.shown !== shown || now - asked.at > HASTY_MS)) { first = null; return null; }
    if (!asked) first = { incident: cc.selected, shown, at: now };
    const nonce = asked ? null : cc.advise();
    cc.say({ kind: "refused", action: "stale_advice", text: t("这是{age}前的推荐，没有派出，正在重新计算；看过新的推荐再按一次（不等也可再按）。", { age: cc.age(old_s) }) });
    return nonce || true;
  };
})();
