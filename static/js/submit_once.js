// One answer to each page: a second click while the first one is on its way does nothing.
const PATIENCE = 8000; // after this long the first one is taken for lost
let sentAt = -Infinity;

addEventListener("submit", (event) => {
  if (performance.now() - sentAt < PATIENCE) {
    event.preventDefault();
    return;
  }
  sentAt = performance.now();
  event.target.setAttribute("aria-busy", "true");
});
