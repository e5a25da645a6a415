/* The analyst's page: the period that is pressed is the one the report is asked for. */
(function () {
  "use strict";
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest('[data-do="period"]');
    if (!pressed) return;
    const group = pressed.parentElement;
    for (const button of group.children) button.setAttribute("aria-pressed", String(button === pressed));
    window.dash_clientside.set_props(group.dataset.store, { data: pressed.dataset.period });
  });
})();
