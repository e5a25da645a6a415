/* The hand-over: printing what is read. */
(function () {
  "use strict";
  document.addEventListener("click", (event) => {
    if (event.target.closest('[data-do="print"]')) window.print();
  });
})();
