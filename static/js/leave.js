// Closing or reloading the page of a running flow ends it; the browser asks first. Only what the
// customer does on the page itself leads on: its forms, its language, and what scripts load anew.
const form = document.getElementById("step");
const ANSWER = 30000; // as long as the answer to a form may take
const PAGE = 8000; // and another page
const REST = 1000; // the old page's farewell may arrive after the question for this one
let goneOnUntil = -Infinity;

const goOn = (time) => { goneOnUntil = performance.now() + time; };
const isGoingOn = () => performance.now() < goneOnUntil;

addEventListener("flow:go", () => goOn(PAGE));
addEventListener("submit", () => goOn(ANSWER));
addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  // The mobile app, or a telephone, takes nobody away from here.
  if (link && !link.target && !event.defaultPrevented && (!/^https?:$/.test(link.protocol) || link.pathname === location.pathname)) goOn(PAGE);
});

addEventListener("beforeunload", (event) => {
  if (!isGoingOn()) event.preventDefault();
});

addEventListener("pagehide", () => {
  if (isGoingOn()) return;
  const body = new FormData();
  for (const name of ["csrf_token", "step"]) body.set(name, form.elements[name].value);
  navigator.sendBeacon(`${location.pathname}/leave`, body);
});

if (["reload", "back_forward"].includes(performance.getEntriesByType("navigation")[0]?.type)) {
  setTimeout(() => dispatchEvent(new Event("flow:look")), REST);
}
