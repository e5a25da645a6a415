/* Questions that change nothing, each answered by its newest answer only; and the list of places that one of them finds. */
(function () {
  "use strict";
  const cc = window.cc;
  const { t, h } = cc;
  const newest = {};

  /** Asks; `then` gets the answer unless a newer question was asked meanwhile. Away from the server nothing is asked:
      the banner says why. */
  cc.lookUp = (name, request, then) => {
    if (cc.link.status().state !== "online") return;
    const mine = (newest[name] = {});
    cc.call(`ASK_${name}`, request).then((answer) => { if (answer && newest[name] === mine) then(answer); }, (error) => (error.notice ? cc.say(error.notice) : window.reportError(error)));
  };

  const KIND = {
    point: t("点位"), road: t("道路"), crossing: t("路口"), water: t("水域"), district: t("区县"), grid: t("网格"), geofence: t("围栏"), coordinates: t("坐标"),
  };

  /** Metres as people say them. */
  cc.metres = (m) => (m >= 950 ? t("{n} 公里", { n: Math.round(m / 100) / 10 }) : t("{n} 米", { n: Math.round(m) }));

  /** Where a found place is, in words: district, the road close by, how far off it may be. */
  cc.whereabouts = (place) => {
    const road = place.kind === "road" || place.kind === "crossing" ? null : cc.base.near([place.lon, place.lat]);
    return [place.area, road && road !== place.name ? t("近{road}", { road }) : null, place.accuracy_m ? `± ${cc.metres(place.accuracy_m)}` : null].filter(Boolean);
  };

  /** One line of a list of found places; `does` is what pressing it does. */
  cc.placeOption = (place, i, active, listId, does) => h("Li", { key: `${place.kind}-${place.name}-${place.area}-${i}`, id: `${listId}-${i}`, role: "option", "aria-selected": String(i === active), className: i === active ? "active" : "", "data-do": does, "data-at": String(i) },
    h("Span", { className: "option-kind quiet" }, KIND[place.kind]),
    h("Span", { className: "option-name" }, place.name),
    h("Span", { className: "dots" }, cc.whereabouts(place).map((part) => h("Span", { key: part }, part))));

  /** Makes an input a combobox over a list, for screen readers: the active line is announced, focus stays in the input. */
  cc.comboBox = (input, listId, label) => {
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": listId, "aria-expanded": "false" })) input.setAttribute(name, value);
    if (label) input.setAttribute("aria-label", label);
  };
  cc.comboSays = (input, listId, count, active) => {
    input.setAttribute("aria-expanded", String(count > 0));
    if (count > 0) input.setAttribute("aria-activedescendant", `${listId}-${active}`);
    else input.removeAttribute("aria-activedescendant");
  };
  cc.scrollToActive = (listId, active) => setTimeout(() => {
    const line = document.getElementById(`${listId}-${active}`);
    if (line) line.scrollIntoView({ block: "nearest" });
  }, 30);

  /* What lies over all of the desk and is closed by Esc first; each says whether it closed something. */
  cc.escapes = [];
})();
